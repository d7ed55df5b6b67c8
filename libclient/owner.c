/* SPDX-License-Identifier: MIT */
/*
 * By what the kernel tells of a file, and for character devices, whose numbers
 * may be anybody's, by asking the daemon once.
 */
#include <linux/magic.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <wire/control.h>
#include "client.h"
#include "control.h"
#include "owner.h"
#include "sys.h"

#define RDEVS_MAX      32u
#define FUSE_NODE_SIZE (UINT64_C(1) << 62) /* front/fuse-tree.c */

/* Character devices found to be the daemon's. Anybody adds, racing threads
 * may overwrite each other: it is a cache. */
static _Atomic(uint64_t) rdevs[RDEVS_MAX];
static _Atomic(uint32_t) nr_rdevs;

/* Memory devices, consoles and terminals: every process has them open. */
static bool rdev_usual(dev_t rdev)
{
	unsigned int nr = major(rdev);

	return nr == 1 || nr == 4 || nr == 5 || (nr >= 136 && nr <= 143);
}

bool owner_knows(dev_t rdev)
{
	uint32_t n;

	/* Relaxed: an entry stands for itself. */
	for (n = 0; n < RDEVS_MAX; n++)
		if (atomic_load_explicit(&rdevs[n], memory_order_relaxed) ==
		    rdev)
			return true;

	return false;
}

void owner_remember(dev_t rdev)
{
	uint32_t n;

	n = atomic_fetch_add_explicit(&nr_rdevs, 1, memory_order_relaxed);
	atomic_store_explicit(&rdevs[n % RDEVS_MAX], rdev,
			      memory_order_relaxed);
}

static bool rdev_is_ours(dev_t rdev)
{
	struct control_rdev ask = { .rdev = rdev };

	if (owner_knows(rdev))
		return true;
	/* It cannot wait: the next oob call on it will ask. */
	if (control_is_self())
		return false;
	if (control_ask(CONTROL_RDEV, &ask, sizeof(ask)) != 1)
		return false;

	owner_remember(rdev);

	return true;
}

enum owner owner_of(int fd, dev_t *r_rdev)
{
	struct statx stx;

	/* What a file is and where does not change: the front need not be
	 * asked, as fstat() would. */
	if (sys_statx(fd, STATX_TYPE, &stx))
		return OWNER_OTHER;

	if (client_hello.welcome.front == CONTROL_FRONT_FUSE)
		return S_ISREG(stx.stx_mode) &&
				       makedev(stx.stx_dev_major,
					       stx.stx_dev_minor) ==
					       client_hello.welcome.mount_dev
			       ? OWNER_DAEMON
			       : OWNER_OTHER;

	*r_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor);

	return S_ISCHR(stx.stx_mode) && !rdev_usual(*r_rdev) ? OWNER_OF_DEVICE
							     : OWNER_OTHER;
}

bool owner_is_daemon(int fd)
{
	dev_t rdev = 0;
	enum owner owner = owner_of(fd, &rdev);

	return owner == OWNER_OF_DEVICE ? rdev_is_ours(rdev)
					: owner == OWNER_DAEMON;
}

/* Known by a size which hardly any other file has: nobody need be connected. */
static bool is_fuse_node(int fd, const struct statx *stx)
{
	int saved = errno;
	struct statfs fs;
	bool found;

	found = S_ISREG(stx->stx_mode) && stx->stx_size == FUSE_NODE_SIZE &&
		fstatfs(fd, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC;
	errno = saved;

	return found;
}

bool owner_is_fuse(int fd)
{
	struct statx stx;

	return sys_statx(fd, STATX_TYPE | STATX_SIZE, &stx) == 0 &&
	       is_fuse_node(fd, &stx);
}

void owner_connect(int fd)
{
	/* The device nobody was there for last time. Relaxed: a cache. */
	static _Atomic(uint64_t) in_vain;
	uint64_t rdev = 0;
	struct statx stx;

	if (sys_statx(fd, STATX_TYPE | STATX_SIZE, &stx))
		return;
	if (S_ISCHR(stx.stx_mode)) {
		rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor);
		if (rdev_usual(rdev) ||
		    atomic_load_explicit(&in_vain, memory_order_relaxed) ==
			    rdev)
			return;
	} else if (!is_fuse_node(fd, &stx)) {
		return;
	}

	if (client_connect_here() && rdev)
		atomic_store_explicit(&in_vain, rdev, memory_order_relaxed);
}

/* SPDX-License-Identifier: MIT */
#include "core/fd-index.h"

#include "base/log.h"
#include "base/map.h"
#include "core/file.h"
#include "core/watchpoint.h"
#include "stage/pi-mutex.h"
#include "vfs/file.h"
#include "vfs/files.h"

#include <linux/fs.h>

/* Processes share no lock, but by chance. */
#define NR_STRIPES 64u

/* Written in-band, read by the workers. */
struct stripe {
	struct pi_mutex lock;
	struct map map; /* struct file, see files_key() */
} __attribute__((aligned(64)));

static struct stripe stripes[NR_STRIPES];

static struct stripe *stripe_of(const struct files_struct *files)
{
	return &stripes[files->id % NR_STRIPES];
}

struct file *fd_index_get(struct files_struct *files, unsigned int fd)
{
	struct stripe *stripe;
	struct file *filp;

	if (files == NULL || fd >= FILES_FD_LIMIT)
		return NULL;

	stripe = stripe_of(files);
	pi_lock(&stripe->lock);
	filp = map_find(&stripe->map, files_key(files, fd));
	if (filp)
		oob_file_ref(filp);
	pi_unlock(&stripe->lock);

	return filp;
}

unsigned int fd_index_count(void)
{
	unsigned int count = 0;

	/* In-band alone changes it: no lock to look at it. */
	for (unsigned int n = 0; n < NR_STRIPES; n++)
		count += stripes[n].map.count;

	return count;
}

static int add(struct stripe *stripe, uint64_t key, struct file *filp)
{
	struct map map = { .size = 0 };
	bool full = map_full(&stripe->map);
	int ret;

	if (full) {
		ret = map_grown(&stripe->map, &map);
		if (ret)
			return ret;
	}

	pi_lock(&stripe->lock);
	if (full)
		map_swap(&stripe->map, &map);
	map_insert(&stripe->map, key, filp);
	pi_unlock(&stripe->lock);
	map_deinit(&map);

	return 0;
}

/* Those who poll through @fd learn that it went, other descriptors of the same
 * file notwithstanding. */
static void forget(struct files_struct *files, unsigned int fd)
{
	struct stripe *stripe = stripe_of(files);
	struct map map = { .size = 0 };

	pi_lock(&stripe->lock);
	map_remove(&stripe->map, files_key(files, fd));
	if (stripe->map.count == 0)
		map_swap(&stripe->map, &map);
	pi_unlock(&stripe->lock);
	map_deinit(&map);

	watchpoints_drop(files, fd);
}

/* False: it cannot be reached out-of-band. */
static bool put(struct files_struct *files, unsigned int fd, struct file *file)
{
	/* No oob_data: the driver does not support out-of-band operations. Or
	 * it said that it does not any more. */
	if (file->oob_data == NULL || open_file_of(file)->oob_left)
		return false;
	if (add(stripe_of(files), files_key(files, fd), file) == 0)
		return true;

	log_warn("pid %d: no memory to index descriptor %u: "
		 "out-of-band calls on it will fail with EBADF",
		 files->tgid, fd);

	return false;
}

void install_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files)
{
	(void)put(files, fd, file);
}

/*
 * In one step, as dup2() is: a worker finds the one file or the other. Who
 * begins to poll in between may find the new one, and is told that the
 * descriptor went: as if it had begun a little earlier.
 */
void replace_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files)
{
	if (put(files, fd, file))
		watchpoints_drop(files, fd);
	else
		forget(files, fd);
}

void uninstall_inband_fd(unsigned int fd, struct file *file,
			 struct files_struct *files)
{
	(void)file;
	forget(files, fd);
}

/* SPDX-License-Identifier: MIT */
/*
 * mmap(2), munmap(2) and mremap(2): a descriptor which is bound is mapped by
 * the daemon, and its file stays open until the last page of that is gone. For
 * anything else it is one look at the table of descriptors, or at the addresses
 * we have mapped. As safe in signal handlers as the real ones, except that a
 * file which the kernel does not map may make us connect first.
 *
 * These and mprotect(2) also tell of memory which is no longer what oob calls
 * know of it; when it is done, and if it failed halfway, too.
 *
 * These are called before our constructors have run, by allocators.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would rename what we define */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"
#include "mapping.h"
#include "ranges.h"
#include "reach.h"
#include "sys.h"

/* mmap() with what the compiler knows of it undone. */
static void *mmap_real(const struct mapping_args *args)
{
	return libc_early()->mmap64((void *)args->addr, args->len, args->prot,
				    args->flags, args->fd, args->offset);
}

static void *fail(int ret)
{
	errno = -ret;

	return MAP_FAILED;
}

static void *mmap_ours(const struct mapping_args *args)
{
	int saved = errno, ret;
	uintptr_t addr;

	ret = mapping_new(args, &addr);
	if (ret)
		return fail(ret);

	errno = saved;

	return (void *)addr;
}

/* @args->fd means something to us. */
static void *mmap_known(const struct mapping_args *args)
{
	if (fd_table_internal(args->fd))
		return fail(-EBADF);
	/* Between vfork() and exec() it is not what the table says. */
	if (!client_is_us())
		return mmap_real(args);

	return mmap_ours(args);
}

static bool may_be_ours(int fd)
{
	struct statx stx;

	return sys_statx(fd, STATX_TYPE, &stx) == 0 &&
	       (S_ISREG(stx.stx_mode) || S_ISCHR(stx.stx_mode));
}

/* The kernel says that it is a file which cannot be mapped. Unless it is one of
 * ours, and nobody has told us. */
static void *mmap_refused(const struct mapping_args *args)
{
	if (args->flags & MAP_ANONYMOUS || client_is_vfork_child())
		return fail(-ENODEV);
	if (!client_live() &&
	    (client_dead() || !may_be_ours(args->fd) || client_connect(NULL)))
		return fail(-ENODEV);
	if (bind_fd(args->fd))
		return fail(-ENODEV);

	return mmap_ours(args);
}

/* Over addresses which may be ours. */
static void *mmap_over(const struct mapping_args *args)
{
	size_t len = mapping_round(args->len);
	struct ranges_edit edit;
	void *addr;

	if (client_is_vfork_child())
		return mmap_real(args);

	ranges_begin(&edit);
	if (ranges_cut(args->addr, len)) {
		ranges_abort(&edit);
		return fail(-ENOMEM);
	}
	addr = mmap_real(args);
	if (addr == MAP_FAILED)
		ranges_abort(&edit);
	else
		mapping_commit(&edit);

	return addr;
}

static void *mmap_any(const struct mapping_args *args)
{
	void *addr;

	if (!(args->flags & MAP_ANONYMOUS) && !fd_table_unknown(args->fd))
		return mmap_known(args);

	if (args->flags & MAP_FIXED && ranges_touch(args->addr, args->len))
		addr = mmap_over(args);
	else
		addr = mmap_real(args);

	return addr == MAP_FAILED && errno == ENODEV ? mmap_refused(args)
						     : addr;
}

static void *do_mmap(const struct mapping_args *args)
{
	void *addr = mmap_any(args);

	/* Without MAP_FIXED nothing was there, but who unmapped it may not have
	 * told. */
	if (addr != MAP_FAILED)
		reach_forget((uintptr_t)addr, args->len);
	else if (args->flags & MAP_FIXED)
		reach_forget(args->addr, args->len);

	return addr;
}

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	const struct mapping_args args = {
		.addr = (uintptr_t)addr,
		.len = len,
		.prot = prot,
		.flags = flags,
		.fd = fd,
		.offset = offset,
	};

	return do_mmap(&args);
}

EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
		    off64_t offset)
{
	const struct mapping_args args = {
		.addr = (uintptr_t)addr,
		.len = len,
		.prot = prot,
		.flags = flags,
		.fd = fd,
		.offset = offset,
	};

	return do_mmap(&args);
}

/* Some of that may be ours. */
static int munmap_known(void *addr, size_t len)
{
	struct ranges_edit edit;
	int ret;

	if (client_is_vfork_child())
		return libc_early()->munmap(addr, len);

	ranges_begin(&edit);
	if (ranges_cut((uintptr_t)addr, mapping_round(len))) {
		ranges_abort(&edit);
		errno = ENOMEM;
		return -1;
	}
	ret = libc_early()->munmap(addr, len);
	if (ret)
		ranges_abort(&edit);
	else
		mapping_commit(&edit);

	return ret;
}

EXPORT int munmap(void *addr, size_t len)
{
	int ret;

	if (ranges_touch((uintptr_t)addr, len))
		ret = munmap_known(addr, len);
	else
		ret = libc_early()->munmap(addr, len);
	reach_forget((uintptr_t)addr, len);

	return ret;
}

EXPORT int mprotect(void *addr, size_t len, int prot)
{
	int ret = libc_early()->mprotect(addr, len, prot);

	reach_forget((uintptr_t)addr, len);

	return ret;
}

struct mremap_args {
	uintptr_t old;
	size_t old_len;
	size_t len;
	int flags;
	uintptr_t addr; /* with MREMAP_FIXED */
};

static void *mremap_real(const struct mremap_args *args)
{
	return libc_early()->mremap((void *)args->old, args->old_len, args->len,
				    args->flags, (void *)args->addr);
}

/* The table as it will be when that has been done. */
static int edit_mremap(const struct mremap_args *args)
{
	size_t old_len = mapping_round(args->old_len);
	size_t len = mapping_round(args->len);
	int ret = 0;

	if (args->flags & MREMAP_FIXED)
		ret = ranges_cut(args->addr, len);
	if (ret || !ranges_has(args->old, old_len ? old_len : 1))
		return ret;

	/* The kernel does not let a driver's memory grow, or be left. */
	if (len > old_len)
		return -EFAULT;
#ifdef MREMAP_DONTUNMAP
	if (args->flags & MREMAP_DONTUNMAP)
		return -EINVAL;
#endif
	ret = ranges_cut(args->old + len, old_len - len);
	if (ret == 0 && args->flags & MREMAP_FIXED)
		ret = ranges_move(args->old, len, args->addr);

	return ret;
}

/* Some of that may be ours. */
static void *mremap_known(const struct mremap_args *args)
{
	struct ranges_edit edit;
	void *addr;
	int ret;

	if (client_is_vfork_child())
		return mremap_real(args);

	ranges_begin(&edit);
	ret = edit_mremap(args);
	if (ret) {
		ranges_abort(&edit);
		return fail(ret);
	}
	addr = mremap_real(args);
	if (addr == MAP_FAILED)
		ranges_abort(&edit);
	else
		mapping_commit(&edit);

	return addr;
}

static void *do_mremap(const struct mremap_args *args)
{
	bool fixed = args->flags & MREMAP_FIXED;
	void *addr;

	if (ranges_touch(args->old, args->old_len ? args->old_len : 1) ||
	    (fixed && ranges_touch(args->addr, args->len)))
		addr = mremap_known(args);
	else
		addr = mremap_real(args);

	reach_forget(args->old, args->old_len);
	if (addr != MAP_FAILED)
		reach_forget((uintptr_t)addr, args->len);
	else if (fixed)
		reach_forget(args->addr, args->len);

	return addr;
}

EXPORT void *mremap(void *old, size_t old_len, size_t len, int flags, ...)
{
	struct mremap_args args = {
		.old = (uintptr_t)old,
		.old_len = old_len,
		.len = len,
		.flags = flags,
	};
	va_list ap;

	/* As the C library does it: if it is not there, nobody looks at it. */
	va_start(ap, flags);
	args.addr = (uintptr_t)va_arg(ap, void *);
	va_end(ap);

	return do_mremap(&args);
}

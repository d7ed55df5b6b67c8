/* SPDX-License-Identifier: MIT */
/*
 * Looking them up. Racing threads store the same values.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "libc.h"

static struct libc table;
static _Atomic(bool) resolved;

/* For a C library older than the call. */
static int close_range_syscall(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

#define RESOLVE(member, name) (*(void **)&table.member = dlsym(RTLD_NEXT, name))

__attribute__((constructor(101))) static void resolve(void)
{
	if (atomic_load_explicit(&resolved, memory_order_acquire))
		return;

	RESOLVE(open, "open");
	RESOLVE(openat, "openat");
	RESOLVE(open_2, "__open_2");
	RESOLVE(openat_2, "__openat_2");
	RESOLVE(close, "close");
	RESOLVE(dup, "dup");
	RESOLVE(dup2, "dup2");
	RESOLVE(dup3, "dup3");
	RESOLVE(fcntl, "fcntl");
	RESOLVE(fclose, "fclose");
	RESOLVE(freopen, "freopen");
	RESOLVE(freopen64, "freopen64");
	if (RESOLVE(fcntl64, "fcntl64") == NULL)
		table.fcntl64 = table.fcntl;
	if (RESOLVE(close_range, "close_range") == NULL)
		table.close_range = close_range_syscall;

	/* Release: the table, to libc(). */
	atomic_store_explicit(&resolved, true, memory_order_release);
}

const struct libc *libc(void)
{
	if (!atomic_load_explicit(&resolved, memory_order_acquire))
		resolve();

	return &table;
}

/* SPDX-License-Identifier: MIT */
/*
 * The pages known, in a direct-mapped cache. A miss costs a system call, which
 * also populates the page: a real-time buffer wants that anyway.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "reach.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22 /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

static const char *page_of(const struct reach *reach, const char *p)
{
	return p - ((uintptr_t)p & (reach->page_size - 1));
}

void reach_init(struct reach *reach)
{
	pthread_attr_t attr;
	size_t size;
	void *low;

	memset(reach, 0, sizeof(*reach));
	reach->page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	reach->page_shift = (unsigned int)__builtin_ctzl(reach->page_size);
	reach->populates = madvise((void *)page_of(reach, (char *)reach),
				   reach->page_size, MADV_POPULATE_READ) == 0;

	/* Without its bounds no buffer counts as being on the stack. */
	if (pthread_getattr_np(pthread_self(), &attr))
		return;

	if (pthread_attr_getstack(&attr, &low, &size) == 0) {
		reach->stack_low = (uintptr_t)low;
		reach->stack_high = (uintptr_t)low + size;
	}

	pthread_attr_destroy(&attr);
}

/* For kernels without MADV_POPULATE_*: can the page be read at all? Whether it
 * can be written is left to the application. */
static bool page_readable(const char *page)
{
	char byte;
	struct iovec local = { .iov_base = &byte, .iov_len = 1 };
	struct iovec remote = { .iov_base = (void *)page, .iov_len = 1 };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

static bool page_ask(const struct reach *reach, const char *page, bool write)
{
	int advice = write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
	int saved = errno;
	bool ok;

	if (reach->populates)
		ok = madvise((void *)page, reach->page_size, advice) == 0;
	else
		ok = page_readable(page);
	errno = saved;

	return ok;
}

static bool page_known(struct reach *reach, const char *page, bool write)
{
	uintptr_t number = (uintptr_t)page >> reach->page_shift;
	uintptr_t *known = write ? reach->writable : reach->readable;

	if (known[number % REACH_PAGES] == number)
		return true;
	if (!page_ask(reach, page, write))
		return false;

	known[number % REACH_PAGES] = number;

	return true;
}

bool reach_pages(struct reach *reach, const char *p, size_t len, bool write)
{
	uintptr_t addr = (uintptr_t)p;
	const char *page;

	if (len == 0)
		return true;
	if (addr < REACH_LOWEST || len > UINTPTR_MAX - addr)
		return false;

	for (page = page_of(reach, p); page < p + len; page += reach->page_size)
		if (!page_known(reach, page, write))
			return false;

	return true;
}

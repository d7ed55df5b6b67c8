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

/*
 * Marks: a bit for each 4 KiB, the smallest page there is; larger ones have the
 * bit of their first byte. A word has 32 of them, and above them the epoch they
 * are of.
 */
#define GRANULE_SHIFT  12
#define BITS_PER_WORD  32u
#define MARK_WORDS     (REACH_MARKS / BITS_PER_WORD)
#define EPOCH_OF(word) ((uint32_t)((word) >> 32))

_Atomic(uint32_t) reach_epoch __attribute__((aligned(64)));

static _Atomic(uint64_t) marks[MARK_WORDS] __attribute__((aligned(64)));

/* All accesses are relaxed: what orders them is the kernel's lock on the
 * address space, see reach.h, and whatever tells a thread that memory went. */

static uint32_t epoch_now(void)
{
	return atomic_load_explicit(&reach_epoch, memory_order_relaxed);
}

static void mark(uintptr_t addr, uint32_t epoch)
{
	uintptr_t granule = addr >> GRANULE_SHIFT;
	_Atomic(uint64_t) *word = &marks[granule / BITS_PER_WORD % MARK_WORDS];
	uint64_t bit = UINT64_C(1) << granule % BITS_PER_WORD;
	uint64_t seen, next;

	seen = atomic_load_explicit(word, memory_order_relaxed);
	do {
		if (EPOCH_OF(seen) == epoch)
			next = seen | bit;
		else if (EPOCH_OF(seen) == epoch_now())
			return; /* ours is over: nobody needs to find it */
		else
			next = (uint64_t)epoch << 32 | bit;
	} while (next != seen &&
		 !atomic_compare_exchange_weak_explicit(word, &seen, next,
							memory_order_relaxed,
							memory_order_relaxed));
}

/* Is any of these granules marked in @epoch? They are less than REACH_MARKS. */
static bool marked(uintptr_t first, uintptr_t last, uint32_t epoch)
{
	uintptr_t n, end = last / BITS_PER_WORD;
	uint32_t mask = UINT32_MAX << first % BITS_PER_WORD;
	uint64_t word;

	for (n = first / BITS_PER_WORD; n <= end; n++, mask = UINT32_MAX) {
		if (n == end)
			mask &= UINT32_MAX >>
				(BITS_PER_WORD - 1 - last % BITS_PER_WORD);
		word = atomic_load_explicit(&marks[n % MARK_WORDS],
					    memory_order_relaxed);
		if (EPOCH_OF(word) == epoch && (uint32_t)word & mask)
			return true;
	}

	return false;
}

void reach_forget(uintptr_t addr, size_t len)
{
	uint32_t epoch = epoch_now();
	uintptr_t first = addr >> GRANULE_SHIFT, last;

	if (len == 0)
		return;

	last = (len > UINTPTR_MAX - addr ? UINTPTR_MAX : addr + len - 1) >>
	       GRANULE_SHIFT;
	if (last - first >= REACH_MARKS) {
		first = 0;
		last = REACH_MARKS - 1;
	}

	if (marked(first, last, epoch))
		atomic_fetch_add_explicit(&reach_epoch, 1,
					  memory_order_relaxed);
}

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
	reach->epoch = epoch_now();
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
	uint32_t epoch = reach->epoch;

	known += number % REACH_PAGES;
	if (*known == number)
		return true;

	mark((uintptr_t)page, epoch);
	if (!page_ask(reach, page, write))
		return false;

	*known = number;
	/* A signal handler may have been here since, and have unmapped it. */
	atomic_signal_fence(memory_order_seq_cst);
	if (reach->epoch != epoch)
		*known = 0;

	return true;
}

/* In this order: a signal handler in between finds that nothing is known, or
 * forgets it all once more. */
static void forget_all(struct reach *reach, uint32_t epoch)
{
	memset(reach->readable, 0, sizeof(reach->readable));
	memset(reach->writable, 0, sizeof(reach->writable));
	atomic_signal_fence(memory_order_seq_cst);
	reach->epoch = epoch;
}

bool reach_pages(struct reach *reach, const char *p, size_t len, bool write)
{
	uint32_t epoch = epoch_now();
	uintptr_t addr = (uintptr_t)p;
	const char *page;

	if (epoch != reach->epoch)
		forget_all(reach, epoch);
	if (len == 0)
		return true;
	if (addr < REACH_LOWEST || len > UINTPTR_MAX - addr)
		return false;

	for (page = page_of(reach, p); page < p + len; page += reach->page_size)
		if (!page_known(reach, page, write))
			return false;

	return true;
}

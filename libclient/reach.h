/* SPDX-License-Identifier: MIT */
/*
 * Which of the caller's memory is known to be there. The library copies
 * payloads between the caller's buffer and the slot's window; a bad buffer
 * must make the call fail with EFAULT, not crash in that copy.
 *
 * Known are the caller's own stack above the current frame, and pages which
 * were asked about once. Any other buffer does not go through the window: the
 * daemon reaches for it with process_vm_readv() and finds out. So nothing is
 * refused here, and the hot path pays for a few compares.
 *
 * One of these belongs to each attached thread, which alone touches it. Whoever
 * unmaps or protects memory says so by reach_forget(), and if any thread knows a
 * page of that, all of them forget all they know, each when it looks next:
 *
 *	who asks	loads the epoch, marks the page in that epoch, then asks
 *			the kernel about it, and knows it in that epoch
 *	who unmaps	does so, then loads the epoch, and if it finds a page of
 *			its own marked in that, begins a new one
 *
 * The kernel asks and unmaps under one lock. So either the unmapping finds the
 * mark, or the page was asked about later, or the epoch is over already. Marks
 * need not be taken off, nor be of living threads: those of another epoch are
 * none. They are few: pages 16 MiB apart share one, which costs a question more.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REACH_PAGES 64u /* power of two */
#define REACH_MARKS 4096u

/* Commands which say "pointer" are given small integers all the same; no
 * address below this one is ever mapped (vm.mmap_min_addr). */
#define REACH_LOWEST 65536u

struct reach {
	uintptr_t stack_low; /* the thread's stack */
	uintptr_t stack_high;
	uintptr_t page_size;
	unsigned int page_shift;
	bool populates; /* the kernel has MADV_POPULATE_* */
	/* Page numbers; 0 is none. All of @epoch. */
	uint32_t epoch;
	uintptr_t readable[REACH_PAGES];
	uintptr_t writable[REACH_PAGES];
};

/* Goes round after 2^32 unmappings of something known: no thread is that slow.
 * Read by all threads all the time, written hardly ever. */
extern _Atomic(uint32_t) reach_epoch;

/*
 * Something was unmapped, mapped or protected in @len bytes from @addr. Any
 * thread, signal handlers too: no lock, no system call. A few loads.
 */
void reach_forget(uintptr_t addr, size_t len);

/* For the calling thread. */
void reach_init(struct reach *reach);

bool reach_pages(struct reach *reach, const char *p, size_t len, bool write);

/* True: [@addr, @addr + @len) is in the live part of the caller's stack: of
 * those who called the function this is inlined in. */
static inline bool reach_on_stack(const struct reach *reach, uintptr_t addr,
				  size_t len)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return addr >= here && here >= reach->stack_low &&
	       addr < reach->stack_high && len <= reach->stack_high - addr;
}

/* True: may be read (@write: written) without a fault. */
static inline bool reach_ok(struct reach *reach, const void *p, size_t len,
			    bool write)
{
	return reach_on_stack(reach, (uintptr_t)p, len) ||
	       reach_pages(reach, p, len, write);
}

/* What was known at @epoch is known still. */
static inline bool reach_unchanged(uint32_t epoch)
{
	return atomic_load_explicit(&reach_epoch, memory_order_relaxed) ==
	       epoch;
}

/*
 * The daemon is going to touch this buffer on its own. The first thread's
 * stack grows when *we* touch it, but not for others.
 */
static inline void reach_grow_stack(const struct reach *reach, const void *p,
				    size_t len)
{
	if (reach_on_stack(reach, (uintptr_t)p, len))
		(void)*(const volatile char *)p;
}

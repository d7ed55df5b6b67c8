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
 * An answer is not forgotten when the application unmaps the page: passing
 * such a buffer afterwards is a crash (SIGSEGV), as it would be for memcpy().
 *
 * One of these belongs to each attached thread, which alone touches it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REACH_PAGES 64u /* power of two */

/* Commands which say "pointer" are given small integers all the same; no
 * address below this one is ever mapped (vm.mmap_min_addr). */
#define REACH_LOWEST 65536u

struct reach {
	uintptr_t stack_low; /* the thread's stack */
	uintptr_t stack_high;
	uintptr_t page_size;
	unsigned int page_shift;
	bool populates; /* the kernel has MADV_POPULATE_* */
	/* Page numbers; 0 is none. */
	uintptr_t readable[REACH_PAGES];
	uintptr_t writable[REACH_PAGES];
};

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

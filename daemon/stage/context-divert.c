/* SPDX-License-Identifier: MIT */
/*
 * Taking a flow of control off what it does, from a signal handler. The kernel
 * restores registers from the signal's frame when the handler returns: here
 * they are changed there. What was on the stack is forgotten, and so must be
 * the sanitizers' notes about it.
 */
#include "stage/context.h"

#include <stdint.h>
#include <ucontext.h>
#if FIBER_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(__x86_64__)
#define FLAG_DIRECTION 0x400
#define FLAG_ALIGNMENT 0x40000

/* As though called: the return address is none, which also ends unwinding. */
static bool divert(ucontext_t *uc, uintptr_t top, void (*entry)(void *arg),
		   void *arg)
{
	greg_t *regs = uc->uc_mcontext.gregs;

	top -= sizeof(uintptr_t);
	*(uintptr_t *)top = 0;
	regs[REG_RSP] = (greg_t)top;
	regs[REG_RBP] = 0;
	regs[REG_RDI] = (greg_t)(uintptr_t)arg;
	regs[REG_RIP] = (greg_t)(uintptr_t)entry;
	regs[REG_EFL] &= ~(greg_t)(FLAG_DIRECTION | FLAG_ALIGNMENT);

	return true;
}
#elif defined(__aarch64__)
#define PSTATE_BTYPE 0xc00 /* as if no indirect branch led here */

static bool divert(ucontext_t *uc, uintptr_t top, void (*entry)(void *arg),
		   void *arg)
{
	mcontext_t *regs = &uc->uc_mcontext;

	regs->sp = top;
	regs->regs[0] = (uintptr_t)arg;
	regs->regs[29] = 0;
	regs->regs[30] = 0;
	regs->pc = (uintptr_t)entry;
	regs->pstate &= ~(uint64_t)PSTATE_BTYPE;

	return true;
}
#else
static bool divert(ucontext_t *uc, uintptr_t top, void (*entry)(void *arg),
		   void *arg)
{
	(void)uc, (void)top, (void)entry, (void)arg;

	return false;
}
#endif

__attribute__((no_sanitize("address", "thread"))) bool
fiber_context_divert(const struct fiber_context *ctx, void *uc,
		     void (*entry)(void *arg), void *arg)
{
	uintptr_t top = (uintptr_t)ctx->stack_bottom + ctx->stack_size;

	return divert(uc, top & ~(uintptr_t)15, entry, arg);
}

#if FIBER_ASAN
/* Frames that were never left have poisoned their surroundings. */
__attribute__((no_sanitize("address"))) void
fiber_context_diverted(struct fiber_context *ctx)
{
	__asan_handle_no_return();
	__asan_unpoison_memory_region(ctx->stack_bottom, ctx->stack_size);
}
#elif FIBER_TSAN
/* Functions that were never left are on its stack of calls: start another. */
__attribute__((no_sanitize("thread"))) void
fiber_context_diverted(struct fiber_context *ctx)
{
	void *old = ctx->tsan_fiber;

	ctx->tsan_fiber = __tsan_create_fiber(0);
	__tsan_switch_to_fiber(ctx->tsan_fiber, 0);
	__tsan_destroy_fiber(old);
}
#else
void fiber_context_diverted(struct fiber_context *ctx)
{
	(void)ctx;
}
#endif

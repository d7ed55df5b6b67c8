/* SPDX-License-Identifier: MIT */
/*
 * The portable switch, by swapcontext(). Two system calls each time (it keeps
 * the signal mask), but every architecture has it, and the sanitizers' notes
 * on which stack is in use find their place here.
 */
#include "stage/context.h"

#include <assert.h>
#include <signal.h>
#if FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* To be inlined, as TSan counts a function's entry and exit on one stack. */
static inline __attribute__((always_inline)) void
leave(struct fiber_context *from, struct fiber_context *to)
{
#if FIBER_ASAN
	__sanitizer_start_switch_fiber(&from->asan_fake_stack, to->stack_bottom,
				       to->stack_size);
#elif FIBER_TSAN
	(void)from;
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#else
	(void)from;
	(void)to;
#endif
}

static inline __attribute__((always_inline)) void
arrive(struct fiber_context *ctx)
{
#if FIBER_ASAN
	__sanitizer_finish_switch_fiber(ctx->asan_fake_stack, NULL, NULL);
#else
	(void)ctx;
#endif
}

/* makecontext() passes nothing but ints. */
union split_pointer {
	struct fiber_context *ctx;
	unsigned int halves[2];
};

static_assert(sizeof(union split_pointer) == 2 * sizeof(unsigned int), "fits");

static void start(unsigned int half0, unsigned int half1)
{
	union split_pointer split = { .halves = { half0, half1 } };
	struct fiber_context *ctx = split.ctx;
	void (*entry)(void *arg);

	arrive(ctx);
	entry = ctx->entry;
	ctx->entry = NULL;
	entry(ctx->arg);
	fiber_context_returned();
}

void fiber_context_prepare(struct fiber_context *ctx, void (*entry)(void *arg),
			   void *arg)
{
	union split_pointer split = { .halves = { 0 } };
	int ret;

	ret = getcontext(&ctx->ucontext);
	assert(ret == 0);
	(void)ret;

	ctx->entry = entry;
	ctx->arg = arg;
	ctx->ucontext.uc_link = NULL;
	ctx->ucontext.uc_stack.ss_sp = (void *)ctx->stack_bottom;
	ctx->ucontext.uc_stack.ss_size = ctx->stack_size;
	split.ctx = ctx;
	makecontext(&ctx->ucontext, (void (*)(void))start, 2, split.halves[0],
		    split.halves[1]);

	/*
	 * Nobody needs it any more but ASan, which would unpoison this whole
	 * stack at each switch and so miss overflows on it.
	 */
	ctx->ucontext.uc_stack.ss_size = 0;
}

void fiber_context_switch(struct fiber_context *from, struct fiber_context *to)
{
	int ret;

	/* Start with this thread's mask rather than the maker's. */
	if (to->entry)
		pthread_sigmask(SIG_SETMASK, NULL, &to->ucontext.uc_sigmask);

	leave(from, to);
	ret = swapcontext(&from->ucontext, &to->ucontext);
	assert(ret == 0);
	(void)ret;
	arrive(from);
}

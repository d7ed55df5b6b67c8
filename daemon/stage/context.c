/* SPDX-License-Identifier: MIT */
/*
 * The birth and death of a context, whichever way it switches. Sanitizers keep
 * notes on every stack; they hear of one here, and of each switch in
 * context-ucontext.c. Valgrind hears of stacks from their pool.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_getattr_np() */
#endif
#include "stage/context.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifdef FIBER_NATIVE
#if FIBER_ASAN || FIBER_TSAN
#error "sanitizers do not see native switches, configure with -Dfiber=ucontext"
#endif

/*
 * A return to where the shadow stack did not see a call from is fatal. Other
 * parts of the program may be compiled for one: the kernel turns it on only
 * if all are, and context-*.S says that it is not.
 */
#if (defined(__CET__) && (__CET__ & 2)) || defined(__ARM_FEATURE_GCS_DEFAULT)
#error "no native switches with a shadow stack, configure with -Dfiber=ucontext"
#endif

/* As context-*.S knows them. */
static_assert(offsetof(struct fiber_context, sp) == 0, "asm");
static_assert(offsetof(struct fiber_context, stack_bottom) == 8, "asm");
static_assert(offsetof(struct fiber_context, stack_size) == 16, "asm");
#endif

#if FIBER_ASAN
static void sanitizer_adopt(struct fiber_context *ctx)
{
	(void)ctx;
}

/* What a sleeping fiber's locals point to is not leaked. */
static void sanitizer_make(struct fiber_context *ctx)
{
	__lsan_register_root_region(ctx->stack_bottom, ctx->stack_size);
}

/*
 * Frames that were never left have poisoned their surroundings, and may have
 * a fake stack. Only the flow that runs can give up its fake stack, hence we
 * pretend to be @ctx, which dies, and ourselves again.
 */
__attribute__((no_sanitize("address"))) static void
sanitizer_drop(struct fiber_context *ctx)
{
	const void *bottom;
	void *fake_stack;
	size_t size;

	__sanitizer_start_switch_fiber(&fake_stack, ctx->stack_bottom,
				       ctx->stack_size);
	__sanitizer_finish_switch_fiber(ctx->asan_fake_stack, &bottom, &size);
	__sanitizer_start_switch_fiber(NULL, bottom, size);
	__sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);

	__asan_unpoison_memory_region(ctx->stack_bottom, ctx->stack_size);
	__lsan_unregister_root_region(ctx->stack_bottom, ctx->stack_size);
}
#elif FIBER_TSAN
static void sanitizer_adopt(struct fiber_context *ctx)
{
	ctx->tsan_fiber = __tsan_get_current_fiber();
}

static void sanitizer_make(struct fiber_context *ctx)
{
	ctx->tsan_fiber = __tsan_create_fiber(0);
}

static void sanitizer_drop(struct fiber_context *ctx)
{
	__tsan_destroy_fiber(ctx->tsan_fiber);
}
#else
static void sanitizer_adopt(struct fiber_context *ctx)
{
	(void)ctx;
}

static void sanitizer_make(struct fiber_context *ctx)
{
	(void)ctx;
}

static void sanitizer_drop(struct fiber_context *ctx)
{
	(void)ctx;
}
#endif

void fiber_context_adopt(struct fiber_context *ctx)
{
	pthread_attr_t attr;
	void *bottom;
	int ret;

	memset(ctx, 0, sizeof(*ctx));

	ret = pthread_getattr_np(pthread_self(), &attr);
	assert(ret == 0);
	ret = pthread_attr_getstack(&attr, &bottom, &ctx->stack_size);
	assert(ret == 0);
	(void)ret;
	pthread_attr_destroy(&attr);

	ctx->stack_bottom = bottom;
	sanitizer_adopt(ctx);
}

void fiber_context_make(struct fiber_context *ctx, void *stack, size_t size,
			void (*entry)(void *arg), void *arg)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->stack_bottom = stack;
	ctx->stack_size = size;
	fiber_context_prepare(ctx, entry, arg);
	sanitizer_make(ctx);
}

void fiber_context_drop(struct fiber_context *ctx)
{
	sanitizer_drop(ctx);
	memset(ctx, 0, sizeof(*ctx));
}

void fiber_context_returned(void)
{
	assert(!"the first function of a context returned");
	abort();
}

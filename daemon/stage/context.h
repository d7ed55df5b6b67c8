/* SPDX-License-Identifier: MIT */
/*
 * A context is where one flow of control stands while it is not running: a
 * stack pointer with the callee-saved registers above it (our own switch, for
 * x86-64 and aarch64) or a ucontext_t (everywhere else, and under sanitizers).
 * Which one is decided at build time; FIBER_NATIVE tells. Knows nothing of
 * stages, priorities or sleeping.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#ifndef FIBER_NATIVE
#include <ucontext.h>
#endif

/* gcc tells of sanitizers by a macro, clang by a feature. */
#ifdef __has_feature
#define FIBER_FEATURE(name) __has_feature(name)
#else
#define FIBER_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || FIBER_FEATURE(address_sanitizer)
#define FIBER_ASAN 1
#else
#define FIBER_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || FIBER_FEATURE(thread_sanitizer)
#define FIBER_TSAN 1
#else
#define FIBER_TSAN 0
#endif

/*
 * The native switch comes back by an indirect jump. Where indirect jumps need
 * a landing pad (x86 IBT, aarch64 BTI), this makes callers put one there.
 */
#if !defined(FIBER_NATIVE)
#define FIBER_LANDS_BACK
#elif __has_attribute(indirect_return)
#define FIBER_LANDS_BACK __attribute__((indirect_return))
#elif defined(__CET__) || defined(__ARM_FEATURE_BTI_DEFAULT)
#define FIBER_LANDS_BACK __attribute__((returns_twice))
#else
#define FIBER_LANDS_BACK
#endif

/* Does not move once made or adopted: a ucontext_t points into itself. */
struct fiber_context {
#ifdef FIBER_NATIVE
	void *sp; /* callee-saved registers are stored from here on */
#else
	ucontext_t ucontext;
	void (*entry)(void *arg); /* NULL once it has started */
	void *arg;
#endif
	/* The stack this context runs on, as the sanitizers want to know. */
	const void *stack_bottom;
	size_t stack_size;
	void *asan_fake_stack;
	void *tsan_fiber;
};

/* Describe the calling thread's own flow of control: fills stack bounds and
 * the sanitizers' handles, so that others can switch back to it. In-band, or
 * before the thread turns real-time: the C library may allocate. */
void fiber_context_adopt(struct fiber_context *ctx);

/*
 * Make @ctx start in @entry(@arg), on the @size bytes at @stack, when it is
 * first switched to. @entry never returns (asserted). It starts with the
 * maker's floating-point modes, and the signal mask of the thread it runs on.
 */
void fiber_context_make(struct fiber_context *ctx, void *stack, size_t size,
			void (*entry)(void *arg), void *arg);

/* Save the running flow in @from, continue @to. Returns when somebody
 * switches to @from again, on the same thread. */
FIBER_LANDS_BACK
void fiber_context_switch(struct fiber_context *from, struct fiber_context *to);

/*
 * From a signal handler, on an alternate stack: make the flow which the signal
 * broke into, that of @ctx, go on in @entry(@arg) on an empty stack instead;
 * what it had there is lost. @uc is the handler's third argument. @entry never
 * returns, and calls fiber_context_diverted() first. False: not possible on
 * this architecture.
 */
bool fiber_context_divert(const struct fiber_context *ctx, void *uc,
			  void (*entry)(void *arg), void *arg);
void fiber_context_diverted(struct fiber_context *ctx);

/* Forget a context made by fiber_context_make() which will not run again.
 * Its stack must still be there. */
void fiber_context_drop(struct fiber_context *ctx);

/*
 * Between context.c and the file that switches. prepare() writes a first frame
 * for a context whose stack bounds are known; returned() is where the first
 * function of a context must not get to.
 */
void fiber_context_prepare(struct fiber_context *ctx, void (*entry)(void *arg),
			   void *arg);
_Noreturn void fiber_context_returned(void);

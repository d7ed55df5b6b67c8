/* SPDX-License-Identifier: MIT */
/*
 * The native switch, register by register. Stands alone, without Check, so
 * that it can be built for another architecture and run under qemu there.
 */
#undef NDEBUG
#include "stage/context.h"

#include <assert.h>
#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#define STACK_SIZE (64 << 10)
#define NR_ROUNDS  50000

/*
 * switch_with_registers() loads @regs into every register that a call must
 * preserve, switches, and stores what it finds afterwards back to @regs. It
 * behaves as any other function towards its own caller.
 */
void switch_with_registers(struct fiber_context *from, struct fiber_context *to,
			   uint64_t *regs);

#if defined(__x86_64__)
/* rbx, rbp, r12 to r15, MXCSR (low half), x87 control word (low half) */
#define NR_REGS 8

/* Rounding in bits 13-14 and 10-11; all that valgrind knows of, too. */
static void choose_modes(uint64_t *regs, unsigned int i)
{
	regs[6] = 0x1f80 | (i & 3) << 13;
	regs[7] = 0x037f | ((i + 1) & 3) << 10;
}

/* clang-format off */
asm("	.text\n"
    "	.type	switch_with_registers, @function\n"
    "	.globl	switch_with_registers\n"
    "switch_with_registers:\n"
    "	endbr64\n"
    "	push	%rbx\n"
    "	push	%rbp\n"
    "	push	%r12\n"
    "	push	%r13\n"
    "	push	%r14\n"
    "	push	%r15\n"
    "	sub	$24, %rsp\n"
    "	mov	%rdx, (%rsp)\n"
    "	stmxcsr	8(%rsp)\n"
    "	fnstcw	12(%rsp)\n"
    "	mov	(%rdx), %rbx\n"
    "	mov	8(%rdx), %rbp\n"
    "	mov	16(%rdx), %r12\n"
    "	mov	24(%rdx), %r13\n"
    "	mov	32(%rdx), %r14\n"
    "	mov	40(%rdx), %r15\n"
    "	ldmxcsr	48(%rdx)\n"
    "	fldcw	56(%rdx)\n"
    "	call	fiber_context_switch\n"
    "	endbr64\n"
    "	mov	(%rsp), %rdx\n"
    "	mov	%rbx, (%rdx)\n"
    "	mov	%rbp, 8(%rdx)\n"
    "	mov	%r12, 16(%rdx)\n"
    "	mov	%r13, 24(%rdx)\n"
    "	mov	%r14, 32(%rdx)\n"
    "	mov	%r15, 40(%rdx)\n"
    "	stmxcsr	48(%rdx)\n"
    "	fnstcw	56(%rdx)\n"
    "	ldmxcsr	8(%rsp)\n"
    "	fldcw	12(%rsp)\n"
    "	add	$24, %rsp\n"
    "	pop	%r15\n"
    "	pop	%r14\n"
    "	pop	%r13\n"
    "	pop	%r12\n"
    "	pop	%rbp\n"
    "	pop	%rbx\n"
    "	ret\n"
    "	.size	switch_with_registers, . - switch_with_registers\n");
/* clang-format on */
#elif defined(__aarch64__)
/* x19 to x28, fp, d8 to d15, fpcr; lr goes without saying */
#define NR_REGS 20

/* Rounding in bits 22-23, flush to zero in bit 24. */
static void choose_modes(uint64_t *regs, unsigned int i)
{
	regs[19] = (uint64_t)(i & 7) << 22;
}

/* clang-format off */
asm("	.text\n"
    "	.type	switch_with_registers, %function\n"
    "	.globl	switch_with_registers\n"
    "switch_with_registers:\n"
    "	hint	#34\n"
    "	stp	x29, x30, [sp, #-192]!\n"
    "	stp	x19, x20, [sp, #16]\n"
    "	stp	x21, x22, [sp, #32]\n"
    "	stp	x23, x24, [sp, #48]\n"
    "	stp	x25, x26, [sp, #64]\n"
    "	stp	x27, x28, [sp, #80]\n"
    "	stp	d8, d9, [sp, #96]\n"
    "	stp	d10, d11, [sp, #112]\n"
    "	stp	d12, d13, [sp, #128]\n"
    "	stp	d14, d15, [sp, #144]\n"
    "	mrs	x9, fpcr\n"
    "	stp	x2, x9, [sp, #160]\n"
    "	ldp	x19, x20, [x2]\n"
    "	ldp	x21, x22, [x2, #16]\n"
    "	ldp	x23, x24, [x2, #32]\n"
    "	ldp	x25, x26, [x2, #48]\n"
    "	ldp	x27, x28, [x2, #64]\n"
    "	ldr	x29, [x2, #80]\n"
    "	ldp	d8, d9, [x2, #88]\n"
    "	ldp	d10, d11, [x2, #104]\n"
    "	ldp	d12, d13, [x2, #120]\n"
    "	ldp	d14, d15, [x2, #136]\n"
    "	ldr	x9, [x2, #152]\n"
    "	msr	fpcr, x9\n"
    "	bl	fiber_context_switch\n"
    "	hint	#36\n"
    "	ldp	x2, x10, [sp, #160]\n"
    "	stp	x19, x20, [x2]\n"
    "	stp	x21, x22, [x2, #16]\n"
    "	stp	x23, x24, [x2, #32]\n"
    "	stp	x25, x26, [x2, #48]\n"
    "	stp	x27, x28, [x2, #64]\n"
    "	str	x29, [x2, #80]\n"
    "	stp	d8, d9, [x2, #88]\n"
    "	stp	d10, d11, [x2, #104]\n"
    "	stp	d12, d13, [x2, #120]\n"
    "	stp	d14, d15, [x2, #136]\n"
    "	mrs	x9, fpcr\n"
    "	str	x9, [x2, #152]\n"
    "	msr	fpcr, x10\n"
    "	ldp	d14, d15, [sp, #144]\n"
    "	ldp	d12, d13, [sp, #128]\n"
    "	ldp	d10, d11, [sp, #112]\n"
    "	ldp	d8, d9, [sp, #96]\n"
    "	ldp	x27, x28, [sp, #80]\n"
    "	ldp	x25, x26, [sp, #64]\n"
    "	ldp	x23, x24, [sp, #48]\n"
    "	ldp	x21, x22, [sp, #32]\n"
    "	ldp	x19, x20, [sp, #16]\n"
    "	ldp	x29, x30, [sp], #192\n"
    "	ret\n"
    "	.size	switch_with_registers, . - switch_with_registers\n");
/* clang-format on */
#else
#error "no native switch for this architecture"
#endif

static struct fiber_context self, ctx;
static unsigned long nr_switches;
static uintptr_t first_frame;

/* A different value in each register, on each side, in each round. */
static void switch_and_compare(struct fiber_context *from,
			       struct fiber_context *to, unsigned int side,
			       unsigned int round)
{
	uint64_t before[NR_REGS], after[NR_REGS];

	for (unsigned int i = 0; i < NR_REGS; i++)
		before[i] = (uint64_t)(round + 1) << 32 | side << 16 | (i + 1);
	choose_modes(before, round + side);

	memcpy(after, before, sizeof(after));
	nr_switches++;
	switch_with_registers(from, to, after);
	assert(memcmp(before, after, sizeof(after)) == 0);
}

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *unwind,
				       void *arg)
{
	int *nr_frames = arg;

	(void)unwind;

	return ++*nr_frames < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/*
 * This function, ping_pong(), and where the context started: then it ends.
 * backtrace() ends by itself where a frame is its own caller, hence the other.
 */
__attribute__((noinline)) static void check_unwinding(void)
{
	void *frames[64];
	int nr_frames;

	nr_frames = backtrace(frames, 64);
	assert(nr_frames >= 2 && nr_frames <= 3);

	nr_frames = 0;
	_Unwind_Backtrace(count_frame, &nr_frames);
	assert(nr_frames >= 2 && nr_frames <= 4);
}

static void ping_pong(void *arg)
{
	uintptr_t *frame = __builtin_frame_address(0);

	assert(arg == &first_frame);
	assert(*frame == 0); /* for those who unwind by frame pointers */
	first_frame = (uintptr_t)frame;
	check_unwinding();

	for (unsigned int i = 0;; i++)
		switch_and_compare(&ctx, &self, 1, i);
}

/* What a context was diverted from, and how often. */
static unsigned int nr_diverted;

/* On the empty stack; then deep down again, to a fault. */
_Noreturn static void fall_again(void *arg)
{
	uintptr_t *frame = __builtin_frame_address(0);
	volatile int *nothing = NULL;

	fiber_context_diverted(&ctx);
	assert(arg == &nr_diverted);
	/* As aligned as a called function's; none was its caller. */
	assert(((uintptr_t)frame & 15) == 0 && *frame == 0);
	assert((uintptr_t)ctx.stack_bottom + ctx.stack_size - (uintptr_t)frame <
	       256);

	fiber_context_switch(&ctx, &self);
	*nothing = 1;
	abort();
}

static void fall(void *arg)
{
	volatile char deep[4096];
	volatile int *nothing = arg;

	deep[0] = 1;
	*nothing = deep[0];
	abort();
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	assert(info->si_addr == NULL);
	nr_diverted++;
	assert(fiber_context_divert(&ctx, uc, fall_again, &nr_diverted));
}

/* Many times, as a signal's mask and alternate stack must come free. */
static void check_divert(void *stack)
{
	static char signal_stack[STACK_SIZE];
	const stack_t alternate = { .ss_sp = signal_stack,
				    .ss_size = sizeof(signal_stack) };
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	assert(sigaltstack(&alternate, NULL) == 0);
	assert(sigaction(SIGSEGV, &action, NULL) == 0);
	fiber_context_make(&ctx, stack, STACK_SIZE - 3, fall, NULL);
	for (unsigned int i = 1; i <= 1000; i++) {
		fiber_context_switch(&self, &ctx);
		assert(nr_diverted == i);
	}
	fiber_context_drop(&ctx);
}

int main(void)
{
	/* Were unwinding not to end, it would find these above the stack. */
	static uintptr_t memory[STACK_SIZE / sizeof(uintptr_t) + 64]
		__attribute__((aligned(16)));
	uintptr_t top = (uintptr_t)memory + STACK_SIZE;

	for (unsigned int i = 0; i < 64; i++)
		memory[STACK_SIZE / sizeof(uintptr_t) + i] = (uintptr_t)main;

	fiber_context_adopt(&self);
	/* An odd size: the first frame is aligned all the same. */
	fiber_context_make(&ctx, memory, STACK_SIZE - 3, ping_pong,
			   &first_frame);

	for (unsigned int i = 0; i < NR_ROUNDS; i++)
		switch_and_compare(&self, &ctx, 0, i);

	assert(first_frame % 16 == 0);
	assert(first_frame < top && first_frame > top - 1024);

	fiber_context_drop(&ctx);
	check_divert(memory);
	printf("context: %lu switches ok\n", nr_switches);

	return 0;
}

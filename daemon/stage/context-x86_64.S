/* SPDX-License-Identifier: MIT */
/*
 * The native switch for x86-64. A context at rest is its stack pointer, and
 * from there up:
 *
 *	 0	MXCSR
 *	 4	x87 control word
 *	 8	r15, r14, r13, r12, rbx, rbp
 *	56	where to continue
 *
 * It continues by an indirect jmp: a ret whose call was made on another stack
 * is always mispredicted. The jump's targets carry endbr64, the callers' by
 * the attribute in context.h. Shadow stacks are not kept.
 */
#define FRAME_SIZE 56

	.text

/* void fiber_context_switch(from: rdi, to: rsi) */
	.globl	fiber_context_switch
	.hidden	fiber_context_switch
	.type	fiber_context_switch, @function
	.p2align 4
fiber_context_switch:
	.cfi_startproc
	endbr64
	subq	$FRAME_SIZE, %rsp
	.cfi_adjust_cfa_offset FRAME_SIZE
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%r15, 8(%rsp)
	movq	%r14, 16(%rsp)
	movq	%r13, 24(%rsp)
	movq	%r12, 32(%rsp)
	movq	%rbx, 40(%rsp)
	movq	%rbp, 48(%rsp)
	.cfi_rel_offset r15, 8
	.cfi_rel_offset r14, 16
	.cfi_rel_offset r13, 24
	.cfi_rel_offset r12, 32
	.cfi_rel_offset rbx, 40
	.cfi_rel_offset rbp, 48

	/* One frame or the other: unwinding is right on both sides. */
	movq	%rsp, (%rdi)
	movq	(%rsi), %rsp

	movq	48(%rsp), %rbp
	movq	40(%rsp), %rbx
	movq	32(%rsp), %r12
	movq	24(%rsp), %r13
	movq	16(%rsp), %r14
	movq	8(%rsp), %r15
	.cfi_restore rbp
	.cfi_restore rbx
	.cfi_restore r12
	.cfi_restore r13
	.cfi_restore r14
	.cfi_restore r15
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	addq	$FRAME_SIZE, %rsp
	.cfi_adjust_cfa_offset -FRAME_SIZE
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	jmp	*%rcx
	.cfi_endproc
	.size	fiber_context_switch, . - fiber_context_switch

/*
 * The outermost frame of a context: calls its entry (rbx) with its argument
 * (r12). Unwinding ends here, by rip in the CFI and by a zero rbp otherwise.
 */
	.type	fiber_context_start, @function
	.p2align 4
fiber_context_start:
	.cfi_startproc
	.cfi_undefined rip
	nop	/* unwinders look up the byte before an address */
.Lstart:
	endbr64
	movq	%r12, %rdi
	call	*%rbx
	.hidden	fiber_context_returned
	call	fiber_context_returned
	ud2
	.cfi_endproc
	.size	fiber_context_start, . - fiber_context_start

/* void fiber_context_prepare(ctx: rdi, entry: rsi, arg: rdx) */
	.globl	fiber_context_prepare
	.hidden	fiber_context_prepare
	.type	fiber_context_prepare, @function
	.p2align 4
fiber_context_prepare:
	.cfi_startproc
	endbr64
	movq	8(%rdi), %rax
	addq	16(%rdi), %rax
	andq	$-16, %rax
	subq	$(FRAME_SIZE + 8), %rax
	movq	%rax, (%rdi)

	leaq	.Lstart(%rip), %rcx
	xorl	%edi, %edi
	stmxcsr	(%rax)
	fnstcw	4(%rax)
	movq	%rdi, 8(%rax)
	movq	%rdi, 16(%rax)
	movq	%rdi, 24(%rax)
	movq	%rdx, 32(%rax)
	movq	%rsi, 40(%rax)
	movq	%rdi, 48(%rax)
	movq	%rcx, 56(%rax)
	ret
	.cfi_endproc
	.size	fiber_context_prepare, . - fiber_context_prepare

	.section .note.GNU-stack, "", @progbits

/* GNU_PROPERTY_X86_FEATURE_1_AND: IBT, but not SHSTK. */
	.section .note.gnu.property, "a", @note
	.p2align 3
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000002, 4, 1, 0

/* SPDX-License-Identifier: MIT */
/*
 * The native switch for aarch64. A context at rest is its stack pointer, and
 * from there up:
 *
 *	  0	x29 (fp), x30 (lr): where to continue
 *	 16	x19 to x28
 *	 96	d8 to d15
 *	160	fpcr, one word of padding
 *
 * It continues by br: a ret whose bl was made on another stack is always
 * mispredicted. The jump's targets carry bti j, the callers' by the attribute
 * in context.h. x30 is what the caller gave us, signed or not by the caller.
 */
#define FRAME_SIZE 176

#define bti_c hint #34
#define bti_j hint #36

	.text

/* void fiber_context_switch(from: x0, to: x1) */
	.globl	fiber_context_switch
	.hidden	fiber_context_switch
	.type	fiber_context_switch, %function
	.p2align 4
fiber_context_switch:
	.cfi_startproc
	bti_c
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	.cfi_adjust_cfa_offset FRAME_SIZE
	mrs	x9, fpcr
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	str	x9, [sp, #160]
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	.cfi_rel_offset x19, 16
	.cfi_rel_offset x20, 24
	.cfi_rel_offset x21, 32
	.cfi_rel_offset x22, 40
	.cfi_rel_offset x23, 48
	.cfi_rel_offset x24, 56
	.cfi_rel_offset x25, 64
	.cfi_rel_offset x26, 72
	.cfi_rel_offset x27, 80
	.cfi_rel_offset x28, 88

	/* One frame or the other: unwinding is right on both sides. */
	mov	x10, sp
	str	x10, [x0]
	ldr	x10, [x1]
	mov	sp, x10

	/* Writing fpcr is slow, and needed by those who changed it. */
	ldr	x10, [sp, #160]
	cmp	x9, x10
	b.eq	1f
	msr	fpcr, x10
1:
	ldp	d14, d15, [sp, #144]
	ldp	d12, d13, [sp, #128]
	ldp	d10, d11, [sp, #112]
	ldp	d8, d9, [sp, #96]
	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #FRAME_SIZE
	.cfi_adjust_cfa_offset -FRAME_SIZE
	.cfi_restore x29
	.cfi_restore x30
	.cfi_restore x19
	.cfi_restore x20
	.cfi_restore x21
	.cfi_restore x22
	.cfi_restore x23
	.cfi_restore x24
	.cfi_restore x25
	.cfi_restore x26
	.cfi_restore x27
	.cfi_restore x28
	br	x30
	.cfi_endproc
	.size	fiber_context_switch, . - fiber_context_switch

/*
 * The outermost frame of a context: calls its entry (x19) with its argument
 * (x20). Unwinding ends here, by x30 in the CFI and by a zero fp otherwise.
 */
	.type	fiber_context_start, %function
	.p2align 4
fiber_context_start:
	.cfi_startproc
	.cfi_undefined x30
	nop	/* unwinders look up the byte before an address */
.Lstart:
	bti_j
	mov	x0, x20
	blr	x19
	.hidden	fiber_context_returned
	bl	fiber_context_returned
	brk	#1
	.cfi_endproc
	.size	fiber_context_start, . - fiber_context_start

/* void fiber_context_prepare(ctx: x0, entry: x1, arg: x2) */
	.globl	fiber_context_prepare
	.hidden	fiber_context_prepare
	.type	fiber_context_prepare, %function
	.p2align 4
fiber_context_prepare:
	.cfi_startproc
	bti_c
	ldp	x9, x10, [x0, #8]
	add	x9, x9, x10
	and	x9, x9, #-16
	sub	x9, x9, #FRAME_SIZE
	str	x9, [x0]

	adr	x10, .Lstart
	mrs	x11, fpcr
	stp	xzr, x10, [x9]
	stp	x1, x2, [x9, #16]
	stp	xzr, xzr, [x9, #32]
	stp	xzr, xzr, [x9, #48]
	stp	xzr, xzr, [x9, #64]
	stp	xzr, xzr, [x9, #80]
	stp	xzr, xzr, [x9, #96]
	stp	xzr, xzr, [x9, #112]
	stp	xzr, xzr, [x9, #128]
	stp	xzr, xzr, [x9, #144]
	str	x11, [x9, #160]
	ret
	.cfi_endproc
	.size	fiber_context_prepare, . - fiber_context_prepare

	.section .note.GNU-stack, "", %progbits

/* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI. */
	.section .note.gnu.property, "a", %note
	.p2align 3
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000000, 4, 1, 0

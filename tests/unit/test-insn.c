/* SPDX-License-Identifier: MIT */
/* Where in memory operands of instructions are. */
#include "../helpers.h"
#include "kapi/insn.h"

#include <stdint.h>
#include <ucontext.h>

#if defined(__x86_64__)

static ucontext_t context;

static uint64_t reg(int number)
{
	return (uint64_t)context.uc_mcontext.gregs[number];
}

static unsigned int operands_of(const uint8_t *code, unsigned long addrs[2])
{
	context.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)code;

	return insn_operands(&context, addrs);
}

/* Values that add up to one another in no other way. */
static void setup(void)
{
	for (int i = 0; i <= REG_RSP; i++)
		context.uc_mcontext.gregs[i] =
			(greg_t)(UINT64_C(0x6b01000000000000) +
				 i * UINT64_C(0x0101234500001000));
}

#define NO (-1) /* register */

static const struct {
	uint8_t code[11];
	int base, index, scale;
	int64_t disp;
} operands[] = {
	/* mov (%rax),%rax */
	{ { 0x48, 0x8b, 0x00 }, REG_RAX, NO, 0, 0 },
	/* addl $1,(%rdx) */
	{ { 0x83, 0x02, 0x01 }, REG_RDX, NO, 0, 0 },
	/* mov %ecx,0x10(%rdi); -8(%rbp); (%r12); 0(%r13); -0x1000(%r8) */
	{ { 0x89, 0x4f, 0x10 }, REG_RDI, NO, 0, 16 },
	{ { 0x89, 0x4d, 0xf8 }, REG_RBP, NO, 0, -8 },
	{ { 0x41, 0x89, 0x0c, 0x24 }, REG_R12, NO, 0, 0 },
	{ { 0x41, 0x89, 0x4d, 0x00 }, REG_R13, NO, 0, 0 },
	{ { 0x41, 0x89, 0x88, 0x00, 0xf0, 0xff, 0xff }, REG_R8, NO, 0, -4096 },
	/* movzbl 1(%rbx,%r9,8),%esi; (,%rcx,4) with a displacement */
	{ { 0x42, 0x0f, 0xb6, 0x74, 0xcb, 0x01 }, REG_RBX, REG_R9, 8, 1 },
	{ { 0x8b, 0x04, 0x8d, 0x20, 0, 0, 0 }, NO, REG_RCX, 4, 32 },
	/* lock xadd %eax,(%r15,%r12): an index, as no %rsp is */
	{ { 0xf0, 0x43, 0x0f, 0xc1, 0x04, 0x27 }, REG_R15, REG_R12, 1, 0 },
	/* movb $7,(%rsi); testb $1,(%r11); notl (%r14) */
	{ { 0xc6, 0x06, 0x07 }, REG_RSI, NO, 0, 0 },
	{ { 0x41, 0xf6, 0x03, 0x01 }, REG_R11, NO, 0, 0 },
	{ { 0x41, 0xf7, 0x16 }, REG_R14, NO, 0, 0 },
	/* call *8(%rbx); jmp *(%rdx,%rax,8); push (%r10) */
	{ { 0xff, 0x53, 0x08 }, REG_RBX, NO, 0, 8 },
	{ { 0xff, 0x24, 0xc2 }, REG_RDX, REG_RAX, 8, 0 },
	{ { 0x41, 0xff, 0x32 }, REG_R10, NO, 0, 0 },
	/* fldt (%rax); movdqu (%rsi),%xmm0; movbe; movups %xmm3,-1(%rdi,%rdx) */
	{ { 0xdb, 0x28 }, REG_RAX, NO, 0, 0 },
	{ { 0xf3, 0x0f, 0x6f, 0x06 }, REG_RSI, NO, 0, 0 },
	{ { 0x0f, 0x38, 0xf0, 0x07 }, REG_RDI, NO, 0, 0 },
	{ { 0x0f, 0x11, 0x5c, 0x17, 0xff }, REG_RDI, REG_RDX, 1, -1 },
	/* vmovdqu (%rsi),%ymm0; vmovdqu -0x20(%r9,%r10),%ymm1 */
	{ { 0xc5, 0xfe, 0x6f, 0x06 }, REG_RSI, NO, 0, 0 },
	{ { 0xc4, 0x81, 0x7e, 0x6f, 0x4c, 0x11, 0xe0 },
	  REG_R9,
	  REG_R10,
	  1,
	  -32 },
	/* vmovdqu64 -0x20(%rsi,%rdx),%ymm17; 0x40(%r8),%zmm16 */
	{ { 0x62, 0xe1, 0xfe, 0x28, 0x6f, 0x4c, 0x16, 0xff },
	  REG_RSI,
	  REG_RDX,
	  1,
	  -32 },
	{ { 0x62, 0xc1, 0xfe, 0x48, 0x6f, 0x40, 0x01 }, REG_R8, NO, 0, 64 },
};

#define NR_OPERANDS (int)(sizeof(operands) / sizeof(operands[0]))

START_TEST(an_operand_is_where_registers_point_to)
{
	uint64_t where = (uint64_t)operands[_i].disp;
	unsigned long addrs[2];

	if (operands[_i].base != NO)
		where += reg(operands[_i].base);
	if (operands[_i].index != NO)
		where += reg(operands[_i].index) * (uint64_t)operands[_i].scale;
	ck_assert_uint_eq(operands_of(operands[_i].code, addrs), 1);
	ck_assert_uint_eq(addrs[0], where);
}
END_TEST

static const uint8_t strings[][4] = {
	{ 0xa4 },	      /* movsb */
	{ 0xf3, 0x48, 0xa5 }, /* rep movsq */
	{ 0xf3, 0xa6 },	      /* repe cmpsb */
	{ 0xf3, 0x48, 0xab }, /* rep stosq */
	{ 0xac },	      /* lodsb */
	{ 0xf2, 0xae },	      /* repne scasb */
};

START_TEST(strings_have_two)
{
	unsigned long addrs[2];

	ck_assert_uint_eq(operands_of(strings[_i], addrs), 2);
	ck_assert_uint_eq(addrs[0], reg(REG_RSI));
	ck_assert_uint_eq(addrs[1], reg(REG_RDI));
}
END_TEST

static const uint8_t others[][16] = {
	{ 0x48, 0x89, 0xd0 },		     /* mov %rdx,%rax */
	{ 0x48, 0x8b, 0x05, 0x10, 0, 0, 0 }, /* mov 0x10(%rip),%rax */
	{ 0xff, 0xd0 },			     /* call *%rax */
	{ 0x41, 0xff, 0xe3 },		     /* jmp *%r11 */
	{ 0x3e, 0xff, 0xe0 },		     /* notrack jmp *%rax */
	{ 0xc3 },			     /* ret */
	{ 0xf3, 0xc3 },			     /* rep ret */
	{ 0xc2, 0x08, 0x00 },		     /* ret $8 */
	{ 0xe8, 0, 0, 0, 0 },		     /* call */
	{ 0xeb, 0xfe },			     /* jmp */
	{ 0x55 },			     /* push %rbp */
	{ 0x41, 0x5f },			     /* pop %r15 */
	{ 0xc9 },			     /* leave */
	{ 0xa8, 0x01 },			     /* test $1,%al */
	{ 0xf4 },			     /* hlt */
	/* Prefixes without end. */
	{ 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	  0x66, 0x66, 0x66, 0x66, 0x66 },
};

#define NR_OTHERS (int)(sizeof(others) / sizeof(others[0]))

START_TEST(others_have_none)
{
	unsigned long addrs[2];

	ck_assert_uint_eq(operands_of(others[_i], addrs), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/insn");
	TCase *tc = tcase_create("operands");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, an_operand_is_where_registers_point_to, 0,
			    NR_OPERANDS);
	tcase_add_loop_test(tc, strings_have_two, 0,
			    (int)(sizeof(strings) / sizeof(strings[0])));
	tcase_add_loop_test(tc, others_have_none, 0, NR_OTHERS);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

#else

int main(void)
{
	unsigned long addrs[INSN_MAX_OPERANDS];

	return insn_operands(NULL, addrs) != 0;
}

#endif

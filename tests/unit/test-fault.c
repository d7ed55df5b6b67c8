/* SPDX-License-Identifier: MIT */
/* Whose a fault is, of a handler whose caller is this process. */
#include "kapi/fault.h"
#include "kapi/guard.h"
#include "kapi/task.h"
#include "stage/context.h"
#include "suite.h"

#include <linux/uaccess.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE	4096ul
#define ARG	0x20000000ul /* as the caller has it */
#define NOWHERE 0x30000000ul
#define SIZE	64

static struct task_struct task;
static uint32_t arg[SIZE / 4]; /* what is there */
static const struct guard_call call = { .addr = ARG, .size = SIZE };

/* A fault; on x86-64 as of a load, unless it is said otherwise. */
static siginfo_t info;
static ucontext_t context;
static const uint8_t load[] = { 0x48, 0x8b, 0x00 }; /* mov (%rax),%rax */

static unsigned long addr;

static void set_pc(const void *pc)
{
#if defined(__x86_64__)
	context.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)pc;
#elif defined(__aarch64__)
	context.uc_mcontext.pc = (uintptr_t)pc;
#endif
}

static void setup(void)
{
	test_stage_setup();
	memset(arg, 0, sizeof(arg));
	task = (struct task_struct){
		.pid = getpid(),
		.window = { .base = ARG, .mem = (char *)arg, .readable = SIZE },
	};
	memset(&info, 0, sizeof(info));
	memset(&context, 0, sizeof(context));
	set_pc(load);
	addr = 0;
}

static void judge(void *callers)
{
	*(bool *)callers = fault_is_callers(&call, &info, &context, &addr);
}

static void on_a_fiber(void (*entry)(void *arg), void *data)
{
	struct fiber *fiber = test_fiber(entry, data, 0);

	task_set(fiber, &task);
	stage_run_until_idle(&test_stage);
}

static bool is_callers(void)
{
	bool callers;

	on_a_fiber(judge, &callers);

	return callers;
}

static bool told_is_callers(unsigned long where)
{
	info.si_addr = (void *)where;
	addr = 0;
	if (!is_callers())
		return false;
	ck_assert_uint_eq(addr, where);

	return true;
}

/* At @offset of what the caller passes. */
static void pass(size_t offset, uint64_t value, size_t size)
{
	memset(arg, 0, sizeof(arg));
	memcpy((char *)arg + offset, &value, size);
}

START_TEST(the_argument_and_what_is_mapped_are_the_callers)
{
	ck_assert(told_is_callers(ARG));
	ck_assert(told_is_callers(ARG + PAGE - 1));
	ck_assert(!told_is_callers(ARG + PAGE));
	ck_assert(!told_is_callers(ARG - 1));
	ck_assert(!told_is_callers(NOWHERE));
	ck_assert(!told_is_callers(0));
	ck_assert(told_is_callers((uintptr_t)&task));
}
END_TEST

START_TEST(so_is_a_pointer_in_what_was_passed)
{
	pass(0, NOWHERE, 8);
	ck_assert(told_is_callers(NOWHERE));
	ck_assert(told_is_callers(NOWHERE + PAGE - 1));
	ck_assert(!told_is_callers(NOWHERE + PAGE));
	pass(12, NOWHERE, 8); /* packed */
	ck_assert(told_is_callers(NOWHERE));
	pass(13, NOWHERE, 8);
	ck_assert(!told_is_callers(NOWHERE));

	/* Between other things it is half of a number, or a narrow pointer. */
	pass(4, NOWHERE, 4);
	arg[2] = 7;
	ck_assert(!told_is_callers(NOWHERE));
	task.compat = true;
	ck_assert(told_is_callers(NOWHERE));

	pass(0, 8, 8);
	ck_assert(!told_is_callers(8));
}
END_TEST

static void copy(void *from)
{
	char bytes[SIZE];

	ck_assert_uint_eq(copy_from_user(bytes, (void *)ARG, SIZE), 0);
	pass(0, 0, 8);
	judge(from);
}

START_TEST(so_is_a_pointer_which_was_copied)
{
	bool callers;

	pass(8, NOWHERE, 8);
	info.si_addr = (void *)NOWHERE;
	on_a_fiber(copy, &callers);
	ck_assert(callers);
	info.si_addr = (void *)(NOWHERE - 1);
	ck_assert(!is_callers());
}
END_TEST

START_TEST(nothing_that_was_called_is)
{
	pass(0, NOWHERE, 8);
	ck_assert(told_is_callers(NOWHERE));
	set_pc((void *)NOWHERE);
	ck_assert(!told_is_callers(NOWHERE));
	set_pc((void *)ARG);
	ck_assert(!told_is_callers(ARG));
	set_pc(&task);
	ck_assert(!told_is_callers((uintptr_t)&task));
}
END_TEST

#if defined(__x86_64__)

#define NONE 0x6b6b6b6b6b6b6b6b

static void set_reg(int reg, uint64_t value)
{
	context.uc_mcontext.gregs[reg] = (greg_t)value;
}

static void trap(int number)
{
	set_reg(REG_TRAPNO, (uint64_t)number);
}

/* The rest of an instruction may be on a page which is not there. */
START_TEST(nor_is_what_could_not_be_fetched)
{
	pass(0, NOWHERE, 8);
	trap(14);
	ck_assert(told_is_callers(NOWHERE));
	set_pc((void *)(NOWHERE - 1));
	ck_assert(told_is_callers(NOWHERE));
	set_reg(REG_ERR, 0x14);
	ck_assert(!told_is_callers(NOWHERE));
}
END_TEST

static const int traps[] = { 12, 13 };

START_TEST(what_is_no_address_must_be_in_a_register)
{
	trap(traps[_i]);
	pass(4, NONE, 8);
	ck_assert(!is_callers());
	set_reg(REG_R15, NONE);
	ck_assert(is_callers());
	ck_assert_uint_eq(addr, NONE);

	/* An index or a displacement is told to nobody. */
	set_reg(REG_R15, NONE - PAGE);
	ck_assert(is_callers());
	set_reg(REG_R15, NONE + 2 * PAGE - 1);
	ck_assert(is_callers());

	set_reg(REG_R15, NONE - PAGE - 1);
	ck_assert(!is_callers());
	set_reg(REG_R15, NONE + 2 * PAGE);
	ck_assert(!is_callers());

	/* Nobody passes one of these. */
	set_reg(REG_RSP, NONE);
	ck_assert(!is_callers());
}
END_TEST

START_TEST(other_data_of_the_callers_is_no_excuse)
{
	trap(traps[_i]);
	memset(arg, 0xa5, sizeof(arg));
	for (int reg = 0; reg < REG_RSP; reg++)
		set_reg(reg, NONE);
	ck_assert(!is_callers());

	/* Nor what is an address, which would have been told. */
	for (int reg = 0; reg < REG_RSP; reg++)
		set_reg(reg, ARG);
	ck_assert(!is_callers());
	pass(0, NOWHERE, 8);
	set_reg(REG_RAX, NOWHERE);
	ck_assert(!is_callers());
}
END_TEST

/* The last byte below it is an address; those behind are none. */
START_TEST(a_pointer_to_the_end_of_addresses_is_the_callers)
{
	const uint64_t end = UINT64_C(1) << 47;

	trap(13);
	pass(0, end - 4, 8);
	set_reg(REG_RDI, end - 4);
	ck_assert(is_callers());
	set_reg(REG_RDI, end + 8);
	ck_assert(is_callers());
	pass(0, end - 2 * PAGE, 8);
	set_reg(REG_RDI, end - 2 * PAGE);
	ck_assert(!is_callers());
}
END_TEST

/* It looks at a note before it looks there. */
START_TEST(the_address_is_found_behind_asans_look)
{
	const uint64_t upper = UINT64_MAX - 0x123456;
	const uint64_t notes[] = { upper >> 3, (upper >> 3) + 0x7fff8000 };

	trap(13);
	pass(0, upper, 8);
	for (int i = 0; i < 2; i++) {
		set_reg(REG_RAX, notes[i]);
		ck_assert_int_eq(is_callers(), FIBER_ASAN);
	}
}
END_TEST

static const struct {
	uint8_t bytes[8];
	bool goes; /* somewhere else */
} codes[] = {
	{ { 0xff, 0xd0 }, true },	       /* call *%rax */
	{ { 0x41, 0xff, 0xd3 }, true },	       /* call *%r11 */
	{ { 0x3e, 0xff, 0xe0 }, true },	       /* notrack jmp *%rax */
	{ { 0xff, 0x53, 0x08 }, true },	       /* call *8(%rbx) */
	{ { 0xff, 0x24, 0xc3 }, true },	       /* jmp *(%rbx,%rax,8) */
	{ { 0xf2, 0x41, 0xff, 0xe7 }, true },  /* bnd jmp *%r15 */
	{ { 0xc3 }, true },		       /* ret */
	{ { 0xf3, 0xc3 }, true },	       /* rep ret */
	{ { 0xc2, 0x08, 0x00 }, true },	       /* ret $8 */
	{ { 0xff, 0x00 }, false },	       /* incl (%rax) */
	{ { 0x48, 0xff, 0x08 }, false },       /* decq (%rax) */
	{ { 0xff, 0x30 }, false },	       /* push (%rax) */
	{ { 0xf3, 0x48, 0xa5 }, false },       /* rep movsq */
	{ { 0xc7, 0x00, 0xff, 0xd0 }, false }, /* movl $..., (%rax) */
	{ { 0xf3, 0x0f, 0x6f, 0x06 }, false }, /* movdqu (%rsi),%xmm0 */
	{ { 0x42, 0x8b, 0x04, 0x38 }, false }, /* mov (%rax,%r15),%eax */
};

#define NR_CODES (int)(sizeof(codes) / sizeof(codes[0]))

START_TEST(who_goes_where_is_no_address_is_to_blame)
{
	trap(13);
	pass(0, NONE, 8);
	for (int reg = 0; reg < REG_RSP; reg++)
		set_reg(reg, NONE);
	set_pc(codes[_i].bytes);
	ck_assert_int_eq(is_callers(), !codes[_i].goes);

	set_pc((void *)NONE); /* is there */
	ck_assert(!is_callers());
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("kapi/fault");
	TCase *tc = tcase_create("told");

	tcase_add_checked_fixture(tc, setup, test_stage_teardown);
	tcase_add_test(tc, the_argument_and_what_is_mapped_are_the_callers);
	tcase_add_test(tc, so_is_a_pointer_in_what_was_passed);
	tcase_add_test(tc, so_is_a_pointer_which_was_copied);
	tcase_add_test(tc, nothing_that_was_called_is);
	suite_add_tcase(suite, tc);

#if defined(__x86_64__)
	tc = tcase_create("untold");
	tcase_add_checked_fixture(tc, setup, test_stage_teardown);
	tcase_add_test(tc, nor_is_what_could_not_be_fetched);
	tcase_add_loop_test(tc, what_is_no_address_must_be_in_a_register, 0, 2);
	tcase_add_loop_test(tc, other_data_of_the_callers_is_no_excuse, 0, 2);
	tcase_add_test(tc, a_pointer_to_the_end_of_addresses_is_the_callers);
	tcase_add_test(tc, the_address_is_found_behind_asans_look);
	tcase_add_loop_test(tc, who_goes_where_is_no_address_is_to_blame, 0,
			    NR_CODES);
	suite_add_tcase(suite, tc);
#endif

	return suite_run(suite);
}

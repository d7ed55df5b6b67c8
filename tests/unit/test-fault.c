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

START_TEST(what_is_no_address_is_where_the_instruction_says)
{
	static const uint8_t indexed[] = { 0x42, 0x8b, 0x44, 0x38, 0xf8 };

	trap(traps[_i]);
	pass(4, NONE, 8);
	ck_assert(!is_callers());
	set_reg(REG_RAX, NONE);
	ck_assert(is_callers());
	ck_assert_uint_eq(addr, NONE);
	set_reg(REG_RAX, NONE - 1);
	ck_assert(!is_callers());

	set_pc(indexed); /* mov -8(%rax,%r15),%eax */
	set_reg(REG_R15, PAGE + 8);
	ck_assert(is_callers());
	ck_assert_uint_eq(addr, NONE + PAGE - 1);
	set_reg(REG_R15, PAGE + 9);
	ck_assert(!is_callers());
}
END_TEST

/* Whatever else the handler has of it at hand. */
START_TEST(other_data_of_the_callers_is_no_excuse)
{
	trap(traps[_i]);
	memset(arg, 0xa5, sizeof(arg));
	for (int reg = 0; reg < REG_RSP; reg++)
		set_reg(reg, UINT64_C(0xa5a5a5a5a5a5a5a5));
	ck_assert(is_callers());
	set_reg(REG_RAX, NONE);
	ck_assert(!is_callers());

	/* No trap for what is mapped in the caller. */
	set_reg(REG_RAX, (uintptr_t)&task);
	ck_assert(!is_callers());
}
END_TEST

/* Such a trap is that of a vector which is not aligned, too. */
START_TEST(so_is_where_a_vector_may_not_be)
{
	static const uint8_t code[] = { 0x0f, 0x28, 0x07 };

	trap(13);
	set_pc(code); /* movaps (%rdi),%xmm0 */
	set_reg(REG_RDI, ARG + 4);
	ck_assert(is_callers());
	ck_assert_uint_eq(addr, ARG + 4);
	set_reg(REG_RDI, NOWHERE);
	ck_assert(!is_callers());
}
END_TEST

/* It looks at a note before it looks there. */
START_TEST(the_address_is_found_behind_asans_look)
{
	static const uint8_t code[] = {
		0x80, 0xb8, 0x00, 0x80, 0xff, 0x7f, 0x00
	};
	const uint64_t upper = UINT64_MAX - 0x123456;

	trap(13);
	pass(0, upper, 8);
	set_reg(REG_RAX, (upper >> 3) + 0x7fff8000);
	ck_assert_int_eq(is_callers(), FIBER_ASAN);
	set_pc(code); /* cmpb $0,0x7fff8000(%rax) */
	set_reg(REG_RAX, upper >> 3);
	ck_assert_int_eq(is_callers(), FIBER_ASAN);
}
END_TEST

/* The processor traps before it goes there. */
START_TEST(who_goes_where_is_no_address_is_to_blame)
{
	static const uint8_t go[] = { 0xff, 0xd0 }, ret[] = { 0xc3 };

	trap(13);
	pass(0, NONE, 8);
	for (int reg = 0; reg <= REG_RSP; reg++)
		set_reg(reg, NONE);
	ck_assert(is_callers());
	set_pc(go); /* call *%rax */
	ck_assert(!is_callers());
	set_pc(ret);
	ck_assert(!is_callers());
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
	tcase_add_loop_test(
		tc, what_is_no_address_is_where_the_instruction_says, 0, 2);
	tcase_add_loop_test(tc, other_data_of_the_callers_is_no_excuse, 0, 2);
	tcase_add_test(tc, so_is_where_a_vector_may_not_be);
	tcase_add_test(tc, the_address_is_found_behind_asans_look);
	tcase_add_test(tc, who_goes_where_is_no_address_is_to_blame);
	suite_add_tcase(suite, tc);
#endif

	return suite_run(suite);
}

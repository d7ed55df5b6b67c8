/* SPDX-License-Identifier: MIT */
/*
 * The caller's memory: the window of a request, and beyond it a process, here
 * this one. Each case runs on a fiber which works for that.
 */
#include "own-memory.h"
#include "suite.h"

#include "kapi/task.h"
#include "kapi/uaccess.h"
#include "stage/pi-mutex.h"

#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul

static struct task_struct task;
static char *pages; /* two, then one out of reach */

static void setup(void)
{
	test_stage_setup();
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), 0);
	task = (struct task_struct){ .pid = getpid(), .reach = &own_memory };
}

static void teardown(void)
{
	munmap(pages, 3 * PAGE);
	test_stage_teardown();
}

static void on_a_fiber(void (*entry)(void *arg))
{
	struct fiber *fiber = test_fiber(entry, NULL, 0);

	task_set(fiber, &task);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(fiber->state, FIBER_IDLE);
}

static void copy_both_ways(void *arg)
{
	char buf[8];

	memcpy(pages, "abcdefgh", 8);
	ck_assert_uint_eq(copy_from_user(buf, pages, 8), 0);
	ck_assert_mem_eq(buf, "abcdefgh", 8);
	ck_assert_uint_eq(raw_copy_to_user(pages + PAGE - 4, buf, 8), 0);
	ck_assert_mem_eq(pages + PAGE - 4, "abcdefgh", 8);
	ck_assert_uint_eq(__copy_to_user(pages, buf + 4, 4), 0);
	ck_assert_uint_eq(raw_copy_from_user(buf, pages, 4), 0);
	ck_assert_mem_eq(buf, "efgh", 4);
	ck_assert_uint_eq(__copy_from_user(buf, pages, 4), 0);
	ck_assert_mem_eq(buf, "efgh", 4);
	ck_assert_uint_eq(clear_user(pages, 3), 0);
	ck_assert_mem_eq(pages, "\0\0\0h", 4);
}

START_TEST(copies_go_both_ways)
{
	on_a_fiber(copy_both_ways);
}
END_TEST

static void copy_across_the_end(void *arg)
{
	char *end = pages + 2 * PAGE, buf[PAGE + 8];

	/* Page by page is what the kernel does. */
	memset(buf, 'x', sizeof(buf));
	memset(pages, 'y', 2 * PAGE);
	ck_assert_uint_eq(copy_from_user(buf, end - PAGE, PAGE + 8), 8);
	ck_assert_mem_eq(buf + PAGE - 1, "y\0\0\0\0\0\0\0\0", 9);
	ck_assert_uint_eq(copy_to_user(end - PAGE, buf, PAGE + 8), 8);
	ck_assert_uint_eq(clear_user(end, 3000), 3000);
	ck_assert_uint_eq(copy_to_user(NULL, buf, 1), 1);
	ck_assert_uint_eq(copy_from_user(buf, (void *)~0ul, 4), 4);
}

START_TEST(what_is_not_there_is_counted_and_reads_as_zero)
{
	on_a_fiber(copy_across_the_end);
}
END_TEST

static void move_scalars(void *arg)
{
	struct {
		u8 b;
		u16 h;
		u32 w;
		u64 d;
		void *p;
	} *u_all = (void *)pages;
	u64 wide = 7;
	void *p;

	ck_assert_int_eq(put_user(0x1ff, &u_all->b), 0);
	ck_assert_int_eq(__put_user(0x1ff, &u_all->h), 0);
	ck_assert_int_eq(raw_put_user(-2, &u_all->w), 0);
	ck_assert_int_eq(put_user(1ull << 40, &u_all->d), 0);
	ck_assert_int_eq(put_user(pages, &u_all->p), 0);
	ck_assert_int_eq(get_user(wide, &u_all->b), 0);
	ck_assert_uint_eq(wide, 0xff);
	ck_assert_int_eq(__get_user(wide, &u_all->h), 0);
	ck_assert_uint_eq(wide, 0x1ff);
	ck_assert_int_eq(raw_get_user(wide, &u_all->w), 0);
	ck_assert_uint_eq(wide, 0xfffffffe);
	ck_assert_int_eq(get_user(wide, &u_all->d), 0);
	ck_assert_uint_eq(wide, 1ull << 40);
	ck_assert_int_eq(get_user(p, &u_all->p), 0);
	ck_assert_ptr_eq(p, pages);

	ck_assert_int_eq(get_user(wide, (u32 *)(pages + 2 * PAGE)), -EFAULT);
	ck_assert_uint_eq(wide, 0);
	ck_assert_int_eq(put_user(1, (u32 *)8), -EFAULT);
}

START_TEST(scalars_have_the_size_of_what_is_pointed_to)
{
	on_a_fiber(move_scalars);
}
END_TEST

static void fetch_strings(void *arg)
{
	char *end = pages + 2 * PAGE, buf[2 * PAGE];
	char *copy;

	/* Up to the very last byte that is there, over a page's border. */
	memset(pages, 's', 2 * PAGE);
	end[-1] = '\0';
	ck_assert_int_eq(strncpy_from_user(buf, end - PAGE - 3, sizeof(buf)),
			 PAGE + 2);
	ck_assert_int_eq(strlen(buf), PAGE + 2);
	ck_assert_int_eq(strnlen_user(end - PAGE - 3, 8192), PAGE + 3);
	ck_assert_int_eq(strncpy_from_user(buf, pages, 100), 100);
	ck_assert_int_gt(strnlen_user(pages, 100), 100);
	ck_assert_int_eq(strncpy_from_user(buf, pages, 0), 0);

	end[-1] = 's';
	ck_assert_int_eq(strncpy_from_user(buf, end - 2, 8), -EFAULT);
	ck_assert_int_eq(strnlen_user(end - 2, 8), 0);
	ck_assert_int_eq(PTR_ERR(strndup_user(end - 2, 8)), -EFAULT);
	ck_assert_int_eq(PTR_ERR(strndup_user(pages, 8)), -EINVAL);
	end[-1] = '\0';
	copy = strndup_user(end - 8, 8);
	ck_assert_str_eq(copy, "sssssss");
	kfree(copy);
	copy = memdup_user_nul(pages, 3);
	ck_assert_str_eq(copy, "sss");
	kfree(copy);
	ck_assert_int_eq(PTR_ERR(memdup_user(end - 2, 8)), -EFAULT);
}

START_TEST(strings_may_end_where_memory_does)
{
	on_a_fiber(fetch_strings);
}
END_TEST

static void fetch_numbers(void *arg)
{
	char *end = pages + 2 * PAGE;
	bool yes = false;
	int number;
	u8 byte;

	/* No more than @count characters are looked at. */
	memcpy(pages, "-1234", 5);
	ck_assert_int_eq(kstrtoint_from_user(pages, 4, 0, &number), 0);
	ck_assert_int_eq(number, -123);
	memcpy(end - 3, "42\n", 3);
	ck_assert_int_eq(kstrtou8_from_user(end - 3, 3, 10, &byte), 0);
	ck_assert_uint_eq(byte, 42);
	ck_assert_int_eq(kstrtou8_from_user(end - 3, 4, 10, &byte), -EFAULT);
	memset(pages, '1', 100);
	ck_assert_int_eq(kstrtou8_from_user(pages, 3, 2, &byte), 0);
	ck_assert_int_eq(kstrtou8_from_user(pages, 4, 10, &byte), -ERANGE);
	ck_assert_int_eq(kstrtou8_from_user(pages, 100, 10, &byte), -EINVAL);
	ck_assert_int_eq(kstrtobool_from_user(pages, 1, &yes), 0);
	ck_assert(yes);
}

START_TEST(numbers_may_be_the_caller_s)
{
	on_a_fiber(fetch_numbers);
}
END_TEST

static void fetch_structs(void *arg)
{
	char now[8];

	memcpy(pages, "12345678\0\0", 11);
	ck_assert_int_eq(copy_struct_from_user(now, 8, pages, 4), 0);
	ck_assert_mem_eq(now, "1234\0\0\0\0", 8);
	ck_assert_int_eq(copy_struct_from_user(now, 8, pages, 10), 0);
	ck_assert_mem_eq(now, "12345678", 8);
	ck_assert_int_eq(copy_struct_from_user(now, 4, pages, 8), -E2BIG);
	ck_assert_int_eq(copy_struct_from_user(now, 4, NULL, 4), -EFAULT);
}

START_TEST(structures_grow_by_zeroes)
{
	on_a_fiber(fetch_structs);
}
END_TEST

static char window[64];

static void use_window(void *arg)
{
	char buf[32];

	/* Not what is in memory there: what came along. */
	memset(pages, 'm', 64);
	memset(window, 'w', 64);
	task.window = (struct user_window){
		.base = (unsigned long)pages,
		.mem = window,
		.readable = 16,
		.writable = 8,
	};
	ck_assert_uint_eq(copy_from_user(buf, pages + 8, 16), 0);
	ck_assert_mem_eq(buf, "wwwwwwwwmmmmmmmm", 16);
	ck_assert_uint_eq(copy_to_user(pages + 4, "0123456789", 10), 0);
	ck_assert_mem_eq(window + 4, "0123wwww", 8);
	ck_assert_mem_eq(pages, "mmmmmmmm456789mm", 16);
	ck_assert_uint_eq(task.window.written, 8);
	ck_assert_int_eq(strncpy_from_user(buf, pages, 4), 4);
}

START_TEST(the_window_stands_for_its_part_of_memory)
{
	on_a_fiber(use_window);
}
END_TEST

static void check_access(void *arg)
{
	task.window = (struct user_window){ .base = ~0ul - 4095,
					    .mem = window,
					    .writable = 64 };
	ck_assert(access_ok(NULL, 8));
	ck_assert(access_ok(pages, 1 << 20));
	ck_assert(!access_ok((void *)~0ul, 1));
	ck_assert(!access_ok(pages, ~0ul));
	ck_assert(!access_ok((void *)(1ul << 63), 0));
	ck_assert(access_ok(~0ul - 4095, 64));
	ck_assert(!access_ok(~0ul - 4095, 65));

	task.compat = true;
	ck_assert(access_ok(compat_ptr(0xfffff000u), 4095));
	ck_assert(!access_ok(compat_ptr(0xfffff000u), 4096));
	ck_assert(!access_ok(pages, 1));
}

START_TEST(access_ok_tells_whose_half_it_is)
{
	on_a_fiber(check_access);
}
END_TEST

static void be_nobody(void *arg)
{
	char buf[8] = "before";

	ck_assert_uint_eq(copy_from_user(buf, pages, 8), 8);
	ck_assert_uint_eq(copy_to_user(pages, buf, 8), 8);
	ck_assert(!user_is_mapped(&task, (unsigned long)pages));
}

/* A timer's function, say. */
START_TEST(without_anybody_to_reach_for_it_there_is_no_memory)
{
	task.pid = 0;
	task.reach = NULL;
	on_a_fiber(be_nobody);
}
END_TEST

static void copy_with_a_lock(void *arg)
{
	struct pi_mutex lock = { 0 };
	char buf[8], came[4] = "abc";

	pi_lock(&lock);
	ck_assert_uint_eq(copy_from_user(buf, pages, 8), 8);
	ck_assert_uint_eq(copy_to_user(pages, buf, 8), 8);
	task.window = (struct user_window){
		.base = (unsigned long)pages,
		.mem = came,
		.readable = 4,
	};
	ck_assert_uint_eq(copy_from_user(buf, pages, 8), 4);
	ck_assert_str_eq(buf, "abc");
	pi_unlock(&lock);
}

/* It would have to sleep for the rest. */
START_TEST(with_a_lock_held_there_is_the_window_alone)
{
	on_a_fiber(copy_with_a_lock);
}
END_TEST

static void peek(void *arg)
{
	char buf[PAGE + 8], came[4] = "abc";
	unsigned long addr = (unsigned long)pages;

	/* Nobody has touched the second one. */
	memset(pages, 'x', PAGE);
	ck_assert_uint_eq(user_peek(&task, addr, buf, 8), 8);
	ck_assert_mem_eq(buf, "xxxxxxxx", 8);
	ck_assert_uint_eq(user_peek(&task, addr + PAGE - 4, buf, 8), 4);
	ck_assert_uint_eq(user_peek(&task, addr + PAGE, buf, 8), 0);
	ck_assert_uint_eq(user_peek(&task, 8, buf, 8), 0);

	task.window = (struct user_window){
		.base = addr,
		.mem = came,
		.readable = 4,
	};
	ck_assert_uint_eq(user_peek(&task, addr, buf, 8), 4);
	ck_assert_str_eq(buf, "abc");
	ck_assert_uint_eq(user_peek(&task, addr + 2, buf, 8), 2);
}

START_TEST(a_peek_waits_for_no_page)
{
	on_a_fiber(peek);
}
END_TEST

START_TEST(mapped_is_what_can_be_read)
{
	ck_assert(user_is_mapped(&task, (unsigned long)pages));
	ck_assert(user_is_mapped(&task, (unsigned long)pages + 2 * PAGE - 1));
	ck_assert(!user_is_mapped(&task, (unsigned long)pages + 2 * PAGE));
	ck_assert(!user_is_mapped(&task, 0));
}
END_TEST

static void read_and_write_simply(void *arg)
{
	static const char text[] = "0123456789";
	char *end = pages + 2 * PAGE, room[8] = "";
	loff_t pos = 0;

	ck_assert_int_eq(simple_read_from_buffer(pages, 4, &pos, text, 10), 4);
	ck_assert_int_eq(simple_read_from_buffer(pages + 4, 9, &pos, text, 10),
			 6);
	ck_assert_mem_eq(pages, text, 10);
	ck_assert_int_eq(pos, 10);
	ck_assert_int_eq(simple_read_from_buffer(pages, 4, &pos, text, 10), 0);
	pos = 2;
	/* Half of it, then nothing. */
	ck_assert_int_eq(simple_read_from_buffer(end - 3, 6, &pos, text, 10),
			 3);
	ck_assert_int_eq(pos, 5);
	ck_assert_int_eq(simple_read_from_buffer(end, 6, &pos, text, 10),
			 -EFAULT);
	ck_assert_int_eq(pos, 5);
	pos = -1;
	ck_assert_int_eq(simple_read_from_buffer(pages, 1, &pos, text, 10),
			 -EINVAL);
	ck_assert_int_eq(simple_write_to_buffer(room, 8, &pos, pages, 1),
			 -EINVAL);

	pos = 2;
	ck_assert_int_eq(simple_write_to_buffer(room, 8, &pos, pages, 9), 6);
	ck_assert_mem_eq(room + 2, text, 6);
	ck_assert_int_eq(simple_write_to_buffer(room, 8, &pos, pages, 9), 0);
	pos = 0;
	ck_assert_int_eq(simple_write_to_buffer(room, 8, &pos, end, 1),
			 -EFAULT);
}

START_TEST(simple_handlers_keep_to_their_buffer)
{
	on_a_fiber(read_and_write_simply);
}
END_TEST

static void ask_for_rights(void *arg)
{
	ck_assert(capable(CAP_SYS_ADMIN));
	task.uid = geteuid() + 1;
	ck_assert(!capable(CAP_SYS_ADMIN));
	task.uid = geteuid();
	ck_assert(capable(CAP_SYS_ADMIN));
}

START_TEST(root_and_who_runs_the_daemon_are_capable)
{
	on_a_fiber(ask_for_rights);
	ck_assert(capable(CAP_SYS_ADMIN)); /* for nobody */
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		copies_go_both_ways,
		what_is_not_there_is_counted_and_reads_as_zero,
		scalars_have_the_size_of_what_is_pointed_to,
		strings_may_end_where_memory_does,
		numbers_may_be_the_caller_s,
		structures_grow_by_zeroes,
		the_window_stands_for_its_part_of_memory,
		access_ok_tells_whose_half_it_is,
		without_anybody_to_reach_for_it_there_is_no_memory,
		with_a_lock_held_there_is_the_window_alone,
		a_peek_waits_for_no_page,
		mapped_is_what_can_be_read,
		simple_handlers_keep_to_their_buffer,
		root_and_who_runs_the_daemon_are_capable,
	};
	Suite *suite = suite_create("kapi/uaccess");
	TCase *tcase = tcase_create("uaccess");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

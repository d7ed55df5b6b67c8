/* SPDX-License-Identifier: MIT */
/* What drivers print, and how it looks in the log. */
#define KBUILD_MODNAME "tester"
#define pr_fmt(fmt)    KBUILD_MODNAME ": " fmt

#include "base/log.h"
#include "stage/inband.h"
#include "suite.h"

#include <evl/assert.h>
#include <linux/bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct stack_pool *stacks;
static int log_fd; /* what went to stderr */

static void setup(void)
{
	unsetenv("JOURNAL_STREAM");
	log_init(LOG_LEVEL_DEBUG, NULL);
	log_fd = memfd_create("log", 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
}

static void teardown(void)
{
	inband_exit();
	stack_pool_free(stacks);
}

/* The log since the last look. */
static const char *log_text(void)
{
	static char log[8192];
	ssize_t len = pread(log_fd, log, sizeof(log) - 1, 0);

	ck_assert_int_ge(len, 0);
	log[len] = '\0';
	ck_assert_int_eq(ftruncate(log_fd, 0), 0);
	lseek(log_fd, 0, SEEK_SET);

	return log;
}

START_TEST(a_line_is_a_line)
{
	ck_assert_int_eq(printk(KERN_INFO "one %d\n", 1), 6);
	printk("two\n");
	printk(KERN_ERR "a\nb\n");
	ck_assert_str_eq(log_text(), "evl-cused: one 1\n"
				     "evl-cused: two\n"
				     "evl-cused: a\n"
				     "evl-cused: b\n");
}
END_TEST

START_TEST(levels_are_those_of_the_log)
{
	struct device dev = { .init_name = "dev0" };

	pr_warn("hot\n");
	pr_err("broken\n");
	dev_warn(&dev, "hot\n");
	dev_info(NULL, "lost\n");
	ck_assert_str_eq(log_text(), "evl-cused: warning: tester: hot\n"
				     "evl-cused: tester: broken\n"
				     "evl-cused: warning: dev0: hot\n"
				     "evl-cused: (no device): lost\n");

	log_init(LOG_LEVEL_INFO, NULL);
	pr_debug("detail\n");
	pr_notice("noted\n");
	ck_assert_str_eq(log_text(), "evl-cused: tester: noted\n");
}
END_TEST

START_TEST(a_file_s_name_in_place_of_a_driver_s_loses_its_ending)
{
	struct device dev = { .init_name = "dev0" };

	printk(KERN_ERR "foo.c: broken\n");
	printk("foo-2.c up\n");
	dev_err(&dev, "foo.c: broken\n");
	printk("foo.conf: read\n");
	printk("sub/foo.c: told\n");
	printk("%s%s: told\n", KERN_ERR, "foo.c");
	printk("foo.c:12 f()\n");
	printk(".c: told\n");
	ck_assert_str_eq(log_text(), "evl-cused: foo: broken\n"
				     "evl-cused: foo-2 up\n"
				     "evl-cused: dev0: foo.c: broken\n"
				     "evl-cused: foo.conf: read\n"
				     "evl-cused: sub/foo.c: told\n"
				     "evl-cused: foo: told\n"
				     "evl-cused: foo.c:12 f()\n"
				     "evl-cused: .c: told\n");
}
END_TEST

START_TEST(a_level_may_be_an_argument)
{
	struct device dev = { .init_name = "dev0" };
	const char *level = KERN_WARNING;

	printk("%shot %d\n", level, 1);
	dev_printk(level, &dev, "hot\n");
	dev_err_once(&dev, "%pe\n", ERR_PTR(-EIO));
	pr_devel("nothing\n");
	ck_assert_str_eq(log_text(), "evl-cused: warning: hot 1\n"
				     "evl-cused: warning: dev0: hot\n"
				     "evl-cused: dev0: -EIO\n");
}
END_TEST

START_TEST(memory_and_stacks_are_dumped)
{
	print_hex_dump(KERN_WARNING, "at ", DUMP_PREFIX_OFFSET, 16, 1,
		       "0123456789abcdefgh", 18, false);
	ck_assert_str_eq(
		log_text(),
		"evl-cused: warning: at 00000000: 30 31 32 33 34 35 36 37 38 "
		"39 61 62 63 64 65 66\n"
		"evl-cused: warning: at 00000010: 67 68\n");
	dump_stack();
	ck_assert_ptr_nonnull(strstr(log_text(), "evl-cused: call trace:\n"));
}
END_TEST

START_TEST(the_cores_own_messages_say_so)
{
	printk(EVL_INFO "up\n");
	printk(EVL_WARNING "hot\n");
	printk(EVL_ERR "broken\n");
	raw_printk("anywhere %d\n", 1);
	ck_assert_str_eq(log_text(), "evl-cused: EVL: up\n"
				     "evl-cused: warning: EVL: hot\n"
				     "evl-cused: EVL: broken\n"
				     "evl-cused: anywhere 1\n");
}
END_TEST

START_TEST(a_message_goes_on_after_cont)
{
	printk(KERN_WARNING "a");
	pr_cont(" b");
	printk(KERN_CONT " c\n");
	ck_assert_str_eq(log_text(), "evl-cused: warning: a b c\n");

	/* With nothing to go on with it is a message. */
	pr_cont("d\n");
	ck_assert_str_eq(log_text(), "evl-cused: d\n");
}
END_TEST

START_TEST(a_message_without_newline_is_not_kept_for_long)
{
	printk("a");
	printk("b");
	ck_assert_str_eq(log_text(), "evl-cused: a\n");
	stage_run_until_idle(&inband_stage);
	ck_assert_str_eq(log_text(), "evl-cused: b\n");
}
END_TEST

START_TEST(an_endless_message_is_cut)
{
	char text[1000] = "";
	const char *log;

	memset(text, 'x', sizeof(text) - 1);
	printk("%s", text);
	pr_cont("%s\n", text);
	log = log_text();
	ck_assert_uint_gt(strlen(log), 200);
	ck_assert_uint_lt(strlen(log), 600);
}
END_TEST

START_TEST(some_things_are_said_once)
{
	for (int i = 0; i < 3; i++) {
		pr_info_once("once\n");
		ck_assert(WARN_ON_ONCE(i >= 0));
		ck_assert(!WARN_ON(i < 0));
	}
	ck_assert_str_eq(strchr(strstr(log_text(), "i >= 0"), '\n'), "\n");
}
END_TEST

START_TEST(a_flood_is_dammed)
{
	const char *log;
	int nr = 0;

	for (int i = 0; i < 1000; i++)
		pr_err_ratelimited("again\n");
	for (log = log_text(); (log = strchr(log, '\n')); log++)
		nr++;
	ck_assert_int_eq(nr, 10);
}
END_TEST

START_TEST(scnprintf_tells_what_was_written)
{
	char buf[4];

	ck_assert_int_eq(scnprintf(buf, sizeof(buf), "%s", "abcdef"), 3);
	ck_assert_int_eq(scnprintf(buf, sizeof(buf), "%s", "ab"), 2);
	ck_assert_int_eq(scnprintf(buf, 0, "%s", "ab"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/printk");
	TCase *tc = tcase_create("printk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line_is_a_line);
	tcase_add_test(tc, levels_are_those_of_the_log);
	tcase_add_test(tc,
		       a_file_s_name_in_place_of_a_driver_s_loses_its_ending);
	tcase_add_test(tc, a_level_may_be_an_argument);
	tcase_add_test(tc, memory_and_stacks_are_dumped);
	tcase_add_test(tc, the_cores_own_messages_say_so);
	tcase_add_test(tc, a_message_goes_on_after_cont);
	tcase_add_test(tc, a_message_without_newline_is_not_kept_for_long);
	tcase_add_test(tc, an_endless_message_is_cut);
	tcase_add_test(tc, some_things_are_said_once);
	tcase_add_test(tc, a_flood_is_dammed);
	tcase_add_test(tc, scnprintf_tells_what_was_written);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

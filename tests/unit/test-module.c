/* SPDX-License-Identifier: MIT */
/* The loader: what it takes, what it refuses, and what it says then. */
#include "stage/inband.h"
#include "suite.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stack_pool *stacks;
static int log_fd; /* what went to stderr */

static void setup(void)
{
	log_fd = memfd_create("log", 0);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
}

static void teardown(void)
{
	module_unload_all();
	inband_exit();
	stack_pool_free(stacks);
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s.so", DRIVERS_DIR, name);

	return path;
}

static int load(const char *name)
{
	return module_load(path_of(name), NULL, 0);
}

/* We logged one line, and it has @text in it. */
static void check_log(const char *text)
{
	static char log[8192];
	ssize_t len = pread(log_fd, log, sizeof(log) - 1, 0);
	const char *line;

	ck_assert_int_gt(len, 0);
	log[len] = '\0';
	line = strstr(log, "evl-cused: ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strstr(line, text) != NULL, "no '%s' in: %s", text, line);
	ck_assert_ptr_null(strstr(line + 1, "evl-cused: "));
	ck_assert_int_eq(ftruncate(log_fd, 0), 0);
	lseek(log_fd, 0, SEEK_SET);
}

static const char *sample_text(const char *name)
{
	void *handle = dlopen(path_of(name), RTLD_NOW | RTLD_NOLOAD);

	ck_assert_ptr_nonnull(handle);

	return dlsym(handle, "sample_text");
}

START_TEST(a_driver_gets_its_nodes)
{
	const struct module *mod;

	ck_assert_int_eq(load("sample-fine"), 0);
	check_log("driver sample_fine: loaded from /");
	ck_assert_ptr_nonnull(node_find("sample/0"));
	ck_assert_ptr_nonnull(node_find("sample-misc"));

	mod = module_nth(0);
	ck_assert_ptr_nonnull(mod);
	ck_assert_ptr_null(module_nth(1));
	ck_assert_str_eq(module_name(mod), "sample_fine");
	ck_assert_str_eq(strrchr(module_path(mod), '/'), "/sample-fine.so");
	ck_assert_uint_eq(module_nr_nodes(mod), 2);
	ck_assert_str_eq(node_find("sample/0")->driver, "sample_fine");
}
END_TEST

START_TEST(its_exit_function_runs_at_the_end)
{
	ck_assert_int_eq(load("sample-fine"), 0);
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_ptr_null(module_nth(0));
	/* Its code is there still. */
	ck_assert_str_eq(sample_text("sample-fine"), "ended");
}
END_TEST

START_TEST(what_a_driver_leaves_behind_is_removed)
{
	ck_assert_int_eq(load("sample-littering"), 0);
	ck_assert_uint_eq(node_count(), 2);
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);

	/* Numbers and names are free again. */
	ck_assert_int_eq(load("sample-fine"), 0);
	ck_assert_uint_eq(node_count(), 2);
}
END_TEST

START_TEST(a_driver_without_owners_is_recognized)
{
	ck_assert_int_eq(load("sample-anonymous"), 0);
	ck_assert_uint_eq(module_nr_nodes(module_nth(0)), 2);
}
END_TEST

/* What it names is there, or it would not load. */
START_TEST(every_name_that_drivers_use_is_there)
{
	ck_assert_int_eq(load("every-name"), 0);
}
END_TEST

START_TEST(parameters_are_set_before_init)
{
	char *params[] = { "answer=-7", "quiet", "tag=a b", "word=hi" };

	ck_assert_int_eq(module_load(path_of("sample-fine"), NULL, 0), 0);
	ck_assert_str_eq(sample_text("sample-fine"), "42 0 unlabelled ");
	module_unload_all();

	ck_assert_int_eq(module_load(path_of("sample-anonymous"), params, 4),
			 0);
	ck_assert_str_eq(sample_text("sample-anonymous"), "-7 1 a b hi");
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	const struct {
		char *param;
		const char *text;
	} cases[] = {
		{ "anwser=1", "no parameter anwser" },
		{ "anwser=1", "word, tag, quiet, answer" },
		{ "answer=x", "answer cannot be 'x'" },
		{ "answer=3000000000", "of type int" },
		{ "word=too long for it", "word cannot be" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *param = cases[i].param;

		ck_assert_int_eq(module_load(path_of("sample-fine"), &param, 1),
				 -EINVAL);
		check_log(cases[i].text);
		ck_assert_uint_eq(node_count(), 0);
		ck_assert_ptr_null(module_nth(0));
	}

	/* It was not loaded, so it can be. */
	ck_assert_int_eq(load("sample-fine"), 0);
}
END_TEST

START_TEST(a_failing_init_is_undone)
{
	ck_assert_int_eq(load("sample-failing"), -EBUSY);
	check_log("EBUSY");
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_ptr_null(module_nth(0));
	ck_assert_int_eq(load("sample-failing"), -EBUSY);
	check_log("its init function failed with -16");
}
END_TEST

START_TEST(a_driver_is_loaded_once)
{
	ck_assert_int_eq(load("sample-fine"), 0);
	check_log("loaded");
	ck_assert_int_eq(load("sample-fine"), -EEXIST);
	check_log("loaded already");
	ck_assert_uint_eq(node_count(), 2);
}
END_TEST

START_TEST(a_driver_of_the_same_name_is_refused)
{
	char dir[] = "/tmp/evl-test-XXXXXX", copy[64], command[600];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/sample-fine.so", dir);
	snprintf(command, sizeof(command), "cp %s %s", path_of("sample-fine"),
		 copy);
	ck_assert_int_eq(system(command), 0);

	ck_assert_int_eq(load("sample-fine"), 0);
	check_log("loaded");
	ck_assert_int_eq(module_load(copy, NULL, 0), -EEXIST);
	check_log("a driver named sample_fine is loaded already");

	unlink(copy);
	rmdir(dir);
}
END_TEST

START_TEST(a_driver_of_another_abi_is_refused)
{
	ck_assert_int_eq(load("sample-old"), -ENOEXEC);
	check_log("built for driver ABI 8, this evl-cused has 1");
	ck_assert_uint_eq(node_count(), 0);
}
END_TEST

START_TEST(a_shorter_table_of_operations_ends_in_zeroes)
{
	const struct file_operations *fops;

	ck_assert_int_eq(load("sample-small"), 0);
	fops = node_find("sample/0")->fops;
	ck_assert_ptr_nonnull(fops->open);
	ck_assert_ptr_null(fops->oob_read);

	ck_assert_int_eq(load("sample-fine"), -EEXIST); /* same nodes */
	module_unload_all();
	ck_assert_int_eq(load("sample-fine"), 0);
	ck_assert_ptr_nonnull(node_find("sample/0")->fops->oob_read);
}
END_TEST

START_TEST(what_is_no_driver_is_refused)
{
	static const struct {
		const char *path;
		int ret;
		const char *text;
	} cases[] = {
		{ "/nonexistent/foo.so", -ENOENT, "No such file" },
		{ "/dev/null/foo.so", -ENOTDIR, "Not a directory" },
		{ "/etc/passwd", -ENOEXEC, "pkg-config --cflags evl-driver" },
		{ DRIVERS_DIR, -ENOEXEC, "irectory" },
		{ DRIVERS_DIR "/no-driver.so", -ENOEXEC, "not a driver" },
		{ DRIVERS_DIR "/sample-demanding.so", -ENOEXEC,
		  "undefined symbol: no_such_service" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(module_load(cases[i].path, NULL, 0),
				 cases[i].ret);
		check_log(cases[i].text);
	}
}
END_TEST

START_TEST(code_and_data_tell_their_driver)
{
	ck_assert_int_eq(load("sample-fine"), 0);
	ck_assert_ptr_eq(module_at(sample_text("sample-fine")), module_nth(0));
	ck_assert_ptr_eq(module_at(node_find("sample/0")->fops->oob_read),
			 module_nth(0));
	ck_assert_ptr_null(module_at(&stacks));
	ck_assert_ptr_null(module_at(NULL));
	ck_assert_str_eq(module_name_at(&stacks), "(unknown)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/module");
	TCase *tc;

	tc = tcase_create("loaded");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_driver_gets_its_nodes);
	tcase_add_test(tc, every_name_that_drivers_use_is_there);
	tcase_add_test(tc, its_exit_function_runs_at_the_end);
	tcase_add_test(tc, what_a_driver_leaves_behind_is_removed);
	tcase_add_test(tc, a_driver_without_owners_is_recognized);
	tcase_add_test(tc, parameters_are_set_before_init);
	tcase_add_test(tc, a_shorter_table_of_operations_ends_in_zeroes);
	tcase_add_test(tc, code_and_data_tell_their_driver);
	suite_add_tcase(suite, tc);

	tc = tcase_create("refused");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bad_parameters_are_refused);
	tcase_add_test(tc, a_failing_init_is_undone);
	tcase_add_test(tc, a_driver_is_loaded_once);
	tcase_add_test(tc, a_driver_of_the_same_name_is_refused);
	tcase_add_test(tc, a_driver_of_another_abi_is_refused);
	tcase_add_test(tc, what_is_no_driver_is_refused);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

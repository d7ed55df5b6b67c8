/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables, and what a companion core hears of them: this program is
 * one, which writes down all it is told.
 */
#include "kapi/task.h"
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/module.h"

#include <errno.h>
#include <limits.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <stdio.h>
#include <string.h>

#define MAX 4096

static struct stack_pool *stacks;
static struct class *class;
static struct cdev cdev;
static const struct file_operations fops = { .open = stream_open };
static struct open_file *a, *b;
static struct files_struct *mine, *others;
static char said[1024];

static void hear(const char *what, unsigned int fd, struct file *file,
		 struct files_struct *files)
{
	size_t len = strlen(said);

	/* The promise: it is locked, and nobody can be in it. */
	ck_assert(!pi_trylock(&files->file_lock));
	snprintf(said + len, sizeof(said) - len, "%s%s %s%u=%c",
		 len ? ", " : "", what, files == mine ? "" : "their ", fd,
		 file == &a->filp ? 'a' : 'b');
}

void install_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files)
{
	hear("install", fd, file, files);
}

void replace_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files)
{
	hear("replace", fd, file, files);
}

void uninstall_inband_fd(unsigned int fd, struct file *file,
			 struct files_struct *files)
{
	hear("uninstall", fd, file, files);
}

#define ck_heard(text)                        \
	do {                                  \
		ck_assert_str_eq(said, text); \
		said[0] = '\0';               \
	} while (0)

static void setup(void)
{
	struct device *dev;

	ck_assert_int_eq(stack_pool_new(32768, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	class = class_create("some");
	cdev_init(&cdev, &fops);
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	dev = device_create(class, NULL, MKDEV(60, 0), NULL, "dev");
	ck_assert(!IS_ERR(dev));
	ck_assert_int_eq(open_file_new(node_find("dev"), NULL, &a), 0);
	ck_assert_int_eq(open_file_new(node_find("dev"), NULL, &b), 0);
	ck_assert_int_eq(files_new(1000, &mine), 0);
	ck_assert_int_eq(files_new(1001, &others), 0);
}

/* On a fiber of the in-band stage. */
static void run(void (*entry)(void *arg))
{
	struct fiber *fiber;

	ck_assert_int_eq(inband_spawn(entry, NULL, &fiber), 0);
	inband_run_once(false);
}

static void free_files(void *arg)
{
	open_file_free(a);
	open_file_free(b);
}

static void teardown(void)
{
	mine = files_free(mine);
	others = files_free(others);
	run(free_files);
	module_unload_all();
	class_destroy(class);
	ck_assert_uint_eq(inband_exit(), 0);
	stacks = stack_pool_free(stacks);
}

static void bind(struct files_struct *files, unsigned int fd,
		 struct open_file *file)
{
	ck_assert_int_eq(files_bind(files, fd, file, MAX), 0);
}

START_TEST(a_descriptor_is_installed_once_and_uninstalled_once)
{
	bind(mine, 5, a);
	ck_heard("install 5=a");
	bind(mine, 5, a);
	ck_heard("");
	ck_assert_ptr_eq(files_lookup(mine, 5), a);
	ck_assert_ptr_null(files_lookup(others, 5));
	files_unbind(mine, 5, 5);
	ck_heard("uninstall 5=a");
	files_unbind(mine, 5, 5);
	ck_heard("");
	ck_assert_ptr_null(files_lookup(mine, 5));
}
END_TEST

START_TEST(another_file_replaces_without_an_uninstall)
{
	bind(mine, 5, a);
	bind(mine, 6, a);
	said[0] = '\0';
	bind(mine, 5, b);
	ck_heard("replace 5=b");
	ck_assert_ptr_eq(files_lookup(mine, 5), b);
	/* It moved from one file to the other. */
	files_unbind_file(a);
	ck_heard("uninstall 6=a");
	files_unbind_file(b);
	ck_heard("uninstall 5=b");
}
END_TEST

static int bind_aged(struct open_file *file, uint32_t age)
{
	return files_bind_aged(mine, 5, file, MAX, age);
}

START_TEST(who_comes_late_binds_nothing)
{
	ck_assert_int_eq(bind_aged(a, 10), 0);
	ck_assert_int_eq(bind_aged(b, 9), -ESTALE);
	ck_heard("install 5=a");
	ck_assert_int_eq(bind_aged(b, 10), 0);
	ck_assert_int_eq(bind_aged(a, 11), 0);
	ck_heard("replace 5=b, replace 5=a");
	/* Nor does it make the number any older, or younger. */
	ck_assert_int_eq(bind_aged(b, 10), -ESTALE);
	ck_assert_int_eq(bind_aged(a, 10), -ESTALE);
	ck_assert_int_eq(bind_aged(b, 11), 0);
	ck_heard("replace 5=b");
	/* Once it is unbound nobody knows. */
	files_unbind(mine, 5, 5);
	ck_assert_int_eq(bind_aged(a, 3), 0);
	ck_heard("uninstall 5=b, install 5=a");
}
END_TEST

START_TEST(ages_go_round)
{
	const uint32_t half = FILES_MAX_AGE / 2;

	ck_assert_int_eq(bind_aged(a, FILES_MAX_AGE), 0);
	ck_assert_int_eq(bind_aged(b, FILES_MAX_AGE - 1), -ESTALE);
	ck_assert_int_eq(bind_aged(b, half + 1), -ESTALE);
	ck_assert_int_eq(bind_aged(b, 1), 0);
	ck_assert_int_eq(bind_aged(a, FILES_MAX_AGE), -ESTALE);
	ck_assert_int_eq(bind_aged(a, half + 1), 0);
	ck_assert_int_eq(bind_aged(b, 1), 0);
	ck_assert_int_eq(bind_aged(a, half + 2), -ESTALE);
	/* Who has none is always in time, and forgets it for all. */
	ck_assert_int_eq(bind_aged(a, 0), 0);
	ck_assert_int_eq(bind_aged(b, half + 2), 0);
	ck_assert_ptr_eq(files_lookup(mine, 5), b);
}
END_TEST

START_TEST(processes_have_numbers_of_their_own)
{
	bind(mine, 5, a);
	bind(others, 5, b);
	ck_heard("install 5=a, install their 5=b");
	files_unbind(mine, 5, 5);
	ck_heard("uninstall 5=a");
	ck_assert_ptr_eq(files_lookup(others, 5), b);
}
END_TEST

START_TEST(a_range_takes_what_is_in_it)
{
	for (unsigned int fd = 3; fd <= 6; fd++)
		bind(mine, fd, a);
	bind(others, 4, a);
	said[0] = '\0';
	files_unbind(mine, 4, 5);
	ck_assert(strcmp(said, "uninstall 5=a, uninstall 4=a") == 0 ||
		  strcmp(said, "uninstall 4=a, uninstall 5=a") == 0);
	ck_assert_ptr_nonnull(files_lookup(mine, 3));
	ck_assert_ptr_nonnull(files_lookup(mine, 6));
	ck_assert_ptr_nonnull(files_lookup(others, 4));
	ck_assert_uint_eq(mine->nr_bound, 2);
}
END_TEST

/* A process that is gone is cleaned up by somebody else. */
static void end_others(void *arg)
{
	struct task_struct me = { .pid = 1000, .tgid = 1000, .files = mine };

	task_set(fiber_current(), &me);
	others = files_free(others);
	ck_assert_ptr_null(files_find(1001));
	task_set(fiber_current(), NULL);
}

START_TEST(a_process_that_ends_is_cleaned_up_in_another_context)
{
	bind(others, 7, b);
	bind(mine, 7, a);
	said[0] = '\0';
	run(end_others);
	ck_heard("uninstall their 7=b");
	ck_assert_ptr_eq(files_find(1000), mine);
}
END_TEST

START_TEST(what_is_marked_late_is_installed_again)
{
	bind(mine, 5, a);
	bind(others, 9, a);
	bind(mine, 6, b);
	said[0] = '\0';
	files_install_again(a);
	ck_heard("install their 9=a, install 5=a");
}
END_TEST

START_TEST(numbers_and_amounts_are_limited)
{
	ck_assert_int_eq(files_bind(mine, FILES_FD_LIMIT, a, MAX), -EBADF);
	ck_assert_int_eq(files_bind(mine, UINT_MAX, a, MAX), -EBADF);
	ck_assert_int_eq(files_bind(mine, FILES_FD_LIMIT - 1, a, 1), 0);
	ck_assert_int_eq(files_bind(mine, 1, a, 1), -EMFILE);
	/* What is there may change. */
	ck_assert_int_eq(files_bind(mine, FILES_FD_LIMIT - 1, b, 1), 0);
	files_unbind(mine, 0, UINT_MAX);
	ck_assert_uint_eq(mine->nr_bound, 0);
}
END_TEST

START_TEST(of_two_with_one_process_id_the_younger_is_found)
{
	struct files_struct *younger;

	ck_assert_int_eq(files_new(1000, &younger), 0);
	ck_assert_ptr_eq(files_find(1000), younger);
	mine = files_free(mine);
	ck_assert_ptr_eq(files_find(1000), younger);
	files_free(younger);
	ck_assert_ptr_null(files_find(1000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/files");
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase,
		       a_descriptor_is_installed_once_and_uninstalled_once);
	tcase_add_test(tcase, another_file_replaces_without_an_uninstall);
	tcase_add_test(tcase, who_comes_late_binds_nothing);
	tcase_add_test(tcase, ages_go_round);
	tcase_add_test(tcase, processes_have_numbers_of_their_own);
	tcase_add_test(tcase, a_range_takes_what_is_in_it);
	tcase_add_test(tcase,
		       a_process_that_ends_is_cleaned_up_in_another_context);
	tcase_add_test(tcase, what_is_marked_late_is_installed_again);
	tcase_add_test(tcase, numbers_and_amounts_are_limited);
	tcase_add_test(tcase, of_two_with_one_process_id_the_younger_is_found);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

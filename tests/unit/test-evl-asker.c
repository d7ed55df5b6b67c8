/* SPDX-License-Identifier: MIT */
/* Descriptors which are not known to be files: the process is asked, by who may
 * wait for the answer. */
#include "core/file.h"
#include "file-rig.h"
#include "stage/inband.h"
#include "stage/wait.h"
#include "suite.h"
#include "vfs/file.h"

#include <errno.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

/* What the caller's process says when it is asked. */
static int nr_asked, answer;

static int bind_it(unsigned int fd, uint64_t deadline)
{
	nr_asked++;
	if (answer == 0)
		ck_assert_int_eq(files_bind(rig_files, fd, rig_ofs[0], 16), 0);

	return answer;
}

START_TEST(who_knows_is_asked_about_what_we_do_not_know)
{
	rig_open_file(0);
	ck_assert_ptr_null(rig_get(5));
	oob_file_set_asker(bind_it);
	rig_put(rig_get(0));
	ck_assert_int_eq(nr_asked, 0);
	answer = -EBADF;
	ck_assert_ptr_null(rig_get(5));
	ck_assert_int_eq(nr_asked, 1);
	answer = 0;
	ck_assert_ptr_eq(rig_get(5), rig_ofs[0]->filp.private_data);
	rig_put(rig_get(5));
	ck_assert_int_eq(nr_asked, 2);
	rig_put(rig_ofs[0]->filp.private_data);
	/* No process has such a number. */
	ck_assert_ptr_null(rig_get(FILES_FD_LIMIT));
	ck_assert_int_eq(nr_asked, 2);
	ck_assert(rig_close_file(0));
}
END_TEST

/* It says it is bound, and it is not; or only the @answer'th time. */
static int lie(unsigned int fd, uint64_t deadline)
{
	return ++nr_asked == answer ? files_bind(rig_files, fd, rig_ofs[1], 16)
				    : 0;
}

START_TEST(a_lie_is_worth_nothing)
{
	rig_open_file(1);
	oob_file_set_asker(lie);
	ck_assert_ptr_null(rig_get(5));
	/* Others may have been at it, so it is asked again, but not for ever. */
	ck_assert_int_gt(nr_asked, 1);
	ck_assert_int_lt(nr_asked, 20);
	answer = nr_asked + 2;
	ck_assert_ptr_nonnull(rig_get(5));
	ck_assert_int_eq(nr_asked, answer);
	rig_put(rig_ofs[1]->filp.private_data);
	ck_assert(rig_close_file(1));
}
END_TEST

static raw_spinlock_t spin;
static struct mutex mutex;
static struct wait_queue queue;

static void take_spin_lock(void)
{
	raw_spin_lock(&spin);
}

static void leave_spin_lock(void)
{
	raw_spin_unlock(&spin);
}

static void take_mutex(void)
{
	mutex_lock(&mutex);
}

static void leave_mutex(void)
{
	mutex_unlock(&mutex);
}

static void join_queue(void)
{
	wait_queue_join(&queue);
}

static void break_off(void)
{
	fiber_break(fiber_current());
}

START_TEST(who_must_not_sleep_is_not_made_to)
{
	struct rig_get gets[] = {
		{ 5, rig_files, take_spin_lock, leave_spin_lock, NULL },
		{ 5, rig_files, take_mutex, leave_mutex, NULL },
		{ 5, rig_files, join_queue, wait_queue_leave, NULL },
		{ 5, rig_files, break_off, NULL, NULL },
		{ 5, NULL, NULL, NULL, NULL }, /* a caller of no process's */
	};

	rig_open_file(0);
	wait_queue_init(&queue, WAIT_FIFO);
	oob_file_set_asker(bind_it);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(inband_call(rig_do_get, &gets[i]), 0);
		ck_assert_ptr_null(gets[i].efilp);
	}
	/* Nor who is no fiber. */
	ck_assert_ptr_null(evl_get_file(5));
	ck_assert_int_eq(nr_asked, 0);
	ck_assert(rig_close_file(0));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), rig_setup,
				  rig_teardown);
}

int main(void)
{
	Suite *suite = suite_create("core/evl-asker");

	add(suite, "ask", who_knows_is_asked_about_what_we_do_not_know, 1);
	add(suite, "lie", a_lie_is_worth_nothing, 1);
	add(suite, "sleep", who_must_not_sleep_is_not_made_to, 1);

	return suite_run(suite);
}

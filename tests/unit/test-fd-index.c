/* SPDX-License-Identifier: MIT */
/* The index of descriptors, as those see it who look into it meanwhile. */
#include "poll-rig.h"

#include "core/fd-index.h"
#include "core/file.h"
#include "vfs/file.h"

#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>

#define FD	 5u
#define NR_LOOKS 20000u

static struct rig_file *a, *b;

static void setup(void)
{
	rig_setup();
	a = rig_file(FD, true);
	b = rig_file(FD + 1, true);
}

/* What a worker would find. */
static struct rig_file *found(struct files_struct *files)
{
	struct file *filp = fd_index_get(files, FD);

	if (filp == NULL)
		return NULL;
	oob_file_put(filp);

	return filp->private_data;
}

START_TEST(what_is_no_oob_file_any_more_is_not_found)
{
	void *oob_data = b->of->filp.oob_data;

	ck_assert_ptr_eq(found(rig_mine), a);
	ck_assert_ptr_null(found(rig_others));
	b->of->filp.oob_data = NULL;
	rig_bind(rig_mine, FD, b);
	ck_assert_ptr_null(found(rig_mine));
	rig_bind(rig_mine, FD, a);
	ck_assert_ptr_eq(found(rig_mine), a);
	b->of->filp.oob_data = oob_data;
	rig_bind(rig_mine, FD, b);
	ck_assert_ptr_eq(found(rig_mine), b);
	rig_close(rig_mine, FD);
	ck_assert_ptr_null(found(rig_mine));
}
END_TEST

static _Atomic(unsigned int) nr_looks, nr_missed;
static _Atomic(bool) enough;

static void *look(void *arg)
{
	while (!enough) {
		if (found(rig_mine) == NULL)
			nr_missed++;
		nr_looks++;
	}

	return arg;
}

START_TEST(what_is_replaced_is_found_at_any_time)
{
	pthread_t thread;
	unsigned int n;

	ck_assert_int_eq(pthread_create(&thread, NULL, look, NULL), 0);
	for (n = 0; n < NR_LOOKS || nr_looks < NR_LOOKS; n++)
		rig_bind(rig_mine, FD, n % 2 ? a : b);
	enough = true;
	pthread_join(thread, NULL);
	ck_assert_uint_eq(nr_missed, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/fd-index");
	TCase *tcase = tcase_create("index");

	tcase_add_checked_fixture(tcase, setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_is_no_oob_file_any_more_is_not_found);
	tcase_add_test(tcase, what_is_replaced_is_found_at_any_time);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

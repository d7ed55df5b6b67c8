/* SPDX-License-Identifier: MIT */
/* References on files, and releases which wait for them. */
#include "core/file.h"
#include "file-rig.h"
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"

#include <errno.h>
#include <stdlib.h>

START_TEST(a_release_waits_for_the_drivers_references)
{
	struct evl_file *efilp;

	rig_manners = (enum manners)_i;
	rig_open_file(0);
	efilp = rig_get(0);
	ck_assert_ptr_eq(efilp, rig_ofs[0]->filp.private_data);
	evl_get_fileref(efilp);
	ck_assert_uint_eq(oob_file_users(rig_ofs[0]), 2);
	ck_assert(!rig_close_file(0));
	/* Nobody gets it any more, who has it may pass it on. */
	ck_assert_ptr_null(rig_get(0));
	if (rig_manners == GOOD) {
		ck_assert_ptr_eq(efilp->filp, &rig_ofs[0]->filp);
		evl_get_fileref(efilp);
		rig_put(efilp);
	}
	rig_put(efilp);
	ck_assert(!rig_ended[0]);
	ck_assert_uint_eq(oob_file_users(rig_ofs[0]), 1);
	rig_put(efilp);
	ck_assert(rig_ended[0]);
}
END_TEST

START_TEST(it_waits_for_handlers_and_references_alike)
{
	struct evl_file *efilp;

	rig_open_file(0);
	efilp = rig_get(0);
	oob_file_ref(&rig_ofs[0]->filp);
	ck_assert_uint_eq(oob_file_users(rig_ofs[0]), 2);
	ck_assert(!rig_close_file(0));
	rig_put(efilp);
	ck_assert(!rig_ended[0]);
	oob_file_put(&rig_ofs[0]->filp);
	rig_step();
	ck_assert(rig_ended[0]);
}
END_TEST

START_TEST(a_shared_one_goes_with_the_last_file)
{
	struct evl_file *efilp;

	rig_shared = true;
	rig_manners = (enum manners)_i;
	for (int i = 0; i < RIG_NR_FILES; i++)
		rig_open_file(i);
	efilp = rig_get(0);
	ck_assert_ptr_eq(efilp, &rig_the_one);
	ck_assert_ptr_eq(rig_get(2), &rig_the_one);
	/* Whichever go first, who has a reference does not hold them up. */
	ck_assert(rig_close_file(2));
	ck_assert(rig_close_file(0));
	rig_put(efilp);
	ck_assert(!rig_close_file(1));
	rig_put(efilp);
	ck_assert(rig_ended[1]);
}
END_TEST

/* A handler works on the file which was opened last; a reference that came by
 * another one is not its. */
START_TEST(a_reference_is_not_put_on_another_file)
{
	rig_shared = true;
	rig_open_file(0);
	rig_open_file(1);
	oob_file_ref(&rig_ofs[1]->filp);
	rig_put(rig_get(0));
	ck_assert_uint_eq(oob_file_users(rig_ofs[0]), 0);
	ck_assert_uint_eq(oob_file_users(rig_ofs[1]), 1);
	ck_assert(rig_close_file(0));
	ck_assert(!rig_close_file(1));
	oob_file_put(&rig_ofs[1]->filp);
	rig_step();
	ck_assert(rig_ended[1]);
}
END_TEST

START_TEST(a_shared_one_names_a_file_which_is_open)
{
	rig_shared = true;
	rig_manners = (enum manners)_i;
	for (int i = 0; i < RIG_NR_FILES; i++) {
		rig_open_file(i);
		ck_assert_ptr_eq(rig_the_one.filp, &rig_ofs[i]->filp);
	}
	ck_assert(rig_close_file(1));
	ck_assert_ptr_eq(rig_the_one.filp, &rig_ofs[2]->filp);
	ck_assert(rig_close_file(2));
	ck_assert_ptr_eq(rig_the_one.filp, &rig_ofs[0]->filp);
	ck_assert(rig_close_file(0));
	if (rig_manners == GOOD)
		ck_assert_ptr_null(rig_the_one.filp);
}
END_TEST

START_TEST(opened_again_it_does_not_go)
{
	struct evl_file *efilp;

	rig_shared = true;
	rig_open_file(0);
	efilp = rig_get(0);
	ck_assert(!rig_close_file(0));
	rig_open_file(1);
	ck_assert(rig_ended[0]);
	ck_assert(!rig_close_file(1));
	/* As often as one likes; two wait for the same. */
	rig_open_file(2);
	ck_assert(rig_ended[1]);
	ck_assert(!rig_close_file(2));
	rig_put(efilp);
	ck_assert(rig_ended[2]);

	rig_open_file(0);
	ck_assert(rig_close_file(0));
}
END_TEST

START_TEST(drivers_of_all_manners_may_go_on)
{
	rig_manners = (enum manners)_i;
	for (int i = 0; i < 20; i++) {
		rig_shared = i % 2;
		for (int n = 0; n < RIG_NR_FILES; n++) {
			rig_open_file(n);
			rig_put(rig_get((unsigned int)n));
		}
		for (int n = 0; n < RIG_NR_FILES; n++)
			ck_assert(rig_close_file((n + i) % RIG_NR_FILES));
	}
}
END_TEST

START_TEST(an_open_that_fails_leaves_nothing)
{
	struct evl_file *efilp;

	rig_shared = _i;
	if (rig_shared)
		rig_open_file(0);
	rig_open_result = -EBUSY;
	for (int i = 0; i < 4; i++) {
		rig_gives_back = i % 2;
		rig_submit(1, VFS_OPEN);
		ck_assert_int_eq(rig_requests[1].result, -EBUSY);
	}
	rig_open_result = 0;
	if (!rig_shared)
		rig_open_file(0);
	ck_assert_ptr_eq(rig_efilp_of(&rig_ofs[0]->filp)->filp,
			 &rig_ofs[0]->filp);
	efilp = rig_get(0);
	ck_assert(!rig_close_file(0));
	rig_put(efilp);
	ck_assert(rig_ended[0]);
}
END_TEST

START_TEST(references_on_what_is_gone_are_harmless)
{
	struct evl_file stranger;

	evl_get_fileref(&stranger);
	evl_put_file(&stranger);
	evl_release_file(&stranger);

	rig_shared = true;
	rig_open_file(0);
	rig_put(&rig_the_one); /* one too many */
	ck_assert(rig_close_file(0));
	rig_put(&rig_the_one);
	rig_open_file(0);
	ck_assert_uint_eq(oob_file_users(rig_ofs[0]), 0);
	ck_assert(rig_close_file(0));
}
END_TEST

static void release_open_file(void *arg)
{
	evl_release_file(rig_efilp_of(arg));
}

START_TEST(released_early_it_takes_no_more_requests)
{
	rig_open_file(0);
	ck_assert_int_eq(inband_call(release_open_file, &rig_ofs[0]->filp), 0);
	ck_assert_ptr_null(oob_file_get(rig_files, 0));
	ck_assert_int_eq(files_bind(rig_files, 0, rig_ofs[0], 16), 0);
	ck_assert_ptr_null(oob_file_get(rig_files, 0));
	/* Until it is opened again. */
	ck_assert_int_eq(evl_open_file(rig_efilp_of(&rig_ofs[0]->filp),
				       &rig_ofs[0]->filp),
			 0);
	rig_put(rig_get(0));
	ck_assert(rig_close_file(0));
}
END_TEST

/* In-band, or as functions of timers do. */
START_TEST(the_last_reference_is_put_from_anywhere)
{
	struct evl_file *efilp;

	rig_open_file(0);
	efilp = rig_get(0);
	ck_assert(!rig_close_file(0));
	inband_stage.oob = _i;
	evl_get_fileref(efilp);
	evl_put_file(efilp);
	ck_assert(!rig_ended[0]);
	evl_put_file(efilp);
	inband_stage.oob = false;
	rig_step();
	ck_assert(rig_ended[0]);
}
END_TEST

START_TEST(only_in_band_code_opens_and_releases_one)
{
	struct evl_file other, *efilp;

	rig_open_file(0);
	inband_stage.oob = true; /* as on a worker */
	ck_assert_int_eq(evl_open_file(&other, &rig_ofs[0]->filp), -EPERM);
	evl_release_file(rig_efilp_of(&rig_ofs[0]->filp));
	inband_stage.oob = false;
	/* It is as it was. */
	efilp = rig_get(0);
	ck_assert_ptr_nonnull(efilp);
	rig_put(efilp);
	ck_assert(rig_close_file(0));
}
END_TEST

/* Another evl_file for the same file: the first is the driver's again. */
START_TEST(a_file_has_one_at_a_time)
{
	struct evl_file *second = malloc(sizeof(*second)), *efilp;

	rig_open_file(0);
	evl_get_fileref(rig_efilp_of(&rig_ofs[0]->filp));
	ck_assert_int_eq(evl_open_file(second, &rig_ofs[0]->filp), 0);
	efilp = rig_get(0);
	ck_assert_ptr_eq(efilp, second);
	free(rig_ofs[0]->filp.private_data);
	rig_ofs[0]->filp.private_data = second;
	ck_assert(!rig_close_file(0));
	rig_put(efilp);
	ck_assert(rig_ended[0]);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), rig_setup,
				  rig_teardown);
}

int main(void)
{
	Suite *suite = suite_create("core/evl-file");

	add(suite, "waits", a_release_waits_for_the_drivers_references,
	    TWICE + 1);
	add(suite, "alike", it_waits_for_handlers_and_references_alike, 1);
	add(suite, "last", a_shared_one_goes_with_the_last_file, TWICE + 1);
	add(suite, "another", a_reference_is_not_put_on_another_file, 1);
	add(suite, "names", a_shared_one_names_a_file_which_is_open, HASTY + 1);
	add(suite, "again", opened_again_it_does_not_go, 1);
	add(suite, "manners", drivers_of_all_manners_may_go_on, TWICE + 1);
	add(suite, "fails", an_open_that_fails_leaves_nothing, 2);
	add(suite, "gone", references_on_what_is_gone_are_harmless, 1);
	add(suite, "early", released_early_it_takes_no_more_requests, 1);
	add(suite, "anywhere", the_last_reference_is_put_from_anywhere, 2);
	add(suite, "in-band", only_in_band_code_opens_and_releases_one, 1);
	add(suite, "one", a_file_has_one_at_a_time, 1);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Stage exclusion locks. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/stax.h>
#include <linux/errno.h>
#include <string.h>

static struct evl_kthread threads[3];
static struct evl_stax stax;
static char order[64];
static int rets[3];
static struct fiber *inband[3];

static void setup(void)
{
	rig_setup();
	evl_init_stax(&stax);
	order[0] = '\0';
	for (int i = 0; i < 3; i++)
		rets[i] = PENDING;
}

static void go_in(void *arg)
{
	int nr = *(const char *)arg - 'a';

	rets[nr] = evl_lock_stax(&stax);
	strcat(order, arg);
}

static char names[][2] = { "a", "b", "c" };

static void go_in_oob(int nr, int prio)
{
	rets[nr] = PENDING;
	ck_assert_int_eq(rig_run(&threads[nr], (unsigned int)nr % 2, go_in,
				 names[nr], prio),
			 0);
}

static void go_in_inband(int nr)
{
	rets[nr] = PENDING;
	inband[nr] = rig_inband(go_in, names[nr]);
}

static void leave(void *arg)
{
	evl_unlock_stax(&stax);
}

static void leave_oob(void)
{
	static struct rig_app app;

	rig_app(&app, 0, leave, NULL, 1);
	rig_app_end(&app, true);
}

static void leave_inband(void)
{
	rig_inband(leave, NULL);
}

START_TEST(any_number_of_one_stage_is_in)
{
	for (int i = 0; i < 3; i++)
		go_in_oob(i, 10);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(rets[i], 0);
		leave_oob();
	}
	for (int i = 0; i < 3; i++)
		go_in_inband(i);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(rets[i], 0);
		leave_inband();
	}
}
END_TEST

START_TEST(in_band_waits_until_the_last_has_left)
{
	go_in_oob(0, 10);
	go_in_oob(1, 10);
	go_in_inband(2);
	ck_assert_int_eq(rets[2], PENDING);
	leave_oob();
	ck_assert_int_eq(rets[2], PENDING);
	leave_oob();
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

START_TEST(out_of_band_waits_until_the_last_has_left)
{
	go_in_inband(0);
	go_in_inband(0);
	go_in_oob(1, 10);
	go_in_oob(2, 20);
	leave_inband();
	ck_assert_int_eq(rets[1], PENDING);
	leave_inband();
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

/* Both on one worker: arrival counts, not priority. */
START_TEST(those_out_of_band_are_let_in_as_they_came)
{
	static struct evl_kthread late;

	go_in_inband(1);
	go_in_oob(0, 10);
	rig_run(&late, 0, go_in, names[2], 50);
	order[0] = '\0';
	rig_inband(leave, NULL);
	ck_assert_str_eq(order, "ca"); /* woken in order, run by priority */
}
END_TEST

/* No fairness: as long as one of a stage is in, others of it come. */
START_TEST(who_is_in_keeps_the_door_open_for_its_stage)
{
	go_in_oob(0, 10);
	go_in_inband(2);
	go_in_oob(1, 10);
	ck_assert_int_eq(rets[1], 0);
	leave_oob();
	ck_assert_int_eq(rets[2], PENDING);
	leave_oob();
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

START_TEST(who_was_woken_and_overtaken_waits_on)
{
	go_in_inband(0);
	go_in_oob(1, 10);
	evl_unlock_stax(&stax); /* from in-band, in no fiber */
	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	rig_step();
	ck_assert_int_eq(rets[1], PENDING);
	leave_inband();
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

static void try(void *arg)
{
	rets[0] = evl_trylock_stax(&stax);
}

START_TEST(trylock_does_not_wait)
{
	static struct evl_kthread kthread;

	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	rig_run(&kthread, 0, try, NULL, 10);
	ck_assert_int_eq(rets[0], -EAGAIN);
	evl_unlock_stax(&stax);
	rig_run(&kthread, 0, try, NULL, 10);
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(evl_trylock_stax(&stax), -EAGAIN);
	rig_run(&kthread, 0, try, NULL, 10);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_signal_ends_a_wait_in_band)
{
	go_in_oob(0, 10);
	go_in_inband(1);
	fiber_break(inband[1]);
	rig_step();
	ck_assert_int_eq(rets[1], -ERESTARTSYS);
	/* It is not in. */
	leave_oob();
	go_in_oob(2, 10);
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

START_TEST(a_wait_out_of_band_can_be_broken)
{
	go_in_inband(0);
	go_in_oob(1, 10);
	evl_unblock_kthread(&threads[1], T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[1], -EINTR);
	leave_inband();
	go_in_inband(0);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(destruction_ends_waits_out_of_band)
{
	go_in_inband(0);
	go_in_oob(1, 10);
	go_in_oob(2, 10);
	evl_destroy_stax(&stax);
	rig_step();
	ck_assert_int_eq(rets[1], -EIDRM);
	ck_assert_int_eq(rets[2], -EIDRM);
	leave_inband();
}
END_TEST

START_TEST(and_none_in_band)
{
	go_in_oob(0, 10);
	go_in_inband(1);
	evl_destroy_stax(&stax);
	rig_step();
	ck_assert_int_eq(rets[1], PENDING);
	leave_oob();
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

START_TEST(who_was_woken_and_overtaken_notices_destruction)
{
	go_in_inband(0);
	go_in_oob(1, 10);
	evl_unlock_stax(&stax);
	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	evl_destroy_stax(&stax);
	rig_step();
	ck_assert_int_eq(rets[1], -EIDRM);
	leave_inband();

	/* Overtaken only after that. */
	go_in_inband(0);
	go_in_oob(1, 10);
	evl_unlock_stax(&stax);
	evl_destroy_stax(&stax);
	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	rig_step();
	ck_assert_int_eq(rets[1], -EIDRM);
}
END_TEST

/* It looks again and again; whatever else there is goes on meanwhile. */
START_TEST(in_band_callers_may_spin)
{
	evl_init_stax(&stax, EVL_STAX_INBAND_SPIN);
	go_in_oob(0, 10);
	ck_assert_int_eq(inband_spawn(go_in, names[1], &inband[1]), 0);
	for (int i = 0; i < 3; i++)
		inband_run_once(false);
	ck_assert_int_eq(rets[1], PENDING);
	fiber_break(inband[1]);
	inband_run_once(false);
	ck_assert_int_eq(rets[1], PENDING);

	rig_go_to(&rig_workers[0]);
	evl_unlock_stax(&stax);
	rig_go_to(&inband_stage);
	while (rets[1] == PENDING)
		inband_run_once(true);
	ck_assert_int_eq(rets[1], 0);
	leave_inband();

	/* Out-of-band they sleep. */
	go_in_inband(0);
	go_in_oob(2, 10);
	ck_assert_int_eq(rets[2], PENDING);
	leave_inband();
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

START_TEST(who_cannot_sleep_is_refused)
{
	ck_assert_int_eq(evl_lock_stax(&stax), -EPERM); /* no fiber */
	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	evl_unlock_stax(&stax);
	rig_go_to(&rig_workers[0]); /* a timer's function */
	ck_assert_int_eq(evl_lock_stax(&stax), -EPERM);
	ck_assert_int_eq(evl_trylock_stax(&stax), -EPERM);
	rig_go_to(&inband_stage);
	go_in_inband(0);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(only_the_stage_that_is_in_leaves)
{
	leave_oob(); /* nobody is */
	leave_inband();
	go_in_inband(0);
	leave_oob();
	go_in_oob(1, 10);
	ck_assert_int_eq(rets[1], PENDING);
	leave_inband();
	ck_assert_int_eq(rets[1], 0);
	leave_inband();
	go_in_inband(0);
	ck_assert_int_eq(rets[0], PENDING);
	leave_oob();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_zero_filled_one_works)
{
	memset(&stax, 0, sizeof(stax));
	evl_destroy_stax(&stax);
	go_in_inband(0);
	go_in_oob(1, 10);
	ck_assert_int_eq(rets[1], PENDING);
	leave_inband();
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/stax");
	TCase *tc = tcase_create("stage exclusion lock");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_test(tc, any_number_of_one_stage_is_in);
	tcase_add_test(tc, in_band_waits_until_the_last_has_left);
	tcase_add_test(tc, out_of_band_waits_until_the_last_has_left);
	tcase_add_test(tc, those_out_of_band_are_let_in_as_they_came);
	tcase_add_test(tc, who_is_in_keeps_the_door_open_for_its_stage);
	tcase_add_test(tc, who_was_woken_and_overtaken_waits_on);
	tcase_add_test(tc, trylock_does_not_wait);
	tcase_add_test(tc, a_signal_ends_a_wait_in_band);
	tcase_add_test(tc, a_wait_out_of_band_can_be_broken);
	tcase_add_test(tc, destruction_ends_waits_out_of_band);
	tcase_add_test(tc, and_none_in_band);
	tcase_add_test(tc, who_was_woken_and_overtaken_notices_destruction);
	tcase_add_test(tc, in_band_callers_may_spin);
	tcase_add_test(tc, who_cannot_sleep_is_refused);
	tcase_add_test(tc, only_the_stage_that_is_in_leaves);
	tcase_add_test(tc, a_zero_filled_one_works);

	return suite_run(suite);
}

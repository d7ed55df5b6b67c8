/* SPDX-License-Identifier: MIT */
/* What is done to flags has several forms, and so have flags: with threads of
 * several priorities, all on one worker, each form. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/flag.h>
#include <string.h>

static struct evl_kthread threads[3];
static struct evl_flag flag;
static int rets[3];
static char order[64];

static void setup(void)
{
	rig_setup();
	evl_init_flag(&flag);
}

/* Who sleeps still leaves first. */
static void teardown(void)
{
	evl_destroy_flag(&flag);
	rig_step();
	rig_teardown();
}

static void wait_for_it(void *arg)
{
	int nr = *(const char *)arg - 'a';

	rets[nr] = evl_wait_flag(&flag);
	strcat(order, arg);
}

/* By priority that is b, c, a. */
static void start_all(void)
{
	static const int prios[] = { 10, 30, 20 };
	static char names[][2] = { "a", "b", "c" };

	order[0] = '\0';
	for (int i = 0; i < 3; i++) {
		rets[i] = PENDING;
		ck_assert_int_eq(rig_run(&threads[i], 0, wait_for_it, names[i],
					 prios[i]),
				 0);
	}
}

/* Every way to do a thing to a flag. */

#define UNDER_LOCK(call)                                      \
	static void call##_under_lock(struct evl_flag *wf)    \
	{                                                     \
		unsigned long flags;                          \
                                                              \
		evl_lock_flag(wf, flags);                     \
		call##_locked(wf);                            \
		ck_assert(!raw_spin_trylock(&wf->wait.lock)); \
		evl_unlock_flag(wf, flags);                   \
	}

UNDER_LOCK(evl_raise_flag)
UNDER_LOCK(evl_pulse_flag)

static void raise_nosched(struct evl_flag *wf)
{
	evl_raise_flag_nosched(wf);
	evl_schedule();
}

static void pulse_nosched(struct evl_flag *wf)
{
	evl_pulse_flag_nosched(wf);
	evl_schedule();
}

START_TEST(every_way_to_raise_it_releases_one)
{
	void (*const ways[])(struct evl_flag * wf) = {
		evl_raise_flag,
		raise_nosched,
		evl_raise_flag_under_lock,
	};

	start_all();
	ways[_i](&flag);
	/* Nobody runs before the caller gives way. */
	ck_assert_str_eq(order, "");
	rig_step();
	ck_assert_str_eq(order, "b");
	ck_assert_int_eq(rets[1], 0);
	ck_assert(!evl_peek_flag(&flag));
}
END_TEST

START_TEST(every_way_to_pulse_it_releases_all)
{
	void (*const ways[])(struct evl_flag * wf) = {
		evl_pulse_flag,
		pulse_nosched,
		evl_pulse_flag_under_lock,
	};

	start_all();
	ways[_i](&flag);
	ck_assert_str_eq(order, "");
	rig_step();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rets[i], 0);
	ck_assert_str_eq(order, "bca");
	ck_assert(!evl_peek_flag(&flag));
}
END_TEST

static void flush_nosched(struct evl_flag *wf, int reason)
{
	evl_flush_flag_nosched(wf, reason);
	evl_schedule();
}

static void flush_under_lock(struct evl_flag *wf, int reason)
{
	unsigned long flags;

	evl_lock_flag(wf, flags);
	evl_flush_flag_locked(wf, reason);
	ck_assert(!raw_spin_trylock(&wf->wait.lock));
	evl_unlock_flag(wf, flags);
}

START_TEST(every_way_to_flush_it_says_why)
{
	void (*const ways[])(struct evl_flag * wf, int reason) = {
		evl_flush_flag,
		flush_nosched,
		flush_under_lock,
	};
	static const struct {
		int reason, ret;
	} cases[] = {
		{ EVL_T_RMID, -EIDRM },
		{ EVL_T_BCAST, 0 },
		{ EVL_T_NOMEM, -ENOMEM },
		{ 0, PENDING }, /* it has nothing to find, and sleeps on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_all();
		ways[_i](&flag, cases[i].reason);
		rig_step();
		for (int n = 0; n < 3; n++)
			ck_assert_int_eq(rets[n], cases[i].ret);
		ck_assert(!evl_peek_flag(&flag));
	}
}
END_TEST

/* Flags. */

static void wait_for_one(void *arg)
{
	rets[0] = evl_wait_flag(arg);
}

static void look_at_one(void *arg)
{
	rets[0] = evl_wait_flag_timeout(arg, EVL_NONBLOCK, EVL_REL);
}

static void start_one(void (*threadfn)(void *arg), struct evl_flag *wf)
{
	rets[0] = PENDING;
	ck_assert_int_eq(rig_run(&threads[0], 0, threadfn, wf, 10), 0);
}

START_TEST(clearing_it_lowers_it)
{
	evl_clear_flag(&flag);
	evl_raise_flag(&flag);
	evl_clear_flag(&flag);
	ck_assert(!evl_peek_flag(&flag));
	start_one(look_at_one, &flag);
	ck_assert_int_eq(rets[0], -EAGAIN);

	/* Before whom it was raised for has looked. */
	start_one(wait_for_one, &flag);
	evl_raise_flag(&flag);
	evl_clear_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], PENDING);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

static DEFINE_EVL_FLAG(defined);
static struct evl_flag initialized = EVL_FLAG_INITIALIZER(initialized);

START_TEST(those_which_were_never_prepared_by_a_call_work)
{
	struct evl_flag local, *const flags[] = { &defined, &initialized,
						  &local };

	memset(&local, 0xa5, sizeof(local));
	evl_init_flag_on_stack(&local);
	for (int i = 0; i < 3; i++) {
		ck_assert(!evl_peek_flag(flags[i]));
		ck_assert_uint_eq(flags[i]->wait.flags, EVL_WAIT_PRIO);
		ck_assert_ptr_eq(flags[i]->wait.clock, &evl_mono_clock);
		start_one(wait_for_one, flags[i]);
		ck_assert_int_eq(rets[0], PENDING);
		evl_raise_flag(flags[i]);
		rig_step();
		ck_assert_int_eq(rets[0], 0);
	}
}
END_TEST

/* As drivers do, at each open of a device they have one of. Who waits meanwhile
 * waits in vain, as in the kernel, but nothing else goes wrong. */
START_TEST(one_in_use_may_be_prepared_anew)
{
	start_all();
	if (_i)
		memset(&flag, 0, sizeof(flag));
	else
		evl_init_flag(&flag);
	ck_assert_ptr_null(evl_wait_flag_head(&flag));
	evl_raise_flag(&flag);
	ck_assert(evl_read_flag(&flag));
	for (int i = 0; i < 3; i++) {
		rig_stop(&threads[i]);
		ck_assert_int_eq(rets[i], -EINTR);
	}

	evl_init_flag(&flag);
	start_all();
	evl_pulse_flag(&flag);
	rig_step();
	ck_assert_str_eq(order, "bca");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/flag-form");
	TCase *tc = tcase_create("forms");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_way_to_raise_it_releases_one, 0, 3);
	tcase_add_loop_test(tc, every_way_to_pulse_it_releases_all, 0, 3);
	tcase_add_loop_test(tc, every_way_to_flush_it_says_why, 0, 3);
	tcase_add_test(tc, clearing_it_lowers_it);
	tcase_add_test(tc, those_which_were_never_prepared_by_a_call_work);
	tcase_add_loop_test(tc, one_in_use_may_be_prepared_anew, 0, 2);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

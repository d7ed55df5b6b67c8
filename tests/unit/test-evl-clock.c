/* SPDX-License-Identifier: MIT */
/* The clocks of the core, one of a test's own, and dates in every form. */
#include "../helpers.h"

#include <evl/clock.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

START_TEST(each_has_a_number)
{
	struct evl_clock *const clocks[] = {
		&evl_mono_clock,
		&evl_realtime_clock,
		&evl_mono_raw_clock,
	};
	static const clockid_t ids[] = {
		CLOCK_MONOTONIC,
		CLOCK_REALTIME,
		CLOCK_MONOTONIC_RAW,
	};

	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(evl_get_clock_by_fd(-ids[i]), clocks[i]);
		evl_put_clock(clocks[i]);
	}
	ck_assert_ptr_null(evl_get_clock_by_fd(77));
	ck_assert_ptr_null(evl_get_clock_by_fd(-77));
}
END_TEST

START_TEST(they_tell_what_the_systems_tell)
{
	struct evl_clock *const clocks[] = {
		&evl_mono_clock,
		&evl_realtime_clock,
		&evl_mono_raw_clock,
	};
	struct timespec before, after;
	ktime_t date;

	for (int i = 0; i < 3; i++) {
		clock_gettime(clocks[i]->id, &before);
		date = evl_read_clock(clocks[i]);
		clock_gettime(clocks[i]->id, &after);
		ck_assert_int_ge(date, before.tv_sec * (ktime_t)ONE_BILLION +
					       before.tv_nsec);
		ck_assert_int_le(date, after.tv_sec * (ktime_t)ONE_BILLION +
					       after.tv_nsec);
	}
	date = evl_read_clock(&evl_mono_clock);
	ck_assert_int_ge(evl_ktime_monotonic(), date);
	ck_assert_int_le(evl_ktime_monotonic(),
			 evl_read_clock(&evl_mono_clock));
}
END_TEST

/* A clock of somebody's who knows how. */

static ktime_t now;

static ktime_t read_now(struct evl_clock *clock)
{
	return now;
}

static int set_now(struct evl_clock *clock, ktime_t date)
{
	if (date > 1000)
		return -EINVAL;
	now = date;

	return 0;
}

static struct evl_clock own_clock = {
	.name = "own",
	.ops = { .read = read_now, .set = set_now },
};

START_TEST(one_is_set_if_it_can_be)
{
	ck_assert_int_eq(evl_set_clock_time(&own_clock, 500), 0);
	ck_assert_int_eq(evl_read_clock(&own_clock), 500);
	ck_assert_int_eq(evl_set_clock_time(&own_clock, 5000), -EINVAL);
	ck_assert_int_eq(evl_read_clock(&own_clock), 500);

	ck_assert_int_eq(evl_set_clock_time(&evl_mono_clock, 1), -EOPNOTSUPP);
	ck_assert_int_eq(evl_set_clock_time(&evl_mono_raw_clock, 1),
			 -EOPNOTSUPP);
	ck_assert_int_eq(evl_set_clock_time(&evl_realtime_clock, -1), -EINVAL);
}
END_TEST

/* Whoever runs the test: nobody is to set the system's clock. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 } };

	ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
}

START_TEST(the_systems_is_not_set_without_the_right_to)
{
	drop_capabilities();
	ck_assert_int_eq(
		evl_set_clock_time(&evl_realtime_clock,
				   evl_read_clock(&evl_realtime_clock)),
		-EPERM);
}
END_TEST

START_TEST(gravity_is_what_it_was_set_to)
{
	const struct evl_clock_gravity gravity = {
		.irq = 5,
		.kernel = 6,
		.user = 7,
	};
	const struct evl_clock_gravity wrong[] = {
		{ .irq = -1 },
		{ .kernel = -1 },
		{ .user = -1 },
	};
	struct evl_clock *const clocks[] = { &evl_mono_clock,
					     &evl_realtime_clock };

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(evl_set_clock_gravity(clocks[i], &gravity), 0);
		for (int n = 0; n < 3; n++)
			ck_assert_int_eq(
				evl_set_clock_gravity(clocks[i], &wrong[n]),
				-EINVAL);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], irq), 5);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], kernel), 6);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], user), 7);
		evl_reset_clock_gravity(clocks[i]);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], irq), 0);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], kernel), 0);
		ck_assert_int_eq(evl_get_clock_gravity(clocks[i], user), 0);
	}

	ck_assert_int_eq(evl_set_clock_gravity(&own_clock, &gravity),
			 -EOPNOTSUPP);
	ck_assert_int_eq(evl_set_clock_gravity(&evl_mono_raw_clock, &gravity),
			 -EOPNOTSUPP);
	evl_reset_clock_gravity(&own_clock);
}
END_TEST

START_TEST(resolution_is_what_it_was_set_to)
{
	ck_assert_int_eq(evl_get_clock_resolution(&evl_mono_clock), 1);
	ck_assert_int_eq(evl_get_clock_resolution(&evl_realtime_clock), 1);
	evl_set_clock_resolution(&own_clock, 7);
	ck_assert_int_eq(evl_get_clock_resolution(&own_clock), 7);
}
END_TEST

START_TEST(hardwares_own_are_not_had)
{
	struct evl_clock clock = own_clock;

	ck_assert_int_eq(evl_init_clock(&clock, NULL), -EOPNOTSUPP);
}
END_TEST

START_TEST(dates_keep_their_value_in_every_form)
{
	const ktime_t date = 5 * (ktime_t)ONE_BILLION + 7;
	struct __evl_timespec u_ts = ktime_to_u_timespec(date);
	struct __evl_itimerspec u_its = { .it_interval = u_ts };
	struct timespec64 ts = u_timespec_to_timespec64(u_ts);
	struct itimerspec64 its;

	ck_assert_int_eq(u_ts.tv_sec, 5);
	ck_assert_int_eq(u_ts.tv_nsec, 7);
	ck_assert_int_eq(u_timespec_to_ktime(u_ts), date);
	ck_assert_int_eq(ts.tv_sec, 5);
	ck_assert_int_eq(ts.tv_nsec, 7);
	u_ts = timespec64_to_u_timespec(ts);
	ck_assert_int_eq(u_timespec_to_ktime(u_ts), date);
	its = u_itimerspec_to_itimerspec64(u_its);
	ck_assert_int_eq(its.it_interval.tv_sec, 5);
	ck_assert_int_eq(its.it_interval.tv_nsec, 7);
	ck_assert_int_eq(its.it_value.tv_nsec, 0);
	its.it_value.tv_sec = 9;
	u_its = itimerspec64_to_u_itimerspec(its);
	ck_assert_int_eq(u_its.it_interval.tv_sec, 5);
	ck_assert_int_eq(u_its.it_interval.tv_nsec, 7);
	ck_assert_int_eq(u_its.it_value.tv_sec, 9);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/clock");
	TCase *tc = tcase_create("clocks");

	tcase_add_test(tc, each_has_a_number);
	tcase_add_test(tc, they_tell_what_the_systems_tell);
	tcase_add_test(tc, one_is_set_if_it_can_be);
	tcase_add_test(tc, the_systems_is_not_set_without_the_right_to);
	tcase_add_test(tc, gravity_is_what_it_was_set_to);
	tcase_add_test(tc, resolution_is_what_it_was_set_to);
	tcase_add_test(tc, hardwares_own_are_not_had);
	tcase_add_test(tc, dates_keep_their_value_in_every_form);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

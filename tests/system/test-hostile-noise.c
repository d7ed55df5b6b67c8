/* SPDX-License-Identifier: MIT */
/* Clients which keep the worker busy through the memory they share with it: it
 * goes on serving others. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static struct raw_client client;
static struct raw_channel channel;
static struct raw_slot slot;

/*
 * Accomplices share the channel. They are processes: clients that behave are
 * forked meanwhile, which is no thing to do among threads.
 */
static void check_service_beside(int (*accomplice)(void *arg), unsigned int nr)
{
	unsigned int seeds[2] = { 1, 2 };
	pid_t pids[2];

	for (unsigned int i = 0; i < nr; i++)
		pids[i] = child_start(accomplice, &seeds[i]);
	for (int i = 0; i < 3; i++)
		endure_check_service();
	for (unsigned int i = 0; i < nr; i++) {
		kill(pids[i], SIGKILL);
		ck_assert_int_eq(child_wait(pids[i]), 128 + SIGKILL);
	}
}

/* Fill what is shared with noise while requests go on. */
static int make_noise(void *arg)
{
	unsigned int seed = *(unsigned int *)arg;
	volatile uint32_t *words = channel.base;
	size_t nr_words = CHANNEL_WINDOWS_OFFSET / 4;
	int n;

	do {
		n = rand_r(&seed);
		words[(size_t)n % nr_words] = (uint32_t)rand_r(&seed) >> n % 32;
		if (n % 64 == 0)
			raw_ring(&slot);
	} while (words);

	return 0;
}

static void drown_in_noise(void)
{
	raw_enter(&client, &channel, &slot);
	check_service_beside(make_noise, 2);
	raw_exit(&client, &channel, &slot);
}

START_TEST(noise_in_one_channel_disturbs_no_other)
{
	endure(drown_in_noise);
}
END_TEST

static int ring_on(void *arg)
{
	do
		raw_ring(&slot);
	while (slot.ch);

	return 0;
}

static void ring_without_end(void)
{
	struct channel_request rq = { .op = CHANNEL_READ, .count = 8 };

	raw_enter(&client, &channel, &slot);
	check_service_beside(ring_on, 1);
	/* Nor do we starve. */
	rq.fd = slot.efd;
	ck_assert_int_eq(raw_request(&slot, &rq), -EINVAL);
	raw_exit(&client, &channel, &slot);
}

START_TEST(who_rings_without_end_does_not_starve_others)
{
	endure(ring_without_end);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-noise");
	TCase *tcase = tcase_create("hostile-noise");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, noise_in_one_channel_disturbs_no_other);
	tcase_add_test(tcase, who_rings_without_end_does_not_starve_others);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

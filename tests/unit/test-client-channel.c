/* SPDX-License-Identifier: MIT */
/*
 * The client's side of a slot: posting, sleeping, numbers, death.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "../helpers.h"
#include "client-worker.h"

START_TEST(bytes_go_in_and_come_out)
{
	static char in[CHANNEL_WINDOW_SIZE], out[CHANNEL_WINDOW_SIZE];
	const size_t sizes[] = { 0, 1, 64, 1000, CHANNEL_WINDOW_SIZE };
	uint32_t word = 41;

	worker_start(CHANNEL_SPIN_ADAPTIVE, 0);
	memset(in, 'w', sizeof(in));

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_int_eq(call_write(FD_ECHO, in, sizes[i]), sizes[i]);
		memset(out, 0, sizeof(out));
		ck_assert_int_eq(call_read(FD_ECHO, out, sizes[i]), sizes[i]);
		for (size_t n = 0; n < sizeof(out); n++)
			ck_assert_int_eq(out[n], n < sizes[i] ? 'r' : 0);
	}
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(word, 42);
	worker_stop();
}
END_TEST

/* One request in flight at a time: a lost wake-up hangs. */
START_TEST(every_call_is_answered)
{
	uint32_t word = 0;

	worker_start((uint32_t)_i, 0);
	for (uint32_t n = 0; n < 20000; n++) {
		ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
		ck_assert_uint_eq(word, n + 1);
	}
	worker_stop();
}
END_TEST

START_TEST(sequence_numbers_skip_the_one_for_death)
{
	uint32_t word = 0;

	worker_start(CHANNEL_SPIN_ADAPTIVE, CHANNEL_SPECIAL - 10);
	for (uint32_t n = 0; n < 30; n++)
		ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(word, 30);
	ck_assert_uint_eq(slot.seq, 20); /* 9 below, then from 0 on */
	worker_stop();
}
END_TEST

START_TEST(a_slot_goes_on_where_its_last_owner_stopped)
{
	uint32_t word = 0;

	worker_start(CHANNEL_SPIN_ADAPTIVE, 1000);
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	/* The next owner. */
	slot_init(&slot, &channel, WORKER_SLOT, false);
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(slot.seq, 1002);
	worker_stop();
}
END_TEST

START_TEST(a_geometry_we_do_not_know_is_refused)
{
	static struct channel_header hdr;
	struct channel ch;

	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
	hdr.geometry = (struct channel_geometry){
		.magic = CHANNEL_MAGIC,
		.abi = CHANNEL_ABI,
		.size = CHANNEL_SIZE,
		.nr_slots = CHANNEL_SLOTS,
		.slot_size = sizeof(struct channel_slot),
		.window_size = CHANNEL_WINDOW_SIZE,
	};
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), 0);
	hdr.geometry.abi++;
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
	hdr.geometry.abi--;
	hdr.geometry.nr_slots++;
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
}
END_TEST

START_TEST(death_ends_the_call_under_way_and_all_later_ones)
{
	struct caller caller;
	char byte;

	worker_start((uint32_t)_i, 0);
	caller_start(&caller, FD_BLOCK);
	if (_i != CHANNEL_SPIN_ALWAYS)
		worker_await_sleeper();
	channel_kill(&channel);
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, -ENODEV);
	ck_assert_int_eq(call_read(FD_ECHO, &byte, 1), -ENODEV);
	worker_stop();
}
END_TEST

START_TEST(an_answer_after_death_changes_nothing)
{
	char byte;

	worker_start(CHANNEL_SPIN_NEVER, 0);
	channel_kill(&channel);
	worker_answer(&worker, 0, 0); /* overwrites the mark */
	ck_assert_int_eq(call_read(FD_ECHO, &byte, 1), -ENODEV);
	worker_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client/channel");

	suite_add(suite, "payload", bytes_go_in_and_come_out, 1);
	suite_add(suite, "round-trips", every_call_is_answered,
		  CHANNEL_SPIN_ALWAYS + 1);
	suite_add(suite, "wrap", sequence_numbers_skip_the_one_for_death, 1);
	suite_add(suite, "reuse", a_slot_goes_on_where_its_last_owner_stopped,
		  1);
	suite_add(suite, "geometry", a_geometry_we_do_not_know_is_refused, 1);
	suite_add(suite, "death",
		  death_ends_the_call_under_way_and_all_later_ones,
		  CHANNEL_SPIN_ALWAYS + 1);
	suite_add(suite, "death-late", an_answer_after_death_changes_nothing,
		  1);

	return suite_run(suite);
}

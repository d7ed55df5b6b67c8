/* SPDX-License-Identifier: MIT */
/* Clients which misuse what a channel is made of, the memory and the eventfd
 * they share with the worker, rather than what stands in it. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <unistd.h>

static struct raw_client client;
static struct raw_channel channel;
static struct raw_slot slot;

#define ck_assert_fails(call, error)              \
	do {                                      \
		errno = 0;                        \
		ck_assert_int_eq((call), -1);     \
		ck_assert_int_eq(errno, (error)); \
	} while (0)

/* Kicked before the worker knows it: the event comes first. */
static void kick_too_early(void)
{
	const uint64_t one = 1;

	for (int i = 0; i < 50; i++) {
		raw_join(&client, false);
		ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
		ck_assert_int_eq(write(channel.bell_fd, &one, 8), 8);
		raw_ask(&client, CONTROL_CHANNEL_READY, &channel.index, 8);
		ck_assert_int_eq(write(channel.bell_fd, &one, 8), 8);
		if (i % 2) /* the answer may come or not */
			endure_check_service();
		raw_leave(&client);
		raw_channel_free(&channel);
	}
}

START_TEST(a_channel_may_be_kicked_before_it_is_ready)
{
	endure(kick_too_early);
}
END_TEST

/* The eventfd's flags are shared by both sides, as is its count. */
static void spoil_bell(void)
{
	const struct channel_request rq = { .op = CHANNEL_READ, .fd = -1 };
	const uint64_t most = UINT64_MAX - 1;
	uint64_t count;

	raw_enter(&client, &channel, &slot);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	ck_assert_int_eq(fcntl(channel.bell_fd, F_SETFL, 0), 0);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(read(channel.bell_fd, &count, 8), 8);
		ck_assert_int_eq(write(channel.bell_fd, &most, 8), 8);
	}
	ck_assert_int_eq(read(channel.bell_fd, &count, 8), 8);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	raw_exit(&client, &channel, &slot);
}

START_TEST(the_eventfd_cannot_stop_the_worker)
{
	endure(spoil_bell);
}
END_TEST

static void reshape_memory(void)
{
	char *base;

	raw_enter(&client, &channel, &slot);
	base = channel.base;
	ck_assert_fails(ftruncate(channel.memfd, 0), EPERM);
	ck_assert_fails(ftruncate(channel.memfd, CHANNEL_SIZE * 2), EPERM);
	ck_assert_fails(write(channel.memfd, "x", 1), EPERM);
	ck_assert_fails(fallocate(channel.memfd,
				  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				  CHANNEL_SIZE),
			EPERM);
	ck_assert_fails(fcntl(channel.memfd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	ck_assert_ptr_eq(mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED, channel.memfd, 0),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(madvise(base, CHANNEL_SIZE, MADV_REMOVE), -1);
	raw_exit(&client, &channel, &slot);
}

START_TEST(memory_keeps_its_shape_once_it_is_ready)
{
	endure(reshape_memory);
}
END_TEST

/* What is possible earlier is undone, or refused, by the time it is ready. */
static void reshape_memory_early(void)
{
	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_fails(ftruncate(channel.memfd, 0), EPERM);
	ck_assert_int_eq(fallocate(channel.memfd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   0, CHANNEL_SIZE),
			 0);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), 0);
	raw_attach(&client, &channel, &slot);
	ck_assert_int_eq(
		raw_request(&slot, &(struct channel_request){ .fd = -1 }),
		-EBADF);
	raw_exit(&client, &channel, &slot);

	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_int_eq(fcntl(channel.memfd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), -EPERM);
	raw_channel_free(&channel);
	raw_leave(&client);
}

START_TEST(memory_reshaped_before_does_no_harm)
{
	endure(reshape_memory_early);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-memory");
	TCase *tcase = tcase_create("hostile-memory");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_channel_may_be_kicked_before_it_is_ready);
	tcase_add_test(tcase, the_eventfd_cannot_stop_the_worker);
	tcase_add_test(tcase, memory_keeps_its_shape_once_it_is_ready);
	tcase_add_test(tcase, memory_reshaped_before_does_no_harm);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

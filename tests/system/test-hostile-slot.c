/* SPDX-License-Identifier: MIT */
/* Clients which scribble into the memory they share with the worker: only
 * their own requests fail, and slots work again when they behave. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define RING 64

static struct raw_client client;
static struct raw_channel channel;
static struct raw_slot slot;
static int xfd;
static char data[CHANNEL_WINDOW_SIZE];

static void enter(void)
{
	raw_enter(&client, &channel, &slot);
	xfd = raw_xbuf("", RING, RING);
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_eq(raw_bind(&client, xfd, xfd), 0);
}

static void leave(void)
{
	close(xfd);
	raw_exit(&client, &channel, &slot);
}

static struct channel_request rw(enum channel_op op, void *buf, size_t count)
{
	return (struct channel_request){
		.op = op,
		.fd = xfd,
		.addr = (uintptr_t)buf,
		.count = count,
	};
}

/* The slot serves what is asked of it properly. */
static void check_slot(void)
{
	struct channel_request rq = rw(CHANNEL_WRITE, data, 8);
	char buf[8] = "";

	/* Through our own memory, then through the window. */
	memcpy(data, "proper--", 8);
	ck_assert_int_eq(raw_request(&slot, &rq), 8);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_mem_eq(buf, "proper--", 8);
	rq.window_len = 8;
	memcpy(slot.window, "window--", 8);
	ck_assert_int_eq(raw_request(&slot, &rq), 8);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_mem_eq(buf, "window--", 8);
}

static void forge_descriptors(void)
{
	struct channel_request rq = { .op = CHANNEL_READ, .count = 1 };
	const int far[] = {
		-1, INT_MIN, INT_MAX, 1 << 20, (1 << 20) - 1, 65536
	};

	enter();
	for (uint32_t op = CHANNEL_READ; op <= CHANNEL_IOCTL; op++) {
		rq.op = op;
		for (rq.fd = 0; rq.fd < 300; rq.fd++)
			if (rq.fd != xfd && rq.fd != slot.efd)
				ck_assert_int_eq(raw_request(&slot, &rq),
						 -EBADF);
		for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
			rq.fd = far[i];
			ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
		}
	}
	check_slot();
	leave();
}

START_TEST(a_forged_descriptor_reaches_ebadf)
{
	endure(forge_descriptors);
}
END_TEST

static void ask_oddly(void)
{
	const uint32_t ops[] = { 0, 4, 5, 1u << 31, UINT_MAX };
	struct channel_request rq;

	enter();
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		rq = rw((enum channel_op)ops[i], data, 1);
		ck_assert_int_eq(raw_request(&slot, &rq), -ENOSYS);
	}

	rq = rw(CHANNEL_READ, data, SIZE_MAX);
	ck_assert_int_eq(raw_request(&slot, &rq), -EINVAL);
	rq = rw(CHANNEL_WRITE, data, SIZE_MAX);
	ck_assert_int_eq(raw_request(&slot, &rq), -EINVAL);
	rq = rw(CHANNEL_READ, NULL, 0);
	ck_assert_int_eq(raw_request(&slot, &rq), 0);
	for (uint32_t cmd = 1; cmd; cmd *= 2) {
		rq = rw(CHANNEL_IOCTL, data, 0);
		rq.cmd = cmd;
		rq.window_len = UINT_MAX;
		ck_assert_int_eq(raw_request(&slot, &rq), -ENOTTY);
	}
	rq = rw(CHANNEL_READ, data, 8);
	rq.fd = slot.efd;
	ck_assert_int_eq(raw_request(&slot, &rq), -EINVAL);
	check_slot();
	leave();
}

START_TEST(odd_operations_and_counts_are_answered)
{
	endure(ask_oddly);
}
END_TEST

/* Addresses we do not have, some in the daemon, some that wrap around. */
static void point_elsewhere(void)
{
	const uint64_t addrs[] = {
		0,
		8,
		(uintptr_t)&data,
		UINT64_MAX,
		UINT64_MAX - 3,
		UINT64_MAX - RING,
		UINT64_C(1) << 47,
		UINT64_C(1) << 63,
		(UINT64_C(1) << 47) - 4096,
	};
	const uint32_t lens[] = { 0,
				  1,
				  7,
				  8,
				  RING,
				  CHANNEL_WINDOW_SIZE,
				  CHANNEL_WINDOW_SIZE + 1,
				  UINT_MAX };
	struct channel_request rq;
	char buf[RING];
	int64_t ret;

	enter();
	ck_assert_int_eq(fcntl(xfd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++)
		for (size_t j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			rq = rw(CHANNEL_WRITE, (void *)addrs[i], 8);
			rq.window_len = lens[j];
			ret = raw_request(&slot, &rq);
			/* All of it lies in the window, or where we do. */
			if (lens[j] >= 8 || addrs[i] == (uintptr_t)&data)
				ck_assert_int_eq(ret, 8);
			else
				ck_assert_int_eq(ret, -EFAULT);
			/* Room that was taken for them is not given back. */
			ck_assert_int_eq(read(xfd, buf, 8), 8);

			ck_assert_int_eq(write(xfd, "12345678", 8), 8);
			rq = rw(CHANNEL_READ, (void *)addrs[i], 8);
			rq.window_len = lens[j];
			ret = raw_request(&slot, &rq);
			ck_assert(ret == 8 || ret == -EFAULT);
			ck_assert_uint_le(slot.shared->out_len, 8);
			/* Bytes that could not be taken to where they were
			 * to go may be lost. */
			rq = rw(CHANNEL_READ, data, 8);
			ret = raw_request(&slot, &rq);
			ck_assert(ret == 8 || ret == -EAGAIN);
		}
	check_slot();
	leave();
}

START_TEST(pointers_reach_the_window_or_ones_own_memory)
{
	endure(point_elsewhere);
}
END_TEST

static void skip_numbers(void)
{
	const struct channel_request rq = { .op = CHANNEL_READ, .fd = -1 };
	const uint32_t jumps[] = { 0,
				   1,
				   1000,
				   UINT_MAX / 2,
				   CHANNEL_SPECIAL - 1,
				   CHANNEL_SPECIAL - 2,
				   0,
				   CHANNEL_SPECIAL - 2,
				   0 };

	enter();
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		slot.shared->request = rq;
		slot.seq = jumps[i];
		/* The number it has already is no request. */
		if (atomic_load(&slot.shared->done) == slot.seq)
			slot.seq = 7;
		atomic_store(&slot.shared->posted, slot.seq);
		raw_ring(&slot);
		ck_assert_int_eq(raw_wait(&slot), -EBADF);
	}

	/* Dead is no number, nor is a chore. */
	for (uint32_t n = CHANNEL_SPECIAL; n >= CHANNEL_SPECIAL; n++) {
		atomic_store(&slot.shared->posted, n);
		raw_ring(&slot);
	}
	check_slot();
	leave();
}

START_TEST(sequence_numbers_may_jump)
{
	endure(skip_numbers);
}
END_TEST

/* The next chore of the request under way. */
static void await_chore(void)
{
	while (raw_chore(&slot) == 0)
		sched_yield();
}

/* More than there was, nothing, twice, ahead of time, or at another's. */
static void do_chores_badly(void)
{
	struct channel_request rq;
	char buf[8];
	int64_t ret;

	enter();
	rq = rw(CHANNEL_WRITE, data, 8);
	memcpy(data, "properly", 8);
	for (int i = 0; i < 20; i++) {
		raw_post(&slot, &rq);
		await_chore();
		ck_assert_uint_eq(slot.shared->chore_len, 8);
		slot.shared->chore_len = 77;
		slot.shared->chore_bounce = 77;
		memcpy(channel_bounce_at(channel.base, 0), data, 8);
		raw_end_chore(&slot, UINT_MAX);
		raw_end_chore(&slot, 3);
		/* Either is as good as the other. */
		ret = raw_wait(&slot);
		ck_assert(ret == 8 || ret == -EFAULT);
		ck_assert_int_eq(read(xfd, buf, 8), 8);

		raw_post(&slot, &rq);
		await_chore();
		for (uint32_t n = 0; n < 300; n++) {
			atomic_store(&slot.shared->chore_done, n);
			raw_ring(&slot);
		}
		raw_end_chore(&slot, 0);
		ck_assert_int_eq(raw_wait(&slot), -EFAULT);
		/* A message of zeroes. */
		ck_assert_int_eq(read(xfd, buf, 8), 8);
	}
	check_slot();
	leave();
}

START_TEST(chores_done_badly_spoil_ones_own_request)
{
	endure(do_chores_badly);
}
END_TEST

static void leave_chores_undone(void)
{
	struct channel_request rq;

	enter();
	rq = rw(CHANNEL_WRITE, data, 8);
	raw_post(&slot, &rq);
	await_chore();
	for (int i = 0; i < 3; i++)
		endure_check_service();
	/* It wants an end, and still does not do it; and goes. */
	atomic_store(&slot.shared->cancel, slot.seq);
	raw_ring(&slot);
	endure_check_service();
	leave();
}

START_TEST(chores_left_undone_keep_nobody_else)
{
	endure(leave_chores_undone);
}
END_TEST

static void change_while_busy(void)
{
	struct channel_request rq;

	enter();
	for (int i = 0; i < 20; i++) {
		rq = rw(CHANNEL_READ, data, 8);
		rq.window_len = 8;
		raw_post(&slot, &rq);
		endure_await_busy(getpid());

		/* Another request over the one that sleeps: it is served when
		 * that one has ended as it was to. */
		memset(&slot.shared->request, 0xee,
		       sizeof(slot.shared->request));
		slot.seq += 5;
		atomic_store(&slot.shared->posted, slot.seq);
		atomic_store(&slot.shared->done, slot.seq + 77);
		slot.shared->result = -1;
		slot.shared->out_len = 1;
		raw_ring(&slot);
		ck_assert_int_eq(write(xfd, "12345678", 8), 8);
		raw_ring(&slot);
		while (memcmp(slot.window, "12345678", 8))
			sched_yield();
		/* Whichever comes first, its end or the bell. */
		do
			raw_ring(&slot);
		while (atomic_load(&slot.shared->done) != slot.seq);
		ck_assert_int_eq(slot.shared->result, -EBADF);
		ck_assert_uint_eq(slot.shared->out_len, CHANNEL_UNBOUND);
		memset(slot.window, 0, 8);
	}
	check_slot();
	leave();
}

START_TEST(a_request_under_way_is_not_changed_any_more)
{
	endure(change_while_busy);
}
END_TEST

static void cancel_at_will(void)
{
	struct channel_request rq;

	enter();
	for (int i = 0; i < 50; i++) {
		rq = rw(CHANNEL_READ, data, 8);
		/* Before it has begun, or when it sleeps. */
		if (i % 2)
			atomic_store(&slot.shared->cancel, slot.seq + 1);
		raw_post(&slot, &rq);
		if (i % 2 == 0) {
			endure_await_busy(getpid());
			atomic_store(&slot.shared->cancel, slot.seq + 1);
			raw_ring(&slot);
			atomic_store(&slot.shared->cancel, slot.seq);
			for (int j = 0; j < 10; j++)
				raw_ring(&slot);
		}
		ck_assert_int_eq(raw_wait(&slot), -EINTR);
	}
	check_slot();
	leave();
}

START_TEST(cancelling_ends_ones_own_request_only)
{
	endure(cancel_at_will);
}
END_TEST

static void ring_for_nobody(void)
{
	struct channel_header *hdr;

	enter();
	hdr = channel.base;
	for (int i = 0; i < 200; i++) {
		for (unsigned int n = 0; n < CHANNEL_SLOTS; n++)
			atomic_store(&channel_slot_at(channel.base, n)->cancel,
				     (uint32_t)i);
		atomic_store(&hdr->rung, UINT64_MAX);
		raw_ring(&slot);
	}
	for (unsigned int n = 0; n < CHANNEL_SLOTS; n++)
		if (n != slot.where.slot)
			atomic_store(&channel_slot_at(channel.base, n)->posted,
				     99);
	atomic_store(&hdr->rung, UINT64_MAX);
	check_slot();
	for (unsigned int n = 0; n < CHANNEL_SLOTS; n++)
		if (n != slot.where.slot)
			ck_assert_uint_eq(
				channel_slot_at(channel.base, n)->done, 0);
	leave();
}

START_TEST(bells_of_slots_nobody_has_mean_nothing)
{
	endure(ring_for_nobody);
}
END_TEST

static void overwrite_header(void)
{
	struct channel_header *hdr;

	enter();
	hdr = channel.base;
	for (int byte = 0; byte < 256; byte += 17) {
		memset(&hdr->geometry, byte, sizeof(hdr->geometry));
		memset(hdr->reserved1, byte, sizeof(hdr->reserved1));
		memset(hdr->reserved2, byte, sizeof(hdr->reserved2));
		atomic_store(&hdr->need_wakeup, (uint32_t)byte);
		check_slot();
	}
	leave();
}

START_TEST(what_stands_in_the_header_binds_nobody)
{
	endure(overwrite_header);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-slot");
	TCase *tcase = tcase_create("hostile-slot");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_forged_descriptor_reaches_ebadf);
	tcase_add_test(tcase, odd_operations_and_counts_are_answered);
	tcase_add_test(tcase, pointers_reach_the_window_or_ones_own_memory);
	tcase_add_test(tcase, sequence_numbers_may_jump);
	tcase_add_test(tcase, chores_done_badly_spoil_ones_own_request);
	tcase_add_test(tcase, chores_left_undone_keep_nobody_else);
	tcase_add_test(tcase, a_request_under_way_is_not_changed_any_more);
	tcase_add_test(tcase, cancelling_ends_ones_own_request_only);
	tcase_add_test(tcase, bells_of_slots_nobody_has_mean_nothing);
	tcase_add_test(tcase, what_stands_in_the_header_binds_nobody);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

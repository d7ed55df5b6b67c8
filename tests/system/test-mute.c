/* SPDX-License-Identifier: MIT */
/*
 * A client which is asked what a descriptor is, as a driver wants to know, and
 * does not answer, or not what it should. Loops run over the stages.
 */
#include "keeper-fd.h"
#include "raw-client.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <uapi/evl/poll.h>

static struct raw_client mute;
static struct raw_channel channel;
static struct raw_slot slot;

/* Returns the errand it is asked to do for descriptor @fd. */
static struct control_message hear_errand(int fd)
{
	struct control_message msg;
	int fds[2];

	ck_assert_uint_eq(raw_receive(mute.fd, &msg, sizeof(msg), fds),
			  CONTROL_SIZE(errand));
	ck_assert_uint_eq(msg.header.type, CONTROL_ERRAND);
	ck_assert_uint_eq(msg.u.errand.what, CONTROL_ERRAND_BIND);
	ck_assert_int_eq(msg.u.errand.fd, fd);

	return msg;
}

static void answer_errand(uint32_t number, int result, uint64_t rdev)
{
	struct control_errand_done body = {
		.number = number,
		.result = result,
		.rdev = rdev,
	};
	struct control_message reply;

	ck_assert_int_eq(raw_call(&mute, CONTROL_ERRAND_DONE, &body,
				  sizeof(body), &reply),
			 0);
}

/* KEEPER_OWN on @fd, which is bound, for the descriptor @arg, which is not. */
static void post_own(int fd, int arg)
{
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.cmd = KEEPER_OWN,
		.addr = (uint64_t)arg,
	};

	raw_post(&slot, &rq);
}

static int enter_mute(void)
{
	int fd;

	raw_enter(&mute, &channel, &slot);
	fd = raw_open("keeper", O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(&mute, fd, fd), 0);

	return fd;
}

/* Says that it sleeps, to who has started it; then nobody wakes it. */
static _Atomic(int) *asked;

static int stay_mute(void *arg)
{
	int fd = enter_mute(), other = raw_dup(fd);

	post_own(fd, other);
	hear_errand(other);
	*asked = 1;
	if (*(int *)arg == OOB)
		pause();

	return raw_inband(fd, KEEPER_OWN, (void *)(long)other); /* waits, too */
}

START_TEST(a_client_that_never_answers_keeps_nobody_else)
{
	pid_t pid;

	asked = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = child_start(stay_mute, &_i);
	while (*asked == 0)
		sched_yield();
	if (_i == INBAND)
		wait_until_asleep(pid, pid);
	/* Others are served, and answered what they ask. */
	for (int i = 0; i < 10; i++) {
		int fd = raw_dup(keeper);

		ck_assert_int_eq(is_own(INBAND, fd), 1);
		close(fd);
		fd = raw_dup(keeper);
		ck_assert_int_eq(is_own(OOB, fd), 1);
		close(fd);
	}
	endure_check_service();

	/* It can be killed, and nothing is left of it. */
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
	while (endure_nr_files("keeper") != 1)
		sched_yield();
	ck_assert_int_eq(is_own(INBAND, keeper), 1);
}
END_TEST

static int answer_badly(void *arg)
{
	static const int results[] = { -EBADF, 1, 1, INT32_MAX, INT32_MIN };
	int fd = enter_mute(), other = raw_dup(fd);
	struct control_message msg;

	for (int i = 0; i < 5; i++) {
		post_own(fd, other);
		/* A lie is not believed, but it is asked again. */
		for (int n = 0; n < 3; n++) {
			msg = hear_errand(other);
			answer_errand(msg.header.seq, 0, 0);
		}
		msg = hear_errand(other);
		answer_errand(msg.header.seq + 1, 0, 0);
		answer_errand(msg.header.seq, results[i],
			      i < 2 ? 0 : UINT64_MAX);
		if (raw_wait(&slot) != -EBADF)
			return 1;
		/* A second time, to nobody. */
		answer_errand(msg.header.seq, results[i], 0);
	}
	/* Broken off, it ends without an answer. */
	for (int i = 0; i < 50; i++) {
		post_own(fd, other);
		if (i % 2)
			msg = hear_errand(other);
		atomic_store(&slot.shared->cancel, slot.seq);
		raw_ring(&slot);
		if (raw_wait(&slot) != -EBADF)
			return 2;
	}
	raw_leave(&mute);

	return 0;
}

START_TEST(bad_answers_are_none)
{
	ck_assert_int_eq(child_wait(child_start(answer_badly, NULL)), 0);
}
END_TEST

/* Who closes the file that the handler works on need not wait for somebody who
 * does not answer. */
static int close_mute(void *arg)
{
	int fd = enter_mute();

	post_own(fd, 299);
	hear_errand(299);
	close(fd);

	return raw_wait(&slot) == -EBADF ? 0 : 1;
}

START_TEST(a_file_may_be_closed_while_its_handler_asks)
{
	ck_assert_int_eq(child_wait(child_start(close_mute, NULL)), 0);
	while (endure_nr_files("keeper") != 1)
		sched_yield();
}
END_TEST

static int64_t raw_ioctl(int fd, unsigned int cmd, void *arg)
{
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.cmd = cmd,
		.addr = (uintptr_t)arg,
	};

	raw_post(&slot, &rq);

	return raw_wait(&slot);
}

static int close_mute_set(void *arg)
{
	int fd = enter_mute(), set = raw_open("evl/poll", O_RDWR);
	struct evl_poll_ctlreq ctl = {
		.action = EVL_POLL_CTLADD,
		.fd = (uint32_t)fd,
	};
	struct control_unbind unbind = {
		.first = (uint32_t)fd,
		.last = (uint32_t)fd,
	};
	struct __evl_timespec no_limit = { 0 };
	struct evl_poll_event event;
	struct evl_poll_waitreq wait = {
		.timeout_ptr = (uintptr_t)&no_limit,
		.pollset_ptr = (uintptr_t)&event,
		.nrset = 1,
	};
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = set,
		.cmd = EVL_POLIOC_WAIT,
		.addr = (uintptr_t)&wait,
	};

	if (raw_bind(&mute, set, set) || raw_ioctl(set, EVL_POLIOC_CTL, &ctl) ||
	    raw_call(&mute, CONTROL_UNBIND, &unbind, sizeof(unbind), NULL))
		return 1;
	raw_post(&slot, &rq);
	raw_do_chores(&slot, mute.fd);
	hear_errand(fd);
	close(set);

	return raw_wait(&slot) == -EIDRM ? 0 : 2;
}

START_TEST(so_may_a_polling_set)
{
	ck_assert_int_eq(child_wait(child_start(close_mute_set, NULL)), 0);
	while (endure_nr_files("evl/poll"))
		sched_yield();
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  keeper_setup, endure_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/mute");

	add(suite, "mute", a_client_that_never_answers_keeps_nobody_else,
	    NR_STAGES);
	add(suite, "bad", bad_answers_are_none, 1);
	add(suite, "closed", a_file_may_be_closed_while_its_handler_asks, 1);
	add(suite, "set", so_may_a_polling_set, 1);

	return suite_run(suite);
}

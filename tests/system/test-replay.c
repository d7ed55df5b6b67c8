/* SPDX-License-Identifier: MIT */
/* The replay driver: what is read, when, and what has to be written. */
#include "daemon.h"
#include "endure.h"
#include "replayer.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OOB _i /* most tests run once on each stage */

START_TEST(reads_give_what_was_read_in_order)
{
	int fd, other;

	replayer_start("0 read \"one\"\n0.001 read \"two \" 00 ff\n"
		       "0.001 read \"three\"\n0.01 end\n",
		       NULL);
	fd = replayer_open(O_RDONLY);
	/* Each open file has its own. */
	other = replayer_open(O_RDONLY);
	replayer_ck(OOB, fd, "one");
	for (int i = 0; i < 2; i++) {
		char buf[16] = "";
		int from = i ? other : fd;

		if (i)
			replayer_ck(OOB, from, "one");
		/* What a short read leaves comes next. */
		ck_assert_int_eq(replayer_read(OOB, from, buf, 2), 2);
		ck_assert_int_eq(replayer_read(OOB, from, buf, 0), 0);
		ck_assert_int_eq(replayer_read(OOB, from, buf + 2, 14), 4);
		ck_assert_int_eq(memcmp(buf, "two \0\xff", 6), 0);
		replayer_ck(OOB, from, "three");
		/* Then it ends, and remains so. */
		replayer_ck(OOB, from, "");
		replayer_ck(!OOB, from, "");
		ck_assert_uint_eq(replayer_status(from).flags, REPLAY_AT_END);
	}
}
END_TEST

START_TEST(what_is_to_come_later_is_not_there_yet)
{
	struct replay_status status;
	char buf[8];
	int fd;

	replayer_start("0 read \"now\"\n" LATER " read \"later\"\n", NULL);
	fd = replayer_open(O_RDWR | O_NONBLOCK);
	ck_assert(replayer_ready(fd, POLLIN));
	replayer_ck(OOB, fd, "now");
	ck_assert(!replayer_ready(fd, POLLIN));
	ck_assert(replayer_ready(fd, POLLOUT));
	ck_assert_fails(replayer_read(OOB, fd, buf, 8), EAGAIN);
	status = replayer_status(fd);
	ck_assert_uint_eq(status.time / 1000000000, 1000000);
	ck_assert_uint_eq(status.duration, status.time);
	ck_assert_uint_eq(status.record, 1);
	ck_assert_uint_eq(status.nr_records, 2);
	ck_assert_uint_eq(status.flags, 0);
}
END_TEST

/* Someone who waits for a read, on either stage. */
struct reader {
	pthread_t thread;
	int fd, oob;
	_Atomic(pid_t) tid;
	ssize_t ret;
	int error;
	char buf[64];
};

static void *read_it(void *arg)
{
	struct reader *reader = arg;

	ck_assert_int_ge(evl_attach_self("reader:%d", gettid()), 0);
	reader->tid = gettid();
	reader->ret = replayer_read(reader->oob, reader->fd, reader->buf,
				    sizeof(reader->buf));
	reader->error = errno;
	evl_detach_self();

	return NULL;
}

static void reader_start(struct reader *reader, int oob, int fd)
{
	*reader = (struct reader){ .fd = fd, .oob = oob };
	pthread_create(&reader->thread, NULL, read_it, reader);
	while (reader->tid == 0)
		sched_yield();
	if (oob)
		endure_await_busy(reader->tid);
	wait_until_asleep(getpid(), reader->tid);
}

static void reader_ck(struct reader *reader, const char *text)
{
	pthread_join(reader->thread, NULL);
	ck_assert_int_eq(reader->ret, (ssize_t)strlen(text));
	ck_assert_int_eq(memcmp(reader->buf, text, strlen(text)), 0);
}

/* As often as it takes for its time to come, on this machine. */
START_TEST(sleepers_wake_when_the_time_has_come)
{
	struct pollfd pfd = { .events = POLLIN };

	replayer_start("0.2 read \"first\"\n0.4 read \"second\"\n", NULL);
	pfd.fd = replayer_open(O_RDONLY);
	replayer_ck(OOB, pfd.fd, "first");
	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	ck_assert_int_eq(pfd.revents & POLLIN, POLLIN);
	replayer_ck(OOB, pfd.fd, "second");
}
END_TEST

START_TEST(a_polling_set_is_told_when_the_time_has_come)
{
	struct evl_poll_event event;
	int set, fd;

	replayer_start("0.2 read \"first\"\n0.4 read \"second\"\n", NULL);
	fd = replayer_open(O_RDONLY);
	set = evl_new_poll();
	ck_assert_int_eq(evl_add_pollfd(set, fd, POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_poll(set, &event, 1), 1);
	replayer_ck(OOB, fd, "first");
	ck_assert_int_eq(evl_poll(set, &event, 1), 1);
	replayer_ck(OOB, fd, "second");
}
END_TEST

#define DIALOGUE                                           \
	"1 read \"hello\"\n" LATER " write \"AT\"\n" LATER \
	" write \"\\r\"\n" LATER " read \"OK\"\n"

START_TEST(an_answer_comes_after_what_was_asked)
{
	struct reader reader;
	int fd;

	replayer_start(DIALOGUE, "speed=1000000", NULL);
	fd = replayer_open(O_RDWR);
	replayer_ck(OOB, fd, "hello");
	ck_assert_uint_eq(replayer_status(fd).flags, REPLAY_NEEDS_WRITE);
	ck_assert(!replayer_ready(fd, POLLIN));
	/* In other pieces, and from the other stage. */
	reader_start(&reader, OOB, fd);
	ck_assert_int_eq(replayer_write(!OOB, fd, "A"), 1);
	ck_assert_uint_eq(replayer_status(fd).flags, REPLAY_NEEDS_WRITE);
	ck_assert_int_eq(replayer_write(!OOB, fd, "T\r"), 2);
	reader_ck(&reader, "OK");
	replayer_ck(OOB, fd, "");
	ck_assert_uint_eq(replayer_status(fd).nr_mismatches, 0);
}
END_TEST

static unsigned int mismatches(void)
{
	int fd = open(node_path("evl/sys/class/misc/replay/mismatches"),
		      O_RDONLY);
	char buf[16] = "";

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, buf, sizeof(buf) - 1), 0);
	close(fd);

	return (unsigned int)strtoul(buf, NULL, 10);
}

/* In a piece of its own: the driver takes it piece by piece. */
START_TEST(another_write_is_told_of_and_will_do)
{
	char text[1024];
	int fd;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	replayer_start(DIALOGUE, "speed=0", NULL);
	fd = replayer_open(O_RDWR);
	replayer_ck(OOB, fd, "hello");
	ck_assert_int_eq(replayer_write(OOB, fd, "ATX"), 3);
	/* It stands for the second one, too. */
	replayer_ck(OOB, fd, "OK");
	ck_assert_uint_eq(replayer_status(fd).nr_mismatches, 1);
	/* More than there was. */
	ck_assert_int_eq(replayer_write(OOB, fd, text), 1023);
	ck_assert_uint_eq(replayer_status(fd).nr_mismatches, 2);
	ck_assert_uint_eq(mismatches(), 2);
	ck_assert(daemon_said(&test_daemon,
			      "replay: a write is not as recorded at "
			      "1000000.000000000 s"));
}
END_TEST

START_TEST(a_stranger_s_log_is_not_flooded)
{
	int fd;

	replayer_start(DIALOGUE, "speed=0", NULL);
	fd = replayer_open(O_RDWR);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(replayer_write(OOB, fd, "?"), 1);
	ck_assert_uint_eq(mismatches(), 20);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, "not as recorded"), 10);
}
END_TEST

START_TEST(another_write_fails_if_that_is_wanted)
{
	int fd;

	replayer_start(DIALOGUE, "speed=0", "writes=strict", NULL);
	fd = replayer_open(O_RDWR);
	ck_assert_fails(replayer_write(OOB, fd, "BT"), EILSEQ);
	ck_assert_fails(replayer_write(OOB, fd, "BT"), EILSEQ);
	/* As far as it is good. */
	ck_assert_int_eq(replayer_write(OOB, fd, "ATT"), 2);
	ck_assert_int_eq(replayer_write(OOB, fd, "\r"), 1);
	ck_assert_fails(replayer_write(OOB, fd, "\r"), EILSEQ);
	ck_assert_int_eq(replayer_write(OOB, fd, ""), 0);
	replayer_ck(OOB, fd, "hello");
	replayer_ck(OOB, fd, "OK");
}
END_TEST

START_TEST(writes_do_not_matter_if_that_is_wanted)
{
	int fd;

	replayer_start(DIALOGUE, "speed=0", "writes=accept", NULL);
	fd = replayer_open(O_RDWR);
	replayer_ck(OOB, fd, "hello");
	replayer_ck(OOB, fd, "OK");
	ck_assert_int_eq(replayer_write(OOB, fd, "anything"), 8);
	ck_assert_uint_eq(mismatches(), 0);
}
END_TEST

START_TEST(rewinding_wakes_who_waits)
{
	struct reader reader;
	int fd;

	replayer_start("0 read \"now\"\n" LATER " read \"later\"\n", NULL);
	fd = replayer_open(O_RDONLY);
	replayer_ck(OOB, fd, "now");
	reader_start(&reader, OOB, fd);
	ck_assert_int_eq(ioctl(fd, REPLAY_IOC_REWIND), 0);
	reader_ck(&reader, "now");
}
END_TEST

START_TEST(packets_lose_what_is_not_read)
{
	char buf[2];
	int fd;

	replayer_start("0 read \"first\"\n0 read \"second\"\n", "packets",
		       NULL);
	fd = replayer_open(O_RDONLY);
	ck_assert_int_eq(replayer_read(OOB, fd, buf, 2), 2);
	ck_assert_int_eq(memcmp(buf, "fi", 2), 0);
	replayer_ck(OOB, fd, "second");
}
END_TEST

START_TEST(all_share_one_replay_if_that_is_wanted)
{
	struct reader reader;
	int fd, other, third;

	replayer_start("0 read \"one\"\n0 read \"two\"\n0 write \"w\"\n"
		       "0 read \"three\"\n" LATER " end\n",
		       "shared", NULL);
	fd = replayer_open(O_RDWR);
	other = replayer_open(O_RDWR);
	replayer_ck(OOB, fd, "one");
	replayer_ck(OOB, other, "two");
	reader_start(&reader, OOB, other);
	ck_assert_int_eq(replayer_write(OOB, fd, "w"), 1);
	reader_ck(&reader, "three");
	/* Who closes takes nobody along, but whoever waits for it. */
	third = replayer_open(O_RDWR);
	reader_start(&reader, 1, third);
	close(fd);
	close(third);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);
	ck_assert_int_eq(reader.error, EIDRM);
	ck_assert_uint_eq(replayer_status(other).flags, REPLAY_AT_END);
	/* The last one ends it. */
	close(other);
	fd = replayer_open(O_RDWR);
	replayer_ck(OOB, fd, "one");
}
END_TEST

static void on_signal(int sig)
{
}

START_TEST(waits_end_by_signals_and_by_closing)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct reader reader;
	int fd;

	sigaction(SIGUSR1, &action, NULL);
	replayer_start(LATER " read \"later\"\n", NULL);
	fd = replayer_open(O_RDONLY);
	reader_start(&reader, OOB, fd);
	pthread_kill(reader.thread, SIGUSR1);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);
	ck_assert_int_eq(reader.error, EINTR);

	reader_start(&reader, 1, fd);
	close(fd);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);
	ck_assert_int_eq(reader.error, EIDRM);
}
END_TEST

/* Both are read(2)s: 4 bytes of type 'E', of which 2 were recorded. */
#define GET_SMALL _IOR('E', 1, unsigned int)
#define GET_OTHER _IOC(_IOC_READ, 'E', 1, 3)

static int ask(int oob, int fd, unsigned int cmd, void *arg)
{
	return oob ? oob_ioctl(fd, cmd, arg) : ioctl(fd, cmd, arg);
}

START_TEST(ioctls_are_answered_as_they_were)
{
	char buf[64], lines[256];
	int fd;

	snprintf(lines, sizeof(lines),
		 "0 ioctl 0x%x 7 61626364\n0 ioctl 0x5401 -25\n"
		 "0 ioctl 0x5402 3\n0 read \"r\"\n0 ioctl 0x%x 8 41424344\n"
		 "0 read \"s\"\n",
		 (unsigned int)GET_SMALL, (unsigned int)GET_SMALL);
	replayer_start(lines, NULL);
	fd = replayer_open(O_RDWR);
	memset(buf, 'z', sizeof(buf));
	ck_assert_int_eq(ask(OOB, fd, GET_SMALL, buf), 7);
	ck_assert_int_eq(memcmp(buf, "abcdz", 5), 0);
	/* Asked for less: no more comes. */
	memset(buf, 'z', sizeof(buf));
	ck_assert_int_eq(ask(OOB, fd, GET_OTHER, buf), 7);
	ck_assert_int_eq(memcmp(buf, "abcz", 4), 0);
	ck_assert_fails(ask(OOB, fd, 0x5401, buf), ENOTTY);
	ck_assert_int_eq(ask(OOB, fd, 0x5402, NULL), 3);
	ck_assert_fails(ask(OOB, fd, 0x5403, buf), ENOTTY);
	ck_assert_fails(ask(OOB, fd, GET_SMALL, NULL), EFAULT);
	ck_assert_fails(ask(OOB, fd, REPLAY_IOC_STATUS, NULL), EFAULT);
	/* Later it said something else. */
	replayer_ck(OOB, fd, "r");
	ck_assert_int_eq(ask(OOB, fd, GET_SMALL, buf), 8);
	ck_assert_int_eq(memcmp(buf, "ABCD", 4), 0);
}
END_TEST

START_TEST(reads_fail_as_they_did)
{
	char buf[8];
	int fd;

	replayer_start("0 read \"r\"\n0 error 19\n0 end\n", NULL);
	fd = replayer_open(O_RDONLY);
	ck_assert(!replayer_ready(fd, POLLHUP));
	replayer_ck(OOB, fd, "r");
	ck_assert(replayer_ready(fd, POLLIN));
	ck_assert(replayer_ready(fd, POLLHUP));
	ck_assert_fails(replayer_read(OOB, fd, buf, 8), ENODEV);
	ck_assert_fails(replayer_read(!OOB, fd, buf, 8), ENODEV);
	ck_assert_uint_eq(replayer_status(fd).flags, REPLAY_AT_END);
}
END_TEST

START_TEST(bad_memory_is_told_of)
{
	void *volatile nowhere = NULL;
	int fd;

	replayer_start("0 read \"r\"\n0 write \"w\"\n", NULL);
	fd = replayer_open(O_RDWR);
	ck_assert_fails(replayer_read(OOB, fd, nowhere, 8), EFAULT);
	ck_assert_fails(OOB ? oob_write(fd, nowhere, 1) : write(fd, nowhere, 1),
			EFAULT);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "order", reads_give_what_was_read_in_order, 2 },
		{ "later", what_is_to_come_later_is_not_there_yet, 2 },
		{ "time", sleepers_wake_when_the_time_has_come, 2 },
		{ "set", a_polling_set_is_told_when_the_time_has_come, 2 },
		{ "answer", an_answer_comes_after_what_was_asked, 2 },
		{ "check", another_write_is_told_of_and_will_do, 2 },
		{ "flood", a_stranger_s_log_is_not_flooded, 2 },
		{ "strict", another_write_fails_if_that_is_wanted, 2 },
		{ "accept", writes_do_not_matter_if_that_is_wanted, 2 },
		{ "rewind", rewinding_wakes_who_waits, 2 },
		{ "packets", packets_lose_what_is_not_read, 2 },
		{ "shared", all_share_one_replay_if_that_is_wanted, 2 },
		{ "ends", waits_end_by_signals_and_by_closing, 2 },
		{ "ioctl", ioctls_are_answered_as_they_were, 2 },
		{ "error", reads_fail_as_they_did, 2 },
		{ "memory", bad_memory_is_told_of, 2 },
		{ 0 },
	};
	Suite *suite = suite_create("system/replay");

	suite_add_all(suite, tests, NULL, replayer_teardown);

	return suite_run(suite);
}

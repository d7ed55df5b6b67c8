/* SPDX-License-Identifier: MIT */
/* Traces which begin anew, and those that have nothing to read. */
#include "daemon.h"
#include "replayer.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OOB _i /* most tests run once on each stage */

START_TEST(a_trace_begins_anew)
{
	struct replay_status status;
	int fd;

	replayer_start("0 read \"a\"\n0 write \"w\"\n0.001 read \"b\"\n"
		       "0.001 write \"x\"\n0.002 end\n",
		       "loop", NULL);
	fd = replayer_open(O_RDWR);
	for (unsigned int lap = 0; lap < 100; lap++) {
		replayer_ck(OOB, fd, "a");
		ck_assert_int_eq(replayer_write(OOB, fd, "w"), 1);
		replayer_ck(OOB, fd, "b");
		ck_assert_uint_eq(replayer_status(fd).flags,
				  REPLAY_AT_END | REPLAY_NEEDS_WRITE);
		ck_assert_int_eq(replayer_write(OOB, fd, "x"), 1);
		status = replayer_status(fd);
		ck_assert_uint_eq(status.nr_laps, lap + 1);
		ck_assert_uint_eq(status.record, 0);
		ck_assert_uint_eq(status.nr_mismatches, 0);
	}
	ck_assert_int_eq(OOB ? oob_ioctl(fd, REPLAY_IOC_REWIND)
			     : ioctl(fd, REPLAY_IOC_REWIND),
			 0);
	ck_assert_uint_eq(replayer_status(fd).nr_laps, 0);
	replayer_ck(OOB, fd, "a");
}
END_TEST

/* One which never gives anything: nothing turns in circles. */
START_TEST(a_loop_without_reads_waits)
{
	char buf[8];
	int fd;

	replayer_start("0 write \"w\"\n0 end\n", "loop", "speed=0", NULL);
	fd = replayer_open(O_RDWR | O_NONBLOCK);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(replayer_write(OOB, fd, "ww"), 2);
	ck_assert_fails(replayer_read(OOB, fd, buf, 8), EAGAIN);
	ck_assert(!replayer_ready(fd, POLLIN));
	ck_assert_uint_eq(replayer_status(fd).nr_laps, 20);
}
END_TEST

/* As evl record has it of /dev/null, and of a device that only was asked. */
START_TEST(a_trace_without_reads_gives_the_end)
{
	static const char *const traces[] = { "", "0 end\n", "0.001 end\n",
					      "0 ioctl 0x5401 7\n0.001 end\n" };
	char buf[8];
	int fd;

	replayer_start(traces[_i], NULL);
	for (int oob = 0; oob < 2; oob++) {
		fd = replayer_open(O_RDWR);
		replayer_ck(oob, fd, "");
		replayer_ck(!oob, fd, "");
		ck_assert(replayer_ready(fd, POLLHUP));
		ck_assert_uint_eq(replayer_status(fd).flags, REPLAY_AT_END);
		/* What it is told is more than there was. */
		ck_assert_int_eq(replayer_write(oob, fd, "w"), 1);
		ck_assert_uint_eq(replayer_status(fd).nr_mismatches, 1);
		if (_i == 3)
			ck_assert_int_eq(ioctl(fd, 0x5401, buf), 7);
		else
			ck_assert_fails(ioctl(fd, 0x5401, buf), ENOTTY);
		replayer_ck(oob, fd, "");
		close(fd);
	}
}
END_TEST

START_TEST(a_trace_of_nothing_waits_in_a_loop)
{
	char buf[8];
	int fd;

	replayer_start("0 end\n", "loop", "speed=0", NULL);
	fd = replayer_open(O_RDWR | O_NONBLOCK);
	ck_assert_int_eq(replayer_write(OOB, fd, "w"), 1);
	ck_assert_fails(replayer_read(OOB, fd, buf, 8), EAGAIN);
	ck_assert(!replayer_ready(fd, POLLIN));
	ck_assert_uint_eq(replayer_status(fd).nr_laps, 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "loop", a_trace_begins_anew, 2 },
		{ "idle", a_loop_without_reads_waits, 2 },
		{ "empty", a_trace_without_reads_gives_the_end, 4 },
		{ "nothing", a_trace_of_nothing_waits_in_a_loop, 2 },
		{ 0 },
	};
	Suite *suite = suite_create("system/replay-loop");

	suite_add_all(suite, tests, NULL, replayer_teardown);

	return suite_run(suite);
}

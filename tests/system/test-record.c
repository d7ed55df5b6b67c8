/* SPDX-License-Identifier: MIT */
/* evl record: of devices which replay, so that what it writes is known. */
#include "daemon.h"
#include "recorder.h"
#include "replayer.h"
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NR_RECORDS 200
#define OOB	   _i /* tests that run once on each stage */

/* What is in a trace but for comments and times, in one of two buffers. */
static char *records(const char *trace)
{
	static char texts[2][NR_RECORDS * 1024];
	static int turn;
	char *text = texts[turn ^= 1], *at = text, *line = NULL;
	FILE *file = fopen(trace, "r");
	size_t size = 0;

	ck_assert_ptr_nonnull(file);
	while (getline(&line, &size, file) > 0)
		if (isdigit((unsigned char)line[0]))
			at += sprintf(at, "%s", strchr(line, ' ') + 1);
	*at = '\0';
	free(line);
	fclose(file);

	return text;
}

static void ck_records(const char *text)
{
	ck_assert_str_eq(records(recorder_path), text);
}

/* Binary ones and words, short ones and long ones; as evl record writes them. */
static const char *many_records(void)
{
	static char lines[NR_RECORDS * 1024];
	char *at = lines;

	for (int i = 0; i < NR_RECORDS; i++) {
		at += sprintf(at, "0.%09d read ", i * 1000);
		if (i % 2) {
			at += sprintf(at, "\"line %d\\r\\n\\\"\\\\\"", i);
		} else {
			at += sprintf(at, "00%02xff", i);
			for (int j = 0; j < i; j++)
				at += sprintf(at, "%02x", (i + j) & 0xff);
		}
		*at++ = '\n';
	}
	sprintf(at, "0.%09d end\n", NR_RECORDS * 1000);

	return lines;
}

/* And what replays the recording is recorded as the same again. */
START_TEST(what_is_recorded_is_what_was_replayed)
{
	const char *trace, *node;
	char file[80];

	replayer_start(many_records(), "speed=2", NULL);
	node = node_path("replay");
	for (int i = 0; i < 2; i++) {
		recorder_start(node, recorder_path, OOB == i ? "--oob" : NULL,
			       NULL);
		recorder_ends(0, "200 reads");
		trace = replayer_trace(many_records());
		ck_assert_str_eq(records(recorder_path), records(trace));
		snprintf(file, sizeof(file), "file=%s", recorder_path);
		tool_expect(0, NULL, "unload", "replay", NULL);
		tool_expect(0, NULL, "load", getenv("EVL_REPLAY"), file,
			    "speed=0", NULL);
	}
}
END_TEST

START_TEST(a_device_that_goes_ends_it_well)
{
	replayer_start(_i ? "0 read \"r\"\n0 error 22\n"
			  : "0 read \"r\"\n0 error 19\n",
		       NULL);
	recorder_start(node_path("replay"), recorder_path, NULL);
	recorder_ends(_i, _i ? "Invalid argument" : "No such device");
	ck_records(_i ? "read \"r\"\nerror 22\nend\n"
		      : "read \"r\"\nerror 19\nend\n");
}
END_TEST

/* Out-of-band ENODEV; in-band it depends on whether it is reading. */
START_TEST(a_daemon_that_dies_ends_it_well)
{
	int status;

	replayer_start("0 read \"r\"\n" LATER " end\n", NULL);
	recorder_start(node_path("replay"), recorder_path, OOB ? "--oob" : NULL,
		       NULL);
	while (strstr(records(recorder_path), "read") == NULL)
		sched_yield();
	daemon_kill(&test_daemon);
	recorder_ends(0, "1 reads, 1 bytes");
	ck_assert_ptr_nonnull(
		strstr(records(recorder_path), "read \"r\"\nerror "));
	/* For the teardown. */
	ck_assert_int_eq(daemon_start(&test_daemon, NULL, &status), 0);
}
END_TEST

/* Each errno of a device which is gone, and one of one which is not. */
START_TEST(only_a_device_that_is_gone_ends_it_well)
{
	static const struct {
		int error, status;
	} cases[] = {
		{ ENODEV, 0 },	     { ENXIO, 0 },    { EIO, 0 },
		{ ECONNABORTED, 0 }, { ENOTCONN, 0 }, { EINVAL, 1 },
	};
	char lines[64];

	snprintf(lines, sizeof(lines), "0 error %d\n", cases[_i].error);
	replayer_start(lines, NULL);
	recorder_start(node_path("replay"), recorder_path, NULL);
	recorder_ends(cases[_i].status, strerrordesc_np(cases[_i].error));
}
END_TEST

START_TEST(a_signal_ends_it_well)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	replayer_start("0 read \"r\"\n" LATER " end\n", NULL);
	for (int i = 0; i < 3; i++) {
		recorder_write("");
		recorder_start(node_path("replay"), recorder_path,
			       OOB ? "--oob" : NULL, NULL);
		/* It has read what there is. */
		while (strstr(records(recorder_path), "read") == NULL)
			sched_yield();
		kill(recorder.pid, signals[i]);
		recorder_ends(0, "1 reads, 1 bytes");
		ck_records("read \"r\"\nend\n");
	}
}
END_TEST

/* From then on signals end it well. SIGHUP comes behind the others, and is none
 * which it has from this process. */
static void await_handlers(void)
{
	unsigned long long caught = 0;
	char status[64], line[128];
	FILE *file;

	snprintf(status, sizeof(status), "/proc/%d/status", recorder.pid);
	while (!(caught >> (SIGHUP - 1) & 1)) {
		sched_yield();
		file = fopen(status, "r");
		ck_assert_ptr_nonnull(file);
		while (fgets(line, sizeof(line), file))
			sscanf(line, "SigCgt: %llx", &caught);
		fclose(file);
	}
}

START_TEST(a_fifo_nobody_writes_to_can_be_left)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	char fifo[80];

	snprintf(fifo, sizeof(fifo), "%s.fifo", recorder_path);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	recorder_start(fifo, recorder_path, "--duration=0.01", "-i", "1:1",
		       NULL);
	recorder_ends(0, "0 reads, 0 bytes");
	ck_records("end\n");
	for (int i = 0; i < 3; i++) {
		unlink(recorder_path);
		recorder_start(fifo, recorder_path, NULL);
		await_handlers();
		kill(recorder.pid, signals[i]);
		recorder_ends(0, "0 reads, 0 bytes");
		ck_records("end\n");
	}
	unlink(fifo);
}
END_TEST

START_TEST(it_ends_when_it_is_enough)
{
	replayer_start("0 read \"abc\"\n0 read \"def\"\n0 read \"ghi\"\n" LATER
		       " end\n",
		       NULL);
	recorder_start(node_path("replay"), recorder_path, "--count=2",
		       OOB ? "-o" : NULL, NULL);
	recorder_ends(0, "2 reads");
	ck_records("read \"abc\"\nread \"def\"\nend\n");
	recorder_start(node_path("replay"), recorder_path, "--size=4",
		       OOB ? "-o" : NULL, NULL);
	recorder_ends(0, "6 bytes");
	ck_records("read \"abc\"\nread \"def\"\nend\n");
	recorder_start(node_path("replay"), recorder_path, "--duration=0.01",
		       "--quiet", OOB ? "-o" : NULL, NULL);
	recorder_ends(0, NULL);
	ck_assert_str_eq(recorder.said, "");
}
END_TEST

START_TEST(a_dialogue_is_recorded_as_it_passes)
{
	int fds[2];

	replayer_start("0 write \"AT\\r\"\n0 read \"OK\\r\\n\"\n"
		       "0 write \"ATH\\r\"\n0 read 00ff\n",
		       NULL);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	recorder.in = fds[0];
	recorder_start("--pass", node_path("replay"), recorder_path, NULL);
	ck_assert_int_eq(write(fds[1], "AT\r", 3), 3);
	while (strstr(records(recorder_path), "OK") == NULL)
		sched_yield();
	ck_assert_int_eq(write(fds[1], "ATH\r", 4), 4);
	close(fds[1]);
	recorder_ends(0, "2 reads, 6 bytes; 2 writes, 7 bytes");
	ck_records("write \"AT\\r\"\nread \"OK\\r\\n\"\nwrite \"ATH\\r\"\n"
		   "read 00ff\nend\n");
	ck_assert_int_eq(memcmp(recorder.printed, "OK\r\n\0\xff", 6), 0);
	/* The device is of the same opinion. */
	ck_assert(!daemon_said(&test_daemon, "not as recorded"));
}
END_TEST

START_TEST(what_stdout_does_not_take_is_told)
{
	int fds[2];

	replayer_start("0 read \"abc\"\n" LATER " end\n", NULL);
	recorder.other_out = open("/dev/full", O_WRONLY | O_CLOEXEC);
	recorder_start("--pass", node_path("replay"), recorder_path, NULL);
	recorder_ends(1,
		      "evl-record: standard output: No space left on device\n");
	ck_records("read \"abc\"\nend\n");
	close(recorder.other_out);
	/* Nobody reads it: there is nobody to be told. */
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	recorder.other_out = fds[1];
	recorder_start("--pass", "--quiet", node_path("replay"), recorder_path,
		       NULL);
	recorder_ends(0, NULL);
	ck_assert_str_eq(recorder.said, "");
	ck_records("read \"abc\"\nend\n");
}
END_TEST

START_TEST(ioctls_are_recorded_with_their_answers)
{
	replayer_start("0 ioctl 0x80044501 7 01000200\n0 ioctl 0x5401 0 6162\n"
		       "0 read \"r\"\n",
		       NULL);
	recorder_start(node_path("replay"), recorder_path, "-i", "0x80044501",
		       "-i", "0x5401:2", "--ioctl=0x80044502", NULL);
	recorder_ends(0, "1 reads");
	ck_records("ioctl 0x80044501 7 01000200\nioctl 0x00005401 0 \"ab\"\n"
		   "ioctl 0x80044502 -25\nread \"r\"\nend\n");
}
END_TEST

/* As it would for a full disk: what is there is a trace. */
START_TEST(where_there_is_no_more_room_it_ends)
{
	replayer_start(many_records(), "loop", "speed=0", NULL);
	for (rlim_t room = 10; room < 2000; room += 271) {
		recorder.room = room;
		recorder_start(node_path("replay"), recorder_path, NULL);
		recorder_ends(1, "File too large");
		recorder.room = 0;
		if (room < 100)
			continue;
		recorder_start("--show", recorder_path, NULL);
		recorder_ends(0, NULL);
		ck_assert_ptr_null(strstr(recorder.printed, "cut off"));
	}
}
END_TEST

START_TEST(it_writes_to_files_only)
{
	replayer_start("0 read \"r\"\n", NULL);
	recorder_start(recorder_path, "/dev/null", NULL);
	recorder_ends(1, "no regular file");
	recorder_start(recorder_path, "/tmp", NULL);
	recorder_ends(1, "/tmp: Is a directory");
	recorder_start("/nonexistent", recorder_path, NULL);
	recorder_ends(1, "/nonexistent: No such file");
}
END_TEST

static void ck_still(const char *text)
{
	char got[64] = "";
	int fd = open(recorder_path, O_RDONLY);

	ck_assert_int_eq(read(fd, got, sizeof(got) - 1), (ssize_t)strlen(text));
	ck_assert_str_eq(got, text);
	close(fd);
}

/* Nor by another name. */
START_TEST(it_does_not_overwrite_what_it_reads)
{
	char other[sizeof(recorder_path) + 2];

	recorder_write("evl-trace 1\n0 read 00\n");
	snprintf(other, sizeof(other), "%s.l", recorder_path);
	ck_assert_int_eq(link(recorder_path, other), 0);

	recorder_start(recorder_path, recorder_path, NULL);
	recorder_ends(1, "that is the device itself: name another file");
	recorder_start(recorder_path, other, NULL);
	recorder_ends(1, "that is the device itself");
	unlink(other);
	ck_still("evl-trace 1\n0 read 00\n");
}
END_TEST

START_TEST(usage_is_checked)
{
	static const struct {
		const char *args[3], *text;
	} cases[] = {
		{ { "/dev/null" }, "a file to record to" },
		{ { "a", "b", "c" }, "c: one device, one file" },
		{ { "--show" }, "--show wants one file" },
		{ { "--show", "a", "b" }, "--show wants one file" },
		{ { "--json", "a", "b" }, "--json goes with --show" },
		{ { "-op", "a", "b" }, "--oob and --pass" },
		{ { "-n0", "a", "b" }, "no positive number" },
		{ { "-n-1", "a", "b" }, "no positive number" },
		{ { "-s1k", "a", "b" }, "no positive number" },
		{ { "-dsoon", "a", "b" }, "no time in seconds" },
		{ { "-d-1", "a", "b" }, "no time in seconds" },
		{ { "-dnan", "a", "b" }, "no time in seconds" },
		{ { "-i", "x", "a" }, "no command" },
		{ { "-i", "0x40044501", "a" }, "say SIZE" },
		{ { "-i", "1:", "a" }, "no command" },
		{ { "-i", "1:16385", "a" }, "no command" },
		{ { "-i", "0x100000000", "a" }, "no command" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		recorder_start(cases[i].args[0], cases[i].args[1],
			       cases[i].args[2], NULL);
		recorder_ends(2, cases[i].text);
	}
}
END_TEST

START_TEST(only_evl_devices_are_read_out_of_band)
{
	replayer_start("0 read \"r\"\n", NULL);
	recorder_write("0 kept\n");
	recorder_start("--oob", "/dev/null", recorder_path, NULL);
	recorder_ends(
		1,
		"evl-record: /dev/null: no EVL device, which alone can be read "
		"out-of-band: leave out --oob\n");
	recorder_start("--oob", recorder_path, recorder_path, NULL);
	recorder_ends(1, "no EVL device");
	ck_records("kept\n");
}
END_TEST

/* What is refused above one byte of it. */
START_TEST(the_largest_answer_is_told_and_taken)
{
	recorder_start("--help", NULL);
	recorder_ends(0, NULL);
	ck_assert_ptr_nonnull(strstr(recorder.printed, "16384"));
	recorder_start("-i", "1:16384", "/dev/null", recorder_path, NULL);
	recorder_ends(0, "0 reads");
	ck_records("ioctl 0x00000001 -25\nend\n");
}
END_TEST

START_TEST(without_a_daemon_nothing_is_read_out_of_band)
{
	setenv("EVL_CUSED_SOCKET", "/nonexistent", 1);
	recorder_start("--oob", "/dev/null", recorder_path, NULL);
	recorder_ends(3, "no evl-cused at");
	/* But any device is in-band. */
	recorder_start("/dev/null", recorder_path, NULL);
	recorder_ends(0, "0 reads");
	ck_records("end\n");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "same", what_is_recorded_is_what_was_replayed, 2 },
		{ "gone", a_device_that_goes_ends_it_well, 2 },
		{ "dead", a_daemon_that_dies_ends_it_well, 2 },
		{ "errors", only_a_device_that_is_gone_ends_it_well, 6 },
		{ "signal", a_signal_ends_it_well, 2 },
		{ "fifo", a_fifo_nobody_writes_to_can_be_left, 1 },
		{ "enough", it_ends_when_it_is_enough, 2 },
		{ "pass", a_dialogue_is_recorded_as_it_passes, 1 },
		{ "stdout", what_stdout_does_not_take_is_told, 1 },
		{ "ioctl", ioctls_are_recorded_with_their_answers, 1 },
		{ "room", where_there_is_no_more_room_it_ends, 1 },
		{ "files", it_writes_to_files_only, 1 },
		{ "itself", it_does_not_overwrite_what_it_reads, 1 },
		{ "usage", usage_is_checked, 1 },
		{ "answer", the_largest_answer_is_told_and_taken, 1 },
		{ "foreign", only_evl_devices_are_read_out_of_band, 1 },
		{ "alone", without_a_daemon_nothing_is_read_out_of_band, 1 },
		{ 0 },
	};
	Suite *suite = suite_create("system/record");

	suite_add_all(suite, tests, recorder_setup, recorder_teardown);

	return suite_run(suite);
}

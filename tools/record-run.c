/* SPDX-License-Identifier: MIT */
#include "record-run.h"

#include "complain.h"
#include "control-query.h"
#include "record-file.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define PROGRESS_NS UINT64_C(200000000)
#define NS	    1000000000.

static volatile sig_atomic_t stopped;
static const struct record_job *job; /* borrowed */
static struct record_file file;
static int device_fd = -1;
static uint64_t next_progress; /* UINT64_MAX: never */

/*
 * The next call that waits gets EINTR, and so does one which this comes just
 * before: again in a second.
 */
static void stop(int sig)
{
	stopped = 1;
	alarm(1);
}

static void catch_signals(void)
{
	/* No SA_RESTART. */
	struct sigaction action = { .sa_handler = stop };
	struct itimerval timer = { 0 };

	for (int i = 0; i < 4; i++)
		sigaction((const int[]){ SIGINT, SIGTERM, SIGHUP, SIGALRM }[i],
			  &action, NULL);
	/* They are errors of write(2), where there is something to be saved. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);

	timer.it_value.tv_sec = (time_t)(job->duration / 1000000000);
	timer.it_value.tv_usec =
		(suseconds_t)((job->duration % 1000000000 + 999) / 1000);
	if (job->duration)
		setitimer(ITIMER_REAL, &timer, NULL);
}

static void tell(const char *what, const char *why)
{
	if (next_progress != UINT64_MAX)
		fputs("\r\033[K", stderr);
	complain("%s: %s", what, why);
}

static void tell_error(const char *what, int error)
{
	tell(what, strerrordesc_np(error));
}

/* It did not take a record. */
static void tell_of_file(int error)
{
	if (file.is_full)
		tell(file.path, "this is as large as a trace may be, 256 MiB");
	else
		tell_error(file.path, error);
}

static void say(const char *end)
{
	fprintf(stderr,
		"%s%s: %" PRIu64 " reads, %" PRIu64 " bytes; %" PRIu64
		" writes, %" PRIu64 " bytes; %.1f s%s",
		next_progress == UINT64_MAX ? "" : "\r\033[K", file.path,
		file.nr_reads, file.read_bytes, file.nr_writes,
		file.write_bytes, (double)(record_now() - file.start) / NS,
		end);
}

static void show_progress(void)
{
	uint64_t now;

	if (next_progress == UINT64_MAX)
		return;
	now = record_now();
	if (now < next_progress)
		return;

	say("");
	next_progress = now + PROGRESS_NS;
}

/* 0, or the errno of what the trace has no room for. */
static int add(enum trace_kind kind, uint64_t time, unsigned char *data,
	       size_t len)
{
	int ret = record_file_add(&file,
				  (struct trace_record){ .time = time,
							 .data = data,
							 .len = (uint32_t)len,
							 .kind = kind });

	if (ret)
		tell_of_file(-ret);
	show_progress();

	return -ret;
}

static int ask(const struct record_ioctl *which)
{
	/* However large the answer is. */
	static unsigned char answer[1 << 16];
	struct trace_record record = {
		.time = record_now(),
		.data = answer,
		.cmd = which->cmd,
		.kind = TRACE_IOCTL,
	};
	int ret;

	memset(answer, 0, sizeof(answer));
	record.result = ioctl(device_fd, which->cmd, answer);
	if (record.result < 0)
		record.result = -errno;
	else
		record.len = which->size;
	ret = record_file_add(&file, record);
	if (ret)
		tell_of_file(-ret);

	return -ret;
}

/* It was taken away, or hung up, or its daemon is dead. */
static bool is_gone(int error)
{
	static const int errors[] = { ENODEV, ENXIO, EIO, ECONNABORTED,
				      ENOTCONN };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (error == errors[i])
			return true;

	return false;
}

/* What a read said instead of data: does the trace end well with it? */
static bool ends_well(int error)
{
	/* What a kernel keeps to itself may leak, and is in no trace. */
	int known = error > TRACE_ERROR_MAX ? EIO : error;

	tell_error(job->device, error);
	record_file_add(&file, (struct trace_record){ .time = record_now(),
						      .result = known,
						      .kind = TRACE_ERROR });

	return is_gone(error);
}

static bool is_enough(void)
{
	return stopped || (job->count && file.nr_reads >= job->count) ||
	       (job->size && file.read_bytes >= job->size);
}

/* All of it. False: @fd takes no more. */
static bool put_all(int fd, const unsigned char *data, size_t len)
{
	ssize_t ret;

	while (len) {
		ret = write(fd, data, len);
		if (ret < 0 && (errno != EINTR || stopped))
			return false;
		if (ret > 0) {
			data += ret;
			len -= (size_t)ret;
		}
	}

	return true;
}

enum outcome {
	GOES_ON,
	DONE,
	FAILED,
};

/* On to stdout. Who reads it may go, and has had enough then. */
static enum outcome to_stdout(const unsigned char *data, size_t len)
{
	if (put_all(STDOUT_FILENO, data, len))
		return GOES_ON;
	if (stopped || errno == EPIPE)
		return DONE;
	tell_error("standard output", errno);

	return FAILED;
}

/* One read of the device's. */
static enum outcome from_device(void)
{
	static unsigned char data[TRACE_DATA_MAX];
	ssize_t len = job->oob ? oob_read(device_fd, data, sizeof(data))
			       : read(device_fd, data, sizeof(data));

	if (len < 0 && errno == EINTR)
		return GOES_ON;
	if (len < 0)
		return ends_well(errno) ? DONE : FAILED;
	if (len == 0)
		return DONE;
	if (add(TRACE_READ, record_now(), data, (size_t)len))
		return FAILED;

	return job->pass ? to_stdout(data, (size_t)len) : GOES_ON;
}

/* One read of stdin, for the device; at its end @r_fd is -1. */
static enum outcome to_device(int *r_fd)
{
	static unsigned char data[TRACE_DATA_MAX];
	ssize_t len = read(STDIN_FILENO, data, sizeof(data));
	uint64_t time = record_now();

	if (len < 0 && errno == EINTR)
		return GOES_ON;
	if (len <= 0) {
		*r_fd = -1;
		return GOES_ON;
	}
	/* What comes in answer is later. */
	if (!put_all(device_fd, data, (size_t)len)) {
		if (stopped)
			return DONE;
		tell_error(job->device, errno);
		return FAILED;
	}

	return add(TRACE_WRITE, time, data, (size_t)len) ? FAILED : GOES_ON;
}

static enum outcome pass(void)
{
	struct pollfd fds[] = {
		{ .fd = device_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	enum outcome outcome = GOES_ON;

	while (outcome == GOES_ON && !is_enough()) {
		if (poll(fds, 2, -1) < 0)
			continue;
		/* What the device said comes before what it is told. */
		if (fds[0].revents)
			outcome = from_device();
		else if (fds[1].revents)
			outcome = to_device(&fds[1].fd);
	}

	return outcome;
}

static enum outcome record(void)
{
	enum outcome outcome = GOES_ON;

	if (device_fd < 0)
		return DONE;
	for (int i = 0; i < job->nr_ioctls; i++)
		if (ask(&job->ioctls[i]))
			return FAILED;
	if (job->pass)
		return pass();
	while (outcome == GOES_ON && !is_enough())
		outcome = from_device();

	return outcome;
}

static int attach(void)
{
	int ret;

	/* libevlclient says itself why it cannot. */
	if (evl_init())
		return TOOL_EXIT_NO_DAEMON;
	ret = evl_attach_self("evl-record:%d", getpid());
	if (ret >= 0)
		return EXIT_SUCCESS;
	complain("cannot attach: %s", strerrordesc_np(-ret));

	return TOOL_EXIT_NO_DAEMON;
}

/* A fifo waits for its writer, and none may come: then it is as if it had given
 * nothing, and device_fd stays -1. */
static int open_device(void)
{
	int flags = job->pass ? O_RDWR : O_RDONLY;

	device_fd = open(job->device, flags | O_NOCTTY | O_CLOEXEC);
	if (device_fd >= 0 || (stopped && errno == EINTR))
		return EXIT_SUCCESS;
	tell_error(job->device, errno);

	return TOOL_EXIT_FAILURE;
}

/* Adding it to a set asks the core, and nothing of its driver. */
static bool core_knows_device(void)
{
	int set = evl_new_poll(), ret = set;

	if (set >= 0) {
		ret = evl_add_pollfd(set, device_fd, POLLIN, evl_nil);
		close(set);
	}

	return ret != -EBADF;
}

/* By whatever names: it would be empty by the time it is read. */
static bool is_itself(void)
{
	struct stat device, target;

	return device_fd >= 0 && fstat(device_fd, &device) == 0 &&
	       stat(job->path, &target) == 0 && S_ISREG(target.st_mode) &&
	       device.st_dev == target.st_dev && device.st_ino == target.st_ino;
}

/* Before there is a file, which may have been one of use. */
static int check_device(void)
{
	if (job->oob && device_fd >= 0 && !core_knows_device())
		tell(job->device, "no EVL device, which alone can be read "
				  "out-of-band: leave out --oob");
	else if (is_itself())
		tell(job->path, "that is the device itself: name another file "
				"to record to");
	else
		return EXIT_SUCCESS;

	return TOOL_EXIT_FAILURE;
}

static const char *how(void)
{
	if (job->oob)
		return "out-of-band";

	return job->pass ? "passing through" : "in-band";
}

int record_run(const struct record_job *which)
{
	enum outcome outcome;
	int status;

	job = which;
	next_progress = UINT64_MAX;
	catch_signals();
	status = job->oob ? attach() : EXIT_SUCCESS;
	if (status == EXIT_SUCCESS)
		status = open_device();
	if (status == EXIT_SUCCESS)
		status = check_device();
	if (status)
		return status;
	if (record_file_open(&file, job->path, job->device, how()))
		return TOOL_EXIT_FAILURE;

	if (!job->quiet && !job->pass && isatty(STDERR_FILENO))
		next_progress = 0;
	outcome = record();
	if (!job->quiet)
		say("\n");
	record_file_close(&file);
	if (device_fd >= 0)
		close(device_fd);

	return outcome == FAILED ? TOOL_EXIT_FAILURE : EXIT_SUCCESS;
}

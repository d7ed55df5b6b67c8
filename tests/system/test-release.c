/* SPDX-License-Identifier: MIT */
/*
 * The release barrier: close(2) of the last descriptor lasts until whoever is
 * inside the driver has left, and the driver's release handler has run.
 */
#include "daemon.h"
#include "drivers/keeper.h"
#include "ending.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct raw_client tool; /* which asks about files and threads */

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_FOO"), "--driver",
				     getenv("EVL_KEEPER"), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	raw_join(&tool, true);
	ck_assert_int_ge(evl_attach_self("test-release"), 0);
}

static void teardown(void)
{
	raw_leave(&tool);
	daemon_teardown();
}

/* A thread inside of a driver's oob handler. */
struct reader {
	pthread_t thread;
	int fd;
	bool waits; /* by KEEPER_WAIT, not oob_read() */
	_Atomic(pid_t) tid;
	ssize_t ret;
	int error;
	_Atomic(bool) done;
};

static void *read_oob(void *arg)
{
	struct reader *reader = arg;
	char buf[8];

	if (evl_attach_self("reader") < 0)
		return NULL;
	reader->tid = (pid_t)syscall(SYS_gettid);
	reader->ret = reader->waits ? oob_ioctl(reader->fd, KEEPER_WAIT)
				    : oob_read(reader->fd, buf, 8);
	reader->error = errno;
	reader->done = true;
	evl_detach_self();

	return NULL;
}

/* The file thread @tid is inside of, 0 if it is in none. */
static uint64_t inside(pid_t tid)
{
	struct control_query body = { .table = CONTROL_TABLE_THREADS };
	struct control_message reply;

	for (;; body.cursor = reply.u.thread_info.next) {
		raw_call(&tool, CONTROL_QUERY, &body, sizeof(body), &reply);
		if (reply.header.result)
			return 0;
		if (reply.u.thread_info.tid == tid)
			return reply.u.thread_info.busy_file;
	}
}

/* True if there is an open file @id; what the daemon says about it. */
static bool ask_file(uint64_t id, struct control_file_info *r_info)
{
	struct control_query body = { .table = CONTROL_TABLE_FILES,
				      .cursor = id - 1 };
	struct control_message reply;

	raw_call(&tool, CONTROL_QUERY, &body, sizeof(body), &reply);
	if (reply.header.result || reply.u.file_info.file_id != id)
		return false;
	*r_info = reply.u.file_info;

	return true;
}

static uint64_t newest_file(void)
{
	struct control_query body = { .table = CONTROL_TABLE_FILES };
	struct control_message reply;

	while (raw_call(&tool, CONTROL_QUERY, &body, sizeof(body), &reply) == 0)
		body.cursor = reply.u.file_info.file_id;

	return body.cursor;
}

static uint32_t nr_refs(uint64_t file)
{
	struct control_file_info info;

	ck_assert(ask_file(file, &info));

	return info.nr_refs;
}

/* Returns the file it is asleep in. */
static uint64_t start_reader(struct reader *reader, const char *path)
{
	uint64_t file;

	reader->fd = open(node_path(path), O_RDWR);
	ck_assert_int_ge(reader->fd, 0);
	pthread_create(&reader->thread, NULL, read_oob, reader);
	while (reader->tid == 0 || (file = inside(reader->tid)) == 0)
		sched_yield();

	return file;
}

START_TEST(close_wakes_the_reader_of_a_driver_that_destroys_its_flag)
{
	for (int i = 0; i < 50; i++) {
		struct reader reader = { .fd = -1 };
		struct control_file_info info;
		uint64_t file = start_reader(&reader, "foo");

		ck_assert_int_eq(close(reader.fd), 0);
		/* It left the driver before close() returned. */
		ck_assert(!ask_file(file, &info));
		ck_assert_uint_eq(inside(reader.tid), 0);
		pthread_join(reader.thread, NULL);
		ck_assert_int_eq(reader.ret, -1);
		ck_assert_int_eq(reader.error, EIDRM);
	}
}
END_TEST

START_TEST(so_does_a_dup2_over_the_last_descriptor)
{
	int other = open(node_path("foo"), O_RDWR);

	for (int i = 0; i < 50; i++) {
		struct reader reader = { .fd = -1 };
		struct control_file_info info;
		uint64_t file = start_reader(&reader, "foo");

		ck_assert_int_eq(dup2(other, reader.fd), reader.fd);
		ck_assert(!ask_file(file, &info));
		ck_assert_uint_eq(inside(reader.tid), 0);
		pthread_join(reader.thread, NULL);
		ck_assert_int_eq(reader.ret, -1);
		ck_assert_int_eq(reader.error, EIDRM);
		/* Its number is the other file at once. */
		ck_assert_int_eq(oob_write(reader.fd, "x", 1), 1);
		ck_assert_int_eq(close(reader.fd), 0);
	}
}
END_TEST

struct closing {
	struct ending ending;
	_Atomic(bool) closed;
	bool failed;
};

static void *end_it(void *arg)
{
	struct closing *closing = arg;

	closing->failed = !ending_call(&closing->ending);
	closing->closed = true;

	return NULL;
}

/* Have another thread do what @closing says to a descriptor of @file: returns
 * when it waits. */
static pthread_t start_ending(struct closing *closing, uint64_t file)
{
	struct control_file_info info = { .releasing = 0 };
	pthread_t thread;

	pthread_create(&thread, NULL, end_it, closing);
	while (ask_file(file, &info) && !info.releasing)
		sched_yield();

	return thread;
}

static pthread_t start_closing(struct closing *closing, int fd, uint64_t file)
{
	*closing = (struct closing){ .closed = false };
	ending_init(&closing->ending, 0, fd, -1);

	return start_ending(closing, file);
}

/* And the reader is unblocked by a second file of the same device: no way to
 * reach the first. A signal does it. */
static void nothing(int sig)
{
}

START_TEST(without_that_its_end_lasts_until_the_reader_leaves)
{
	struct sigaction action = { .sa_handler = nothing };
	int other = open(node_path("foo"), O_RDWR);
	struct reader reader = { .fd = -1 };
	struct control_file_info info = { .releasing = 0 };
	struct closing closing = { .closed = false };
	pthread_t closer;
	uint64_t file;

	sigaction(SIGUSR1, &action, NULL);
	file = start_reader(&reader, "foo-forgetful");
	ending_init(&closing.ending, (unsigned int)_i, reader.fd, other);
	closer = start_ending(&closing, file);

	/* Who asks is told why, and who holds it. */
	ck_assert(ask_file(file, &info));
	ck_assert_uint_eq(info.nr_refs, 1);
	ck_assert_uint_eq(info.nr_fds, 0);
	ck_assert_uint_eq(inside(reader.tid), file);
	/* Many trips later it is still so. */
	for (int i = 0; i < 100; i++)
		ck_assert(ask_file(file, &info) && info.releasing);
	ck_assert(!closing.closed);
	ck_assert(!reader.done);
	/* Its number reaches nothing, or what has taken its place. */
	errno = 0;
	ck_assert_int_eq(oob_write(reader.fd, "x", 1),
			 ending_by_dup(&closing.ending) ? 1 : -1);
	ck_assert_int_eq(errno, ending_by_dup(&closing.ending) ? 0 : EBADF);

	pthread_kill(reader.thread, SIGUSR1);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);
	ck_assert_int_eq(reader.error, EINTR);
	pthread_join(closer, NULL);
	ck_assert(!closing.failed);
	ck_assert(!ask_file(file, &info));
}
END_TEST

static _Atomic(int) closed_by_handler;
static volatile int errno_of_close;

static void close_in_handler(int sig)
{
	int saved = errno;

	errno = 0;
	close(closed_by_handler);
	errno_of_close = errno;
	errno = saved;
}

/* ThreadSanitizer runs handlers when a system call returns, which does not if
 * it is restarted. */
#ifdef __SANITIZE_THREAD__
#define NR_SIGACTIONS 1
#else
#define NR_SIGACTIONS 2
#endif

/* The handler waits for the call, which waits for the handler. */
START_TEST(a_signal_handler_may_close_what_it_interrupts)
{
	struct sigaction action = { .sa_handler = close_in_handler,
				    .sa_flags = _i ? SA_RESTART : 0 };
	struct control_file_info info;
	struct reader reader = { .fd = -1 };
	uint64_t file;

	sigaction(SIGUSR1, &action, NULL);
	file = start_reader(&reader, "foo-forgetful");
	closed_by_handler = reader.fd;
	pthread_kill(reader.thread, SIGUSR1);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);
	ck_assert_int_eq(reader.error, EINTR);
	ck_assert_int_eq(errno_of_close, 0);
	ck_assert(!ask_file(file, &info));
}
END_TEST

START_TEST(a_duplicate_keeps_it_open)
{
	struct reader reader = { .fd = -1 };
	struct control_file_info info = { .releasing = 1 };
	uint64_t file = start_reader(&reader, "foo");
	int other = dup(reader.fd);

	ck_assert_int_eq(close(reader.fd), 0);
	ck_assert(ask_file(file, &info));
	ck_assert(!info.releasing);
	ck_assert(!reader.done);
	ck_assert_int_eq(oob_write(other, "x", 1), 1);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, 8);
	close(other);
	ck_assert(!ask_file(file, &info));
}
END_TEST

/* The daemon waits where the driver's release does not. */
START_TEST(a_release_that_does_not_wait_does_no_harm)
{
	for (int i = 0; i < 20; i++) {
		struct reader reader = { .fd = -1 };
		struct control_file_info info;
		uint64_t file = start_reader(&reader, "foo-hasty");

		close(reader.fd);
		ck_assert(!ask_file(file, &info));
		pthread_join(reader.thread, NULL);
		ck_assert_int_eq(reader.ret, -1);
		ck_assert_int_eq(reader.error, EIDRM);
	}
}
END_TEST

static int call_keeper(int fd, unsigned int cmd, int arg, bool oob)
{
	return oob ? oob_ioctl(fd, cmd, (long)arg) : ioctl(fd, cmd, (long)arg);
}

/* A reference which a driver took is on the file, whoever opens others. */
START_TEST(close_waits_for_who_was_given_the_descriptor)
{
	int keeper = open(node_path("keeper"), O_RDWR);
	int fd = open(node_path("foo"), O_RDWR);
	uint64_t file = newest_file();
	struct closing closing;
	pthread_t closer;

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(call_keeper(keeper, KEEPER_GET, fd, _i), 0);
		ck_assert_uint_eq(nr_refs(file), 1);
		ck_assert_int_eq(call_keeper(keeper, KEEPER_PUT, 0, _i), 0);
		ck_assert_uint_eq(nr_refs(file), 0);
	}

	ck_assert_int_eq(call_keeper(keeper, KEEPER_GET, fd, _i), 0);
	closer = start_closing(&closing, fd, file);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(nr_refs(file), 1);
	ck_assert(!closing.closed);
	ck_assert_int_eq(call_keeper(keeper, KEEPER_PUT, 0, _i), 0);
	pthread_join(closer, NULL);
}
END_TEST

START_TEST(an_evl_file_of_many_files_goes_with_the_last)
{
	int keeper = open(node_path("keeper"), O_RDWR);
	int first = open(node_path("keeper-shared"), O_RDWR), third;
	uint64_t first_file = newest_file(), file;
	struct reader reader = { .waits = true };
	struct closing closing;
	pthread_t closer;

	file = start_reader(&reader, "keeper-shared");
	ck_assert_int_eq(call_keeper(keeper, KEEPER_GET, first, _i), 0);
	ck_assert_int_eq(call_keeper(keeper, KEEPER_PUT, 0, _i), 0);
	/* It was not the reader's. */
	ck_assert_uint_eq(nr_refs(first_file), 0);
	ck_assert_uint_eq(nr_refs(file), 1);
	closer = start_closing(&closing, reader.fd, file);
	ck_assert_uint_eq(nr_refs(file), 1);
	ck_assert_int_eq(call_keeper(first, KEEPER_WAKE, 0, _i), 0);
	pthread_join(closer, NULL);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, 0);

	ck_assert_int_eq(call_keeper(keeper, KEEPER_GET, first, _i), 0);
	closer = start_closing(&closing, first, first_file);
	ck_assert_uint_eq(nr_refs(first_file), 1);
	ck_assert(!closing.closed);
	/* Opened again it stays. */
	third = open(node_path("keeper-shared"), O_RDWR);
	pthread_join(closer, NULL);
	file = newest_file();
	closer = start_closing(&closing, third, file);
	ck_assert_uint_eq(nr_refs(file), 1);
	ck_assert(!closing.closed);
	ck_assert_int_eq(call_keeper(keeper, KEEPER_PUT, 0, _i), 0);
	pthread_join(closer, NULL);
}
END_TEST

static _Atomic(pid_t) *shared_tid;

static int die_inside(void *arg)
{
	int fd = open(node_path(arg), O_RDWR);
	char buf[8];

	if (fd < 0 || evl_attach_self("doomed") < 0)
		return 1;
	*shared_tid = (pid_t)syscall(SYS_gettid);
	oob_read(fd, buf, 8);

	return 2;
}

/* Even if its driver's release would wait for ever: the dead go first. */
START_TEST(who_is_killed_leaves_before_the_release)
{
	struct control_file_info info;
	uint64_t file;
	pid_t pid;

	shared_tid = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 50; i++) {
		*shared_tid = 0;
		pid = child_start(die_inside, "foo-forgetful");
		while (*shared_tid == 0 || (file = inside(*shared_tid)) == 0)
			sched_yield();
		kill(pid, SIGKILL);
		ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
		while (ask_file(file, &info))
			sched_yield();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/release");
	TCase *tcase = tcase_create("release");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(
		tcase,
		close_wakes_the_reader_of_a_driver_that_destroys_its_flag);
	tcase_add_test(tcase, so_does_a_dup2_over_the_last_descriptor);
	tcase_add_loop_test(tcase,
			    without_that_its_end_lasts_until_the_reader_leaves,
			    0, NR_ENDINGS);
	tcase_add_loop_test(tcase,
			    a_signal_handler_may_close_what_it_interrupts, 0,
			    NR_SIGACTIONS);
	tcase_add_test(tcase, a_duplicate_keeps_it_open);
	tcase_add_test(tcase, a_release_that_does_not_wait_does_no_harm);
	tcase_add_loop_test(tcase, close_waits_for_who_was_given_the_descriptor,
			    0, 2);
	tcase_add_loop_test(tcase, an_evl_file_of_many_files_goes_with_the_last,
			    0, 2);
	tcase_add_test(tcase, who_is_killed_leaves_before_the_release);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

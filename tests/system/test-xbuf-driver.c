/* SPDX-License-Identifier: MIT */
/* A driver on the out-of-band end of a cross-buffer (drivers/xbuf-peer.c), an
 * application on the other. Loops run over the stages. */
#include "daemon.h"
#include "drivers/xbuf-peer.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define XBUF_NODE "evl/xbuf/clone" /* what xfd was opened as */

enum { INBAND, OOB, NR_STAGES }; /* what the driver is called from */

static int xfd, peer;
static char buf[XBUF_PEER_MAX + 1];

static void setup(void)
{
	const char *const args[] = {
		"--driver", getenv("EVL_LOOPBACK"),
		"--driver", getenv("EVL_XBUF_PEER"),
		NULL,
	};
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	peer = open(node_path("xbuf-peer"), O_RDWR);
	ck_assert_int_ge(peer, 0);
}

static int tell_peer(int stage, unsigned int cmd, unsigned long arg)
{
	return stage == OOB ? oob_ioctl(peer, cmd, arg) : ioctl(peer, cmd, arg);
}

/* A cross-buffer which the driver has got hold of. */
static void make_xbuf(int stage, size_t in, size_t out)
{
	xfd = evl_create_xbuf(in, out, EVL_CLONE_PUBLIC, "peer");
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_eq(
		tell_peer(stage, XBUF_PEER_IOC_GET, (unsigned long)xfd), 0);
}

/* What evl_write_xbuf() says. */
static long long driver_writes(int stage, int f_flags, const char *text,
			       size_t count)
{
	struct xbuf_peer_io io = {
		.count = (unsigned int)count,
		.f_flags = (unsigned int)f_flags,
	};

	memcpy(io.buf, text, strnlen(text, sizeof(io.buf)));
	ck_assert_int_eq(
		tell_peer(stage, XBUF_PEER_IOC_WRITE, (unsigned long)&io), 0);

	return io.ret;
}

/* What evl_read_xbuf() says; what it got is in @buf. */
static long long driver_reads(int stage, int f_flags, size_t count)
{
	struct xbuf_peer_io io = {
		.count = (unsigned int)count,
		.f_flags = (unsigned int)f_flags,
	};

	ck_assert_int_eq(
		tell_peer(stage, XBUF_PEER_IOC_READ, (unsigned long)&io), 0);
	memset(buf, 0, sizeof(buf));
	memcpy(buf, io.buf, sizeof(io.buf));

	return io.ret;
}

/* The one mode which either stage may use. */
static int flags_for(int stage)
{
	return stage == OOB ? 0 : O_NONBLOCK;
}

/* read(2) without waiting, into @buf. */
static ssize_t take(size_t count)
{
	ssize_t ret;

	memset(buf, 0, sizeof(buf));
	fcntl(xfd, F_SETFL, O_RDWR | O_NONBLOCK);
	ret = read(xfd, buf, count);
	fcntl(xfd, F_SETFL, O_RDWR);

	return ret;
}

START_TEST(what_the_driver_writes_arrives_at_read)
{
	make_xbuf(_i, 16, 16);
	ck_assert_int_eq(driver_writes(_i, flags_for(_i), "inbound", 7), 7);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "more", 4), 4);
	ck_assert_int_eq(read(xfd, buf, 11), 11);
	ck_assert_str_eq(buf, "inboundmore");
	/* Nor does any come back to the driver. */
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 1), -EAGAIN);
}
END_TEST

START_TEST(the_driver_reads_what_write_sent)
{
	make_xbuf(_i, 16, 16);
	ck_assert_int_eq(write(xfd, "outbound", 8), 8);
	ck_assert_int_eq(driver_reads(_i, flags_for(_i), 3), 3);
	ck_assert_str_eq(buf, "out");
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 5), 5);
	ck_assert_str_eq(buf, "bound");
	ck_assert_fails(take(1), EAGAIN);
}
END_TEST

START_TEST(a_handler_in_band_must_not_wait)
{
	make_xbuf(INBAND, 16, 16);
	/* Not even if it need not. */
	ck_assert_int_eq(write(xfd, "outbound", 8), 8);
	ck_assert_int_eq(driver_reads(INBAND, 0, 8), -EPERM);
	ck_assert_int_eq(driver_writes(INBAND, 0, "inbound", 7), -EPERM);
	ck_assert_fails(take(1), EAGAIN);
	ck_assert_int_eq(driver_reads(INBAND, O_NONBLOCK, 8), 8);
}
END_TEST

START_TEST(too_little_is_left_alone_without_waiting)
{
	make_xbuf(_i, 8, 8);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 8), -EAGAIN);
	ck_assert_int_eq(write(xfd, "abc", 3), 3);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 8), -EAGAIN);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 4), -EAGAIN);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 3), 3);
	ck_assert_str_eq(buf, "abc");
}
END_TEST

START_TEST(too_little_room_takes_nothing_without_waiting)
{
	make_xbuf(_i, 8, 8);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "123456", 6), 6);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "789", 3), -EAGAIN);
	ck_assert_int_eq(take(8), 6);
	ck_assert_str_eq(buf, "123456");
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "789", 3), 3);
}
END_TEST

START_TEST(more_than_the_ring_is_an_error_in_both_modes)
{
	make_xbuf(_i, 8, 4);
	ck_assert_int_eq(write(xfd, "abcd", 4), 4);
	ck_assert_int_eq(driver_reads(_i, flags_for(_i), 5), -EINVAL);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 5), -EINVAL);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 4), 4);
	ck_assert_int_eq(driver_writes(_i, flags_for(_i), "123456789", 9),
			 -EINVAL);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "123456789", 9),
			 -EINVAL);
	ck_assert_fails(take(1), EAGAIN);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "12345678", 8), 8);
}
END_TEST

START_TEST(a_direction_without_a_ring_has_no_buffers)
{
	make_xbuf(_i, 8, 0);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 1), -ENOBUFS);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "x", 1), 1);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 0), 0);
	ck_assert_int_eq(tell_peer(_i, XBUF_PEER_IOC_PUT, 0), 0);
	close(xfd);

	make_xbuf(_i, 0, 8);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "x", 1), -ENOBUFS);
	ck_assert_int_eq(write(xfd, "x", 1), 1);
	ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 1), 1);
	ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "x", 0), 0);
}
END_TEST

START_TEST(only_descriptors_of_cross_buffers_will_do)
{
	int pipefd[2], plain, loopback, thread;

	ck_assert_int_eq(pipe(pipefd), 0);
	plain = open("/dev/null", O_RDWR);
	loopback = open(node_path("loopback"), O_RDWR);
	thread = open(node_path("evl/thread/clone"), O_RDWR);
	ck_assert_int_ge(plain, 0);
	ck_assert_int_ge(loopback, 0);
	ck_assert_int_ge(thread, 0);

	for (int times = 0; times < 3; times++) {
		const int fds[] = { pipefd[0], plain, loopback, peer,
				    thread,    -1,    1000 };

		for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
			ck_assert_fails(tell_peer(_i, XBUF_PEER_IOC_GET,
						  (unsigned long)fds[i]),
					ENOENT);
	}

	/* No reference is left: or these would sleep for ever. */
	ck_assert_uint_eq(endure_nr_refs("loopback"), 0);
	ck_assert_int_eq(close(loopback), 0);
	ck_assert_int_eq(close(peer), 0);
	ck_assert_int_eq(close(thread), 0);
	ck_assert_fails(oob_ioctl(loopback, 0), EBADF);
}
END_TEST

/* A thread of ours that makes one call. */
struct call {
	enum { READ, WRITE, POLL, CLOSE, DRIVER_READ, DRIVER_WRITE } op;
	struct xbuf_peer_io io; /* count, data, and, of the others, too, ret */
	int error;
	_Atomic(bool) done;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

static ssize_t make_call(struct call *call)
{
	struct pollfd pfd = { .fd = xfd, .events = POLLIN };

	switch (call->op) {
	case READ:
		return read(xfd, call->io.buf, call->io.count);
	case WRITE:
		return write(xfd, call->io.buf, call->io.count);
	case POLL:
		return poll(&pfd, 1, -1) == 1 ? pfd.revents : -1;
	case CLOSE:
		return close(xfd);
	case DRIVER_READ:
		return oob_ioctl(peer, XBUF_PEER_IOC_READ, &call->io);
	case DRIVER_WRITE:
		return oob_ioctl(peer, XBUF_PEER_IOC_WRITE, &call->io);
	}

	return -1;
}

static void *run_call(void *arg)
{
	struct call *call = arg;
	ssize_t ret;

	if (call->op == DRIVER_READ || call->op == DRIVER_WRITE)
		ck_assert_int_ge(
			evl_attach_self("call:%ld", syscall(SYS_gettid)), 0);
	call->tid = (pid_t)syscall(SYS_gettid);
	errno = 0;
	ret = make_call(call);
	call->error = errno;
	if (call->op != DRIVER_READ && call->op != DRIVER_WRITE)
		call->io.ret = ret;
	call->done = true;

	return NULL;
}

/* Returns when the call sleeps. */
static void start_call(struct call *call)
{
	pthread_create(&call->thread, NULL, run_call, call);
	while (call->tid == 0)
		sched_yield();
	wait_until_asleep(getpid(), call->tid);
	/* Asleep it may be before the worker has even seen the request. */
	if (call->op == DRIVER_READ || call->op == DRIVER_WRITE)
		endure_await_busy(call->tid);
}

static void end_call(struct call *call)
{
	pthread_join(call->thread, NULL);
}

START_TEST(a_sleeping_reader_wakes_when_the_driver_writes)
{
	struct call call = { .op = READ, .io.count = 6 };

	make_xbuf(_i, 16, 16);
	start_call(&call);
	ck_assert_int_eq(driver_writes(_i, flags_for(_i), "abc", 3), 3);
	ck_assert_int_eq(driver_writes(_i, flags_for(_i), "def", 3), 3);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, 6);
	ck_assert_mem_eq(call.io.buf, "abcdef", 6);
}
END_TEST

START_TEST(a_sleeping_writer_wakes_when_the_driver_reads)
{
	struct call call = { .op = WRITE, .io = { .count = 3, .buf = "ijk" } };

	make_xbuf(_i, 8, 8);
	ck_assert_int_eq(write(xfd, "abcdefgh", 8), 8);
	start_call(&call);
	ck_assert_int_eq(driver_reads(_i, flags_for(_i), 4), 4);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, 3);
	ck_assert_int_eq(driver_reads(_i, flags_for(_i), 7), 7);
	ck_assert_str_eq(buf, "efghijk");
}
END_TEST

START_TEST(poll_wakes_when_the_driver_writes)
{
	struct call call = { .op = POLL };

	make_xbuf(_i, 8, 8);
	start_call(&call);
	ck_assert_int_eq(driver_writes(_i, flags_for(_i), "x", 1), 1);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, POLLIN);
}
END_TEST

START_TEST(a_handler_out_of_band_waits_for_all_of_it)
{
	struct call call = { .op = DRIVER_READ, .io.count = 6 };

	make_xbuf(OOB, 16, 16);
	start_call(&call);
	ck_assert_int_eq(write(xfd, "abc", 3), 3);
	ck_assert_int_eq(write(xfd, "def", 3), 3);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, 6);
	ck_assert_mem_eq(call.io.buf, "abcdef", 6);
}
END_TEST

START_TEST(a_handler_out_of_band_waits_for_room)
{
	struct call call = {
		.op = DRIVER_WRITE,
		.io = { .count = 4, .buf = "9abc" },
	};

	make_xbuf(OOB, 8, 8);
	ck_assert_int_eq(driver_writes(OOB, 0, "12345678", 8), 8);
	start_call(&call);
	ck_assert_int_eq(read(xfd, buf, 4), 4);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, 4);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_mem_eq(buf, "56789abc", 8);
}
END_TEST

START_TEST(a_stuck_writer_makes_the_driver_read_short)
{
	struct call call = { .op = WRITE,
			     .io = { .count = 6, .buf = "defghi" } };

	make_xbuf(OOB, 8, 8);
	ck_assert_int_eq(write(xfd, "abc", 3), 3);
	start_call(&call);
	ck_assert_int_eq(driver_reads(OOB, 0, 7), 3);
	ck_assert_str_eq(buf, "abc");
	end_call(&call);
	ck_assert_int_eq(driver_reads(OOB, 0, 6), 6);
	ck_assert_str_eq(buf, "defghi");
}
END_TEST

START_TEST(close_waits_until_the_driver_lets_go)
{
	struct call call = { .op = CLOSE };

	make_xbuf(_i, 16, 16);
	ck_assert_uint_eq(endure_nr_refs(XBUF_NODE), 1);
	start_call(&call);
	endure_await_releasing(XBUF_NODE);
	/* The driver goes on meanwhile, with what was there; many calls, so
	 * that a close which does not wait is over by then. */
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(driver_writes(_i, O_NONBLOCK, "x", 0), 0);
		ck_assert_int_eq(driver_reads(_i, O_NONBLOCK, 1), -EAGAIN);
	}
	ck_assert(!call.done);
	ck_assert_int_eq(tell_peer(_i, XBUF_PEER_IOC_PUT, 0), 0);
	end_call(&call);
	ck_assert_int_eq(call.io.ret, 0);
	ck_assert_int_ge(evl_new_xbuf(16, "/peer"), 0);
}
END_TEST

START_TEST(close_removes_a_driver_that_sleeps_in_it)
{
	struct call reader = { .op = DRIVER_READ, .io.count = 4 };
	struct call closer = { .op = CLOSE };

	make_xbuf(OOB, 16, 16);
	start_call(&reader);
	start_call(&closer);
	end_call(&reader);
	ck_assert_int_eq(reader.io.ret, -EIDRM);
	ck_assert(!closer.done);
	/* Its own release puts what it still holds. */
	ck_assert_int_eq(close(peer), 0);
	end_call(&closer);
	ck_assert_int_eq(closer.io.ret, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/xbuf-driver");
	TCase *tcase = tcase_create("xbuf-driver");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
#define on_both_stages(test) tcase_add_loop_test(tcase, test, INBAND, NR_STAGES)
	on_both_stages(what_the_driver_writes_arrives_at_read);
	on_both_stages(the_driver_reads_what_write_sent);
	on_both_stages(too_little_is_left_alone_without_waiting);
	on_both_stages(too_little_room_takes_nothing_without_waiting);
	on_both_stages(more_than_the_ring_is_an_error_in_both_modes);
	on_both_stages(a_direction_without_a_ring_has_no_buffers);
	on_both_stages(only_descriptors_of_cross_buffers_will_do);
	on_both_stages(a_sleeping_reader_wakes_when_the_driver_writes);
	on_both_stages(a_sleeping_writer_wakes_when_the_driver_reads);
	on_both_stages(poll_wakes_when_the_driver_writes);
	on_both_stages(close_waits_until_the_driver_lets_go);
	tcase_add_test(tcase, a_handler_in_band_must_not_wait);
	tcase_add_test(tcase, a_handler_out_of_band_waits_for_all_of_it);
	tcase_add_test(tcase, a_handler_out_of_band_waits_for_room);
	tcase_add_test(tcase, a_stuck_writer_makes_the_driver_read_short);
	tcase_add_test(tcase, close_removes_a_driver_that_sleeps_in_it);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

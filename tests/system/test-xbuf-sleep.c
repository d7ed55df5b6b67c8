/* SPDX-License-Identifier: MIT */
/* Calls which sleep in a cross-buffer, on either side: what they wait for, and
 * what ends them. */
#include "xbuf-fd.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

/* A thread of ours that makes one call. */
struct call {
	enum { READ, WRITE, OOB_READ, OOB_WRITE } op;
	int fd;
	char buf[64];
	size_t count;
	ssize_t ret;
	int error;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

static void *run_call(void *arg)
{
	struct call *call = arg;
	bool oob = call->op == OOB_READ || call->op == OOB_WRITE;

	if (oob)
		ck_assert_int_ge(
			evl_attach_self("call:%ld", syscall(SYS_gettid)), 0);
	call->tid = (pid_t)syscall(SYS_gettid);
	errno = 0;
	switch (call->op) {
	case READ:
		call->ret = read(call->fd, call->buf, call->count);
		break;
	case WRITE:
		call->ret = write(call->fd, call->buf, call->count);
		break;
	case OOB_READ:
		call->ret = oob_read(call->fd, call->buf, call->count);
		break;
	case OOB_WRITE:
		call->ret = oob_write(call->fd, call->buf, call->count);
		break;
	}
	call->error = errno;

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
	if (call->op == OOB_READ || call->op == OOB_WRITE)
		endure_await_busy(call->tid);
}

static void end_call(struct call *call)
{
	pthread_join(call->thread, NULL);
}

START_TEST(nonblock_set_by_ioctl_is_honoured)
{
	struct call call = { .op = OOB_READ, .count = 4 };
	int dupfd;

	make_xbuf(8, 8);
	dupfd = dup(xfd);
	for (int i = 0; i < 20; i++) {
		ioctl_nonblock(i % 2 ? xfd : dupfd, 1);
		ck_assert_fails(oob_read(xfd, buf, 4), EAGAIN);
		ck_assert_fails(oob_read(dupfd, buf, 4), EAGAIN);
		ioctl_nonblock(i % 3 ? xfd : dupfd, 0);
		call.fd = dupfd;
		call.tid = 0;
		start_call(&call);
		ck_assert_int_eq(write(xfd, "1234", 4), 4);
		end_call(&call);
		ck_assert_int_eq(call.ret, 4);
	}
}
END_TEST

/* Feed a reader of the other side in two pieces. */
static void read_in_pieces(int op, ssize_t (*feed)(int fd, const void *buf,
						   size_t count))
{
	struct call call = { .op = op, .count = 6 };

	make_xbuf(16, 16);
	call.fd = xfd;
	start_call(&call);
	ck_assert_int_eq(feed(xfd, "abc", 3), 3);
	ck_assert_int_eq(feed(xfd, "def", 3), 3);
	end_call(&call);
	ck_assert_int_eq(call.ret, 6);
	ck_assert_mem_eq(call.buf, "abcdef", 6);
}

START_TEST(a_blocked_oob_read_waits_for_all_of_it)
{
	read_in_pieces(OOB_READ, write);
}
END_TEST

START_TEST(a_blocked_read_waits_for_all_of_it)
{
	read_in_pieces(READ, oob_write);
}
END_TEST

START_TEST(blocked_writers_go_on_as_room_is_made)
{
	struct call oob = { .op = OOB_WRITE, .count = 8, .buf = "87654321" };
	struct call inb = { .op = WRITE, .count = 8, .buf = "hgfedcba" };

	make_xbuf(8, 8);
	oob.fd = inb.fd = xfd;
	ck_assert_int_eq(oob_write(xfd, "12345678", 8), 8);
	ck_assert_int_eq(write(xfd, "abcdefgh", 8), 8);
	start_call(&oob);
	start_call(&inb);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_int_eq(oob_read(xfd, buf + 8, 8), 8);
	end_call(&oob);
	end_call(&inb);
	ck_assert_mem_eq(buf, "12345678abcdefgh", 16);
	ck_assert_int_eq(oob.ret, 8);
	ck_assert_int_eq(inb.ret, 8);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_mem_eq(buf, "87654321", 8);
}
END_TEST

START_TEST(a_stuck_writer_makes_reads_short_whoever_came_first)
{
	struct call reader = { .op = OOB_READ, .count = 7 };
	struct call writer = { .op = WRITE, .count = 6, .buf = "defghi" };

	make_xbuf(8, 8);
	reader.fd = writer.fd = xfd;
	start_call(&reader);
	ck_assert_int_eq(write(xfd, "abc", 3), 3);
	pthread_create(&writer.thread, NULL, run_call, &writer);
	end_call(&reader);
	end_call(&writer);
	ck_assert_int_eq(reader.ret, 3);
	ck_assert_int_eq(writer.ret, 6);
}
END_TEST

START_TEST(closing_any_file_of_it_removes_oob_sleepers_only)
{
	struct call oob = { .op = OOB_READ, .count = 4 };
	struct call inb = { .op = READ, .count = 4 };
	int other;

	make_xbuf(16, 16);
	oob.fd = inb.fd = xfd;
	other = open(node_path("evl/xbuf/test-xbuf"), O_RDWR);
	ck_assert_int_ge(other, 0);
	start_call(&oob);
	start_call(&inb);
	close(other);
	end_call(&oob);
	ck_assert_int_eq(oob.ret, -1);
	ck_assert_int_eq(oob.error, EIDRM);
	ck_assert_int_eq(oob_write(xfd, "data", 4), 4);
	end_call(&inb);
	ck_assert_int_eq(inb.ret, 4);
}
END_TEST

START_TEST(closing_the_fd_an_oob_call_sleeps_on_ends_it)
{
	struct call call = { .op = OOB_READ, .count = 4 };

	make_xbuf(16, 16);
	call.fd = xfd;
	start_call(&call);
	ck_assert_int_eq(close(xfd), 0);
	end_call(&call);
	ck_assert_int_eq(call.error, EIDRM);
	ck_assert_fails(oob_read(xfd, buf, 4), EBADF);
	ck_assert_int_ge(evl_new_xbuf(16, "test-xbuf"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/xbuf-sleep");
	TCase *tcase = tcase_create("xbuf-sleep");

	tcase_add_checked_fixture(tcase, xbuf_setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nonblock_set_by_ioctl_is_honoured);
	tcase_add_test(tcase, a_blocked_oob_read_waits_for_all_of_it);
	tcase_add_test(tcase, a_blocked_read_waits_for_all_of_it);
	tcase_add_test(tcase, blocked_writers_go_on_as_room_is_made);
	tcase_add_test(tcase,
		       a_stuck_writer_makes_reads_short_whoever_came_first);
	tcase_add_test(tcase, closing_any_file_of_it_removes_oob_sleepers_only);
	tcase_add_test(tcase, closing_the_fd_an_oob_call_sleeps_on_ends_it);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

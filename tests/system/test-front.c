/* SPDX-License-Identifier: MIT */
/* In-band operations through the kernel, by programs that need no library:
 * nobody who sleeps delays anybody else, close waits for release. */
#include "daemon.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <uapi/evl/devices/loopback.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>
#include <unistd.h>

static char buf[256];

/* A raw in-band xbuf, made as libevl itself would: no interposer in the way. */
static int raw_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, node_path(path), flags);
}

static int raw_xbuf(unsigned int in, unsigned int out, const char *name)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = in, .o_bufsz = out };
	struct evl_clone_req req = {
		.name_ptr = (uintptr_t)name,
		.attrs_ptr = (uintptr_t)&attrs,
		.clone_flags = EVL_CLONE_PUBLIC,
	};
	int fd = raw_open("evl/xbuf/clone", O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, EVL_IOC_CLONE, &req), 0);

	return fd;
}

struct sleeper {
	int fd;
	bool writes;
	_Atomic(pid_t) tid;
	ssize_t ret;
	char data[16];
	pthread_t thread;
};

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = (pid_t)syscall(SYS_gettid);
	if (sleeper->writes)
		sleeper->ret = write(sleeper->fd, "12345678", 8);
	else
		sleeper->ret = read(sleeper->fd, sleeper->data, 8);

	return NULL;
}

static void start_sleeper(struct sleeper *sleeper, int fd, bool writes)
{
	*sleeper = (struct sleeper){ .fd = fd, .writes = writes };
	pthread_create(&sleeper->thread, NULL, run_sleeper, sleeper);
	while (sleeper->tid == 0)
		sched_yield();
	wait_until_asleep(getpid(), sleeper->tid);
}

static void attach(void)
{
	ck_assert_int_ge(evl_attach_self("front"), 0);
}

START_TEST(a_write_goes_on_where_a_read_sleeps_on_the_same_fd)
{
	struct sleeper reader;
	int fd = raw_xbuf(8, 8, "one");

	attach();
	start_sleeper(&reader, fd, false);
	ck_assert_int_eq(write(fd, "outbound", 8), 8);
	ck_assert_msg(oob_read(fd, buf, 8) == 8, "%s", strerror(errno));
	ck_assert_int_eq(oob_write(fd, "abcdefgh", 8), 8);
	pthread_join(reader.thread, NULL);
	ck_assert_mem_eq(reader.data, "abcdefgh", 8);
}
END_TEST

START_TEST(a_smaller_write_passes_one_that_sleeps_for_room)
{
	struct sleeper writer;
	int fd = raw_xbuf(8, 12, "two"), other;

	attach();
	ck_assert_int_eq(write(fd, "0123456", 7), 7);
	start_sleeper(&writer, fd, true); /* 8 bytes, 5 fit */
	ck_assert_int_eq(write(fd, "ab", 2), 2);
	other = raw_open("evl/xbuf/two", O_RDWR);
	ck_assert_int_eq(write(other, "cd", 2), 2);
	ck_assert_int_eq(oob_read(fd, buf, 11), 11);
	ck_assert_mem_eq(buf, "0123456abcd", 11);
	pthread_join(writer.thread, NULL);
	ck_assert_int_eq(writer.ret, 8);
}
END_TEST

static int open_append(const char *path)
{
	return open(path, O_RDWR | O_APPEND);
}

static int set_append(const char *path)
{
	int fd = open(path, O_RDWR);

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_APPEND), 0);

	return fd;
}

/* Opened by the C library itself: seen when it is used out-of-band. */
static int open_stream(const char *path)
{
	FILE *stream = fopen(path, "a+");

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(oob_write(fileno(stream), "", 0), 0);

	return fileno(stream);
}

/* With it set unseen: the library looks when it binds. */
static int bind_append(const char *path)
{
	int fd = raw_open("evl/xbuf/append", O_RDWR | O_APPEND);

	ck_assert_int_eq(oob_write(fd, "", 0), 0);

	return fd;
}

static int (*const append_ways[])(const char *path) = {
	open_append,
	set_append,
	open_stream,
	bind_append,
};

START_TEST(with_o_append_a_writer_does_not_wait_for_a_sleeping_one)
{
	struct sleeper writer;
	int xfd = raw_xbuf(8, 12, "append"), fd;

	attach();
	fd = append_ways[_i](node_path("evl/xbuf/append"));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "0123456", 7), 7);
	start_sleeper(&writer, fd, true); /* 8 bytes, 5 fit */
	ck_assert_int_eq(write(fd, "ab", 2), 2);
	ck_assert_int_eq(oob_read(xfd, buf, 9), 9);
	pthread_join(writer.thread, NULL);
	ck_assert_int_eq(writer.ret, 8);
}
END_TEST

static int append_unconnected(void *arg)
{
	struct sleeper writer;
	int fd = open_append(node_path("evl/xbuf/append"));

	if (write(fd, "0123456", 7) != 7)
		return 1;
	start_sleeper(&writer, fd, true);

	return write(fd, "ab", 2) == 2 ? 0 : 2;
}

START_TEST(a_process_need_not_be_connected_for_that)
{
	raw_xbuf(8, 12, "append");
	ck_assert_int_eq(child_wait(child_start(append_unconnected, NULL)), 0);
}
END_TEST

/* Files of others, one of them as large as a node. */
START_TEST(elsewhere_o_append_is_what_it_was)
{
	int fd = memfd_create("large", MFD_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 62), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
	ck_assert(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
	fd = open("/dev/null", O_WRONLY | O_APPEND);
	ck_assert(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
}
END_TEST

START_TEST(sleepers_on_one_element_do_not_delay_another)
{
	struct sleeper writer, reader;
	int a = raw_xbuf(8, 8, "aa"), b = raw_xbuf(8, 8, "bb");

	attach();
	ck_assert_int_eq(write(a, "full----", 8), 8);
	start_sleeper(&writer, a, true);
	start_sleeper(&reader, a, false);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(write(b, "passes--", 8), 8);
		ck_assert_int_eq(oob_read(b, buf, 8), 8);
	}
	ck_assert_int_eq(oob_read(a, buf, 8), 8);
	ck_assert_int_eq(oob_write(a, "to read-", 8), 8);
	pthread_join(writer.thread, NULL);
	pthread_join(reader.thread, NULL);
	ck_assert_mem_eq(reader.data, "to read-", 8);
}
END_TEST

START_TEST(many_sleepers_at_once_all_wake)
{
	struct sleeper readers[50];
	int fds[8];

	attach();
	for (int i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many%d", i);
		fds[i] = raw_xbuf(512, 8, name);
	}
	for (int i = 0; i < 50; i++)
		start_sleeper(&readers[i], fds[i % 8], false);
	for (int i = 0; i < 56; i++)
		ck_assert_int_eq(oob_write(fds[i % 8], "12345678", 8), 8);
	for (int i = 0; i < 50; i++) {
		pthread_join(readers[i].thread, NULL);
		ck_assert_int_eq(readers[i].ret, 8);
	}
}
END_TEST

START_TEST(a_message_larger_than_a_page_arrives_whole)
{
	static char out[100000], in[100000];
	int fd = raw_xbuf(100000, 100000, "large");

	attach();
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i / 3);
	ck_assert_int_eq(write(fd, out, sizeof(out)), sizeof(out));
	ck_assert_int_eq(oob_read(fd, in, sizeof(in)), sizeof(in));
	ck_assert_mem_eq(in, out, sizeof(in));
}
END_TEST

START_TEST(more_than_a_request_holds_is_read_without_hanging)
{
	static char in[300000];
	int fd = raw_xbuf(1 << 20, 8, "split");

	attach();
	memset(in, 'x', sizeof(in));
	ck_assert_int_eq(oob_write(fd, in, sizeof(in)), sizeof(in));
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	for (size_t got = 0; got < sizeof(in);) {
		ssize_t len = read(fd, in, sizeof(in));

		ck_assert_int_gt(len, 0);
		got += (size_t)len;
	}
	ck_assert_int_eq(read(fd, in, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(the_raw_creation_protocol_works)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = 8, .o_bufsz = 8 };
	struct evl_clone_req req = { .attrs_ptr = (uintptr_t)&attrs };
	int fd = raw_open("evl/xbuf/clone", O_RDWR);

	ck_assert_int_eq(ioctl(fd, TCGETS, buf), -1);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(ioctl(fd, EVL_IOC_CLONE, &req), 0);
	ck_assert_int_eq(ioctl(fd, EVL_IOC_CLONE, &req), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(write(fd, "x", 1), 1);
}
END_TEST

START_TEST(in_band_ioctls_carry_their_argument_both_ways)
{
	struct loopback_echo echo = { .value = 41 };
	int fd = raw_open("loopback", O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, LOOPBACK_IOC_NOP), 0);
	ck_assert_int_eq(ioctl(fd, LOOPBACK_IOC_ECHO, &echo), 0);
	ck_assert_uint_eq(echo.value, 42);
	ck_assert_int_eq(ioctl(fd, _IO('x', 99)), -1);
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(shell_tools_work_on_a_node)
{
	char command[512];

	snprintf(
		command, sizeof(command),
		"exec 3<>%s && printf hello >&3 && head -c 5 <&3 | grep -qx hello",
		node_path("loopback"));
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "echo x > %s",
		 node_path("loopback"));
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(poll_without_a_sleeper_and_with)
{
	int fd = raw_open("loopback", O_RDWR);
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	ck_assert_int_eq(poll(&pfd, 1, 0), 1);
	ck_assert_int_eq(pfd.revents, POLLOUT);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	ck_assert_int_eq(pfd.revents, POLLIN | POLLOUT);
}
END_TEST

static unsigned int count_released(int fd)
{
	unsigned int count;

	ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));

	return count;
}

static void setup_slow(void)
{
	const char *const args[] = { "--driver", getenv("EVL_SLOW_RELEASE"),
				     NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

START_TEST(close_returns_when_release_has_ended)
{
	int fd, count_fd;

	ck_assert_int_eq(evl_init(), 0);
	count_fd = open(node_path("slow-release"), O_RDONLY);
	for (unsigned int i = 1; i <= 10; i++) {
		fd = open(node_path("slow-release"), O_RDWR);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(close(fd), 0);
		ck_assert_uint_eq(count_released(count_fd), i);
	}

	/* The close of a dup is not the last one. */
	fd = open(node_path("slow-release"), O_RDWR);
	close(dup(fd));
	ck_assert_uint_eq(count_released(count_fd), 10);
	close(fd);
	ck_assert_uint_eq(count_released(count_fd), 11);

	/* Replacing the last one is a close of it. */
	fd = open(node_path("slow-release"), O_RDWR);
	ck_assert_int_eq(dup2(count_fd, fd), fd);
	ck_assert_uint_eq(count_released(fd), 12);
	ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
	ck_assert_uint_eq(count_released(count_fd), 12);
}
END_TEST

START_TEST(release_ends_in_time_without_the_library_too)
{
	int count_fd = raw_open("slow-release", O_RDONLY), fd;

	for (int i = 0; i < 30; i++) {
		fd = raw_open("slow-release", O_RDWR);
		ck_assert_int_ge(fd, 0);
		syscall(SYS_close, fd);
	}
	while (count_released(count_fd) < 30)
		sched_yield();
	if (daemon_on_cuse()) {
		syscall(SYS_close, raw_open("slow-release", O_RDWR));
		ck_assert_uint_eq(count_released(count_fd), 31);
	}
}
END_TEST

/* What drivers/README.md says of nodes. */
START_TEST(a_node_looks_as_its_front_has_it)
{
	struct stat st;
	int fd = raw_open("loopback", O_RDWR | O_NONBLOCK);

	ck_assert_int_eq(fstat(fd, &st), 0);
	if (daemon_on_cuse()) {
		ck_assert(S_ISCHR(st.st_mode) && st.st_size == 0);
		ck_assert_int_eq(lseek(fd, 5, SEEK_SET), 0);
		ck_assert_int_eq(pwrite(fd, "abc", 3, 7), 3);
		ck_assert_int_eq(pread(fd, buf, 3, 9), 3);
		ck_assert_mem_eq(buf, "abc", 3);
	} else {
		ck_assert(S_ISREG(st.st_mode) && st.st_size == 1ll << 62);
		ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), -1);
		ck_assert_int_eq(errno, ESPIPE);
		ck_assert_int_eq(pwrite(fd, "abc", 3, 0), -1);
		ck_assert_int_eq(errno, ESPIPE);
		ck_assert_int_eq(pread(fd, buf, 3, 0), -1);
		ck_assert_int_eq(errno, ESPIPE);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/front");
	TCase *tcase = tcase_create("front");

	tcase_add_checked_fixture(tcase, daemon_setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       a_write_goes_on_where_a_read_sleeps_on_the_same_fd);
	tcase_add_test(tcase, a_smaller_write_passes_one_that_sleeps_for_room);
	tcase_add_loop_test(
		tcase, with_o_append_a_writer_does_not_wait_for_a_sleeping_one,
		0, sizeof(append_ways) / sizeof(append_ways[0]));
	tcase_add_test(tcase, a_process_need_not_be_connected_for_that);
	tcase_add_test(tcase, elsewhere_o_append_is_what_it_was);
	tcase_add_test(tcase, sleepers_on_one_element_do_not_delay_another);
	tcase_add_test(tcase, many_sleepers_at_once_all_wake);
	tcase_add_test(tcase, a_message_larger_than_a_page_arrives_whole);
	tcase_add_test(tcase,
		       more_than_a_request_holds_is_read_without_hanging);
	tcase_add_test(tcase, the_raw_creation_protocol_works);
	tcase_add_test(tcase, in_band_ioctls_carry_their_argument_both_ways);
	tcase_add_test(tcase, shell_tools_work_on_a_node);
	tcase_add_test(tcase, a_node_looks_as_its_front_has_it);
	tcase_add_test(tcase, poll_without_a_sleeper_and_with);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("close");
	tcase_add_checked_fixture(tcase, setup_slow, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, close_returns_when_release_has_ended);
	tcase_add_test(tcase, release_ends_in_time_without_the_library_too);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

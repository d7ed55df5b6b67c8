/* SPDX-License-Identifier: MIT */
/* Cross-buffers, end to end: read and write rules on both sides, names,
 * polling, closing. */
#include "xbuf-fd.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

START_TEST(oob_write_feeds_read_and_write_feeds_oob_read)
{
	make_xbuf(64, 64);
	ck_assert_int_eq(oob_write(xfd, "inbound", 7), 7);
	ck_assert_int_eq(write(xfd, "outbound", 8), 8);
	ck_assert_int_eq(read(xfd, buf, 7), 7);
	ck_assert_str_eq(buf, "inbound");
	memset(buf, 0, sizeof(buf));
	ck_assert_int_eq(oob_read(xfd, buf, 8), 8);
	ck_assert_str_eq(buf, "outbound");
}
END_TEST

START_TEST(sizes_are_checked_at_creation)
{
	ck_assert_int_eq(evl_new_xbuf(0, "none"), -EINVAL);
	ck_assert_int_eq(evl_create_xbuf((1u << 30) + 1, 0, 0, "big"), -EINVAL);
	ck_assert_int_eq(evl_create_xbuf(16, 16, EVL_CLONE_OBSERVABLE, "o"),
			 -EINVAL);
	xfd = evl_create_xbuf(0, 1u << 30, 0, "biggest");
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_eq(write(xfd, "x", 1), 1);
	ck_assert_int_eq(oob_read(xfd, buf, 1), 1);
	ck_assert_fails(oob_write(xfd, "x", 1), ENOBUFS);
	ck_assert_fails(read(xfd, buf, 1), ENOBUFS);
}
END_TEST

START_TEST(a_name_is_taken_until_the_last_close_and_free_at_once_then)
{
	int other;

	make_xbuf(16, 16);
	ck_assert_int_eq(access(node_path("evl/xbuf/test-xbuf"), F_OK), 0);
	ck_assert_int_eq(evl_new_xbuf(16, "test-xbuf"), -EEXIST);
	ck_assert_int_eq(evl_new_xbuf(16, "/test-xbuf"), -EEXIST);
	/* Wherever the nodes are, open(2) says why it fails. */
	ck_assert_fails(open("/dev/evl/xbuf/test-xbuf",
			     O_RDWR | O_CREAT | O_EXCL, 0600),
			EEXIST);
	other = open(node_path("evl/xbuf/test-xbuf"), O_RDWR);
	ck_assert_int_ge(other, 0);
	close(xfd);
	ck_assert_int_eq(evl_new_xbuf(16, "test-xbuf"), -EEXIST);
	close(other);
	for (int i = 0; i < 50; i++) {
		xfd = evl_new_xbuf(16, "/test-xbuf");
		ck_assert_int_ge(xfd, 0);
		close(xfd);
		ck_assert_int_ne(access(node_path("evl/xbuf/test-xbuf"), F_OK),
				 0);
	}
}
END_TEST

START_TEST(a_private_one_shows_no_node_and_a_slash_makes_it_public)
{
	xfd = evl_new_xbuf(16, "hidden");
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_ne(access(node_path("evl/xbuf/hidden"), F_OK), 0);
	ck_assert_int_ge(evl_new_xbuf(16, "/shown"), 0);
	ck_assert_int_eq(access(node_path("evl/xbuf/shown"), F_OK), 0);
	ck_assert_int_eq(evl_new_xbuf(16, "a/b"), -EINVAL);
	ck_assert_int_ge(evl_create_xbuf(16, 16, 0, NULL), 0);
	ck_assert_int_eq(evl_create_xbuf(16, 16, EVL_CLONE_PUBLIC, NULL),
			 -EINVAL);
}
END_TEST

static const struct {
	const char *name; /* without a slash in front */
	bool public_ok, private_ok;
} names[] = {
	{ "plain", true, true },
	{ "with blanks, % and \303\244", true, true },
	{ "a\nb", false, true },
	{ "a\033[2Jb", false, true },
	{ "a\177b", false, true },
	{ ".hidden", false, true },
	{ ".", false, false },
	{ "..", false, false },
	{ "clone", false, false },
	{ "a/b", false, false },
};

START_TEST(names_are_as_the_headers_say)
{
	const char *name = names[_i].name;
	int fd;

	fd = evl_new_xbuf(16, "%s", name);
	ck_assert_int_eq(fd < 0 ? fd : 0, names[_i].private_ok ? 0 : -EINVAL);
	close(fd);
	fd = evl_new_xbuf(16, "/%s", name);
	ck_assert_int_eq(fd < 0 ? fd : 0, names[_i].public_ok ? 0 : -EINVAL);
	close(fd);

	/* Threads, the same. */
	ck_assert_int_eq(evl_detach_self(), 0);
	fd = evl_attach_self("%s", name);
	ck_assert_int_eq(fd < 0 ? fd : 0, names[_i].private_ok ? 0 : -EINVAL);
	evl_detach_self();
	fd = evl_attach_self("/%s", name);
	ck_assert_int_eq(fd < 0 ? fd : 0, names[_i].public_ok ? 0 : -EINVAL);
}
END_TEST

START_TEST(the_seventeenth_is_refused)
{
	for (int i = 0; i < 16; i++)
		ck_assert_int_ge(evl_new_xbuf(16, "x%d", i), 0);
	ck_assert_int_eq(evl_new_xbuf(16, "one too many"), -EAGAIN);
}
END_TEST

START_TEST(non_blocking_calls_do_not_wait)
{
	make_xbuf(8, 8);
	ck_assert_int_eq(set_nonblock(xfd), 0);
	ck_assert_fails(oob_read(xfd, buf, 4), EAGAIN);
	ck_assert_fails(read(xfd, buf, 4), EAGAIN);
	ck_assert_int_eq(write(xfd, "abc", 3), 3);
	ck_assert_int_eq(oob_read(xfd, buf, 100), 3);
	ck_assert_int_eq(oob_write(xfd, "12345678", 8), 8);
	ck_assert_fails(oob_write(xfd, "x", 1), EAGAIN);
	ck_assert_fails(oob_write(xfd, "123456789", 9), EINVAL);
	ck_assert_int_eq(read(xfd, buf, 100), 8);
}
END_TEST

START_TEST(nonblock_at_creation_and_through_dup_is_honoured)
{
	int dupfd;

	xfd = evl_create_xbuf(8, 8, EVL_CLONE_NONBLOCK, "nb");
	ck_assert_int_ge(xfd, 0);
	ck_assert(fcntl(xfd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(xfd, F_GETFD) & FD_CLOEXEC);
	dupfd = dup(xfd);
	ck_assert_fails(oob_read(dupfd, buf, 4), EAGAIN);
	close(xfd);
	ck_assert_fails(oob_read(xfd, buf, 4), EBADF);
	ck_assert_fails(oob_read(dupfd, buf, 4), EAGAIN);
}
END_TEST

START_TEST(bad_requests_are_answered_as_documented)
{
	int pipefd[2];

	make_xbuf(8, 8);
	ck_assert_int_eq(oob_read(xfd, buf, 0), 0);
	ck_assert_int_eq(oob_write(xfd, buf, 0), 0);
	ck_assert_fails(oob_read(xfd, buf, 9), EINVAL);
	ck_assert_fails(oob_ioctl(xfd, 1234), ENOTTY);
	ck_assert_fails(oob_read(-1, buf, 1), EBADF);
	ck_assert_fails(oob_read(1000, buf, 1), EBADF);
	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_fails(oob_read(pipefd[0], buf, 1), EBADF);
	ck_assert_fails(oob_write(xfd, (void *)8, 4), EFAULT);
}
END_TEST

START_TEST(a_bad_buffer_leaves_zeroes_of_its_length)
{
	make_xbuf(16, 16);
	/* The ring has been used before. */
	ck_assert_int_eq(oob_write(xfd, "0123456789abcdef", 16), 16);
	ck_assert_int_eq(read(xfd, buf, 16), 16);
	ck_assert_int_eq(oob_write(xfd, "12", 2), 2);
	ck_assert_fails(oob_write(xfd, (void *)8, 4), EFAULT);
	ck_assert_int_eq(oob_write(xfd, "34", 2), 2);
	ck_assert_int_eq(read(xfd, buf, 8), 8);
	ck_assert_mem_eq(buf, "12\0\0\0\00034", 8);
}
END_TEST

START_TEST(open_mode_limits_oob_calls_too)
{
	int rd, wr;

	make_xbuf(8, 8);
	rd = open(node_path("evl/xbuf/test-xbuf"), O_RDONLY);
	wr = open(node_path("evl/xbuf/test-xbuf"), O_WRONLY);
	ck_assert_int_ge(rd, 0);
	ck_assert_int_ge(wr, 0);
	ck_assert_fails(oob_write(rd, "a", 1), EBADF);
	ck_assert_fails(oob_read(wr, buf, 1), EBADF);
	ck_assert_int_eq(oob_write(wr, "a", 1), 1);
	ck_assert_int_eq(read(rd, buf, 1), 1);
}
END_TEST

START_TEST(messages_of_any_size_pass_whole)
{
	static char out[100000], in[100000];
	size_t sizes[] = { 1, 63, 64, 4096, 16383, 16384, 16385, 65536, 99999 };

	xfd = evl_create_xbuf(100000, 100000, 0, "sizes");
	ck_assert_int_ge(xfd, 0);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(in, 0, sizeof(in));
		ck_assert_int_eq(oob_write(xfd, out, sizes[i]), sizes[i]);
		ck_assert_int_eq(read(xfd, in, sizes[i]), sizes[i]);
		ck_assert_mem_eq(in, out, sizes[i]);
		memset(in, 0, sizeof(in));
		ck_assert_int_eq(write(xfd, out, sizes[i]), sizes[i]);
		ck_assert_int_eq(oob_read(xfd, in, sizes[i]), sizes[i]);
		ck_assert_mem_eq(in, out, sizes[i]);
	}
}
END_TEST

/* The library looks at them all, and changes none. */
START_TEST(other_ioctls_are_what_they_were)
{
	int pipefd[2], on = 1, len = 0;

	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(write(pipefd[1], "123", 3), 3);
	ck_assert_int_eq(ioctl(pipefd[0], FIONREAD, &len), 0);
	ck_assert_int_eq(len, 3);
	ioctl_nonblock(pipefd[1], 1);
	ck_assert_int_eq(fcntl(pipefd[1], F_GETFL), O_WRONLY | O_NONBLOCK);
	ck_assert_fails(ioctl(-1, FIONBIO, &on), EBADF);
	ck_assert_int_eq(ioctl(pipefd[0], FIOCLEX), 0);
	ck_assert_int_eq(fcntl(pipefd[0], F_GETFD), FD_CLOEXEC);
	make_xbuf(8, 8);
	ck_assert_fails(ioctl(xfd, FIONBIO, (void *)8), EFAULT);
	ck_assert_fails(ioctl(xfd, 1234), ENOTTY);
}
END_TEST

static short ready(int fd, short events, int timeout)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, timeout) > 0 ? pfd.revents : 0;
}

static void *feed_both(void *arg)
{
	pid_t *main_thread = arg;

	ck_assert_int_ge(evl_attach_self("feeder:%ld", syscall(SYS_gettid)), 0);
	wait_until_asleep(*main_thread, *main_thread);
	ck_assert_int_eq(oob_write(xfd, "x", 1), 1);

	return NULL;
}

START_TEST(poll_select_and_epoll_see_levels_and_wake)
{
	struct epoll_event event = { .events = EPOLLIN };
	pid_t self = getpid();
	pthread_t feeder;
	fd_set set;
	int epfd;

	make_xbuf(4, 4);
	ck_assert_int_eq(ready(xfd, POLLIN | POLLOUT, 0), POLLOUT);
	ck_assert_int_eq(write(xfd, "full", 4), 4);
	ck_assert_int_eq(ready(xfd, POLLIN | POLLOUT, 0), 0);
	ck_assert_int_eq(oob_write(xfd, "a", 1), 1);
	ck_assert_int_eq(ready(xfd, POLLIN | POLLOUT, 0), POLLIN);
	ck_assert_int_eq(read(xfd, buf, 1), 1);
	ck_assert_int_eq(oob_read(xfd, buf, 4), 4);
	ck_assert_int_eq(ready(xfd, POLLIN | POLLOUT, 0), POLLOUT);

	/* Asleep in each of them when the byte comes. */
	pthread_create(&feeder, NULL, feed_both, &self);
	ck_assert_int_eq(ready(xfd, POLLIN, -1), POLLIN);
	pthread_join(feeder, NULL);
	ck_assert_int_eq(read(xfd, buf, 1), 1);

	FD_ZERO(&set);
	FD_SET(xfd, &set);
	pthread_create(&feeder, NULL, feed_both, &self);
	ck_assert_int_eq(select(xfd + 1, &set, NULL, NULL, NULL), 1);
	pthread_join(feeder, NULL);
	ck_assert_int_eq(read(xfd, buf, 1), 1);

	epfd = epoll_create1(0);
	ck_assert_int_eq(epoll_ctl(epfd, EPOLL_CTL_ADD, xfd, &event), 0);
	for (int i = 0; i < 3; i++) {
		pthread_create(&feeder, NULL, feed_both, &self);
		ck_assert_int_eq(epoll_wait(epfd, &event, 1, -1), 1);
		pthread_join(feeder, NULL);
		ck_assert_int_eq(read(xfd, buf, 1), 1);
	}
}
END_TEST

START_TEST(rings_outlive_single_descriptions)
{
	int other;

	make_xbuf(16, 16);
	other = open(node_path("evl/xbuf/test-xbuf"), O_RDWR);
	ck_assert_int_eq(oob_write(xfd, "kept", 4), 4);
	close(xfd);
	ck_assert_int_eq(read(other, buf, 4), 4);
	ck_assert_str_eq(buf, "kept");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/xbuf");
	TCase *tcase = tcase_create("xbuf");

	tcase_add_checked_fixture(tcase, xbuf_setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, oob_write_feeds_read_and_write_feeds_oob_read);
	tcase_add_test(tcase, sizes_are_checked_at_creation);
	tcase_add_test(
		tcase,
		a_name_is_taken_until_the_last_close_and_free_at_once_then);
	tcase_add_test(tcase,
		       a_private_one_shows_no_node_and_a_slash_makes_it_public);
	tcase_add_loop_test(tcase, names_are_as_the_headers_say, 0,
			    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tcase, the_seventeenth_is_refused);
	tcase_add_test(tcase, non_blocking_calls_do_not_wait);
	tcase_add_test(tcase, nonblock_at_creation_and_through_dup_is_honoured);
	tcase_add_test(tcase, other_ioctls_are_what_they_were);
	tcase_add_test(tcase, bad_requests_are_answered_as_documented);
	tcase_add_test(tcase, a_bad_buffer_leaves_zeroes_of_its_length);
	tcase_add_test(tcase, open_mode_limits_oob_calls_too);
	tcase_add_test(tcase, messages_of_any_size_pass_whole);
	tcase_add_test(tcase, poll_select_and_epoll_see_levels_and_wake);
	tcase_add_test(tcase, rings_outlive_single_descriptions);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * Drivers as people write them for kernels with EVL, of several kinds
 * (tests/headers/driver): they do what they would there.
 */
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
#include <unistd.h>

/* What ticker.c and pump.c have to say. */
struct event {
	__u64 stamp;
	__u32 seq;
	__s32 value;
};

struct sample {
	__u64 when;
	__u32 n;
	__u32 missed;
};

#define KIOC_XBUF _IOW('k', 0, int)
#define KIOC_KICK _IO('k', 1)

static void setup(void)
{
	const char *const args[] = {
		"--verbose",
		"--device",
		"meter",
		"compatible=acme,meter",
		"reg=0x40000000 0x100",
		"irq=21",
		"limit=5",
		"label=Front",
		"--driver",
		getenv("EVL_BOOKS"),
		"--driver",
		getenv("EVL_METER"),
		"--driver",
		getenv("EVL_OLD_CHAR"),
		"buf_size=8",
		"--driver",
		getenv("EVL_PUMP"),
		"--driver",
		getenv("EVL_TICKER"),
		"--driver",
		getenv("EVL_WORDS"),
		NULL,
	};

	daemon_setup_with(args);
}

static int open_node(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", test_daemon.devdir, name);
	fd = open(path, flags | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %m", path);

	return fd;
}

/* A node's contents, as far as they go, as a string. */
static const char *contents(const char *name)
{
	static char text[200];
	int fd = open_node(name, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	ck_assert_int_ge(len, 0);
	text[len] = '\0';
	close(fd);

	return text;
}

START_TEST(books_add_up)
{
	ck_assert(daemon_said(&test_daemon,
			      "books: all 50 in their places, none left"));
}
END_TEST

START_TEST(words_are_said)
{
	static const char *const lines[] = {
		"evl-cused: words: emerg\n",
		"evl-cused: warning: words: warn\n",
		"evl-cused: words: info and more\n",
		"evl-cused: words: devel\n",
		"evl-cused: (no device): no device -ENODEV\n",
		"words: 02:00:aa:bb:cc:01 [02 00 aa bb cc 01] [02:00:aa] 0x0",
		"[02:00:aa] 0x0000000000001000 0x",
		"(words_init+0)",
		"words: 02:00:aa:bb:cc:01 yes\n",
		"evl-cused: warning: words: <1 two>\n",
		"evl-cused: words: once\n",
		"evl-cused: warning: words: limited 0\n",
		"evl-cused: words: 00000000: 3230 303a 3a30 6161",
		"evl-cused: 02 00 aa bb cc 01",
		"words_init(): offset -1\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(daemon_said(&test_daemon, lines[i]), "no %s",
			      lines[i]);
}
END_TEST

START_TEST(a_platform_device_has_what_was_configured)
{
	int fd = open_node("evl/sys/devices/meter/mode", O_WRONLY);

	ck_assert(
		daemon_said(&test_daemon,
			    "meter: Front at [mem 0x40000000-0x400000ff] "
			    "(0x0000000040000000), limit 5, irq 21, meter\n"));
	ck_assert_int_eq(write(fd, "5\n", 2), 2);
	close(fd);
	ck_assert_str_eq(contents("evl/sys/devices/meter/mode"), "5\n");
	ck_assert_str_eq(contents("evl/sys/devices/meter/count"), "0\n");

	fd = open_node("evl/sys/devices/meter/mode", O_WRONLY);
	ck_assert_int_eq(write(fd, "9\n", 2), -1);
	ck_assert_int_eq(errno, ERANGE);
	close(fd);
}
END_TEST

static void *read_one(void *arg)
{
	ck_assert_str_eq(contents("old-char1"), "late");

	return arg;
}

START_TEST(a_character_device_reads_what_was_written)
{
	int fd = open_node("old-char0", O_RDWR | O_NONBLOCK);
	pthread_t reader;

	ck_assert_int_eq(write(fd, "0123456789", 10), 8);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_str_eq(contents("evl/sys/class/old-char/old-char0/fill"),
			 "8 of 8\n");
	ck_assert_str_eq(contents("old-char0"), "01234567");
	ck_assert_int_eq(read(fd, &(char){ 0 }, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);

	/* Whether it sleeps by then or not. */
	fd = open_node("old-char1", O_WRONLY);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_one, NULL), 0);
	ck_assert_int_eq(write(fd, "late", 4), 4);
	pthread_join(reader, NULL);
	close(fd);
}
END_TEST

START_TEST(a_timer_is_heard_of_on_both_stages)
{
	int fd = open_node("ticker", O_RDONLY);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct event ev[3];

	ck_assert_int_eq(poll(&pfd, 1, 10000), 1);
	ck_assert_int_eq(read(fd, &ev[0], sizeof(ev[0])), sizeof(ev[0]));
	ck_assert_int_eq(read(fd, &ev[1], sizeof(ev[1])), sizeof(ev[1]));
	ck_assert_int_ge(evl_attach_self("style:%d", getpid()), 0);
	ck_assert_int_eq(oob_read(fd, &ev[2], sizeof(ev[2])), sizeof(ev[2]));
	for (__u32 i = 0; i < 3; i++) {
		ck_assert_uint_eq(ev[i].seq, i);
		ck_assert_int_eq(ev[i].value, -1);
		ck_assert(i == 0 || ev[i].stamp > ev[i - 1].stamp);
	}
	ck_assert_int_eq(oob_read(fd, ev, 1), -1);
	ck_assert_int_eq(errno, EINVAL);
	evl_detach_self();
	close(fd);
}
END_TEST

START_TEST(a_kernel_thread_fills_a_cross_buffer)
{
	int fd = open_node("pump", O_RDWR), xfd, bad = fd;
	struct sample s;

	ck_assert_int_ge(evl_attach_self("style:%d", getpid()), 0);
	xfd = evl_new_xbuf(1024, "style:%d", getpid());
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_eq(ioctl(fd, KIOC_XBUF, &bad), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(ioctl(fd, KIOC_XBUF, &xfd), 0);
	for (__u32 i = 0; i < 3; i++) {
		ck_assert_int_eq(ioctl(fd, KIOC_KICK), 0);
		ck_assert_int_eq(read(xfd, &s, sizeof(s)), sizeof(s));
		ck_assert_uint_eq(s.n, i);
	}
	ck_assert_int_eq(ioctl(fd, _IO('k', 2)), -1);
	ck_assert_int_eq(errno, ENOTTY);
	evl_detach_self();
	close(fd); /* until then it has the cross-buffer */
	close(xfd);
}
END_TEST

/* Each file has a position, unless it is a stream. */
START_TEST(a_story_is_read_to_its_end)
{
	const char *const args[] = { "--driver", getenv("EVL_STORY"),
				     _i ? "isolate=yes" : NULL, NULL };
	char text[64] = "";
	int fd, other;

	daemon_setup_with(args);
	fd = open_node("story", O_RDWR);
	ck_assert_int_eq(read(fd, text, 5), 5);
	ck_assert_str_eq(contents("story"), "Once upon a time\n");
	ck_assert_int_eq(read(fd, text + 5, 7), 7);
	ck_assert_str_eq(text, "Once upon a ");
	ck_assert_int_eq(write(fd, "day\n", 4), 4);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 0);
	ck_assert_int_eq(ioctl(fd, _IO('s', 0)), 0);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 16);
	ck_assert_mem_eq(text, "Once upon a day\n", 16);

	other = open_node("rumour", O_RDONLY);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(read(other, text, 5), 5);
		ck_assert_mem_eq(text, "Once ", 5);
	}
	close(other);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/style");
	TCase *tc = tcase_create("style");

	tcase_add_checked_fixture(tc, setup, daemon_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, books_add_up);
	tcase_add_test(tc, words_are_said);
	tcase_add_test(tc, a_platform_device_has_what_was_configured);
	tcase_add_test(tc, a_character_device_reads_what_was_written);
	tcase_add_test(tc, a_timer_is_heard_of_on_both_stages);
	tcase_add_test(tc, a_kernel_thread_fills_a_cross_buffer);
	suite_add_tcase(suite, tc);
	tc = suite_add(suite, "story", a_story_is_read_to_its_end, 2);
	tcase_add_checked_fixture(tc, NULL, daemon_teardown);

	return suite_run(suite);
}

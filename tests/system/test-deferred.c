/* SPDX-License-Identifier: MIT */
/* What a driver defers from out-of-band comes in-band, and its attributes. */
#include "daemon.h"
#include "drivers/deferrer.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static int fd;

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_DEFERRER"),
				     "--verbose", NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	fd = open(node_path("deferrer"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static unsigned int count_of(const char *bytes, ssize_t len, char byte)
{
	unsigned int count = 0;

	for (ssize_t i = 0; i < len; i++)
		count += bytes[i] == byte;

	return count;
}

/* Read until each of @bytes has come, in whatever order. */
static void await_bytes(const char *bytes)
{
	char buf[256], missing[8] = "";
	char *found;

	strncpy(missing, bytes, sizeof(missing) - 1);
	while (missing[0]) {
		ck_assert_int_eq(read(fd, buf, 1), 1);
		found = strchr(missing, buf[0]);
		if (found)
			memmove(found, found + 1, strlen(found));
	}
}

START_TEST(a_timers_function_defers)
{
	/* Once each for every tick: what was deferred has come before. */
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_TICK, 1), 0);
		await_bytes("TWK");
	}
	/* As fast as they come: some find the last one still pending. */
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_TICK, 200), 0);
	await_bytes("TWK");
}
END_TEST

START_TEST(a_handler_defers)
{
	char buf[16];
	unsigned int asked = 0, came = 0;
	ssize_t len;

	for (int i = 0; i < 100; i++) {
		asked += oob_ioctl(fd, DEFERRER_IOC_DEFER, 0) == 1;
		if (asked > came) {
			len = read(fd, buf, sizeof(buf));
			ck_assert_int_gt(len, 0);
			came += count_of(buf, len, DEFERRER_OOB);
		}
	}
	ck_assert_uint_eq(asked, 100);
	ck_assert_uint_eq(came, 100);
}
END_TEST

START_TEST(a_handler_waits_for_in_band)
{
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_ASK, i), i + 1);
		ck_assert_int_eq(ioctl(fd, DEFERRER_IOC_ASK, i), i + 1);
	}
}
END_TEST

static void *ask_in_a_thread(void *arg)
{
	int *wrong = arg;

	ck_assert_int_ge(evl_attach_self("asker:%d", gettid()), 0);
	for (int i = 0; i < 200; i++) {
		*wrong += oob_ioctl(fd, DEFERRER_IOC_ASK, i) != i + 1;
		oob_ioctl(fd, DEFERRER_IOC_DEFER, 0);
		if (i % 20 == 0)
			oob_ioctl(fd, DEFERRER_IOC_TICK, 20);
	}

	return NULL;
}

/* And the file is closed with whatever is still on its way. */
START_TEST(threads_defer_at_once)
{
	pthread_t threads[3];
	int wrong[3] = { 0 };

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, ask_in_a_thread, &wrong[i]);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(wrong[i], 0);
	}
	oob_ioctl(fd, DEFERRER_IOC_TICK, 1000000);
	await_bytes("T");
	ck_assert_int_eq(close(fd), 0);
	fd = open(node_path("deferrer"), O_RDWR);
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_ASK, 1), 2);
}
END_TEST

START_TEST(vectors_are_gathered_and_spread)
{
	char in[3][16] = { "abcdefgh", "", "ijkl" }, out[10][4];
	struct iovec in_vec[3] = {
		{ in[0], 8 },
		{ in[1], 0 },
		{ in[2], 4 },
	};
	struct iovec out_vec[10];
	struct deferrer_vector vec = {
		.in_ptr = (uintptr_t)in_vec,
		.out_ptr = (uintptr_t)out_vec,
		.nr_in = 3,
		.nr_out = 10, /* more than the fast ones */
	};

	memset(out, 0, sizeof(out));
	for (int i = 0; i < 10; i++)
		out_vec[i] = (struct iovec){ out[i], i ? 3 : 0 };
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_MOVE, &vec), 12);
	ck_assert_str_eq(out[1], "abc");
	ck_assert_str_eq(out[4], "jkl");

	/* No more than there is room for. */
	vec.nr_out = 2;
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_MOVE, &vec), 3);
	vec.nr_in = 1025;
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_MOVE, &vec), -1);
	ck_assert_int_eq(errno, EINVAL);
	vec.nr_in = 1;
	in_vec[0].iov_base = (void *)8;
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_MOVE, &vec), -1);
	ck_assert_int_eq(errno, EFAULT);
	vec.in_ptr = 8;
	ck_assert_int_eq(oob_ioctl(fd, DEFERRER_IOC_MOVE, &vec), -1);
	ck_assert_int_eq(errno, EFAULT);
}
END_TEST

static const char *attr_path(const char *name)
{
	static char path[300];

	snprintf(path, sizeof(path), "evl/sys/class/%s", name);

	return node_path(path);
}

static const char *read_attr(const char *name)
{
	static char text[64];
	FILE *file = fopen(attr_path(name), "r");

	ck_assert_ptr_nonnull(file);
	memset(text, 0, sizeof(text));
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	/* And no more. */
	ck_assert_int_eq(fgetc(file), EOF);
	fclose(file);

	return text;
}

/* 0, or errno. */
static int write_attr(const char *name, const char *text)
{
	int attr = open(attr_path(name), O_WRONLY), ret = 0;

	if (attr < 0)
		return errno;
	if (write(attr, text, strlen(text)) != (ssize_t)strlen(text))
		ret = errno;
	close(attr);

	return ret;
}

START_TEST(attributes_are_read_and_written)
{
	ck_assert_str_eq(read_attr("deferrer/gain"), "1\n");
	ck_assert_int_eq(write_attr("deferrer/gain", "10\n"), 0);
	ck_assert_str_eq(read_attr("deferrer/gain"), "10\n");
	ck_assert_int_eq(write_attr("deferrer/gain", "ten"), EINVAL);
	ck_assert_str_eq(read_attr("deferrer/gain"), "10\n");

	ck_assert_str_eq(read_attr("misc/deferrer/numbers/count"), "0\n");
	oob_ioctl(fd, DEFERRER_IOC_DEFER, 0);
	await_bytes("O");
	ck_assert_str_eq(read_attr("misc/deferrer/numbers/count"), "10\n");
	ck_assert_str_eq(read_attr("misc/deferrer/numbers/ticks"), "0\n");
	oob_ioctl(fd, DEFERRER_IOC_TICK, 1);
	await_bytes("T");
	ck_assert_str_eq(read_attr("misc/deferrer/numbers/ticks"), "1\n");

	/* What it cannot do. */
	ck_assert_int_eq(write_attr("misc/deferrer/numbers/count", "1"),
			 geteuid() ? EACCES : EIO);
}
END_TEST

START_TEST(an_attribute_may_take_itself_away)
{
	int attr = open(attr_path("misc/deferrer/vanish"), O_WRONLY);

	ck_assert_int_ge(attr, 0);
	ck_assert_int_eq(write(attr, "x", 1), 1);
	ck_assert_int_eq(write(attr, "x", 1), -1);
	ck_assert_int_eq(errno, ENODEV);
	close(attr);
	ck_assert_int_eq(access(attr_path("misc/deferrer/vanish"), F_OK), -1);
}
END_TEST

START_TEST(trace_points_are_told)
{
	oob_ioctl(fd, DEFERRER_IOC_TICK, 1);
	await_bytes("T");
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	ck_assert(daemon_said(&test_daemon, "evl-oob/0: trigger: deferrer"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/deferred");
	TCase *tcase = tcase_create("deferred");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_timers_function_defers);
	tcase_add_test(tcase, a_handler_defers);
	tcase_add_test(tcase, a_handler_waits_for_in_band);
	tcase_add_test(tcase, threads_defer_at_once);
	tcase_add_test(tcase, vectors_are_gathered_and_spread);
	tcase_add_test(tcase, attributes_are_read_and_written);
	tcase_add_test(tcase, an_attribute_may_take_itself_away);
	tcase_add_test(tcase, trace_points_are_told);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

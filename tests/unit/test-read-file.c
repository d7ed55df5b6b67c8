/* SPDX-License-Identifier: MIT */
/* Files which drivers have read: whole ones, parts, and what is none. */
#include "suite.h"

#include <errno.h>
#include <limits.h>
#include <linux/kernel_read_file.h>
#include <linux/vmalloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "0123456789"
#define LEN  ((ssize_t)sizeof(TEXT) - 1)

static char path[64], fifo[72];

static void setup(void)
{
	int fd;

	strcpy(path, "/tmp/evl-read-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, TEXT, LEN), LEN);
	close(fd);
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
}

static void teardown(void)
{
	unlink(path);
	unlink(fifo);
}

static ssize_t read_it(const char *name, void **buf, size_t size)
{
	return kernel_read_file_from_path(name, 0, buf, size, NULL,
					  READING_FIRMWARE);
}

START_TEST(a_file_comes_whole_in_memory_of_its_own)
{
	void *buf = NULL;

	ck_assert_int_eq(read_it(path, &buf, LEN), LEN);
	ck_assert_int_eq(memcmp(buf, TEXT, LEN), 0);
	vfree(buf);
}
END_TEST

START_TEST(a_file_comes_in_memory_of_the_callers)
{
	char room[LEN + 1] = "";
	void *buf = room;

	ck_assert_int_eq(read_it(path, &buf, sizeof(room)), LEN);
	ck_assert_ptr_eq(buf, room);
	ck_assert_str_eq(room, TEXT);
}
END_TEST

START_TEST(parts_of_a_file_come_one_after_the_other)
{
	char room[5] = "";
	void *buf = room;
	size_t size = 0;

	for (loff_t at = 0; at < 12; at += 4) {
		ssize_t want = at < 8 ? 4 : LEN - at;

		ck_assert_int_eq(kernel_read_file_from_path(path, at, &buf, 4,
							    &size,
							    READING_POLICY),
				 want);
		ck_assert_int_eq(memcmp(room, &TEXT[at], (size_t)want), 0);
	}
	ck_assert_uint_eq(size, LEN);
	ck_assert_int_eq(kernel_read_file_from_path(path, 12, &buf, 4, &size,
						    READING_POLICY),
			 0);
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
	void *buf = NULL;
	size_t size;

	ck_assert_int_eq(read_it(path, &buf, LEN - 1), -EFBIG);
	ck_assert_int_eq(read_it("/nonexistent", &buf, LEN), -ENOENT);
	ck_assert_int_eq(read_it("", &buf, LEN), -EINVAL);
	ck_assert_int_eq(read_it(NULL, &buf, LEN), -EINVAL);
	ck_assert_int_eq(read_it("/tmp", &buf, LEN), -EINVAL);
	ck_assert_int_eq(read_it("/dev/zero", &buf, LEN), -EINVAL);
	/* Nobody writes to it. */
	ck_assert_int_eq(read_it(fifo, &buf, LEN), -EINVAL);
	/* A part has no memory to go to, or nobody learns of the rest. */
	ck_assert_int_eq(kernel_read_file_from_path(path, 4, &buf, 4, &size,
						    READING_POLICY),
			 -EINVAL);
	ck_assert_int_eq(kernel_read_file_from_path(path, -1, &buf, 4, &size,
						    READING_POLICY),
			 -EINVAL);
	ck_assert_ptr_null(buf);

	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(read_it(path, &buf, LEN), -EINVAL);
	/* Sparse: it takes no room. */
	ck_assert_int_eq(truncate(path, (off_t)INT_MAX + 1), 0);
	ck_assert_int_eq(read_it(path, &buf, SIZE_MAX), -EFBIG);
	ck_assert_ptr_null(buf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/read-file");
	const TTest *const tests[] = {
		a_file_comes_whole_in_memory_of_its_own,
		a_file_comes_in_memory_of_the_callers,
		parts_of_a_file_come_one_after_the_other,
		what_cannot_be_read_is_told,
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_checked_fixture(suite_add(suite, "file", tests[i], 1),
					  setup, teardown);

	return suite_run(suite);
}

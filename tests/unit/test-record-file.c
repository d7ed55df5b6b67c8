/* SPDX-License-Identifier: MIT */
/* The file of evl record, where it is as large as a trace may be. */
#include "../helpers.h"
#include "record-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEFT 1000

static char path[64];
static struct record_file file;

static void setup(void)
{
	strcpy(path, "/tmp/evl-rec-XXXXXX");
	close(mkstemp(path));
	ck_assert_int_eq(record_file_open(&file, path, "device", "in-band"), 0);
}

static void teardown(void)
{
	unlink(path);
}

/* But for @left bytes, by a comment which is a hole. */
static void fill(size_t left)
{
	ck_assert_int_eq(write(file.fd, "#", 1), 1);
	file.size = TRACE_SIZE_MAX - left;
	ck_assert_int_eq(pwrite(file.fd, "\n", 1, (off_t)file.size - 1), 1);
	lseek(file.fd, (off_t)file.size, SEEK_SET);
}

static int add(enum trace_kind kind, size_t len)
{
	static unsigned char data[LEFT];

	return record_file_add(&file, (struct trace_record){
					      .time = record_now(),
					      .data = data,
					      .len = (uint32_t)len,
					      .result = ENODEV,
					      .kind = kind,
				      });
}

/* What is behind the hole. */
static void ck_tail(size_t left, const char *end)
{
	static unsigned char text[LEFT + sizeof(TRACE_MAGIC " 1")];
	struct trace_parser parser;
	struct trace_record record;
	FILE *in = fopen(path, "r");
	size_t len;

	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(fseek(in, (long)(TRACE_SIZE_MAX - left), SEEK_SET), 0);
	memcpy(text, TRACE_MAGIC " 1\n", sizeof(TRACE_MAGIC " 1"));
	len = fread(text + sizeof(TRACE_MAGIC " 1"), 1, left, in);
	/* No more than that: it would be refused. */
	ck_assert_int_eq(fgetc(in), EOF);
	fclose(in);
	len += sizeof(TRACE_MAGIC " 1");
	ck_assert_int_eq(memcmp(text + len - strlen(end), end, strlen(end)), 0);
	trace_begin(&parser, text, len, true);
	while (trace_next(&parser, &record) > 0)
		;
	ck_assert_ptr_null(parser.error);
	ck_assert(!parser.truncated);
}

/* One byte more or less of room: the line is the same. */
START_TEST(it_grows_no_larger_than_a_trace_may_be)
{
	fill(LEFT - (size_t)_i);
	for (int i = 0; i < LEFT && add(TRACE_READ, 1) == 0; i++)
		ck_assert(!file.is_full);
	ck_assert(file.is_full);
	ck_assert_int_eq(add(TRACE_READ, 1), -EFBIG);
	ck_assert_int_eq(add(TRACE_WRITE, 1), -EFBIG);
	ck_assert_int_eq(add(TRACE_IOCTL, 1), -EFBIG);
	/* How it ends is in it. */
	ck_assert_int_eq(add(TRACE_ERROR, 0), 0);
	record_file_close(&file);
	ck_tail(LEFT - (size_t)_i, " end\n");
}
END_TEST

START_TEST(what_fits_is_taken)
{
	fill(LEFT);
	ck_assert_int_eq(add(TRACE_READ, LEFT), -EFBIG);
	ck_assert_uint_eq(file.nr_reads, 0);
	ck_assert_int_eq(add(TRACE_READ, 100), 0);
	ck_assert(!file.is_full);
	ck_assert_uint_eq(file.nr_reads, 1);
	record_file_close(&file);
	ck_tail(LEFT, " end\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unit/record-file");

	tcase_add_checked_fixture(
		suite_add(suite, "limit",
			  it_grows_no_larger_than_a_trace_may_be, 40),
		setup, teardown);
	tcase_add_checked_fixture(
		suite_add(suite, "fits", what_fits_is_taken, 1), setup,
		teardown);

	return suite_run(suite);
}

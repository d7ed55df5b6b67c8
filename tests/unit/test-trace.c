/* SPDX-License-Identifier: MIT */
/* Traces of devices: what is read of good ones, and why others are refused. */
#include "../helpers.h"
#include "trace-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "evl-trace 1\n"

static const char sample[] = HEAD "# device: /dev/ttyS0\r\n"
				  "\n"
				  "0 ioctl 0x80044501 4 01000100\n"
				  "0.000000001 ioctl 7 -22\n"
				  "0.5 write \"AT\\r\"\n"
				  "1.25 read 0d0A \"OK \\\"\\\\\\t\\x7f\" 00\n"
				  "  1.25\tread 6162 \r\n"
				  "2. error 19\n"
				  "3.000000001 end\n";

static const struct trace_record expected[] = {
	{ 0, (unsigned char *)"\1\0\1\0", 4, 0x80044501, 4, TRACE_IOCTL },
	{ 1, NULL, 0, 7, -22, TRACE_IOCTL },
	{ 500000000, (unsigned char *)"AT\r", 3, 0, 0, TRACE_WRITE },
	{ 1250000000, (unsigned char *)"\r\nOK \"\\\t\x7f\0", 10, 0, 0,
	  TRACE_READ },
	{ 1250000000, (unsigned char *)"ab", 2, 0, 0, TRACE_READ },
	{ 2000000000, NULL, 0, 0, 19, TRACE_ERROR },
	{ 3000000001, NULL, 0, 0, 0, TRACE_END },
};
#define NR_EXPECTED ((int)(sizeof(expected) / sizeof(expected[0])))

static struct trace_parser parser;

static void ck_record(const struct trace_record *got,
		      const struct trace_record *want)
{
	ck_assert_int_eq(got->kind, want->kind);
	ck_assert_uint_eq(got->time, want->time);
	ck_assert_uint_eq(got->cmd, want->cmd);
	ck_assert_int_eq(got->result, want->result);
	ck_assert_uint_eq(got->len, want->len);
	if (want->len)
		ck_assert_int_eq(memcmp(got->data, want->data, want->len), 0);
}

START_TEST(every_kind_of_record_is_read)
{
	struct trace_record record;
	char text[sizeof(sample)];

	memcpy(text, sample, sizeof(sample));
	trace_begin(&parser, text, strlen(sample), false);
	for (int i = 0; i < NR_EXPECTED; i++) {
		ck_assert_int_eq(trace_next(&parser, &record), 1);
		ck_record(&record, &expected[i]);
	}
	ck_assert_int_eq(trace_next(&parser, &record), 0);
	ck_assert(!parser.truncated);
}
END_TEST

START_TEST(a_dry_run_leaves_the_text_alone)
{
	struct trace_record record;
	char text[sizeof(sample)];

	memcpy(text, sample, sizeof(sample));
	trace_begin(&parser, text, strlen(sample), true);
	for (int i = 0; i < NR_EXPECTED; i++) {
		ck_assert_int_eq(trace_next(&parser, &record), 1);
		ck_assert_ptr_null(record.data);
		ck_assert_uint_eq(record.len, expected[i].len);
	}
	ck_assert_int_eq(trace_next(&parser, &record), 0);
	ck_assert_str_eq(text, sample);
}
END_TEST

/* Wherever a recording was cut off, what was written down whole is there. */
START_TEST(a_truncated_trace_loses_its_last_line_only)
{
	struct trace_record record;
	int nr, ret;

	for (size_t size = 0; size < strlen(sample); size++) {
		char *text = malloc(size + 1);

		memcpy(text, sample, size);
		trace_begin(&parser, text, size, false);
		for (nr = 0; (ret = trace_next(&parser, &record)) > 0; nr++)
			ck_record(&record, &expected[nr]);
		if (size < strlen(HEAD)) {
			ck_assert_int_eq(ret, -1);
			ck_assert_ptr_nonnull(strstr(parser.error, "no trace"));
		} else {
			ck_assert_int_eq(ret, 0);
			ck_assert(parser.truncated ==
				  (text[size - 1] != '\n' && size > 0));
		}
		free(text);
	}
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_line)
{
	static const struct {
		const char *text, *error;
		unsigned long line;
	} cases[] = {
		{ "", "ends in its first line", 1 },
		{ "evl-trace", "ends in its first line", 1 },
		{ "\n", "no trace", 1 },
		{ "evl-trace\n", "no trace", 1 },
		{ "evl-tracer 1\n", "no trace", 1 },
		{ "evl-trace 1 2\n", "no trace", 1 },
		{ "evl-trace 2\n", "another version", 1 },
		{ HEAD "read 00\n", "no time", 2 },
		{ HEAD "-1 read 00\n", "no time", 2 },
		{ HEAD ".5 read 00\n", "no time", 2 },
		{ HEAD "0.1234567890 read 00\n", "no time", 2 },
		{ HEAD "1000000000.000000001 end\n", "no time", 2 },
		{ HEAD "18446744073709551616 end\n", "no time", 2 },
		{ HEAD "\n# \xff\n1 read 00\n0.9 read 00\n", "earlier", 5 },
		{ HEAD "1 reads 00\n", "neither read", 2 },
		{ HEAD "1\n", "neither read", 2 },
		{ HEAD "1 read\n", "no data", 2 },
		{ HEAD "1 write \"\"\n", "no data", 2 },
		{ HEAD "1 read 0\n", "no such byte", 2 },
		{ HEAD "1 read 0g\n", "no such byte", 2 },
		{ HEAD "1 read \"\\q\"\n", "no such byte", 2 },
		{ HEAD "1 read \"\\x1\"\n", "no such byte", 2 },
		{ HEAD "1 read \"a\n", "has no end", 2 },
		{ HEAD "1 read \"a\\\"\n", "has no end", 2 },
		{ HEAD "1 read \"a\\\n", "no such byte", 2 },
		{ HEAD "1 read \"a\"00\n", "no blank", 2 },
		{ HEAD "1 read \"\xc3\xa4\"\n", "not ASCII", 2 },
		{ HEAD "1 read \"a\"\v\n", "not ASCII", 2 },
		{ HEAD "1 ioctl\n", "no command", 2 },
		{ HEAD "1 ioctl 0x 0\n", "no command", 2 },
		{ HEAD "1 ioctl 0x100000000 0\n", "no command", 2 },
		{ HEAD "1 ioctl 4294967296 0\n", "no command", 2 },
		{ HEAD "1 ioctl 1\n", "no result", 2 },
		{ HEAD "1 ioctl 1 -\n", "no result", 2 },
		{ HEAD "1 ioctl 1 -4096\n", "no result", 2 },
		{ HEAD "1 ioctl 1 2147483648\n", "no result", 2 },
		{ HEAD "1 error\n", "no number", 2 },
		{ HEAD "1 error 0\n", "no number", 2 },
		{ HEAD "1 error 512\n", "no number from 1 to 511", 2 },
		{ HEAD "1 error 4096\n", "no number", 2 },
		{ HEAD "1 error 5 6\n", "more than belongs", 2 },
		{ HEAD "1 end 00\n", "more than belongs", 2 },
		{ HEAD "1 end\n2 end\n", "behind the end", 3 },
		{ HEAD "1 error 5\n1 read 00\n", "behind the end", 3 },
	};
	struct trace_record record;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = strdup(cases[i].text);

		trace_begin(&parser, text, strlen(text), _i);
		while (trace_next(&parser, &record) > 0)
			;
		ck_assert_msg(parser.error &&
				      strstr(parser.error, cases[i].error),
			      "%zu: %s", i, parser.error);
		ck_assert_uint_eq(parser.line, cases[i].line);
		/* And it stays wrong. */
		ck_assert_int_eq(trace_next(&parser, &record), -1);
		free(text);
	}
}
END_TEST

/* NUL ends no line. */
START_TEST(a_zero_byte_is_no_text)
{
	char text[] = HEAD "1 read \"\\\0\"\n2 end\n";
	struct trace_record record;

	trace_begin(&parser, text, sizeof(text) - 1, false);
	ck_assert_int_eq(trace_next(&parser, &record), -1);
	ck_assert_ptr_nonnull(strstr(parser.error, "not ASCII"));
}
END_TEST

START_TEST(a_record_holds_so_much_and_no_more)
{
	struct trace_record record = { .kind = TRACE_READ };
	char *text = malloc(sizeof(HEAD) + TRACE_LINE_MAX), *digits;
	size_t size;

	for (int more = 0; more < 2; more++) {
		size = (size_t)sprintf(text, HEAD "0 read ");
		digits = text + size;
		size += 2 * ((size_t)TRACE_DATA_MAX + (size_t)more);
		memset(digits, '7', text + size - digits);
		text[size++] = '\n';
		trace_begin(&parser, text, size, false);
		ck_assert_int_eq(trace_next(&parser, &record), more ? -1 : 1);
		if (!more)
			ck_assert_uint_eq(record.len, TRACE_DATA_MAX);
	}
	ck_assert_ptr_nonnull(strstr(parser.error, "65536"));
	free(text);
}
END_TEST

START_TEST(records_are_written_as_they_are_read)
{
	static const char *const lines[] = {
		"0.000000000 ioctl 0x80044501 4 01000100\n",
		"0.000000001 ioctl 0x00000007 -22\n",
		"0.500000000 write \"AT\\r\"\n",
		"1.250000000 read 0d0a4f4b20225c097f00\n",
		"1.250000000 read \"ab\"\n",
		"2.000000000 error 19\n",
		"3.000000001 end\n",
	};
	static char line[TRACE_LINE_MAX];
	size_t len;

	for (int i = 0; i < NR_EXPECTED; i++) {
		len = trace_format(&expected[i], line);
		ck_assert_uint_eq(len, strlen(lines[i]));
		ck_assert_int_eq(memcmp(line, lines[i], len), 0);
	}
}
END_TEST

/* No record needs more room than there is. */
START_TEST(the_longest_lines_fit)
{
	static unsigned char data[TRACE_DATA_MAX];
	static char line[TRACE_LINE_MAX];
	struct trace_record record = {
		.time = TRACE_TIME_MAX,
		.data = data,
		.len = TRACE_DATA_MAX,
		.cmd = UINT32_MAX,
		.result = -4095,
		.kind = TRACE_IOCTL,
	};

	memset(data, _i ? '"' : 0xff, sizeof(data));
	ck_assert_uint_le(trace_format(&record, line), sizeof(line));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drivers/replay/trace");

	suite_add(suite, "kinds", every_kind_of_record_is_read, 1);
	suite_add(suite, "dry", a_dry_run_leaves_the_text_alone, 1);
	suite_add(suite, "cut", a_truncated_trace_loses_its_last_line_only, 1);
	suite_add(suite, "wrong", what_is_wrong_is_told_with_its_line, 2);
	suite_add(suite, "zero", a_zero_byte_is_no_text, 1);
	suite_add(suite, "most", a_record_holds_so_much_and_no_more, 1);
	suite_add(suite, "written", records_are_written_as_they_are_read, 1);
	suite_add(suite, "longest", the_longest_lines_fit, 2);

	return suite_run(suite);
}

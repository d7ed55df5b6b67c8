/* SPDX-License-Identifier: MIT */
/*
 * Random traces, mostly close to good ones: whatever is read of one lies within
 * its text, the checking pass and the reading one agree, and what was read is
 * the same once it was written and read again.
 *
 * The seed is printed; EVL_FUZZ_SEED repeats a run. EVL_FUZZ_SECONDS is how long
 * it goes on (5).
 */
#include "../helpers.h"
#include "dice.h"
#include "trace-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX    4096
#define RECORDS_MAX (TEXT_MAX / 7)

static const char *const pieces[] = {
	"evl-trace 1\n",
	"0 read 00\n",
	"0.000000001 read \"a\\n\\x00\\\"\\\\\" 0aFf \"z\"\n",
	"1 write \"\"\n",
	"1.5 write 0102 03\r\n",
	"2 ioctl 0x80044501 0 01000100\n",
	"2 ioctl 1 -22\n",
	"3 error 19\n",
	"4 end\n",
	"# anything \x80\xff\n",
	"\n",
	" \t ",
	"\"",
	"\\x",
	"999999999.999999999 ",
	"1000000000 end",
	"18446744073709551616 read",
	"0xffffffff",
	"0x100000000",
	" read ",
	" ioctl ",
	"-",
	"4294967296",
};

struct outcome {
	struct trace_record records[RECORDS_MAX];
	int nr;
	int ret;
	struct trace_parser parser;
};

static struct outcome dry, wet, again;
static char lines[RECORDS_MAX * 64 + 4 * TEXT_MAX];
static char line[TRACE_LINE_MAX];

static size_t random_text(char *text)
{
	size_t len = 0, piece_len;

	len += (size_t)sprintf(text, "%s", one_in(16) ? "" : pieces[0]);
	for (uint32_t i = below(24); i > 0; i--) {
		const char *piece =
			pieces[below(sizeof(pieces) / sizeof(pieces[0]))];

		piece_len = strlen(piece);
		if (one_in(16))
			piece_len = below((uint32_t)piece_len + 1);
		memcpy(text + len, piece, piece_len);
		len += piece_len;
	}
	for (uint32_t i = one_in(2) ? 0 : below(4); i > 0 && len; i--)
		text[below((uint32_t)len)] = (char)any();

	return len;
}

/* In memory of just that size, which a sanitizer watches. */
static void run(struct outcome *out, char *text, size_t size, bool is_dry)
{
	out->nr = 0;
	trace_begin(&out->parser, text, size, is_dry);
	while ((out->ret = trace_next(&out->parser, &out->records[out->nr])) >
	       0) {
		struct trace_record *record = &out->records[out->nr++];

		ck_assert_int_lt(out->nr, RECORDS_MAX);
		if (is_dry)
			continue;
		ck_assert((char *)record->data >= text);
		ck_assert((char *)record->data + record->len <= text + size);
	}
	ck_assert_int_eq(out->ret < 0, out->parser.error != NULL);
}

static void check_same(const struct outcome *a, const struct outcome *b,
		       bool with_data)
{
	ck_assert_int_eq(a->nr, b->nr);
	for (int i = 0; i < a->nr; i++) {
		const struct trace_record *x = &a->records[i];
		const struct trace_record *y = &b->records[i];

		ck_assert_uint_eq(x->time, y->time);
		ck_assert_int_eq(x->kind, y->kind);
		ck_assert_uint_eq(x->cmd, y->cmd);
		ck_assert_int_eq(x->result, y->result);
		ck_assert_uint_eq(x->len, y->len);
		if (with_data)
			ck_assert_int_eq(memcmp(x->data, y->data, x->len), 0);
	}
}

/* The good records of @wet, written and read once more. */
static void check_again(void)
{
	size_t len = (size_t)sprintf(lines, "%s", pieces[0]), line_len;

	for (int i = 0; i < wet.nr; i++) {
		line_len = trace_format(&wet.records[i], line);
		ck_assert_uint_le(len + line_len, sizeof(lines));
		memcpy(lines + len, line, line_len);
		len += line_len;
	}
	run(&again, lines, len, false);
	ck_assert_msg(again.ret == 0, "%s", again.parser.error);
	check_same(&wet, &again, true);
}

static long from_env(const char *name, long otherwise)
{
	const char *value = getenv(name);

	return value ? strtol(value, NULL, 0) : otherwise;
}

START_TEST(random_traces_are_read_or_refused)
{
	time_t end = time(NULL) + from_env("EVL_FUZZ_SECONDS", 5);
	unsigned long nr_good = 0, nr = 0;
	char text[TEXT_MAX], *copy;
	size_t size;

	for (; nr < 1000 || time(NULL) < end; nr++) {
		size = random_text(text);
		copy = malloc(size ? size : 1);
		memcpy(copy, text, size);
		run(&dry, copy, size, true);
		ck_assert_int_eq(memcmp(copy, text, size), 0);
		run(&wet, copy, size, false);
		ck_assert_int_eq(dry.ret, wet.ret);
		ck_assert_ptr_eq(dry.parser.error, wet.parser.error);
		ck_assert_uint_eq(dry.parser.line, wet.parser.line);
		check_same(&dry, &wet, false);
		check_again();
		nr_good += wet.ret == 0;
		free(copy);
	}
	printf("fuzz-trace: %lu traces, %lu of them good\n", nr, nr_good);
	fflush(stdout);
	ck_assert_uint_gt(nr_good, 0);
	ck_assert_uint_lt(nr_good, nr);
}
END_TEST

int main(void)
{
	long seed =
		from_env("EVL_FUZZ_SEED", (long)time(NULL) ^ getpid() << 16);
	Suite *suite = suite_create("fuzz/trace");
	TCase *tcase =
		suite_add(suite, "trace", random_traces_are_read_or_refused, 1);

	dice_seed((uint64_t)seed);
	printf("fuzz-trace: EVL_FUZZ_SEED=%ld\n", seed);
	fflush(stdout);
	tcase_set_timeout(tcase, 60. + (double)from_env("EVL_FUZZ_SECONDS", 5));

	return suite_run(suite);
}

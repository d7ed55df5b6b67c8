/* SPDX-License-Identifier: MIT */
#include "trace.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <string.h>
#endif

#define ERRNO_MAX     4095 /* as far as an error pointer goes */
#define FRACTION_MAX  9	   /* digits of nanoseconds */
#define NS_PER_SECOND UINT64_C(1000000000)

/* What is left of a line. */
struct line {
	const unsigned char *at, *end;
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* 0 to 15, or -1. */
static int hex_value(unsigned char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;

	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* True: there is something behind the blanks. */
static bool skip_blanks(struct line *line)
{
	while (line->at < line->end && is_blank(*line->at))
		line->at++;

	return line->at < line->end;
}

static bool at_blank(const struct line *line)
{
	return line->at == line->end || is_blank(*line->at);
}

/* A word up to a blank; its length, 0 at the end of the line. */
static size_t take_word(struct line *line, const unsigned char **r_word)
{
	skip_blanks(line);
	*r_word = line->at;
	while (!at_blank(line))
		line->at++;

	return (size_t)(line->at - *r_word);
}

static bool word_is(const unsigned char *word, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(word, name, len) == 0;
}

/* A decimal number up to @max. */
static bool take_decimal(struct line *line, uint64_t max, uint64_t *r_value)
{
	const unsigned char *first = line->at;
	uint64_t value = 0;

	for (; line->at < line->end && is_digit(*line->at); line->at++) {
		value = value * 10 + (uint64_t)(*line->at - '0');
		if (value > max)
			return false;
	}
	*r_value = value;

	return line->at > first;
}

/* "1f", up to 32 bits. */
static bool take_hex(struct line *line, uint64_t *r_value)
{
	const unsigned char *first = line->at;
	uint64_t value = 0;

	for (; !at_blank(line); line->at++) {
		int digit = hex_value(*line->at);

		value = value << 4 | (uint64_t)digit;
		if (digit < 0 || value > UINT32_MAX)
			return false;
	}
	*r_value = value;

	return line->at > first;
}

/* A number of 32 bits, decimal or after 0x. */
static bool take_number(struct line *line, uint32_t *r_value)
{
	uint64_t value = 0;
	bool good;

	if (!skip_blanks(line))
		return false;
	if (line->end - line->at > 2 && line->at[0] == '0' &&
	    (line->at[1] | 0x20) == 'x') {
		line->at += 2;
		good = take_hex(line, &value);
	} else {
		good = take_decimal(line, UINT32_MAX, &value);
	}
	*r_value = (uint32_t)value;

	return good && at_blank(line);
}

/* What an ioctl returned: a count, or -errno. */
static bool take_result(struct line *line, int32_t *r_value)
{
	bool negative = skip_blanks(line) && *line->at == '-';
	uint64_t value;

	line->at += negative;
	if (!take_decimal(line, negative ? ERRNO_MAX : INT32_MAX, &value))
		return false;
	*r_value = negative ? -(int32_t)value : (int32_t)value;

	return at_blank(line);
}

/* "12.345678", seconds, in nanoseconds. */
static bool take_time(struct line *line, uint64_t *r_time)
{
	uint64_t seconds, fraction = 0;
	int digits = 0;

	if (!take_decimal(line, TRACE_TIME_MAX / NS_PER_SECOND, &seconds))
		return false;
	if (line->at < line->end && *line->at == '.')
		line->at++;
	for (; !at_blank(line); line->at++, digits++) {
		if (!is_digit(*line->at) || digits == FRACTION_MAX)
			return false;
		fraction = fraction * 10 + (uint64_t)(*line->at - '0');
	}
	for (; digits < FRACTION_MAX; digits++)
		fraction *= 10;
	*r_time = seconds * NS_PER_SECOND + fraction;

	return *r_time <= TRACE_TIME_MAX;
}

/* A byte of two hexadecimal digits, or -1. */
static int take_byte(struct line *line)
{
	int high, low;

	if (line->end - line->at < 2)
		return -1;
	high = hex_value(line->at[0]);
	low = hex_value(line->at[1]);
	line->at += 2;

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* What stands after a backslash, or -1. */
static int take_escaped(struct line *line)
{
	static const char names[] = "nrt0\\\"", values[] = "\n\r\t\0\\\"";
	const char *found;

	if (line->at == line->end || *line->at == '\0')
		return -1;
	if (*line->at == 'x') {
		line->at++;
		return take_byte(line);
	}
	found = strchr(names, *line->at++);

	return found ? values[found - names] : -1;
}

/* A record's data go where its text is, which is never shorter. */
struct sink {
	unsigned char *to; /* NULL: nowhere */
	uint32_t len;
	const char *error;
};

static bool sink_put(struct sink *sink, int byte)
{
	if (byte < 0)
		sink->error = "there is no such byte";
	else if (sink->len == TRACE_DATA_MAX)
		sink->error = "more data than a record has, 65536 bytes";
	if (sink->error)
		return false;

	if (sink->to)
		sink->to[sink->len] = (unsigned char)byte;
	sink->len++;

	return true;
}

static bool take_string(struct line *line, struct sink *sink)
{
	unsigned char c;

	line->at++;
	while (line->at < line->end && *line->at != '"') {
		c = *line->at++;
		if (!sink_put(sink, c == '\\' ? take_escaped(line) : c))
			return false;
	}
	if (line->at == line->end) {
		sink->error = "a string has no end";
		return false;
	}
	line->at++;

	return true;
}

static bool take_bytes(struct line *line, struct sink *sink)
{
	while (!at_blank(line))
		if (!sink_put(sink, take_byte(line)))
			return false;

	return true;
}

/* All that is left of the line. NULL, or what is wrong. */
static const char *take_data(struct line *line, struct trace_record *record)
{
	struct sink sink = { .to = record->data };
	bool good = true;

	while (good && skip_blanks(line)) {
		good = *line->at == '"' ? take_string(line, &sink)
					: take_bytes(line, &sink);
		if (good && !at_blank(line))
			return "no blank between data";
	}
	record->len = sink.len;

	return sink.error;
}

static const char *take_ioctl(struct line *line, struct trace_record *record)
{
	if (!take_number(line, &record->cmd))
		return "an ioctl has no command";
	if (!take_result(line, &record->result))
		return "an ioctl has no result";

	return take_data(line, record);
}

static const char *take_transfer(struct line *line, struct trace_record *record)
{
	const char *error = take_data(line, record);

	return error || record->len ? error : "there are no data";
}

static const char *take_error(struct line *line, struct trace_record *record)
{
	uint32_t value;

	if (!take_number(line, &value) || value == 0 || value > TRACE_ERROR_MAX)
		return "an error has no number from 1 to 511";
	record->result = (int32_t)value;

	return NULL;
}

static const char *take_nothing(struct line *line, struct trace_record *record)
{
	return NULL;
}

static const struct {
	const char *name;
	const char *(*take)(struct line *line, struct trace_record *record);
} kinds[] = {
	[TRACE_READ] = { "read", take_transfer },
	[TRACE_WRITE] = { "write", take_transfer },
	[TRACE_IOCTL] = { "ioctl", take_ioctl },
	[TRACE_ERROR] = { "error", take_error },
	[TRACE_END] = { "end", take_nothing },
};

static const char *take_kind(struct line *line, struct trace_record *record)
{
	const unsigned char *word;
	size_t len = take_word(line, &word);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!word_is(word, len, kinds[i].name))
			continue;
		record->kind = (enum trace_kind)i;
		return kinds[i].take(line, record);
	}

	return "neither read, write, ioctl, error nor end";
}

/* Nothing comes after the end, and after an error only that. */
static bool may_follow(enum trace_kind last, enum trace_kind kind)
{
	return last != TRACE_END && (last != TRACE_ERROR || kind == TRACE_END);
}

static const char *parse_record(struct trace_parser *parser, struct line *line,
				struct trace_record *record)
{
	unsigned char *text = (unsigned char *)line->at;
	const char *error;

	*record = (struct trace_record){ .data = parser->dry ? NULL : text };
	if (!take_time(line, &record->time))
		return "no time in seconds";
	if (record->time < parser->time)
		return "earlier than the record before";

	error = take_kind(line, record);
	if (error)
		return error;
	if (skip_blanks(line))
		return "there is more than belongs there";
	if (!may_follow(parser->last, record->kind))
		return "behind the end";

	parser->time = record->time;
	parser->last = record->kind;

	return NULL;
}

static const char *parse_magic(struct trace_parser *parser, struct line *line)
{
	const unsigned char *word;
	size_t len = take_word(line, &word);
	uint32_t version;

	if (!word_is(word, len, TRACE_MAGIC) || !take_number(line, &version) ||
	    skip_blanks(line))
		return "no trace: the first line is not 'evl-trace 1'";
	if (version != TRACE_VERSION)
		return "of another version of the format";
	parser->begun = true;

	return NULL;
}

/* The next line of the text. False: there is none. */
static bool next_line(struct trace_parser *parser, struct line *line)
{
	size_t left = (size_t)(parser->end - parser->next);
	unsigned char *newline;

	newline = left ? memchr(parser->next, '\n', left) : NULL;
	if (newline == NULL) {
		parser->truncated = left > 0;
		return false;
	}

	*line = (struct line){ parser->next, newline };
	parser->next = newline + 1;
	parser->line++;

	return true;
}

/* Of every line that is no comment. */
static const char *check_text(const struct line *line)
{
	for (const unsigned char *c = line->at; c < line->end; c++)
		if (!is_blank(*c) && (*c < ' ' || *c > '~'))
			return "a character that is not ASCII: write it as \\x";

	return NULL;
}

void trace_begin(struct trace_parser *parser, void *text, size_t size, bool dry)
{
	*parser = (struct trace_parser){
		.next = text,
		.end = (unsigned char *)text + size,
		.dry = dry,
		.last = TRACE_READ,
	};
}

int trace_next(struct trace_parser *parser, struct trace_record *record)
{
	struct line line;

	while (parser->error == NULL && next_line(parser, &line)) {
		if (!parser->begun) {
			parser->error = parse_magic(parser, &line);
			continue;
		}
		if (!skip_blanks(&line) || *line.at == '#')
			continue;

		parser->error = check_text(&line);
		if (parser->error == NULL)
			parser->error = parse_record(parser, &line, record);
		if (parser->error == NULL)
			return 1;
	}
	if (parser->error == NULL && !parser->begun) {
		parser->line = 1;
		parser->error = "no trace: it ends in its first line";
	}

	return parser->error ? -1 : 0;
}

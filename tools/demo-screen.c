/* SPDX-License-Identifier: MIT */
#include "demo-screen.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NR_ROWS	   15
#define LABEL_SIZE 22 /* columns before the bar */
#define TAIL_SIZE  11 /* and after it */
#define MAX_COLS   160
#define OTHER_ROWS 3 /* headline, line of figures, where the cursor rests */

struct size {
	unsigned int rows, cols;
};

static bool cursor_hidden;
static unsigned int rows_drawn;

/* Where row @i begins, in ns. The last one has no end. */
static uint64_t row_start(unsigned int i)
{
	static const unsigned int steps[] = { 1, 2, 5 };
	uint64_t value = 1000;

	if (i == 0)
		return 0;
	for (unsigned int n = (i - 1) / 3; n > 0; n--)
		value *= 10;

	return value * steps[(i - 1) % 3];
}

static uint64_t row_end(unsigned int i)
{
	return i + 1 < NR_ROWS ? row_start(i + 1) : UINT64_MAX;
}

static bool use_blocks(void)
{
	static int blocks = -1;

	if (blocks < 0) {
		setlocale(LC_CTYPE, "");
		blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	}

	return blocks;
}

/* A terminal tells its size; otherwise eighty columns will do. */
static struct size screen_size(void)
{
	struct winsize ws = { 0 };
	struct size size = { 24, 80 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col &&
	    ws.ws_row)
		size = (struct size){ ws.ws_row, ws.ws_col };
	if (size.cols > MAX_COLS)
		size.cols = MAX_COLS;

	return size;
}

static void print_label(unsigned int i)
{
	uint64_t from = row_start(i) / 1000, to = row_end(i) / 1000;

	if (i + 1 < NR_ROWS)
		printf("%6" PRIu64 " to %6" PRIu64 " us | ", from, to);
	else
		printf("%6" PRIu64 " us or more | ", from);
}

/* One more eighth of a column for what is 1.1 times as much or so. */
static void print_bar(uint64_t count, uint64_t most, unsigned int width)
{
	static const char *const eighths[] = {
		"",	  "\u258f", "\u258e", "\u258d",
		"\u258c", "\u258b", "\u258a", "\u2589",
	};
	double share = most ? log1p((double)count) / log1p((double)most) : 0;
	unsigned int units = (unsigned int)(share * width * 8 + .5), i;

	for (i = 0; i < units / 8; i++)
		fputs(use_blocks() ? "\u2588" : "#", stdout);
	if (use_blocks())
		fputs(eighths[units % 8], stdout);
}

/* From the first row which has something to the last, @max of them. */
static void find_rows(const uint64_t *counts, unsigned int max,
		      unsigned int *r_first, unsigned int *r_end)
{
	unsigned int first = 0, end = NR_ROWS;

	while (end > 1 && counts[end - 1] == 0)
		end--;
	while (first + 1 < end && counts[first] == 0)
		first++;
	if (end - first > max) /* the late ones matter most */
		first = end - max;

	*r_first = first;
	*r_end = end;
}

static unsigned int print_rows(const struct picture *pic, struct size size,
			       const char *eol)
{
	unsigned int first, end, width = 4;
	uint64_t counts[NR_ROWS], most = 0;

	for (unsigned int i = 0; i < NR_ROWS; i++) {
		counts[i] =
			histogram_count(pic->hist, row_start(i), row_end(i));
		if (counts[i] > most)
			most = counts[i];
	}

	if (size.cols > LABEL_SIZE + TAIL_SIZE + width)
		width = size.cols - LABEL_SIZE - TAIL_SIZE;
	find_rows(counts, size.rows - OTHER_ROWS, &first, &end);
	for (unsigned int i = first; i < end; i++) {
		print_label(i);
		print_bar(counts[i], most, width);
		if (counts[i])
			printf(" %" PRIu64, counts[i]);
		fputs(eol, stdout);
	}

	return end - first;
}

void screen_line(const struct picture *pic, char *buf, size_t size)
{
	const struct histogram *hist = pic->hist;
	double nr = hist->nr ? (double)hist->nr : 1;

	snprintf(buf, size,
		 "%.1f s, %" PRIu64 " samples, %" PRIu64
		 " lost; late by: min %.1f avg %.1f p99 %.1f max %.1f us",
		 pic->seconds, hist->nr, pic->nr_lost,
		 (double)(hist->nr ? hist->min : 0) / 1e3,
		 (double)hist->sum / nr / 1e3,
		 (double)histogram_quantile(hist, 990) / 1e3,
		 (double)hist->max / 1e3);
}

static const char *headline(const struct picture *pic)
{
	return pic->realtime
		       ? "how late a SCHED_FIFO thread woke up (log scale)"
		       : "how late a thread without real-time priority woke up "
			 "(log scale)";
}

void screen_print(const struct picture *pic)
{
	char line[256];

	puts(headline(pic));
	print_rows(pic, (struct size){ NR_ROWS + OTHER_ROWS, 80 }, "\n");
	screen_line(pic, line, sizeof(line));
	puts(line);
	fflush(stdout);
}

void screen_draw(const struct picture *pic)
{
	struct size size = screen_size();
	char line[256];
	unsigned int rows = 0;

	if (!cursor_hidden)
		fputs("\033[?25l", stdout);
	cursor_hidden = true;
	/* Back to our first row, no line breaks of the terminal's own. */
	if (rows_drawn >= size.rows)
		rows_drawn = size.rows - 1;
	if (rows_drawn)
		printf("\033[%uA", rows_drawn);
	fputs("\r\033[?7l", stdout);

	if (size.rows > OTHER_ROWS) {
		printf("%s\033[K\n", headline(pic));
		rows = 1 + print_rows(pic, size, "\033[K\n");
	}
	screen_line(pic, line, sizeof(line));
	printf("%s\033[K\n\033[J\033[?7h", line);
	rows_drawn = rows + 1;
	fflush(stdout);
}

void screen_leave(void)
{
	if (!cursor_hidden)
		return;

	fputs("\033[?25h", stdout);
	fflush(stdout);
	cursor_hidden = false;
}

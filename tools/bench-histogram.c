/* SPDX-License-Identifier: MIT */
/*
 * How often what took how long: columns for measures, rows for ranges of time,
 * of which each ends where the next one begins, twice or two and a half times as
 * far. Those before the first and behind the last sample are left out.
 */
#include "bench.h"
#include "json-put.h"

#include <stdio.h>

static const uint32_t bounds[] = {
	500,	   1000,       2000,	   5000,     10000,	20000,
	50000,	   100000,     200000,	   500000,   1000000,	2000000,
	5000000,   10000000,   20000000,   50000000, 100000000, 200000000,
	500000000, 1000000000, UINT32_MAX,
};

#define NR_ROWS (sizeof(bounds) / sizeof(bounds[0]))

/* Of @measure, whose samples are sorted, those of at most @bound. */
static unsigned int count_upto(const struct measure *measure, uint32_t bound)
{
	unsigned int low = 0, high = measure->nr_samples, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (measure->samples[middle] <= bound)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static unsigned int count_row(const struct measure *measure, size_t row)
{
	return count_upto(measure, bounds[row]) -
	       (row ? count_upto(measure, bounds[row - 1]) : 0);
}

static uint64_t count_rows(const struct report *report, size_t from, size_t to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < report->nr_measures; i++)
		for (size_t row = from; row < to; row++)
			sum += count_row(&report->measures[i], row);

	return sum;
}

/* The rows which tell something are from *r_from up to *r_to. */
static void find_rows(const struct report *report, size_t *r_from, size_t *r_to)
{
	size_t from = 0, to = NR_ROWS;

	while (from < to && count_rows(report, from, from + 1) == 0)
		from++;
	while (to > from && count_rows(report, to - 1, to) == 0)
		to--;
	*r_from = from;
	*r_to = to;
}

void histogram_print(const struct report *report)
{
	size_t from, to;

	find_rows(report, &from, &to);
	printf("\n%-14s", "up to us");
	for (size_t i = 0; i < report->nr_measures; i++)
		printf(" %14s", report->measures[i].name);
	putchar('\n');
	for (size_t row = from; row < to; row++) {
		if (row + 1 < NR_ROWS)
			printf("%-14.9g", bounds[row] / 1e3);
		else
			printf("%-14s", "more");
		for (size_t i = 0; i < report->nr_measures; i++)
			printf(" %14u", count_row(&report->measures[i], row));
		putchar('\n');
	}
}

struct json_object *histogram_to_json(const struct measure *measure)
{
	struct json_object *rows = json_object_new_array(), *row;

	for (size_t i = 0; i < NR_ROWS; i++) {
		row = json_object_new_object();
		json_put_uint(row, "upto", bounds[i]);
		json_put_uint(row, "samples", count_row(measure, i));
		json_object_array_add(rows, row);
	}

	return rows;
}

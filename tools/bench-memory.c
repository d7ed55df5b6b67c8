/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES 4096

/* What /proc/PID/@file_name says behind @key, in bytes; or -errno. */
static int64_t read_kb(const struct bench_run *run, const char *file_name,
		       const char *key)
{
	int64_t ret = -ENODATA;
	char line[256];
	long long kb;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%u/%s", run->daemon_pid, file_name);
	file = fopen(line, "re");
	if (file == NULL)
		return -errno;

	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0 &&
		    sscanf(line + strlen(key), ": %lld kB", &kb) == 1)
			ret = kb * 1024;
	fclose(file);

	return ret;
}

int64_t daemon_memory(const struct bench_run *run)
{
	/* Exact, as what "status" says of it is not. */
	int64_t pages = read_kb(run, "smaps_rollup", "Anonymous");
	int64_t tables = read_kb(run, "status", "VmPTE");

	if (pages < 0)
		return pages;

	return tables < 0 ? tables : pages + tables;
}

void growth_begin(struct growth *growth, const struct bench_run *run,
		  unsigned int nr_expected)
{
	*growth = (struct growth){
		.run = run,
		.half = nr_expected / 2,
		.before = daemon_memory(run),
		.middle = -ENODATA,
	};
}

void growth_look(struct growth *growth, unsigned int nr)
{
	if (nr == growth->half)
		growth->middle = daemon_memory(growth->run);
}

/* Memory comes in pages, for some a little more than for others. */
static bool is_even(int64_t first, unsigned int nr_first, int64_t second,
		    unsigned int nr_second)
{
	return (first + PAGE_BYTES) * nr_second * 4 >= second * nr_first * 3;
}

void growth_end(const struct growth *growth, unsigned int nr,
		struct figure *figure)
{
	int64_t after = daemon_memory(growth->run);

	figure->known = false;
	if (growth->before < 0 || after < 0)
		return;
	if (growth->middle < 0 || nr <= growth->half) {
		figure->why_not = "too few came";
		return;
	}
	if (after <= growth->before ||
	    !is_even(growth->middle - growth->before, growth->half,
		     after - growth->middle, nr - growth->half)) {
		figure->why_not = "evl-cused had free memory for some";
		return;
	}

	figure->value = (after - growth->before) / nr;
	figure->known = true;
}

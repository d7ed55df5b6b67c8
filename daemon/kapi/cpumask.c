/* SPDX-License-Identifier: MIT */
/* The CPUs of <linux/cpumask.h> and <linux/smp.h>. */
#include "kapi/cpumask.h"

#include "kapi/export.h"
#include "stage/inband.h"
#include "stage/oob.h"

#include <assert.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static_assert(sizeof(struct cpumask) == sizeof(cpu_set_t), "the system's form");

static struct cpumask possible, online;
static struct cpumask *singles; /* owned, for good: one for each possible CPU */
static unsigned int nr_possible = 1;

static unsigned int count_possible(void)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF);

	if (nr < 1)
		return 1;

	return nr < NR_CPUS ? (unsigned int)nr : NR_CPUS;
}

/* Ranges like "0-3,6", as the system writes them. */
static void parse_ranges(const char *text, struct cpumask *mask)
{
	unsigned int first, last;
	int len;

	while (sscanf(text, "%u%n", &first, &len) == 1) {
		text += len;
		last = first;
		if (sscanf(text, "-%u%n", &last, &len) == 1)
			text += len;
		for (; first <= last && first < nr_possible; first++)
			cpumask_set_cpu(first, mask);
		if (*text != ',')
			return;
		text++;
	}
}

static void find_online(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	char line[512];

	if (file && fgets(line, sizeof(line), file))
		parse_ranges(line, &online);
	if (file)
		fclose(file);
	if (cpumask_empty(&online))
		cpumask_copy(&online, &possible);
}

__attribute__((constructor)) static void find_cpus(void)
{
	nr_possible = count_possible();
	bitmap_set(possible.bits, 0, nr_possible);
	find_online();
	singles = calloc(nr_possible, sizeof(*singles));
	for (unsigned int cpu = 0; singles && cpu < nr_possible; cpu++)
		cpumask_set_cpu(cpu, &singles[cpu]);
}

EXPORT unsigned int num_possible_cpus(void)
{
	return nr_possible;
}

EXPORT unsigned int num_online_cpus(void)
{
	return cpumask_weight(&online);
}

EXPORT const struct cpumask *__cpumask_possible(void)
{
	return &possible;
}

EXPORT const struct cpumask *__cpumask_online(void)
{
	return &online;
}

EXPORT const struct cpumask *cpumask_of(unsigned int cpu)
{
	static const struct cpumask none;

	return singles && cpu < nr_possible ? &singles[cpu] : &none;
}

EXPORT unsigned int smp_processor_id(void)
{
	unsigned int cpu = stage_self ? stage_self->cpu : inband_stage.cpu;

	return cpu < nr_possible ? cpu : 0;
}

EXPORT bool in_interrupt(void)
{
	return fiber_current() == NULL;
}

static bool has_worker(unsigned int cpu)
{
	for (unsigned int i = 0; i < oob_nr_workers(); i++)
		if (oob_worker_stage(oob_worker(i))->cpu == cpu)
			return true;

	return false;
}

void smp_place_inband(void)
{
	unsigned int cpu;

	inband_stage.cpu = 0;
	for_each_online_cpu(cpu) {
		if (has_worker(cpu))
			continue;
		inband_stage.cpu = cpu;
		return;
	}
}

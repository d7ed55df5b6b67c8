/* SPDX-License-Identifier: MIT */
/*
 * Affinity masks in the kernel's own size, which may be larger than cpu_set_t.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "placement.h"

#define WORD_BITS (8 * sizeof(unsigned long))

bool placement_has(const struct placement_mask *mask, int cpu)
{
	if (cpu < 0 || (unsigned int)cpu >= PLACEMENT_CPUS)
		return false;

	return mask->words[(unsigned int)cpu / WORD_BITS] >>
		       ((unsigned int)cpu % WORD_BITS) &
	       1;
}

static bool is_worker(int cpu, const uint64_t *workers, unsigned int nr_words)
{
	unsigned int n = (unsigned int)cpu;

	return n / 64 < nr_words && workers[n / 64] >> (n % 64) & 1;
}

int placement_choose(int cpu, const struct placement_mask *allowed,
		     const uint64_t *workers, unsigned int nr_words)
{
	int distance, near;

	if (cpu < 0 || !is_worker(cpu, workers, nr_words))
		return cpu;

	for (distance = 1; distance < (int)PLACEMENT_CPUS; distance++) {
		near = cpu - distance;
		if (placement_has(allowed, near) &&
		    !is_worker(near, workers, nr_words))
			return near;
		near = cpu + distance;
		if (placement_has(allowed, near) &&
		    !is_worker(near, workers, nr_words))
			return near;
	}

	return cpu;
}

bool placement_alone(const struct placement_mask *allowed, int worker_cpu)
{
	unsigned int n, nr = 0;

	if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
		return true;
	if (worker_cpu < 0)
		return false;

	for (n = 0; n < PLACEMENT_CPUS; n++)
		if (placement_has(allowed, (int)n) && (int)n != worker_cpu)
			nr++;

	return nr == 0;
}

void placement_apply(int cpu)
{
	struct placement_mask mask = { { 0 } };
	int saved = errno;

	if (cpu < 0 || (unsigned int)cpu >= PLACEMENT_CPUS)
		return;

	mask.words[(unsigned int)cpu / WORD_BITS] |=
		1UL << ((unsigned int)cpu % WORD_BITS);
	/* The thread itself; refused only by a sandbox. */
	(void)syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask);
	errno = saved;
}

void placement_allowed(struct placement_mask *mask)
{
	int saved = errno;

	memset(mask, 0, sizeof(*mask));
	(void)syscall(SYS_sched_getaffinity, 0, sizeof(*mask), mask);
	errno = saved;
}

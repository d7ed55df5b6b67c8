/* SPDX-License-Identifier: MIT */
/*
 * Where the client library puts an attached thread.
 */
#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../helpers.h"
#include "placement.h"

#define WORD_BITS (8 * sizeof(unsigned long))

static struct placement_mask mask(const char *cpus)
{
	struct placement_mask mask = { { 0 } };
	unsigned long cpu;
	char *end;

	while (*cpus) {
		cpu = strtoul(cpus, &end, 10);
		mask.words[cpu / WORD_BITS] |= 1UL << (cpu % WORD_BITS);
		cpus = end + strspn(end, ",");
	}

	return mask;
}

static int choose(int cpu, const char *allowed, const char *workers)
{
	struct placement_mask of_thread = mask(allowed);
	struct placement_mask of_workers = mask(workers);
	uint64_t words[16] = { 0 };

	for (int n = 0; n < 1024; n++)
		if (placement_has(&of_workers, n))
			words[n / 64] |= UINT64_C(1) << n % 64;

	return placement_choose(cpu, &of_thread, words, 16);
}

START_TEST(a_thread_stays_where_it_is)
{
	ck_assert_int_eq(choose(0, "0,1", "1"), 0);
	ck_assert_int_eq(choose(3, "0,1,2,3", ""), 3);
	ck_assert_int_eq(choose(5000, "5000", "1"), 5000);
}
END_TEST

START_TEST(it_leaves_a_workers_cpu_for_the_nearest)
{
	ck_assert_int_eq(choose(1, "0,1", "1"), 0);
	ck_assert_int_eq(choose(0, "0,1", "0"), 1);
	ck_assert_int_eq(choose(2, "0,1,2,3", "2"), 1);
	ck_assert_int_eq(choose(2, "0,2,3", "2"), 3);
	ck_assert_int_eq(choose(2, "0,2,7", "2"), 0);
	ck_assert_int_eq(choose(2, "0,1,2,3,4,5", "1,2,3"), 0);
	ck_assert_int_eq(choose(63, "63,64", "63"), 64);
	ck_assert_int_eq(choose(3, "3,1500", "3"), 1500);
}
END_TEST

START_TEST(it_stays_if_there_is_nowhere_to_go)
{
	ck_assert_int_eq(choose(0, "0", "0"), 0);
	ck_assert_int_eq(choose(1, "0,1", "0,1"), 1);
	ck_assert_int_eq(choose(-1, "0,1", "0"), -1);
}
END_TEST

START_TEST(the_mask_is_the_kernels)
{
	struct placement_mask allowed;
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	placement_allowed(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		ck_assert_int_eq(placement_has(&allowed, cpu),
				 CPU_ISSET((unsigned int)cpu, &set) != 0);
}
END_TEST

START_TEST(pinning_leaves_one_cpu)
{
	struct placement_mask allowed;
	int cpu = sched_getcpu();
	int nr = 0;

	placement_apply(cpu);
	placement_allowed(&allowed);
	for (int n = 0; n < (int)PLACEMENT_CPUS; n++)
		nr += placement_has(&allowed, n);
	ck_assert_int_eq(nr, 1);
	ck_assert(placement_has(&allowed, cpu));
}
END_TEST

START_TEST(alone_is_who_has_no_cpu_but_the_workers)
{
	struct placement_mask one = mask("0"), two = mask("0,1");
	bool single = sysconf(_SC_NPROCESSORS_ONLN) == 1;

	ck_assert(placement_alone(&one, 0));
	ck_assert_int_eq(placement_alone(&one, 1), single);
	ck_assert_int_eq(placement_alone(&two, 0), single);
	ck_assert_int_eq(placement_alone(&one, -1), single);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client/placement");

	suite_add(suite, "stay", a_thread_stays_where_it_is, 1);
	suite_add(suite, "leave", it_leaves_a_workers_cpu_for_the_nearest, 1);
	suite_add(suite, "stuck", it_stays_if_there_is_nowhere_to_go, 1);
	suite_add(suite, "mask", the_mask_is_the_kernels, 1);
	suite_add(suite, "pin", pinning_leaves_one_cpu, 1);
	suite_add(suite, "alone", alone_is_who_has_no_cpu_but_the_workers, 1);

	return suite_run(suite);
}

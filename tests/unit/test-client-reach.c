/* SPDX-License-Identifier: MIT */
/*
 * Which buffers the client library copies from and to on its own.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../helpers.h"
#include "reach.h"

static struct reach reach;
static size_t page;

static void setup(void)
{
	reach_init(&reach);
	page = (size_t)sysconf(_SC_PAGESIZE);
}

static char *map(size_t pages, int prot)
{
	char *p = mmap(NULL, pages * page, prot, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);

	return p;
}

static bool both(const void *p, size_t len)
{
	bool ok = reach_ok(&reach, p, len, false);

	ck_assert_int_eq(reach_ok(&reach, p, len, true), ok);

	return ok;
}

static const void *at(uintptr_t addr)
{
	return (const void *)addr; /* NOLINT(performance-no-int-to-ptr) */
}

START_TEST(what_cannot_be_memory_is_not_reached)
{
	ck_assert(!both(NULL, 1));
	ck_assert(!both(at(1), 4));
	ck_assert(!both(at(REACH_LOWEST - 1), 1));
	ck_assert(!both(at(-1UL), 1));
	ck_assert(!both(at(-1UL), 4096));
	ck_assert(!both(at(-4096UL), 8192));
	ck_assert(!both(at(~(~0UL >> 1)), 8)); /* the kernel's half */
}
END_TEST

START_TEST(nothing_is_always_reached)
{
	ck_assert(both(NULL, 0));
	ck_assert(both(at(-1UL), 0));
}
END_TEST

START_TEST(mapped_memory_is_reached_to_its_last_byte)
{
	char *p = map(3, PROT_READ | PROT_WRITE);

	munmap(p + 2 * page, page);
	ck_assert(both(p, 1));
	ck_assert(both(p, 2 * page));
	ck_assert(both(p + 2 * page - 1, 1));
	ck_assert(!both(p + 2 * page - 1, 2));
	ck_assert(!both(p + 2 * page, 1));
	ck_assert(!both(p, 3 * page));
	/* Knowing some of it does not help. */
	ck_assert(both(p, 2 * page));
	ck_assert(!both(p + page, page + 1));
}
END_TEST

START_TEST(read_only_memory_is_not_written)
{
	char *p = map(1, PROT_READ);

	ck_assert(reach_ok(&reach, p, page, false));
	ck_assert(!reach_ok(&reach, p, page, true));
	ck_assert(!both(map(1, PROT_NONE), 1));
}
END_TEST

START_TEST(asking_changes_no_byte)
{
	static char data[20000];
	char *p = map(2, PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < 2 * page; i++)
		p[i] = (char)i;
	ck_assert(both(p, 2 * page));
	for (size_t i = 0; i < 2 * page; i++)
		ck_assert_int_eq(p[i], (char)i);

	ck_assert(both(data, sizeof(data)));
	for (size_t i = 0; i < sizeof(data); i++)
		ck_assert_int_eq(data[i], 0);
}
END_TEST

START_TEST(the_cache_holds_no_more_than_it_was_told)
{
	const size_t pages = 4ul * REACH_PAGES;
	char *p = map(pages, PROT_READ | PROT_WRITE);

	/* Far more pages than entries, and holes in between. */
	for (size_t n = 1; n < pages; n += 2)
		munmap(p + n * page, page);
	for (int round = 0; round < 2; round++)
		for (size_t n = 0; n < pages; n++)
			ck_assert_int_eq(both(p + n * page, page), n % 2 == 0);
}
END_TEST

static uint32_t epoch(void)
{
	return atomic_load(&reach_epoch);
}

START_TEST(what_is_forgotten_is_asked_about_again)
{
	char *p = map(2, PROT_READ | PROT_WRITE);

	for (int round = 0; round < 3; round++) {
		ck_assert(both(p, 2 * page));
		munmap(p + page, page);
		reach_forget((uintptr_t)p + page, page);
		ck_assert(both(p, page));
		ck_assert(!both(p, 2 * page));
		/* There again, but not the same. */
		ck_assert_ptr_eq(mmap(p + page, page, PROT_READ,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				      -1, 0),
				 p + page);
		reach_forget((uintptr_t)p + page, page);
		ck_assert(reach_ok(&reach, p, 2 * page, false));
		ck_assert(!reach_ok(&reach, p, 2 * page, true));
		mprotect(p + page, page, PROT_READ | PROT_WRITE);
		reach_forget((uintptr_t)p + page, page);
	}
}
END_TEST

/* Whoever forgets what nobody knows disturbs nobody. */
START_TEST(only_what_is_known_is_forgotten)
{
	char *p = map(3, PROT_READ | PROT_WRITE);
	const uintptr_t known = (uintptr_t)p + page;
	uint32_t before = epoch();

	ck_assert(both(p + page, page));
	reach_forget(known - page, page);
	reach_forget(known + page, page);
	reach_forget(known, 0);
	reach_forget(known + page, (REACH_MARKS - 1) * 4096ul);
	ck_assert_uint_eq(epoch(), before);
	reach_forget(known, 1);
	ck_assert_uint_eq(epoch(), before + 1);
	/* That was all, until somebody asks. */
	reach_forget(known, page);
	reach_forget(0, SIZE_MAX);
	ck_assert_uint_eq(epoch(), before + 1);
	ck_assert(both(p + page, page));
	reach_forget(0, SIZE_MAX);
	ck_assert_uint_eq(epoch(), before + 2);
	ck_assert(both(p + page, page));
	reach_forget(known - 100 * page, SIZE_MAX);
	ck_assert_uint_eq(epoch(), before + 3);
}
END_TEST

#define ARENA 1024 /* pages, less than there are marks */

/* Ranges of all kinds, against a look at each page. */
START_TEST(every_range_finds_what_is_in_it)
{
	char *p = map(ARENA, PROT_READ | PROT_WRITE);
	unsigned int dice = 1;
	bool expected;

	for (int round = 0; round < 20000; round++) {
		size_t known = (size_t)rand_r(&dice) % ARENA;
		size_t first = (size_t)rand_r(&dice) % ARENA;
		size_t nr = (size_t)rand_r(&dice) % (ARENA - first) + 1;
		uint32_t before = epoch();

		if (round % 2) /* the edges */
			first = known > 0 ? known - dice % 2 : known;
		ck_assert(reach_ok(&reach, p + known * page, 1, round % 3));
		expected = known >= first && known < first + nr;
		reach_forget((uintptr_t)p + first * page, nr * page);
		ck_assert_int_eq(epoch() != before, expected);
		reach_forget(0, SIZE_MAX);
	}
}
END_TEST

START_TEST(epochs_go_round)
{
	char *p = map(1, PROT_READ | PROT_WRITE);

	atomic_store(&reach_epoch, UINT32_MAX - 2);
	for (int round = 0; round < 6; round++) {
		mprotect(p, page, PROT_READ | PROT_WRITE);
		reach_forget((uintptr_t)p, page);
		ck_assert(both(p, page));
		mprotect(p, page, PROT_NONE);
		reach_forget((uintptr_t)p, page);
		ck_assert(!both(p, page));
	}
	ck_assert_uint_lt(epoch(), 10);
}
END_TEST

struct other {
	pthread_barrier_t told;
	char *p;
	bool ok[3];
};

/* Each step is one of the test's, in between. */
static void *look_on_a_thread(void *arg)
{
	struct other *other = arg;
	struct reach mine;

	reach_init(&mine);
	for (int i = 0; i < 3; i++) {
		pthread_barrier_wait(&other->told);
		other->ok[i] = reach_ok(&mine, other->p, 1, true);
		pthread_barrier_wait(&other->told);
	}

	return NULL;
}

static void step_other(struct other *other)
{
	pthread_barrier_wait(&other->told);
	pthread_barrier_wait(&other->told);
}

START_TEST(all_threads_forget)
{
	struct other other = { .p = map(1, PROT_READ | PROT_WRITE) };
	pthread_t thread;

	pthread_barrier_init(&other.told, NULL, 2);
	pthread_create(&thread, NULL, look_on_a_thread, &other);
	step_other(&other);
	/* We have never asked about it ourselves. */
	mprotect(other.p, page, PROT_READ);
	reach_forget((uintptr_t)other.p, page);
	step_other(&other);
	mprotect(other.p, page, PROT_READ | PROT_WRITE);
	step_other(&other);
	pthread_join(thread, NULL);
	ck_assert(other.ok[0] && !other.ok[1] && other.ok[2]);
}
END_TEST

/* What calls the library, and has its buffers in its own frame. */
static __attribute__((noinline)) bool on_stack(uintptr_t addr, size_t len)
{
	bool ok = reach_on_stack(&reach, addr, len);

	__asm__ volatile("" ::: "memory"); /* no tail call */

	return ok;
}

static __attribute__((noinline)) bool large_local_buffer(void)
{
	char buf[300000]; /* the kernel has not grown the stack that far yet */
	bool ok = on_stack((uintptr_t)buf, sizeof(buf));

	__asm__ volatile("" ::"r"(buf) : "memory"); /* it lives until here */

	return ok;
}

START_TEST(the_stack_is_reached_without_asking)
{
	char buf[64];

	ck_assert(large_local_buffer());
	ck_assert(on_stack((uintptr_t)buf, sizeof(buf)));
	/* Not beyond its end, not below where we are. */
	ck_assert(!on_stack((uintptr_t)buf,
			    reach.stack_high - (uintptr_t)buf + 1));
	ck_assert(!on_stack((uintptr_t)buf - 100000, 8));
}
END_TEST

static void *on_a_thread(void *arg)
{
	char buf[64];
	char *ok = arg;

	reach_init(&reach);
	if (on_stack((uintptr_t)buf, sizeof(buf)) &&
	    !on_stack((uintptr_t)ok, 1))
		*ok = 1;

	return NULL;
}

START_TEST(a_threads_stack_is_its_own)
{
	pthread_t thread;
	char ok = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, on_a_thread, &ok), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(ok, 1);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, 1), setup, NULL);
}

int main(void)
{
	Suite *suite = suite_create("client/reach");

	add(suite, "wild", what_cannot_be_memory_is_not_reached);
	add(suite, "empty", nothing_is_always_reached);
	add(suite, "mapped", mapped_memory_is_reached_to_its_last_byte);
	add(suite, "protected", read_only_memory_is_not_written);
	add(suite, "harmless", asking_changes_no_byte);
	add(suite, "cache", the_cache_holds_no_more_than_it_was_told);
	add(suite, "forgotten", what_is_forgotten_is_asked_about_again);
	add(suite, "unknown", only_what_is_known_is_forgotten);
	add(suite, "ranges", every_range_finds_what_is_in_it);
	add(suite, "epochs", epochs_go_round);
	add(suite, "threads", all_threads_forget);
	add(suite, "stack", the_stack_is_reached_without_asking);
	add(suite, "thread-stack", a_threads_stack_is_its_own);

	return suite_run(suite);
}

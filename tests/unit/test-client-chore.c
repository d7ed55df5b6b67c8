/* SPDX-License-Identifier: MIT */
/* Chores: the thread that waits for an answer moves its own memory. */
#include "../cancel.h"
#include "../helpers.h"
#include "client-worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <wire/channel.h>

#define PAGE 4096ul

static char *pages; /* two, then one out of reach */

static void set_up(uint32_t spin)
{
	/* Across the numbers' wrap. */
	worker_start(spin, CHANNEL_SPECIAL - 10);
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), 0);
}

static void setup_asleep(void)
{
	set_up(CHANNEL_SPIN_NEVER);
}

static void setup_spinning(void)
{
	set_up(CHANNEL_SPIN_ADAPTIVE);
}

static void teardown(void)
{
	munmap(pages, 3 * PAGE);
	worker_stop();
}

/* With nothing of it in the window. */
static int64_t ask(int fd, const void *addr, size_t count)
{
	const struct slot_call call = {
		.op = CHANNEL_WRITE,
		.fd = fd,
		.addr = (uintptr_t)addr,
		.count = count,
	};

	return slot_do(&slot, &call);
}

START_TEST(what_the_worker_wants_is_fetched)
{
	for (unsigned int n = 0; n < 300; n++) {
		memset(pages, (int)n, 100);
		ck_assert_int_eq(ask(FD_FETCH, pages, 100), 100);
		ck_assert_mem_eq(worker.bounce, pages, 100);
	}
}
END_TEST

START_TEST(what_it_has_for_us_is_stored)
{
	ck_assert_int_eq(ask(FD_STORE, pages + 10, 2 * PAGE - 10),
			 2 * PAGE - 10);
	ck_assert_int_eq(pages[9], 0);
	ck_assert_int_eq(pages[10], 's');
	ck_assert_int_eq(pages[2 * PAGE - 1], 's');
}
END_TEST

START_TEST(of_what_is_not_there_all_that_is_before_is_moved)
{
	ck_assert_int_eq(ask(FD_FETCH, pages + PAGE, 2 * PAGE), PAGE);
	ck_assert_int_eq(ask(FD_STORE, pages + 2 * PAGE - 8, 16), 8);
	ck_assert_int_eq(ask(FD_FETCH, NULL, 16), 0);
	ck_assert_int_eq(ask(FD_STORE, (void *)8, 16), 0);
	ck_assert_int_eq(ask(FD_FETCH, (void *)UINTPTR_MAX, 16), 0);
}
END_TEST

START_TEST(memory_that_may_not_be_written_is_not)
{
	ck_assert_int_eq(mprotect(pages, PAGE, PROT_READ), 0);
	ck_assert_int_eq(ask(FD_STORE, pages, 16), 0);
	ck_assert_int_eq(ask(FD_FETCH, pages, 16), 16);
}
END_TEST

START_TEST(requests_for_more_than_a_buffer_are_not_obeyed)
{
	ck_assert_int_eq(ask(FD_FETCH, pages, CHANNEL_BOUNCE_SIZE + 1), 0);
}
END_TEST

static void *ask_late(void *arg)
{
	(void)ask(FD_LATE, arg, 8);

	return NULL;
}

/* As latmus has it: its results come after the cancellation. */
START_TEST(a_thread_that_is_cancelled_does_its_chores_first)
{
	pthread_t thread;
	void *result;

	cancellable_create(&thread, ask_late, pages);
	worker_await_sleeper();
	pthread_cancel(thread);
	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_mem_eq(pages, "ssssssss", 8);
	ck_assert_int_eq(ask(FD_FETCH, pages, 8), 8);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		what_the_worker_wants_is_fetched,
		what_it_has_for_us_is_stored,
		of_what_is_not_there_all_that_is_before_is_moved,
		memory_that_may_not_be_written_is_not,
		requests_for_more_than_a_buffer_are_not_obeyed,
		a_thread_that_is_cancelled_does_its_chores_first,
	};
	Suite *suite = suite_create("client/chore");
	TCase *asleep = tcase_create("asleep");
	TCase *spinning = tcase_create("spinning");

	tcase_add_checked_fixture(asleep, setup_asleep, teardown);
	tcase_add_checked_fixture(spinning, setup_spinning, teardown);
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tcase_add_test(asleep, tests[i]);
		tcase_add_test(spinning, tests[i]);
	}
	suite_add_tcase(suite, asleep);
	suite_add_tcase(suite, spinning);

	return suite_run(suite);
}

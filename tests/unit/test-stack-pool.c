/* SPDX-License-Identifier: MIT */
#include "stage/context.h"
#include "stage/stack-pool.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_STACKS 40 /* more than one chunk */

static size_t page_size;
static struct stack_pool *pool;

static void setup(void)
{
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	ck_assert_int_eq(stack_pool_new(0, NR_STACKS, &pool), 0);
}

static void teardown(void)
{
	pool = stack_pool_free(pool);
}

static struct stack *get(bool prefault)
{
	struct stack *stack;

	ck_assert_int_eq(stack_get(pool, prefault, &stack), 0);

	return stack;
}

static size_t nr_resident(const struct stack *stack)
{
	unsigned char pages[64] = { 0 };
	size_t nr_pages = stack->size / page_size, sum = 0;

	ck_assert_uint_le(nr_pages, sizeof(pages));
	ck_assert_int_eq(mincore(stack->base, stack->size, pages), 0);
	for (size_t i = 0; i < nr_pages; i++)
		sum += pages[i] & 1;

	return sum;
}

START_TEST(sizes_are_rounded_up_to_pages)
{
	static const size_t wanted[] = { 0, 1, 4096, 4097, 100000 };
	struct stack_pool *other;
	struct stack *stack;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		ck_assert_int_eq(stack_pool_new(wanted[i], 1, &other), 0);
		ck_assert_int_eq(stack_get(other, false, &stack), 0);
		ck_assert_uint_eq(stack->size % page_size, 0);
		ck_assert_uint_eq((uintptr_t)stack->base % page_size, 0);
		ck_assert_uint_ge(stack->size, wanted[i]);
		ck_assert_uint_lt(stack->size,
				  (wanted[i] ? wanted[i] : 65536) + page_size);
		stack_put(other, stack);
		ck_assert_ptr_null(stack_pool_free(other));
	}
}
END_TEST

START_TEST(sizes_beyond_reason_are_refused)
{
	struct stack_pool *other = pool;

	ck_assert_int_eq(stack_pool_new(SIZE_MAX, 1, &other), -EINVAL);
	ck_assert_ptr_eq(other, pool);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	ck_assert_ptr_null(stack_pool_free(NULL));
}
END_TEST

START_TEST(freeing_unmaps_stacks_and_guards)
{
	struct stack *stack = get(false);
	char *base = stack->base;
	unsigned char page;

	ck_assert_int_eq(mincore(base - page_size, page_size, &page), 0);
	stack_put(pool, stack);
	pool = stack_pool_free(pool);
	ck_assert_int_eq(mincore(base - page_size, page_size, &page), -1);
	ck_assert_int_eq(mincore(base, page_size, &page), -1);
}
END_TEST

#ifndef NDEBUG
START_TEST(freeing_with_a_stack_out_aborts)
{
	get(false);
	pool = stack_pool_free(pool);
}
END_TEST
#endif

START_TEST(stacks_do_not_overlap)
{
	struct stack *stacks[NR_STACKS];

	for (int i = 0; i < NR_STACKS; i++) {
		stacks[i] = get(false);
		memset(stacks[i]->base, i, stacks[i]->size);
	}

	for (int i = 0; i < NR_STACKS; i++) {
		const char *bytes = stacks[i]->base;

		/* Equal to itself shifted by one: the same all over. */
		ck_assert_int_eq(bytes[0], i);
		ck_assert_mem_eq(bytes, bytes + 1, stacks[i]->size - 1);
		stack_put(pool, stacks[i]);
	}
}
END_TEST

START_TEST(the_limit_holds_until_a_stack_is_back)
{
	struct stack *stacks[NR_STACKS], *more = NULL;

	for (int i = 0; i < NR_STACKS; i++)
		stacks[i] = get(false);
	ck_assert_int_eq(stack_get(pool, false, &more), -EAGAIN);
	ck_assert_ptr_null(more);

	stack_put(pool, stacks[7]);
	ck_assert_ptr_eq(get(false), stacks[7]);
	ck_assert_int_eq(stack_get(pool, false, &more), -EAGAIN);

	for (int i = 0; i < NR_STACKS; i++)
		stack_put(pool, stacks[i]);
}
END_TEST

START_TEST(a_generous_limit_costs_nothing)
{
	struct stack_pool *other;
	struct stack *stack;

	ck_assert_int_eq(stack_pool_new(0, 1000 * 1000, &other), 0);
	ck_assert_int_eq(stack_get(other, false, &stack), 0);
	stack_put(other, stack);
	stack_pool_free(other);
}
END_TEST

/* So that ten thousand that sleep cost 20 KiB each at most. */
START_TEST(prefaulted_stacks_are_resident_as_far_as_drivers_go)
{
	struct stack *stack = get(true);
	char *bytes = stack->base;

	ck_assert_uint_eq(nr_resident(stack), STACK_PREFAULT / page_size);
	/* Those pages are the upper ones. */
	memset(bytes + stack->size - STACK_PREFAULT, 0, STACK_PREFAULT);
	ck_assert_uint_eq(nr_resident(stack), STACK_PREFAULT / page_size);
	/* There is more, for who needs it. */
	memset(bytes, 0, stack->size);
	ck_assert_uint_eq(nr_resident(stack), stack->size / page_size);
	stack_put(pool, stack);
}
END_TEST

START_TEST(small_stacks_are_resident_altogether)
{
	struct stack_pool *other;
	struct stack *stack;

	ck_assert_int_eq(stack_pool_new(8192, 1, &other), 0);
	ck_assert_int_eq(stack_get(other, true, &stack), 0);
	ck_assert_uint_eq(nr_resident(stack), stack->size / page_size);
	ck_assert_uint_eq(stack_high_water(stack), 0);
	memset(stack->base, 0, stack->size);
	ck_assert_uint_eq(stack_high_water(stack), stack->size);
	stack_put(other, stack);
	stack_pool_free(other);
}
END_TEST

START_TEST(other_stacks_cost_no_memory)
{
	struct stack *stack = get(false);

	ck_assert_uint_eq(nr_resident(stack), 0);
	ck_assert_uint_eq(stack_high_water(stack), 0);
	ck_assert_uint_eq(nr_resident(stack), 0);
	stack_put(pool, stack);
}
END_TEST

START_TEST(a_stack_put_back_keeps_its_memory)
{
	struct stack *stack = get(false);
	char *bytes = stack->base;

	bytes[page_size] = 42;
	stack_put(pool, stack);
	ck_assert_ptr_eq(get(false), stack);
	ck_assert_uint_eq(nr_resident(stack), 1);
	stack_put(pool, stack);
}
END_TEST

START_TEST(high_water_tells_the_deepest_use)
{
	struct stack *stack = get(true);
	char *bytes = stack->base;

	ck_assert_uint_eq(stack_high_water(stack), 0);
	bytes[stack->size - 8] = 0;
	ck_assert_uint_eq(stack_high_water(stack), 8);
	bytes[stack->size - 5000] = 0;
	ck_assert_uint_eq(stack_high_water(stack), 5000);
	ck_assert_uint_eq(nr_resident(stack), STACK_PREFAULT / page_size);
	stack_put(pool, stack);
}
END_TEST

/* Whether or not it passes over where the pattern ends. */
START_TEST(high_water_tells_of_what_was_not_prefaulted)
{
	struct stack *stack = get(true);
	char *bytes = stack->base;

	bytes[stack->size - STACK_PREFAULT] = 0;
	ck_assert_uint_eq(stack_high_water(stack), STACK_PREFAULT);
	bytes[stack->size - STACK_PREFAULT - 8] = 1;
	ck_assert_uint_eq(stack_high_water(stack), STACK_PREFAULT + 8);
	bytes[40000] = 1;
	ck_assert_uint_eq(stack_high_water(stack), stack->size - 40000);
	bytes[0] = 1;
	ck_assert_uint_eq(stack_high_water(stack), stack->size);
	stack_put(pool, stack);

	stack = get(true);
	ck_assert_uint_eq(stack_high_water(stack), 0);
	bytes[40000] = 0;
	ck_assert_uint_eq(stack_high_water(stack), stack->size - 40000);
	stack_put(pool, stack);
}
END_TEST

START_TEST(high_water_starts_anew_with_each_user)
{
	struct stack *stack = get(true);

	memset(stack->base, 0, stack->size);
	stack_put(pool, stack);

	ck_assert_ptr_eq(get(true), stack);
	ck_assert_uint_eq(stack_high_water(stack), 0);
	memset(stack->base, 0, stack->size);
	stack_put(pool, stack);

	/* One that carries no pattern has nothing to tell. */
	ck_assert_ptr_eq(get(false), stack);
	ck_assert_uint_eq(stack_high_water(stack), 0);
	stack_put(pool, stack);
}
END_TEST

START_TEST(each_guard_page_names_its_stack)
{
	struct stack *stacks[NR_STACKS];

	for (int i = 0; i < NR_STACKS; i++)
		stacks[i] = get(false);

	for (int i = 0; i < NR_STACKS; i++) {
		const char *base = stacks[i]->base;

		ck_assert_ptr_eq(stack_pool_guard_hit(pool, base - 1),
				 stacks[i]);
		ck_assert_ptr_eq(stack_pool_guard_hit(pool, base - page_size),
				 stacks[i]);
		ck_assert_ptr_null(stack_pool_guard_hit(pool, base));
		ck_assert_ptr_null(
			stack_pool_guard_hit(pool, base + stacks[i]->size - 1));
		stack_put(pool, stacks[i]);
	}
	ck_assert_ptr_null(stack_pool_guard_hit(pool, NULL));
	ck_assert_ptr_null(stack_pool_guard_hit(pool, &page_size));
}
END_TEST

/* What the crash handler below works with. */
static struct stack *doomed;
static int report_fd;

static void on_segv(int sig, siginfo_t *info, void *ucontext)
{
	char yes = stack_pool_guard_hit(pool, info->si_addr) == doomed ? 1 : 0;

	(void)ucontext;
	if (write(report_fd, &yes, 1) != 1)
		_exit(EXIT_FAILURE);
	signal(sig, SIG_DFL); /* and die by it, once we return */
}

/* Frames well below a page, so that none steps over the guard. */
static int overflow(const volatile char *above)
{
	volatile char frame[256];

	frame[0] = *above;
	if (frame[0] == 0)
		return overflow(frame) + frame[0];

	return 0;
}

static void overflow_forever(void *arg)
{
	volatile char zero = 0;

	(void)arg;
	for (;;)
		overflow(&zero);
}

_Noreturn static void run_off_a_stack(void)
{
	struct sigaction act = {
		.sa_sigaction = on_segv,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	stack_t alt = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
	struct fiber_context self, ctx;

	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &act, NULL);

	doomed = get(false);
	fiber_context_adopt(&self);
	fiber_context_make(&ctx, doomed->base, doomed->size, overflow_forever,
			   NULL);
	fiber_context_switch(&self, &ctx);
	_exit(EXIT_SUCCESS);
}

START_TEST(overflow_dies_in_a_guard_page)
{
	struct stack *neighbour = get(false);
	int fds[2], status;
	char yes = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	report_fd = fds[1];
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run_off_a_stack();

	close(fds[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
	ck_assert_int_eq(read(fds[0], &yes, 1), 1);
	ck_assert_int_eq(yes, 1);
	close(fds[0]);
	stack_put(pool, neighbour);
}
END_TEST

static Suite *stack_pool_suite(void)
{
	Suite *suite = suite_create("stage/stack-pool");
	TCase *tc;

	tc = tcase_create("pool");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sizes_are_rounded_up_to_pages);
	tcase_add_test(tc, sizes_beyond_reason_are_refused);
	tcase_add_test(tc, freeing_nothing_is_fine);
	tcase_add_test(tc, freeing_unmaps_stacks_and_guards);
#ifndef NDEBUG
	tcase_add_test_raise_signal(tc, freeing_with_a_stack_out_aborts,
				    SIGABRT);
#endif
	suite_add_tcase(suite, tc);

	tc = tcase_create("stacks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, stacks_do_not_overlap);
	tcase_add_test(tc, the_limit_holds_until_a_stack_is_back);
	tcase_add_test(tc, a_generous_limit_costs_nothing);
	tcase_add_test(tc, prefaulted_stacks_are_resident_as_far_as_drivers_go);
	tcase_add_test(tc, small_stacks_are_resident_altogether);
	tcase_add_test(tc, other_stacks_cost_no_memory);
	tcase_add_test(tc, a_stack_put_back_keeps_its_memory);
	suite_add_tcase(suite, tc);

	tc = tcase_create("high water");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, high_water_tells_the_deepest_use);
	tcase_add_test(tc, high_water_tells_of_what_was_not_prefaulted);
	tcase_add_test(tc, high_water_starts_anew_with_each_user);
	suite_add_tcase(suite, tc);

	tc = tcase_create("guard");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_guard_page_names_its_stack);
	tcase_add_test(tc, overflow_dies_in_a_guard_page);
	suite_add_tcase(suite, tc);

	return suite;
}

int main(void)
{
	return suite_run(stack_pool_suite());
}

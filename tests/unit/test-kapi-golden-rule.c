/* SPDX-License-Identifier: MIT */
/* Services for in-band code, called on a worker and elsewhere. */
#include "kapi/golden-rule.h"

#include "base/log.h"
#include "kapi/image.h"
#include "stage/call.h"
#include "suite.h"

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct tally *tally;
static const char *driver; /* whose handlers our fibers run */
static int log_fd;

static void describe(const void *arg, struct guard_call *r_call)
{
	r_call->driver = driver;
	r_call->op = "oob_ioctl";
	r_call->cmd = 0x1234;
}

static const struct guard guard = { .describe = describe };

static void setup(void)
{
	test_stage_setup();
	image_add_others();
	ck_assert_int_eq(tally_add("tested", &guard), 0);
	tally = tally_of("tested");
	driver = "tested";
	/* What is said, for this test to read. */
	log_fd = memfd_create("log", 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

static uint64_t nr_breaches(enum breach kind)
{
	return atomic_load(&tally_sins(tally)->nr_breaches[kind]);
}

/* How often the log has @text. */
static int nr_said(const char *text)
{
	static char log[16384];
	ssize_t len = pread(log_fd, log, sizeof(log) - 1, 0);
	int count = 0;

	log[len > 0 ? len : 0] = '\0';
	for (char *p = log; (p = strstr(p, text)); p++)
		count++;

	return count;
}

static void run_handler(void (*handler)(void *arg), void *arg)
{
	test_fiber(handler, arg, 1)->guard = &guard;
	stage_run_until_idle(&test_stage);
}

static void allocate(void *arg)
{
	*(void **)arg = kmalloc(64, GFP_KERNEL);
}

static void allocate_pages(void *arg)
{
	*(void **)arg = (void *)__get_free_pages(GFP_KERNEL, 1);
}

static void allocate_exactly(void *arg)
{
	*(void **)arg = alloc_pages_exact(100, GFP_KERNEL);
}

static void allocate_vmalloc(void *arg)
{
	*(void **)arg = vmalloc(100);
}

static void allocate_for_users(void *arg)
{
	*(void **)arg = vmalloc_user(100);
}

static void allocate_dma(void *arg)
{
	dma_addr_t handle;

	*(void **)arg = dma_alloc_coherent(NULL, 100, &handle, GFP_KERNEL);
}

static void allocate_text(void *arg)
{
	*(void **)arg = kasprintf(GFP_KERNEL, "%d", 1);
}

static void free_kmalloc(void *arg)
{
	kfree(*(void **)arg);
}

static void free_vmalloc(void *arg)
{
	vfree(*(void **)arg);
}

static void free_the_pages(void *arg)
{
	free_pages(*(unsigned long *)arg, 1);
}

static void free_dma(void *arg)
{
	dma_free_coherent(NULL, 100, *(void **)arg, 0);
}

static const struct {
	void (*allocate)(void *arg);
	void (*free)(void *arg);
	const char *names[2];
} memory[] = {
	{ allocate, free_kmalloc, { "kmalloc", "kfree" } },
	{ allocate_text, free_kmalloc, { "kasprintf", "kfree" } },
	{ allocate_pages, free_the_pages, { "alloc_pages", "free_pages" } },
	{ allocate_exactly,
	  free_the_pages,
	  { "alloc_pages_exact", "free_pages" } },
	{ allocate_vmalloc, free_vmalloc, { "vmalloc", "vfree" } },
	{ allocate_for_users, free_vmalloc, { "vmalloc_user", "vfree" } },
	{ allocate_dma,
	  free_dma,
	  { "dma_alloc_coherent", "dma_free_coherent" } },
};

#define NR_MEMORY (int)(sizeof(memory) / sizeof(memory[0]))

START_TEST(memory_is_counted_and_had_under_warn)
{
	void *ptr;

	golden_rule_set(GOLDEN_RULE_WARN);
	for (uint64_t i = 1; i <= 3; i++) {
		run_handler(memory[_i].allocate, &ptr);
		ck_assert_ptr_nonnull(ptr);
		run_handler(memory[_i].free, &ptr);
		ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 2 * i);
	}
	ck_assert_uint_eq(nr_breaches(BREACH_WAIT), 0);

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(nr_said(memory[_i].names[i]), 1);
	ck_assert_int_eq(nr_said("golden rule: driver tested: its oob_ioctl "
				 "(command 0x1234) called"),
			 2);
}
END_TEST

START_TEST(sins_are_counted_where_another_process_looks)
{
	static struct tally_sins shared;
	void *ptr;

	golden_rule_set(GOLDEN_RULE_WARN);
	run_handler(memory[0].allocate, &ptr);
	shared.nr_hogs = 5;
	tally_set_sins("tested", &shared);
	run_handler(memory[0].free, &ptr);
	ck_assert_uint_eq(shared.nr_breaches[BREACH_MEMORY], 2);

	tally_set_sins("tested", NULL);
	tally_set_sins("tested", NULL);
	tally_set_sins("nobody", &shared);
	/* One from before, and two which were there. */
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 3);
	ck_assert_uint_eq(tally_sins(tally)->nr_hogs, 5);

	tally_lend_sins(&shared);
	ck_assert_int_eq(tally_add("lent", &shared), 0);
	ck_assert_ptr_eq(tally_sins(tally_of("lent")), &shared);
}
END_TEST

START_TEST(memory_is_refused_under_enforce)
{
	void *ptr = &tally;

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	run_handler(memory[_i].allocate, &ptr);
	ck_assert_ptr_null(ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 1);
	ck_assert_int_eq(nr_said("which was refused"), 1);
}
END_TEST

/* What came from in-band goes nowhere else. */
START_TEST(what_is_given_back_is_taken_under_enforce)
{
	void *ptr;

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	test_stage.oob = false;
	run_handler(memory[_i].allocate, &ptr);
	test_stage.oob = true;
	ck_assert_ptr_nonnull(ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 0);
	run_handler(memory[_i].free, &ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 1);
	ck_assert_int_eq(nr_said("which was refused"), 0);
}
END_TEST

START_TEST(nothing_given_back_is_no_breach)
{
	void *ptr = NULL;

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	run_handler(memory[_i].free, &ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 0);
}
END_TEST

static void lock(void *arg)
{
	static DEFINE_MUTEX(mutex);

	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

static void take_sem(void *arg)
{
	static DEFINE_SEMAPHORE(sem, 1);

	down(&sem);
	up(&sem);
}

static void await_completion(void *arg)
{
	static DECLARE_COMPLETION(done);

	complete(&done);
	wait_for_completion(&done);
}

static void await_event(void *arg)
{
	static DECLARE_WAIT_QUEUE_HEAD(wq);

	ck_assert_int_eq(wait_event_timeout(wq, false, 1), 0);
}

static void sleep_a_bit(void *arg)
{
	msleep(1);
}

static const struct {
	void (*call)(void *arg);
	const char *name;
} waits[] = {
	{ lock, "mutex_lock" },
	{ take_sem, "down" },
	{ await_completion, "wait_for_completion" },
	{ await_event, "wait_event" },
	{ sleep_a_bit, "msleep" },
};

#define NR_WAITS (int)(sizeof(waits) / sizeof(waits[0]))

static void run_wait(int i)
{
	struct fiber *fiber = test_fiber(waits[i].call, NULL, 1);

	fiber->guard = &guard;
	do
		stage_run_until_idle(&test_stage);
	while (fiber->state != FIBER_IDLE);
}

/* They hold up nobody but the caller. */
START_TEST(waits_are_counted_and_done_in_any_case)
{
	golden_rule_set(GOLDEN_RULE_WARN);
	run_wait(_i);
	golden_rule_set(GOLDEN_RULE_ENFORCE);
	run_wait(_i);
	ck_assert_uint_eq(nr_breaches(BREACH_WAIT), 2);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 0);
	ck_assert_int_eq(nr_said(waits[_i].name), 1);
	ck_assert_int_eq(nr_said("which was refused"), 0);
}
END_TEST

START_TEST(nothing_is_counted_if_it_is_off_or_in_band)
{
	void *ptr;

	golden_rule_set(GOLDEN_RULE_OFF);
	run_handler(allocate, &ptr);
	run_handler(free_kmalloc, &ptr);

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	test_stage.oob = false;
	run_handler(allocate, &ptr);
	run_handler(free_kmalloc, &ptr);
	run_wait(0);
	test_stage.oob = true;

	/* Nobody's fiber: we do it ourselves. */
	test_fiber(allocate, &ptr, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_ptr_nonnull(ptr);
	kfree(ptr);

	for (int kind = 0; kind < NR_BREACHES; kind++)
		ck_assert_uint_eq(nr_breaches((enum breach)kind), 0);
	ck_assert_int_eq(nr_said("golden rule"), 0);
}
END_TEST

static void allocate_on_behalf(void *arg)
{
	stage_lenient();
	allocate(arg);
	stage_strict();
}

START_TEST(what_we_do_on_its_behalf_is_not_the_drivers)
{
	void *ptr;

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	run_handler(allocate_on_behalf, &ptr);
	ck_assert_ptr_nonnull(ptr);
	kfree(ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 0);
}
END_TEST

/* A timer's function runs on no fiber. Whose it is says its address. */
START_TEST(functions_are_their_drivers)
{
	struct stage_call call = {
		.what = "timer function",
		.func = (const void *)allocate,
	};
	void *ptr;

	golden_rule_set(GOLDEN_RULE_ENFORCE);
	stage_call_begin(&call);
	allocate(&ptr);
	stage_call_end(&call);
	ck_assert_ptr_null(ptr);
	ck_assert_uint_eq(nr_breaches(BREACH_MEMORY), 1);
	ck_assert_int_eq(
		nr_said("driver tested: its timer function called kmalloc, "),
		1);

	allocate(&ptr);
	ck_assert_ptr_nonnull(ptr);
	kfree(ptr);
}
END_TEST

START_TEST(the_latest_of_a_name_is_found)
{
	ck_assert_ptr_eq(tally_of("none such"), &tally_own);
	ck_assert_ptr_eq(tally_of(NULL), &tally_own);
	ck_assert_ptr_eq(tally_of("tested"), tally);
	ck_assert_int_eq(tally_add("tested", &guard), 0);
	ck_assert_ptr_ne(tally_of("tested"), tally);
	ck_assert_ptr_eq(tally_at((const void *)allocate), tally_of("tested"));
	ck_assert_ptr_null(tally_at(NULL));
}
END_TEST

START_TEST(each_thing_is_told_once_until_too_many_are)
{
	for (uint64_t key = 1; key <= TALLY_TOLD; key++) {
		ck_assert(tally_first(tally, key));
		ck_assert(!tally_first(tally, key));
	}
	ck_assert(!tally_first(tally, TALLY_TOLD + 1));
}
END_TEST

START_TEST(addresses_are_formatted_for_addr2line)
{
	const struct image *image = image_at((uintptr_t)allocate);
	char text[160], expected[160];

	ck_assert_ptr_nonnull(image);
	ck_assert_str_eq(image->name, program_invocation_short_name);
	ck_assert_ptr_eq(image_at((uintptr_t)&tally_own), image);
	snprintf(expected, sizeof(expected), "%s+%#lx (allocate+0)",
		 image->name,
		 (unsigned long)((uintptr_t)allocate - image->bias));
	image_describe(text, sizeof(text), (uintptr_t)allocate, false);
	ck_assert_str_eq(text, expected);
	image_describe(text, sizeof(text), 0x10, false);
	ck_assert_str_eq(text, "0x10");
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  test_stage_teardown);
}

int main(void)
{
	Suite *suite = suite_create("kapi/golden-rule");

	add(suite, "warn", memory_is_counted_and_had_under_warn, NR_MEMORY);
	add(suite, "sins", sins_are_counted_where_another_process_looks, 1);
	add(suite, "enforce", memory_is_refused_under_enforce, NR_MEMORY);
	add(suite, "free", what_is_given_back_is_taken_under_enforce,
	    NR_MEMORY);
	add(suite, "free-null", nothing_given_back_is_no_breach, NR_MEMORY);
	add(suite, "waits", waits_are_counted_and_done_in_any_case, NR_WAITS);
	add(suite, "nothing", nothing_is_counted_if_it_is_off_or_in_band, 1);
	add(suite, "behalf", what_we_do_on_its_behalf_is_not_the_drivers, 1);
	add(suite, "function", functions_are_their_drivers, 1);
	add(suite, "tally", the_latest_of_a_name_is_found, 1);
	add(suite, "told", each_thing_is_told_once_until_too_many_are, 1);
	add(suite, "object", addresses_are_formatted_for_addr2line, 1);

	return suite_run(suite);
}

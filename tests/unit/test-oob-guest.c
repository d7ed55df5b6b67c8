/* SPDX-License-Identifier: MIT */
/* Workers which share their CPU with less urgent ones of another process. */
#include "../helpers.h"
#include "base/cleanup.h"
#include "stage/inband.h"
#include "stage/oob-source.h"
#include "stage/oob.h"

#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct stack_pool *stacks;
static struct oob_source source;
static _Atomic(bool) needed;
static sem_t armed, removed;

static unsigned int find_nothing(struct oob_source *src)
{
	return 0;
}

static bool arm(struct oob_source *src)
{
	sem_post(&armed);

	return true;
}

static void disarm(struct oob_source *src)
{
}

static bool may_spin(struct oob_source *src)
{
	return true;
}

static bool needs_cpu(struct oob_source *src, uint64_t now)
{
	return atomic_load(&needed);
}

static void note_removed(struct oob_source *src)
{
	sem_post(&removed);
}

static void await(sem_t *sem)
{
	while (sem_wait(sem))
		;
}

static void setup(void)
{
	const struct oob_config config = {
		.spin = OOB_SPIN_ALWAYS,
		.spin_ns = 1000,
	};

	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(oob_start(&config), 0);
	sem_init(&armed, 0, 0);
	sem_init(&removed, 0, 0);
	source = (struct oob_source){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.poll = find_nothing,
		.arm = arm,
		.disarm = disarm,
		.may_spin = may_spin,
		.needs_cpu = needs_cpu,
	};
}

static void teardown(void)
{
	oob_source_remove(&source, note_removed);
	await(&removed);
	close(source.fd);
	ck_assert(oob_stop());
	oob_free();
	inband_exit();
	stack_pool_free(stacks);
}

static void ring(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(source.fd, &one, sizeof(one)), sizeof(one));
}

/* It would spin for it for good. */
START_TEST(a_worker_goes_to_sleep_while_its_guest_needs_the_cpu)
{
	needed = true;
	ck_assert_int_eq(oob_source_add(oob_worker(0), &source), 0);
	for (int i = 0; i < 100; i++) {
		await(&armed);
		ring();
	}
	await(&armed);

	/* Not otherwise, where there is another CPU to spin beside. */
	if (oob_has_sole_cpu())
		return;
	needed = false;
	ring();
	while (!atomic_load(&source.hot))
		sched_yield();
	needed = true;
	await(&armed);
}
END_TEST

/* From when it sleeps to when it is woken, by whomever. */
START_TEST(a_guest_tells_whether_it_has_something_to_do)
{
	static struct oob_presence presence;

	needed = false;
	oob_worker_publish(oob_worker(0), &presence);
	ck_assert_uint_eq(presence.awake, 1);
	needed = true;
	ck_assert_int_eq(oob_source_add(oob_worker(0), &source), 0);
	await(&armed);
	while (atomic_load(&presence.awake))
		sched_yield();
	ck_assert_uint_eq(presence.date, UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/oob-guest");
	TCase *tcase;

	tcase = suite_add(suite, "spin",
			  a_worker_goes_to_sleep_while_its_guest_needs_the_cpu,
			  1);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase = suite_add(suite, "presence",
			  a_guest_tells_whether_it_has_something_to_do, 1);
	tcase_add_checked_fixture(tcase, setup, teardown);

	return suite_run(suite);
}

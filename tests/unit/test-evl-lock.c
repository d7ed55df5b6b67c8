/* SPDX-License-Identifier: MIT */
/* Spin locks, preemption and interrupts off, and busy waits. */
#include "core/rq.h"
#include "kapi/irqflags.h"
#include "stage/pi-mutex.h"
#include "thread-rig.h"

#include <asm/processor.h>
#include <errno.h>
#include <evl/assert.h>
#include <evl/flag.h>
#include <evl/lock.h>
#include <evl/timer.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

static struct evl_kthread kthread, other;
static struct evl_flag flag;
static DEFINE_EVL_SPINLOCK(lock);
static char order[64];
static int rets[2];
static bool turn;

static void setup(void)
{
	rig_setup();
	evl_init_flag(&flag);
	evl_spin_lock_init(&lock);
	order[0] = '\0';
	rets[0] = rets[1] = PENDING;
	turn = false;
}

START_TEST(a_spin_lock_excludes_in_every_spelling)
{
	unsigned long flags;

	evl_spin_lock(&lock);
	might_hard_lock(&lock);
	ck_assert(!evl_spin_trylock(&lock));
	evl_spin_unlock(&lock);
	ck_assert(evl_spin_trylock(&lock));
	evl_spin_unlock(&lock);
	evl_spin_lock_irq(&lock);
	ck_assert(!evl_spin_trylock(&lock));
	evl_spin_unlock_irq(&lock);
	evl_spin_lock_irqsave(&lock, flags);
	ck_assert(!evl_spin_trylock(&lock));
	assert_hard_lock(&lock._lock);
	evl_spin_unlock_irqrestore(&lock, flags);
	evl_spin_lock_nested(&lock, 1);
	ck_assert(!evl_spin_trylock(&lock));
	evl_spin_unlock(&lock);
	ck_assert_uint_eq(pi_mutex_depth, 0);
}
END_TEST

/* The other kind, by every name of its calls. */

#define SPELLING(name, lock_call, unlock_call)        \
	static void lock_##name(hard_spinlock_t *l)   \
	{                                             \
		lock_call(l);                         \
	}                                             \
	static void unlock_##name(hard_spinlock_t *l) \
	{                                             \
		unlock_call(l);                       \
	}

#define NESTED(l)	raw_spin_lock_nested(l, 1)
#define IRQSAVE(l)	raw_spin_lock_irqsave(l, irq_flags)
#define IRQSAVE_N(l)	raw_spin_lock_irqsave_nested(l, irq_flags, 1)
#define IRQRESTORE(l)	raw_spin_unlock_irqrestore(l, irq_flags)
#define HARD_SAVE(l)	hard_spin_lock_irqsave(l, irq_flags)
#define HARD_RESTORE(l) hard_spin_unlock_irqrestore(l, irq_flags)

static unsigned long irq_flags;

SPELLING(plain, raw_spin_lock, raw_spin_unlock)
SPELLING(irq, raw_spin_lock_irq, raw_spin_unlock_irq)
SPELLING(nested, NESTED, raw_spin_unlock)
SPELLING(irqsave, IRQSAVE, IRQRESTORE)
SPELLING(irqsave_nested, IRQSAVE_N, IRQRESTORE)
SPELLING(hard, hard_spin_lock, hard_spin_unlock)
SPELLING(hard_irqsave, HARD_SAVE, HARD_RESTORE)

static const struct {
	void (*lock)(hard_spinlock_t *l), (*unlock)(hard_spinlock_t *l);
} spellings[] = {
	{ lock_plain, unlock_plain },
	{ lock_irq, unlock_irq },
	{ lock_nested, unlock_nested },
	{ lock_irqsave, unlock_irqsave },
	{ lock_irqsave_nested, unlock_irqsave_nested },
	{ lock_hard, unlock_hard },
	{ lock_hard_irqsave, unlock_hard_irqsave },
};

START_TEST(so_does_a_hard_one)
{
	static DEFINE_HARD_SPINLOCK(defined);
	hard_spinlock_t l, *const locks[] = { &l, &defined };

	memset(&l, 0xa5, sizeof(l));
	if (_i % 2)
		raw_spin_lock_init(&l);
	else
		hard_spin_lock_init(&l);
	for (int i = 0; i < 2; i++) {
		ck_assert(!raw_spin_is_locked(locks[i]));
		spellings[_i].lock(locks[i]);
		ck_assert(raw_spin_is_locked(locks[i]));
		ck_assert(!raw_spin_trylock(locks[i]));
		ck_assert_uint_eq(pi_mutex_depth, 1);
		spellings[_i].unlock(locks[i]);
		ck_assert(raw_spin_trylock(locks[i]));
		raw_spin_unlock(locks[i]);
	}
	ck_assert_uint_eq(pi_mutex_depth, 0);
}
END_TEST

/* What is held while @refused tries to wait. */
static void (*hold)(void);
static void (*let_go)(void);

static void refused(void *arg)
{
	hold();
	rets[0] = evl_wait_flag(&flag);
	evl_raise_flag(&flag); /* which needs no wait */
	rets[1] = evl_wait_flag(&flag);
	let_go();
	rets[0] = rets[0] == -EPERM ? evl_wait_flag(&flag) : rets[0];
}

static void lock_it(void)
{
	evl_spin_lock(&lock);
}

static void unlock_it(void)
{
	evl_spin_unlock(&lock);
}

static void disable_twice(void)
{
	evl_disable_preempt();
	evl_disable_preempt();
	evl_enable_preempt();
}

static void interrupts_off(void)
{
	local_irq_disable();
}

static void interrupts_on(void)
{
	local_irq_enable();
}

static const struct {
	void (*hold)(void), (*let_go)(void);
} holds[] = {
	{ lock_it, unlock_it },
	{ disable_twice, evl_enable_preempt },
	{ interrupts_off, interrupts_on },
};

START_TEST(nobody_waits_while_holding_one)
{
	hold = holds[_i].hold;
	let_go = holds[_i].let_go;
	rig_run(&kthread, 0, refused, NULL, 10);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[0], -EPERM); /* it waits, once it has let go */
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(enabling_preemption_once_too_often_does_no_harm)
{
	evl_disable_preempt();
	evl_enable_preempt();
	evl_enable_preempt();
	ck_assert_uint_eq(pi_mutex_depth, 0);
}
END_TEST

/* Interrupts. */

START_TEST(flags_say_what_was_before)
{
	unsigned long outer, inner;

	ck_assert(!irqs_disabled());
	local_irq_save(outer);
	ck_assert(irqs_disabled() && hard_irqs_disabled());
	inner = hard_local_irq_save();
	hard_local_irq_restore(inner);
	ck_assert(irqs_disabled());
	local_irq_restore(outer);
	ck_assert(!irqs_disabled());

	/* Off is off, however often. */
	local_irq_disable();
	hard_local_irq_disable();
	hard_local_irq_enable();
	ck_assert(!irqs_disabled());
	local_irq_enable();
	local_irq_restore(outer);
	ck_assert(!irqs_disabled());
	ck_assert_uint_eq(pi_mutex_depth, 0);
}
END_TEST

/* Both stages, timers and all, do nothing else to it. */
static unsigned int counter;

static void *count_up(void *arg)
{
	unsigned long flags;

	for (int i = 0; i < 100000; i++) {
		local_irq_save(flags);
		counter++;
		local_irq_restore(flags);
	}

	return NULL;
}

START_TEST(off_is_off_for_all_threads)
{
	pthread_t threads[3];

	counter = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, count_up, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(counter, 300000);
}
END_TEST

static sem_t ready, done;

static void *hold_interrupts_off(void *arg)
{
	unsigned long flags;

	local_irq_save(flags);
	sem_post(&ready);
	sem_wait(&done);
	local_irq_restore(flags);

	return NULL;
}

/* A function of a timer may wait for the lock this one holds. */
START_TEST(within_a_spin_lock_it_does_not_wait_for_ever)
{
	unsigned long flags;
	pthread_t thread;

	sem_init(&ready, 0, 0);
	sem_init(&done, 0, 0);
	pthread_create(&thread, NULL, hold_interrupts_off, NULL);
	sem_wait(&ready);

	evl_spin_lock(&lock);
	local_irq_save(flags);
	ck_assert(irqs_disabled());
	evl_spin_unlock(&lock);
	ck_assert_uint_eq(pi_mutex_depth, 1); /* still not to sleep with */
	local_irq_restore(flags);
	ck_assert_uint_eq(pi_mutex_depth, 0);

	sem_post(&done);
	pthread_join(thread, NULL);
}
END_TEST

static void note_irq(struct evl_timer *timer)
{
	unsigned long flags;

	strcat(order, irqs_disabled() ? "off" : "on");
	local_irq_save(flags);
	local_irq_restore(flags);
	ck_assert(irqs_disabled());
	local_irq_enable(); /* nonsense, but it does no harm */
}

START_TEST(functions_of_timers_run_with_interrupts_off)
{
	struct evl_timer timer;

	evl_init_timer_on_cpu(&timer, RIG_CPU(1), note_irq);
	evl_start_timer(&timer, 1, EVL_INFINITE);
	rig_step();
	ck_assert_str_eq(order, "off");
	ck_assert(!irqs_disabled());
	ck_assert_uint_eq(pi_mutex_depth, 0);
	evl_destroy_timer(&timer);
}
END_TEST

static void *note_when_off(void *arg)
{
	sem_post(&ready);
	irq_enter_handler();
	turn = true;
	irq_leave_handler();

	return NULL;
}

START_TEST(they_wait_for_who_has_them_off)
{
	unsigned long flags;
	pthread_t thread;

	sem_init(&ready, 0, 0);
	local_irq_save(flags);
	pthread_create(&thread, NULL, note_when_off, NULL);
	sem_wait(&ready);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	ck_assert(!turn);
	local_irq_restore(flags);
	pthread_join(thread, NULL);
	ck_assert(turn);
}
END_TEST

/* Busy waits: cpu_relax() of drivers. */

static void wait_politely(void *arg)
{
	strcat(order, "w");
	while (!turn)
		__cpu_relax();
	strcat(order, "W");
}

static void take_turn(void *arg)
{
	turn = true;
	strcat(order, "t");
}

/* Whatever its priority, and theirs. */
START_TEST(a_polite_wait_ends_when_another_thread_does_its_part)
{
	static const int prios[] = { 5, 50, 90 };

	rig_run(&kthread, 0, wait_politely, NULL, 50);
	ck_assert_int_eq(turn, false);
	rig_run(&other, 0, take_turn, NULL, prios[_i]);
	ck_assert_str_eq(order, "wtW");
}
END_TEST

START_TEST(the_same_goes_for_a_request_and_for_in_band_code)
{
	static struct rig_app app;

	if (_i)
		ck_assert_int_eq(inband_spawn(wait_politely, NULL, NULL), 0);
	else
		rig_app(&app, 0, wait_politely, NULL, 50);
	rig_run(&other, 1, take_turn, NULL, 10);
	while (strlen(order) < 3)
		rig_step();
	ck_assert_str_eq(order, "wtW");
}
END_TEST

static void relax_with_a_lock(void *arg)
{
	hold();
	for (int i = 0; i < 1000; i++)
		__cpu_relax();
	strcat(order, "w");
	let_go();
}

static void start_and_relax(void *arg)
{
	evl_raise_flag(&flag);
	relax_with_a_lock(arg);
}

static void wait_and_note(void *arg)
{
	evl_wait_flag(&flag);
	strcat(order, "n");
}

START_TEST(nobody_gives_way_while_holding_a_lock)
{
	hold = holds[_i].hold;
	let_go = holds[_i].let_go;
	rig_run(&other, 0, wait_and_note, NULL, 50);
	rig_run(&kthread, 0, start_and_relax, NULL, 10);
	ck_assert_str_eq(order, "wn");
}
END_TEST

START_TEST(elsewhere_it_is_but_an_instruction)
{
	__cpu_relax(); /* no fiber */
	rig_go_to(&rig_workers[0]);
	__cpu_relax();
	rig_go_to(&inband_stage);
}
END_TEST

START_TEST(assertions_are_worth_what_they_say)
{
	ck_assert(EVL_ASSERT(CORE, 1 + 1 == 2));
	ck_assert(!EVL_ASSERT(CORE, 1 + 1 == 3));
	ck_assert(EVL_WARN_ON(CORE, true));
	ck_assert(!EVL_WARN_ON(CORE, false));
	ck_assert(EVL_WARN_ON_ONCE(CORE, true));
	ck_assert(EVL_WARN(CORE, true, "it is %d\n", 1));
	ck_assert(EVL_DEBUG(CORE));
	oob_context_only();
	inband_context_only();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/lock");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, rig_teardown)

	begin_case("spin locks");
	tcase_add_test(tc, a_spin_lock_excludes_in_every_spelling);
	tcase_add_loop_test(tc, so_does_a_hard_one, 0, 7);
	tcase_add_loop_test(tc, nobody_waits_while_holding_one, 0, 3);
	tcase_add_test(tc, enabling_preemption_once_too_often_does_no_harm);
	tcase_add_test(tc, assertions_are_worth_what_they_say);

	begin_case("interrupts");
	tcase_add_test(tc, flags_say_what_was_before);
	tcase_add_test(tc, off_is_off_for_all_threads);
	tcase_add_test(tc, within_a_spin_lock_it_does_not_wait_for_ever);
	tcase_add_test(tc, functions_of_timers_run_with_interrupts_off);
	tcase_add_test(tc, they_wait_for_who_has_them_off);

	begin_case("busy waits");
	tcase_add_loop_test(
		tc, a_polite_wait_ends_when_another_thread_does_its_part, 0, 3);
	tcase_add_loop_test(
		tc, the_same_goes_for_a_request_and_for_in_band_code, 0, 2);
	tcase_add_loop_test(tc, nobody_gives_way_while_holding_a_lock, 0, 3);
	tcase_add_test(tc, elsewhere_it_is_but_an_instruction);

	return suite_run(suite);
}

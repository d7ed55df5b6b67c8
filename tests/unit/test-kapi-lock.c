/* SPDX-License-Identifier: MIT */
/* Readers and writers: rwsems, rwlocks, seqlocks and RCU. */
#include "inband-rig.h"
#include "stage/oob.h"

#include <linux/errno.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/rwlock.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define PENDING 12345

static struct rw_semaphore sem;
static long rets[4];
static struct fiber *fibers[4];

static void setup(void)
{
	inband_setup();
	init_rwsem(&sem);
}

static void start(int i, void (*entry)(void *arg))
{
	rets[i] = PENDING;
	fibers[i] = inband_fiber(entry, &rets[i]);
	inband_step();
}

static void read_it(void *arg)
{
	down_read(&sem);
	*(long *)arg = 0;
}

static void read_it_interruptibly(void *arg)
{
	*(long *)arg = down_read_interruptible(&sem);
}

static void write_it(void *arg)
{
	down_write(&sem);
	*(long *)arg = 0;
}

static void write_it_interruptibly(void *arg)
{
	*(long *)arg = down_write_interruptible(&sem);
}

START_TEST(readers_share_and_writers_do_not)
{
	ck_assert(!rwsem_is_locked(&sem));
	start(0, read_it);
	start(1, read_it_interruptibly);
	ck_assert(rets[0] == 0 && rets[1] == 0);
	ck_assert(rwsem_is_locked(&sem));
	ck_assert_int_eq(down_write_trylock(&sem), 0);
	start(2, write_it);
	ck_assert_int_eq(rets[2], PENDING);
	/* Behind the writer. */
	ck_assert_int_eq(down_read_trylock(&sem), 0);
	start(3, read_it);
	up_read(&sem);
	inband_step();
	ck_assert_int_eq(rets[2], PENDING);
	up_read(&sem);
	inband_step();
	ck_assert(rets[2] == 0 && rets[3] == PENDING);
	up_write(&sem);
	inband_step();
	ck_assert_int_eq(rets[3], 0);
	ck_assert_int_eq(down_read_trylock(&sem), 1);
	up_read(&sem);
	up_read(&sem);
	ck_assert_int_eq(down_write_trylock(&sem), 1);
	ck_assert_int_eq(down_write_trylock(&sem), 0);
	downgrade_write(&sem);
	ck_assert_int_eq(down_read_trylock(&sem), 1);
	up_read(&sem);
	up_read(&sem);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(a_writer_that_gives_up_lets_readers_in)
{
	start(0, read_it);
	start(1, write_it_interruptibly);
	start(2, read_it);
	ck_assert_int_eq(rets[2], PENDING);
	fiber_break(fibers[1]);
	inband_step();
	ck_assert_int_eq(rets[1], -EINTR);
	ck_assert_int_eq(rets[2], 0);
	up_read(&sem);
	up_read(&sem);
	ck_assert_int_eq(down_write_trylock(&sem), 1);
	start(3, read_it_interruptibly);
	fiber_break(fibers[3]);
	inband_step();
	ck_assert_int_eq(rets[3], -EINTR);
	up_write(&sem);
}
END_TEST

static DEFINE_RWLOCK(rwlock);

static void *try_to_write(void *arg)
{
	*(int *)arg = write_trylock(&rwlock);
	if (*(int *)arg)
		write_unlock(&rwlock);

	return NULL;
}

static int others_try(void)
{
	pthread_t thread;
	int got = -1;

	pthread_create(&thread, NULL, try_to_write, &got);
	pthread_join(thread, NULL);

	return got;
}

START_TEST(who_reads_may_read_again)
{
	unsigned long flags;

	read_lock(&rwlock);
	read_lock_irqsave(&rwlock, flags);
	ck_assert_int_eq(read_trylock(&rwlock), 1);
	read_unlock(&rwlock);
	read_unlock_irqrestore(&rwlock, flags);
	ck_assert_int_eq(others_try(), 0);
	read_unlock(&rwlock);
	ck_assert_int_eq(others_try(), 1);
	ck_assert_int_eq(read_trylock(&rwlock), 1);
	read_unlock(&rwlock);
	write_lock_irqsave(&rwlock, flags);
	ck_assert_int_eq(others_try(), 0);
	write_unlock_irqrestore(&rwlock, flags);
	rwlock_init(&rwlock);
	write_lock(&rwlock);
	write_unlock(&rwlock);
}
END_TEST

static DEFINE_SEQLOCK(seqlock);
static _Atomic(int) one, other; /* always equal, to readers */

START_TEST(a_reader_notices_a_writer)
{
	unsigned int seq = read_seqbegin(&seqlock);
	unsigned long flags;

	ck_assert(!read_seqretry(&seqlock, seq));
	write_seqlock_irqsave(&seqlock, flags);
	ck_assert(read_seqretry(&seqlock, seq));
	write_sequnlock_irqrestore(&seqlock, flags);
	ck_assert(read_seqretry(&seqlock, seq));
	read_seqlock_excl(&seqlock);
	read_sequnlock_excl(&seqlock);
	ck_assert(!read_seqretry(&seqlock, read_seqbegin(&seqlock)));
}
END_TEST

static void *change_both(void *arg)
{
	seqcount_t *count = arg;

	for (int i = 0; i < 50000; i++) {
		if (count)
			write_seqcount_begin(count);
		else
			write_seqlock(&seqlock);
		atomic_store_explicit(&one, i, memory_order_relaxed);
		atomic_store_explicit(&other, i, memory_order_relaxed);
		if (count)
			write_seqcount_end(count);
		else
			write_sequnlock(&seqlock);
	}

	return NULL;
}

/* With and without a lock. */
START_TEST(a_reader_never_sees_half_a_change)
{
	seqcount_t own = SEQCNT_ZERO(own), *count = _i ? &own : NULL;
	pthread_t thread;
	unsigned int seq;
	int a, b = 0;
	bool again;

	seqcount_init(&own);
	pthread_create(&thread, NULL, change_both, count);
	while (b < 49999) {
		do {
			seq = count ? read_seqcount_begin(count)
				    : read_seqbegin(&seqlock);
			a = atomic_load_explicit(&one, memory_order_relaxed);
			b = atomic_load_explicit(&other, memory_order_relaxed);
			again = count ? read_seqcount_retry(count, seq)
				      : read_seqretry(&seqlock, seq);
		} while (again);
		ck_assert_int_eq(a, b);
	}
	pthread_join(thread, NULL);
}
END_TEST

/* RCU, with a real worker that reads. */

struct thing {
	struct list_head link;
	struct rcu_head rcu;
	_Atomic(int) alive;
};

static struct thing *shared;
static sem_t inside;
static _Atomic(bool) leave, read_ended, stop_reading;
static bool done;
static int nr_calls;
static struct stage_item reading;

static void setup_rcu(void)
{
	const struct oob_config config = { .nr_cpus = 0 };

	setup();
	ck_assert_int_eq(oob_start(&config), 0);
	sem_init(&inside, 0, 0);
}

static void teardown_rcu(void)
{
	oob_stop();
	oob_free();
	inband_teardown();
}

static void read_for_long(struct stage_item *item)
{
	rcu_read_lock();
	sem_post(&inside);
	while (!leave)
		;
	read_ended = true;
	rcu_read_unlock();
}

static void synchronize(void *arg)
{
	synchronize_rcu();
	ck_assert(read_ended);
	done = true;
}

START_TEST(who_waits_for_readers_waits_for_those_that_began)
{
	reading.func = read_for_long;
	stage_post(oob_worker_stage(oob_worker(0)), &reading);
	while (sem_wait(&inside))
		;
	inband_fiber(synchronize, NULL);
	inband_step();
	ck_assert(!done);
	leave = true;
	inband_await(&done);
}
END_TEST

static void count_call(struct rcu_head *head)
{
	ck_assert_ptr_null(fiber_current());
	nr_calls++;
	free(container_of(head, struct thing, rcu));
}

static void wait_for_calls(void *arg)
{
	rcu_barrier();
	done = true;
}

START_TEST(what_was_asked_for_is_called_later)
{
	for (int i = 0; i < 100; i++) {
		struct thing *thing = calloc(1, sizeof(*thing));

		call_rcu(&thing->rcu, count_call);
	}
	ck_assert_int_eq(nr_calls, 0);
	inband_fiber(wait_for_calls, NULL);
	inband_await(&done);
	ck_assert_int_eq(nr_calls, 100);
}
END_TEST

/* Reads whenever the worker comes round. */
static void read_shared(struct stage_item *item)
{
	struct thing *thing;

	rcu_read_lock();
	thing = rcu_dereference(shared);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(thing->alive, 1);
	rcu_read_unlock();
	if (!stop_reading)
		stage_post(stage_self, item);
	else
		read_ended = true;
}

static void replace_shared(void *arg)
{
	for (int i = 0; i < 300; i++) {
		struct thing *thing = kzalloc(sizeof(*thing), GFP_KERNEL), *old;

		thing->alive = 1;
		old = rcu_replace_pointer(shared, thing, true);
		if (i % 2) {
			kfree_rcu(old, rcu);
			continue;
		}
		synchronize_rcu();
		old->alive = 0;
		kfree(old);
	}
	stop_reading = true;
	rcu_barrier();
	done = true;
}

START_TEST(nothing_goes_while_somebody_reads)
{
	shared = kzalloc(sizeof(*shared), GFP_KERNEL);
	shared->alive = 1;
	reading.func = read_shared;
	stage_post(oob_worker_stage(oob_worker(0)), &reading);
	inband_fiber(replace_shared, NULL);
	inband_await(&done);
	while (!read_ended)
		;
	kfree(shared);
}
END_TEST

START_TEST(lists_can_be_walked_while_they_change)
{
	struct thing a = { .alive = 1 }, b = { .alive = 2 }, *pos;
	LIST_HEAD(list);
	int sum = 0;

	list_add_rcu(&a.link, &list);
	list_add_tail_rcu(&b.link, &list);
	list_for_each_entry_rcu(pos, &list, link) {
		sum = 10 * sum + pos->alive;
		if (pos == &a)
			list_del_rcu(&a.link);
	}
	ck_assert_int_eq(sum, 12);
	ck_assert_ptr_eq(list.next, &b.link);
	ck_assert_ptr_eq(rcu_access_pointer(list.prev), &b.link);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/lock");
	TCase *locks = tcase_create("locks");
	TCase *rcu = tcase_create("rcu");

	tcase_add_checked_fixture(locks, setup, inband_teardown);
	tcase_set_timeout(locks, 60);
	tcase_add_test(locks, readers_share_and_writers_do_not);
	tcase_add_test(locks, a_writer_that_gives_up_lets_readers_in);
	tcase_add_test(locks, who_reads_may_read_again);
	tcase_add_test(locks, a_reader_notices_a_writer);
	tcase_add_loop_test(locks, a_reader_never_sees_half_a_change, 0, 2);
	suite_add_tcase(suite, locks);

	tcase_add_checked_fixture(rcu, setup_rcu, teardown_rcu);
	tcase_set_timeout(rcu, 60);
	tcase_add_test(rcu, who_waits_for_readers_waits_for_those_that_began);
	tcase_add_test(rcu, what_was_asked_for_is_called_later);
	tcase_add_test(rcu, nothing_goes_while_somebody_reads);
	tcase_add_test(rcu, lists_can_be_walked_while_they_change);
	suite_add_tcase(suite, rcu);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* What drivers keep things in: fifos, numbers, bitmaps, counts, CPUs' own. */
#include "../helpers.h"

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/kernel.h>
#include <linux/kfifo.h>
#include <linux/kref.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

struct event {
	int what;
	long long when;
};

struct holder {
	DECLARE_KFIFO(events, struct event, 8);
	DECLARE_KFIFO_PTR(words, u16);
	struct kfifo bytes;
	int behind;
};

static DEFINE_KFIFO(ring, int, 4);

START_TEST(a_fifo_gives_back_what_was_put_in_order)
{
	int value;

	ck_assert(kfifo_is_empty(&ring));
	ck_assert_uint_eq(kfifo_size(&ring), 4);
	/* Round and round. */
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(kfifo_put(&ring, 2 * i), 1);
		ck_assert_uint_eq(kfifo_put(&ring, 2 * i + 1), 1);
		ck_assert_uint_eq(kfifo_len(&ring), 2);
		ck_assert_uint_eq(kfifo_avail(&ring), 2);
		ck_assert_uint_eq(kfifo_peek(&ring, &value), 1);
		ck_assert_int_eq(value, 2 * i);
		kfifo_skip(&ring);
		ck_assert_uint_eq(kfifo_get(&ring, &value), 1);
		ck_assert_int_eq(value, 2 * i + 1);
	}
	ck_assert_uint_eq(kfifo_get(&ring, &value), 0);
	ck_assert_uint_eq(kfifo_peek(&ring, &value), 0);
	kfifo_skip(&ring);
	ck_assert(kfifo_is_empty(&ring));
}
END_TEST

START_TEST(a_fifo_takes_no_more_than_it_has_room_for)
{
	const int in[] = { 1, 2, 3, 4, 5, 6 };
	DEFINE_SPINLOCK(lock);
	int out[6] = { 0 };

	ck_assert_uint_eq(kfifo_in_spinlocked(&ring, in, 3, &lock), 3);
	ck_assert_uint_eq(kfifo_out_spinlocked(&ring, out, 2, &lock), 2);
	ck_assert_uint_eq(kfifo_in(&ring, in + 3, 3), 3);
	ck_assert(kfifo_is_full(&ring));
	ck_assert_uint_eq(kfifo_put(&ring, 7), 0);
	ck_assert_uint_eq(kfifo_in(&ring, in, 3), 0);
	ck_assert_uint_eq(kfifo_out_peek(&ring, out, 6), 4);
	ck_assert_uint_eq(kfifo_out(&ring, out, 6), 4);
	ck_assert_mem_eq(out, in + 2, 4 * sizeof(int));
	ck_assert(kfifo_is_empty_spinlocked(&ring, &lock));
	kfifo_in(&ring, in, 3);
	kfifo_reset_out(&ring);
	ck_assert(kfifo_is_empty(&ring));
	kfifo_in(&ring, in, 3);
	kfifo_reset(&ring);
	ck_assert(kfifo_is_empty(&ring));
}
END_TEST

START_TEST(fifos_are_members_or_allocated)
{
	struct holder h;
	struct event event = { .what = 1, .when = 2 }, got;
	char buffer[20];
	u16 word = 7;

	memset(&h, 0, sizeof(h));
	h.behind = 5;
	INIT_KFIFO(h.events);
	ck_assert_uint_eq(kfifo_size(&h.events), 8);
	ck_assert_uint_eq(kfifo_esize(&h.events), sizeof(struct event));
	for (int i = 0; i < 8; i++)
		ck_assert_uint_eq(kfifo_put(&h.events, event), 1);
	ck_assert(kfifo_is_full(&h.events));
	ck_assert_int_eq(h.behind, 5);
	ck_assert_uint_eq(kfifo_get(&h.events, &got), 1);
	ck_assert_int_eq(got.when, 2);

	ck_assert(!kfifo_initialized(&h.words));
	ck_assert_int_eq(kfifo_alloc(&h.words, 1, GFP_KERNEL), -EINVAL);
	ck_assert_uint_eq(kfifo_put(&h.words, word), 0);
	ck_assert_int_eq(kfifo_alloc(&h.words, 5, GFP_KERNEL), 0);
	ck_assert(kfifo_initialized(&h.words));
	ck_assert_uint_eq(kfifo_size(&h.words), 8);
	ck_assert_uint_eq(kfifo_put(&h.words, word), 1);
	kfifo_free(&h.words);
	ck_assert(!kfifo_initialized(&h.words));
	kfifo_free(&h.words);

	ck_assert_int_eq(kfifo_init(&h.bytes, buffer, sizeof(buffer)), 0);
	ck_assert_uint_eq(kfifo_size(&h.bytes), 16);
	ck_assert_uint_eq(kfifo_in(&h.bytes, "hello", 5), 5);
	ck_assert_int_eq(buffer[4], 'o');
	ck_assert_int_eq(kfifo_init(&h.bytes, buffer, 1), -EINVAL);
}
END_TEST

#define NR_VALUES 20000

static void *put_many(void *arg)
{
	for (int i = 0; i < NR_VALUES;)
		if (kfifo_put(&ring, i))
			i++;
		else
			sched_yield();

	return NULL;
}

START_TEST(one_may_put_while_one_gets)
{
	pthread_t thread;
	int value;

	pthread_create(&thread, NULL, put_many, NULL);
	for (int i = 0; i < NR_VALUES;) {
		if (!kfifo_get(&ring, &value))
			sched_yield();
		else if (value != i++)
			ck_abort_msg("%d came after %d", value, i - 2);
	}
	pthread_join(thread, NULL);
}
END_TEST

static int add_up(int id, void *p, void *data)
{
	*(int *)data += id;

	return id == 700 ? 99 : 0;
}

START_TEST(numbers_are_the_lowest_that_are_free)
{
	static int things[1000];
	DEFINE_IDR(idr);
	int sum = 0, id;
	u32 next = 5;
	void *ptr;

	ck_assert(idr_is_empty(&idr));
	idr_preload(GFP_KERNEL);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(idr_alloc(&idr, &things[i], 0, 0, GFP_KERNEL),
				 i);
	idr_preload_end();
	ck_assert_ptr_eq(idr_find(&idr, 777), &things[777]);
	ck_assert_ptr_null(idr_find(&idr, 1000));
	ck_assert_ptr_eq(idr_remove(&idr, 300), &things[300]);
	ck_assert_ptr_null(idr_remove(&idr, 300));
	ck_assert_ptr_eq(idr_remove(&idr, 256), &things[256]);
	ck_assert_int_eq(idr_alloc(&idr, &things[0], 257, 0, GFP_KERNEL), 300);
	ck_assert_int_eq(idr_alloc(&idr, NULL, 0, 0, GFP_KERNEL), 256);
	ck_assert_int_eq(idr_alloc(&idr, NULL, 10, 1000, GFP_KERNEL), -ENOSPC);
	ck_assert_int_eq(idr_alloc(&idr, NULL, -1, 0, GFP_KERNEL), -EINVAL);
	ck_assert_int_eq(idr_alloc_u32(&idr, NULL, &next, U32_MAX, GFP_KERNEL),
			 0);
	ck_assert_uint_eq(next, 1000);
	ck_assert_ptr_eq(idr_replace(&idr, &things[1], 0), &things[0]);
	ck_assert_int_eq(PTR_ERR(idr_replace(&idr, NULL, 5000)), -ENOENT);

	/* Those with a pointer. */
	idr_for_each_entry(&idr, ptr, id)
		sum++;
	ck_assert_int_eq(sum, 999);
	id = 256;
	ck_assert_ptr_eq(idr_get_next(&idr, &id), &things[257]);
	ck_assert_int_eq(id, 257);
	sum = 0;
	ck_assert_int_eq(idr_for_each(&idr, add_up, &sum), 99);
	ck_assert_int_eq(sum, 700 * 701 / 2 - 256);
	idr_destroy(&idr);
	ck_assert(idr_is_empty(&idr));
	ck_assert_int_eq(idr_alloc(&idr, &sum, 1 << 30, 0, GFP_KERNEL),
			 1 << 30);
	idr_remove(&idr, 1 << 30);
	ck_assert(idr_is_empty(&idr));
}
END_TEST

START_TEST(numbers_may_go_round)
{
	struct idr idr;

	idr_init_base(&idr, 1);
	ck_assert_int_eq(idr_alloc(&idr, &idr, 0, 0, GFP_KERNEL), 1);
	for (int i = 2; i < 5; i++)
		ck_assert_int_eq(idr_alloc_cyclic(&idr, &idr, 1, 6, GFP_KERNEL),
				 i);
	idr_remove(&idr, 2);
	ck_assert_int_eq(idr_alloc_cyclic(&idr, &idr, 1, 6, GFP_KERNEL), 5);
	ck_assert_int_eq(idr_alloc_cyclic(&idr, &idr, 1, 6, GFP_KERNEL), 2);
	ck_assert_int_eq(idr_alloc_cyclic(&idr, &idr, 1, 6, GFP_KERNEL),
			 -ENOSPC);
	idr_destroy(&idr);
}
END_TEST

START_TEST(an_ida_has_numbers_alone)
{
	DEFINE_IDA(ida);

	ck_assert(ida_is_empty(&ida));
	ck_assert_int_eq(ida_alloc(&ida, GFP_KERNEL), 0);
	ck_assert_int_eq(ida_alloc(&ida, GFP_KERNEL), 1);
	ck_assert_int_eq(ida_alloc_min(&ida, 10, GFP_KERNEL), 10);
	ck_assert_int_eq(ida_alloc_max(&ida, 1, GFP_KERNEL), -ENOSPC);
	ck_assert_int_eq(ida_alloc_range(&ida, 10, 11, GFP_KERNEL), 11);
	ck_assert_int_eq(ida_simple_get(&ida, 10, 12, GFP_KERNEL), -ENOSPC);
	ida_free(&ida, 0);
	ck_assert_int_eq(ida_simple_get(&ida, 0, 0, GFP_KERNEL), 0);
	ida_simple_remove(&ida, 0);
	ida_destroy(&ida);
	ck_assert(ida_is_empty(&ida));
}
END_TEST

START_TEST(bitmaps_do_what_they_are_called)
{
	DECLARE_BITMAP(a, 100);
	DECLARE_BITMAP(b, 100);
	DECLARE_BITMAP(c, 100);
	unsigned long bit, count = 0;

	bitmap_zero(a, 100);
	bitmap_zero(b, 100);
	bitmap_set(a, 60, 10);
	bitmap_set(b, 65, 10);
	ck_assert(bitmap_and(c, a, b, 100));
	ck_assert_uint_eq(bitmap_weight(c, 100), 5);
	ck_assert(bitmap_subset(c, a, 100));
	ck_assert(!bitmap_subset(a, c, 100));
	ck_assert(bitmap_intersects(a, b, 100));
	bitmap_or(c, a, b, 100);
	ck_assert_uint_eq(bitmap_weight(c, 100), 15);
	bitmap_xor(c, a, b, 100);
	ck_assert_uint_eq(bitmap_weight(c, 100), 10);
	ck_assert(bitmap_andnot(c, a, b, 100));
	ck_assert_uint_eq(find_first_bit(c, 100), 60);
	ck_assert_uint_eq(find_last_bit(c, 100), 64);
	bitmap_copy(c, a, 100);
	ck_assert(bitmap_equal(a, c, 100));
	__change_bit(99, c);
	ck_assert(!bitmap_equal(a, c, 100));
	bitmap_complement(c, a, 100);
	ck_assert(!bitmap_and(c, c, a, 100));
	bitmap_clear(a, 62, 3);
	for_each_clear_bit(bit, a, 100)
		count++;
	ck_assert_uint_eq(count, 93);
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 58, 3, 0), 62);
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 58, 4, 0), 70);
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 58, 4, 15), 80);
	ck_assert_uint_gt(bitmap_find_next_zero_area(a, 100, 58, 50, 0), 100);
	ck_assert(test_and_change_bit(60, a));
	ck_assert(!test_and_set_bit_lock(60, a));
	clear_bit_unlock(60, a);
	ck_assert(!__test_and_set_bit(60, a));
	ck_assert(__test_and_clear_bit(60, a));
	ck_assert_uint_eq(ffz(7UL), 3);
}
END_TEST

static int nr_released;

static void release(struct kref *kref)
{
	nr_released++;
}

START_TEST(the_last_reference_releases)
{
	struct kref kref;
	DEFINE_MUTEX(mutex);
	refcount_t count = REFCOUNT_INIT(1);

	kref_init(&kref);
	kref_get(&kref);
	ck_assert_uint_eq(kref_read(&kref), 2);
	ck_assert_int_eq(kref_put(&kref, release), 0);
	ck_assert_int_eq(kref_put(&kref, release), 1);
	ck_assert_int_eq(nr_released, 1);
	ck_assert_int_eq(kref_get_unless_zero(&kref), 0);

	ck_assert(refcount_inc_not_zero(&count));
	ck_assert(refcount_dec_not_one(&count));
	ck_assert(!refcount_dec_not_one(&count));
	ck_assert(refcount_dec_and_mutex_lock(&count, &mutex));
	ck_assert(mutex_is_locked(&mutex));
	/* What has none is not had again, nor dropped below. */
	refcount_inc(&count);
	ck_assert_uint_eq(refcount_read(&count), 0);
	ck_assert(!refcount_dec_and_test(&count));
	ck_assert(!refcount_dec_and_test(&count));
	ck_assert_int_eq((int)refcount_read(&count), REFCOUNT_SATURATED);
	refcount_set(&count, 1);
	ck_assert(refcount_dec_if_one(&count));
}
END_TEST

START_TEST(cpus_are_counted_and_come_in_sets)
{
	unsigned int cpu, nr = 0;
	cpumask_var_t mask;

	for_each_possible_cpu(cpu)
		ck_assert_uint_eq(cpu, nr++);
	ck_assert_uint_eq(nr, num_possible_cpus());
	ck_assert_uint_le(num_online_cpus(), nr);
	nr = 0;
	for_each_online_cpu(cpu) {
		ck_assert(cpu_online(cpu));
		nr++;
	}
	ck_assert_uint_eq(nr, num_online_cpus());
	ck_assert(cpumask_subset(cpu_online_mask, cpu_possible_mask));
	ck_assert_uint_eq(cpumask_weight(cpumask_of(0)), 1);
	ck_assert(cpumask_test_cpu(0, cpumask_of(0)));
	ck_assert(cpumask_empty(cpumask_of(NR_CPUS)));
	ck_assert(zalloc_cpumask_var(&mask, GFP_KERNEL));
	cpumask_set_cpu(5, mask);
	ck_assert_uint_eq(cpumask_first(mask), 5);
	ck_assert_uint_ge(cpumask_next(5, mask), NR_CPUS);
	cpumask_clear_cpu(5, mask);
	ck_assert(cpumask_empty(mask));
	free_cpumask_var(mask);
	ck_assert_uint_lt(get_cpu(), nr_cpu_ids);
	put_cpu();
}
END_TEST

struct own {
	long a, b;
};

START_TEST(each_cpu_has_its_own)
{
	struct own __percpu *own = alloc_percpu(struct own), *other;
	unsigned int cpu;

	ck_assert_ptr_nonnull(own);
	for_each_possible_cpu(cpu) {
		ck_assert_int_eq(per_cpu_ptr(own, cpu)->b, 0);
		per_cpu_ptr(own, cpu)->a = cpu;
		*per_cpu_ptr(&own->b, cpu) = 100 + (long)cpu;
	}
	for_each_possible_cpu(cpu) {
		ck_assert_int_eq(per_cpu_ptr(own, cpu)->a, (long)cpu);
		ck_assert_int_eq(per_cpu_ptr(own, cpu)->b, 100 + (long)cpu);
	}
	ck_assert_ptr_eq(this_cpu_ptr(own),
			 per_cpu_ptr(own, smp_processor_id()));
	this_cpu_add(own->a, 5);
	ck_assert_int_eq(this_cpu_read(own->a), 5 + smp_processor_id());
	other = alloc_percpu(struct own);
	ck_assert_ptr_ne(other, own);
	free_percpu(other);
	free_percpu(own);
	free_percpu(NULL);
	/* What comes to lie there is zeroed. */
	ck_assert_ptr_eq(alloc_percpu(struct own), own);
	for_each_possible_cpu(cpu)
		ck_assert_int_eq(per_cpu_ptr(own, cpu)->a, 0);
	ck_assert_ptr_null(__alloc_percpu(PCPU_MIN_UNIT_SIZE + 1, 8));
	ck_assert_ptr_null(__alloc_percpu(0, 8));
	ck_assert_ptr_null(__alloc_percpu(8, 8192));
	/* More than one region. */
	for (int i = 0; i < 5; i++)
		ck_assert_ptr_nonnull(__alloc_percpu(PCPU_MIN_UNIT_SIZE, 4096));
}
END_TEST

static DEFINE_PER_CPU(int, counter) = 7;
static DEFINE_PER_CPU(struct own, both);
extern char __start_evl_percpu[], __stop_evl_percpu[];

START_TEST(variables_are_each_cpus_own_too)
{
	unsigned int cpu;

	__percpu_register(__start_evl_percpu, __stop_evl_percpu);
	__percpu_register(__start_evl_percpu, __stop_evl_percpu);
	for_each_possible_cpu(cpu) {
		ck_assert_int_eq(per_cpu(counter, cpu), 7);
		per_cpu(counter, cpu) = (int)cpu;
		per_cpu(both, cpu).b = (long)cpu;
	}
	for_each_possible_cpu(cpu) {
		ck_assert_int_eq(per_cpu(counter, cpu), (int)cpu);
		ck_assert_int_eq(*per_cpu_ptr(&both.b, cpu), (long)cpu);
	}
	this_cpu_inc(counter);
	ck_assert_int_eq(this_cpu_inc_return(counter),
			 (int)smp_processor_id() + 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/data");
	TCase *tcase = tcase_create("data");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_fifo_gives_back_what_was_put_in_order);
	tcase_add_test(tcase, a_fifo_takes_no_more_than_it_has_room_for);
	tcase_add_test(tcase, fifos_are_members_or_allocated);
	tcase_add_test(tcase, one_may_put_while_one_gets);
	tcase_add_test(tcase, numbers_are_the_lowest_that_are_free);
	tcase_add_test(tcase, numbers_may_go_round);
	tcase_add_test(tcase, an_ida_has_numbers_alone);
	tcase_add_test(tcase, bitmaps_do_what_they_are_called);
	tcase_add_test(tcase, the_last_reference_releases);
	tcase_add_test(tcase, cpus_are_counted_and_come_in_sets);
	tcase_add_test(tcase, each_cpu_has_its_own);
	tcase_add_test(tcase, variables_are_each_cpus_own_too);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

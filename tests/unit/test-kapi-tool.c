/* SPDX-License-Identifier: MIT */
/* What drivers have to hand: sorting, guards, looking again and again, random
 * numbers, arithmetic. */
#include "suite.h"

#include <errno.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/iopoll.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/list_sort.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

struct card {
	struct list_head link;
	int value, serial;
};

static int by_value(void *priv, const struct list_head *a,
		    const struct list_head *b)
{
	return list_entry(a, struct card, link)->value >
	       list_entry(b, struct card, link)->value;
}

START_TEST(a_list_is_sorted_and_equals_keep_their_order)
{
	for (int n = 0; n < 70; n++) {
		struct card cards[70], *card, *last = NULL;
		LIST_HEAD(list);
		int count = 0;

		for (int i = 0; i < n; i++) {
			cards[i] = (struct card){ .value = i * 37 % 11,
						  .serial = i };
			list_add_tail(&cards[i].link, &list);
		}
		list_sort(NULL, &list, by_value);
		list_for_each_entry(card, &list, link) {
			if (last && (last->value > card->value ||
				     (last->value == card->value &&
				      last->serial > card->serial)))
				ck_abort_msg("%d of %d", count, n);
			if (card->link.prev != (last ? &last->link : &list))
				ck_abort_msg("%d of %d", count, n);
			last = card;
			count++;
		}
		ck_assert_int_eq(count, n);
	}
}
END_TEST

static int nr_freed;

static void count_free(void *ptr)
{
	nr_freed += ptr != NULL;
	kfree(ptr);
}

DEFINE_FREE(counted, void *, count_free(_T))

static void *keep(bool success)
{
	void *ptr __free(counted) = kmalloc(8, GFP_KERNEL);

	if (!success)
		return NULL;

	return_ptr(ptr);
}

START_TEST(what_is_not_kept_is_freed)
{
	void *kept = keep(true);

	ck_assert_ptr_nonnull(kept);
	ck_assert_int_eq(nr_freed, 0);
	kfree(kept);
	ck_assert_ptr_null(keep(false));
	ck_assert_int_eq(nr_freed, 1);
}
END_TEST

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);

static int leave_early(void)
{
	guard(mutex)(&mutex);
	guard(spinlock_irqsave)(&spin);

	return mutex_is_locked(&mutex) && spin_is_locked(&spin);
}

START_TEST(guards_end_with_their_scope)
{
	int rounds = 0;

	ck_assert(leave_early());
	ck_assert(!mutex_is_locked(&mutex) && !spin_is_locked(&spin));

	scoped_guard(spinlock, &spin)
	{
		ck_assert(spin_is_locked(&spin));
		rounds++;
	}
	scoped_guard(mutex, &mutex)
	{
		scoped_guard(mutex_try, &mutex) ck_abort_msg("locked twice");
		scoped_cond_guard(mutex_try, rounds += 10, &mutex)
			ck_abort_msg("locked twice");
	}
	scoped_cond_guard(mutex_try, ck_abort(), &mutex) rounds++;
	ck_assert_int_eq(rounds, 12);
	ck_assert(!mutex_is_locked(&mutex) && !spin_is_locked(&spin));
}
END_TEST

static u32 looks;

static u32 look(u32 *where)
{
	return ++*where;
}

START_TEST(a_register_is_read_until_it_is_as_wanted)
{
	u32 val;

	ck_assert_int_eq(read_poll_timeout_atomic(look, val, val == 5, 1,
						  1000000, false, &looks),
			 0);
	ck_assert_uint_eq(val, 5);
	ck_assert_int_eq(
		readx_poll_timeout_atomic(look, &looks, val, false, 1, 50),
		-ETIMEDOUT);
	ck_assert_uint_eq(val, looks);
}
END_TEST

START_TEST(random_numbers_are_in_their_range)
{
	u8 many[300], none[300] = { 0 };
	u32 seen = 0;

	get_random_bytes(many, sizeof(many));
	ck_assert_mem_ne(many, none, sizeof(many));
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_lt(get_random_u32_below(3), 3);
		seen |= 1U << get_random_u32_inclusive(4, 6);
	}
	ck_assert_uint_eq(seen, 0x70);
	ck_assert_uint_eq(get_random_u32_below(0), 0);
}
END_TEST

START_TEST(arithmetic_is_right_for_all_types)
{
	const char *text = "abcd";
	unsigned int bits = 0xabc;

	ck_assert_uint_eq(rol32(0x80000001U, 1), 3);
	ck_assert_uint_eq(ror8(1, 1), 0x80);
	ck_assert_uint_eq(rol64(1, 64), 1);
	ck_assert_int_eq(sign_extend32(0xfff, 11), -1);
	ck_assert_int_eq(sign_extend64(0x7ff, 11), 0x7ff);
	ck_assert_uint_eq(DIV64_U64_ROUND_UP(10, 4), 3);
	ck_assert_int_eq(DIV_S64_ROUND_CLOSEST(-7, 2), -4);
	ck_assert_uint_eq(int_pow(10, 15), 1000000000000000ULL);
	ck_assert_uint_eq(min_not_zero(0U, 5U), 5);
	ck_assert_uint_eq(abs_diff(3U, 5U), 2);
	ck_assert_uint_eq(size_sub(3, 5), SIZE_MAX);
	ck_assert_int_eq(get_count_order(5), 3);
	ck_assert_uint_eq(u32_get_bits(0x1230, 0xff0), 0x23);
	ck_assert_uint_eq(u16_replace_bits(0x1230, 0x45, 0xff0), 0x1450);
	ck_assert_uint_eq(u64_encode_bits(3, 3ULL << 62), 3ULL << 62);
	ck_assert_uint_eq(set_mask_bits(&bits, 0xf0, 0x50), 0xabcU);
	ck_assert_uint_eq(bits, 0xa5c);
	ck_assert_uint_eq(umax(1U, 2UL), 2);
	ck_assert_ptr_eq(strnstr(text, "cd", 4), text + 2);
	ck_assert_ptr_null(strnstr(text, "cd", 3));
	ck_assert(time_in_range(5UL, 5UL, 6UL));
	ck_assert(in_range(5, 3, 3) && !in_range(6, 3, 3));
	ck_assert_int_eq(ktime_add_safe(KTIME_MAX, 1), KTIME_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/tool");
	TCase *tc = tcase_create("tool");

	tcase_add_test(tc, a_list_is_sorted_and_equals_keep_their_order);
	tcase_add_test(tc, what_is_not_kept_is_freed);
	tcase_add_test(tc, guards_end_with_their_scope);
	tcase_add_test(tc, a_register_is_read_until_it_is_as_wanted);
	tcase_add_test(tc, random_numbers_are_in_their_range);
	tcase_add_test(tc, arithmetic_is_right_for_all_types);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* The parts of the kernel's library which do not wait for anything. */
#include "suite.h"

#include <asm/byteorder.h>
#include <asm/unaligned.h>
#include <errno.h>
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/circ_buf.h>
#include <linux/err.h>
#include <linux/gcd.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

START_TEST(memory_is_aligned_and_zeroed_as_asked)
{
	for (size_t size = 1; size <= 1 << 20; size *= 4) {
		char *ptr = kzalloc(size, GFP_KERNEL);

		ck_assert_ptr_nonnull(ptr);
		ck_assert(IS_ALIGNED((uintptr_t)ptr, 8));
		if (size >= PAGE_SIZE)
			ck_assert(PAGE_ALIGNED(ptr));
		ck_assert_ptr_null(memchr_inv(ptr, 0, size));
		ck_assert_uint_ge(ksize(ptr), size);
		kfree(ptr);
	}

	kfree(NULL);
	vfree(NULL);
}
END_TEST

START_TEST(what_does_not_fit_is_not_granted)
{
	volatile size_t many = SIZE_MAX / 2;

	ck_assert_ptr_null(kcalloc(many, 4, GFP_KERNEL));
	ck_assert_ptr_null(kmalloc_array(many, 4, GFP_KERNEL));
	ck_assert_ptr_null(vmalloc(0));
	ck_assert_uint_eq(size_mul(many, 4), SIZE_MAX);
	ck_assert_uint_eq(size_add(many, many + 2), SIZE_MAX);
}
END_TEST

START_TEST(a_block_grows_and_shrinks)
{
	char *ptr = krealloc(NULL, 10, GFP_KERNEL);

	strcpy(ptr, "123456789");
	ptr = krealloc(ptr, 3 * PAGE_SIZE, GFP_KERNEL);
	ck_assert(PAGE_ALIGNED(ptr));
	ck_assert_str_eq(ptr, "123456789");
	ptr = krealloc(ptr, 4, GFP_KERNEL);
	ck_assert_int_eq(memcmp(ptr, "1234", 4), 0);
	ck_assert_ptr_null(krealloc(ptr, 0, GFP_KERNEL));
}
END_TEST

START_TEST(strings_are_copied)
{
	char small[4], *copy;

	copy = kstrdup("hello", GFP_KERNEL);
	ck_assert_str_eq(copy, "hello");
	kfree(copy);
	copy = kstrndup("hello", 2, GFP_KERNEL);
	ck_assert_str_eq(copy, "he");
	kfree(copy);
	copy = kasprintf(GFP_KERNEL, "%d-%s", 7, "x");
	ck_assert_str_eq(copy, "7-x");
	kfree(copy);
	ck_assert_ptr_null(kstrdup(NULL, GFP_KERNEL));

	ck_assert_int_eq(strscpy(small, "abc", sizeof(small)), 3);
	ck_assert_int_eq(strscpy(small, "abcd", sizeof(small)), -E2BIG);
	ck_assert_str_eq(small, "abc");
	ck_assert_int_eq(strscpy(small, "", 0), -E2BIG);
	ck_assert(sysfs_streq("on\n", "on"));
	ck_assert(!sysfs_streq("on", "off"));
}
END_TEST

START_TEST(numbers_are_read_strictly)
{
	unsigned int u = 7;
	bool b = false;
	u8 byte;
	int i;

	ck_assert_int_eq(kstrtoint("-12\n", 0, &i), 0);
	ck_assert_int_eq(i, -12);
	ck_assert_int_eq(kstrtouint("0x1f", 0, &u), 0);
	ck_assert_uint_eq(u, 31);
	ck_assert_int_eq(kstrtouint("ff", 16, &u), 0);
	ck_assert_uint_eq(u, 255);

	ck_assert_int_eq(kstrtouint("", 0, &u), -EINVAL);
	ck_assert_int_eq(kstrtouint(" 1", 0, &u), -EINVAL);
	ck_assert_int_eq(kstrtouint("1 ", 0, &u), -EINVAL);
	ck_assert_int_eq(kstrtouint("1\n\n", 0, &u), -EINVAL);
	ck_assert_int_eq(kstrtouint("-1", 0, &u), -EINVAL);
	ck_assert_int_eq(kstrtouint("4294967296", 0, &u), -ERANGE);
	ck_assert_int_eq(kstrtou8("256", 0, &byte), -ERANGE);
	ck_assert_int_eq(kstrtoint("99999999999999999999", 0, &i), -ERANGE);
	ck_assert_uint_eq(u, 255);

	ck_assert_int_eq(kstrtobool("on", &b), 0);
	ck_assert(b);
	ck_assert_int_eq(kstrtobool("N", &b), 0);
	ck_assert(!b);
	ck_assert_int_eq(kstrtobool("", &b), -EINVAL);
}
END_TEST

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int nr_swaps;

static void swap_ints(void *a, void *b, int size)
{
	ck_assert_int_eq(size, sizeof(int));
	nr_swaps++;
	swap(*(int *)a, *(int *)b);
}

START_TEST(arrays_are_sorted)
{
	int values[257];

	for (size_t num = 0; num < ARRAY_SIZE(values); num += 64) {
		for (size_t i = 0; i < num; i++)
			values[i] = (int)(i * 7919 % 101);
		sort(values, num, sizeof(int), compare_ints,
		     num % 128 ? swap_ints : NULL);
		for (size_t i = 1; i < num; i++)
			ck_assert_int_le(values[i - 1], values[i]);
	}
	ck_assert_int_gt(nr_swaps, 0);
}
END_TEST

START_TEST(bits_are_found)
{
	DECLARE_BITMAP(map, 130);
	unsigned long bit, seen = 0;

	bitmap_zero(map, 130);
	ck_assert_uint_eq(find_first_bit(map, 130), 130);
	ck_assert_uint_eq(find_first_zero_bit(map, 130), 0);

	ck_assert(!test_and_set_bit(3, map));
	ck_assert(test_and_set_bit(3, map));
	set_bit(64, map);
	__set_bit(129, map);
	ck_assert(test_bit(129, map));
	for_each_set_bit(bit, map, 130)
		seen = seen * 1000 + bit;
	ck_assert_uint_eq(seen, 3064129);
	ck_assert_uint_eq(find_next_bit(map, 129, 65), 129);
	ck_assert_uint_eq(bitmap_weight(map, 130), 3);

	bitmap_fill(map, 130);
	clear_bit(128, map);
	ck_assert_uint_eq(find_first_zero_bit(map, 130), 128);
	assign_bit(128, map, true);
	ck_assert(bitmap_full(map, 130));
	ck_assert(test_and_clear_bit(0, map));
	ck_assert_uint_eq(GENMASK(7, 4), 0xf0);
	ck_assert_int_eq(fls(0x80), 8);
}
END_TEST

START_TEST(sums_come_out)
{
	ck_assert_uint_eq(int_sqrt(0), 0);
	ck_assert_uint_eq(int_sqrt(99), 9);
	ck_assert_uint_eq(int_sqrt(100), 10);
	ck_assert_uint_eq(int_sqrt(ULONG_MAX), 0xffffffff);
	ck_assert_uint_eq(gcd(48, 36), 12);
	ck_assert_uint_eq(gcd(0, 5), 5);
	ck_assert_int_eq(round_up(9, 8), 16);
	ck_assert_int_eq(roundup(9, 7), 14);
	ck_assert_int_eq(DIV_ROUND_UP(9, 4), 3);
	ck_assert_int_eq(DIV_ROUND_CLOSEST(-9, 4), -2);
	ck_assert_int_eq(clamp(7, 1, 5), 5);
	ck_assert_int_eq(min_t(int, -1, 1), -1);
	ck_assert_uint_eq(roundup_pow_of_two(5), 8);
	ck_assert_int_eq(ilog2(8), 3);
	ck_assert(is_power_of_2(8) && !is_power_of_2(6));
}
END_TEST

START_TEST(errors_travel_in_pointers)
{
	ck_assert(IS_ERR(ERR_PTR(-EINVAL)));
	ck_assert(!IS_ERR(NULL));
	ck_assert(!IS_ERR(&nr_swaps));
	ck_assert(IS_ERR_OR_NULL(NULL));
	ck_assert_int_eq(PTR_ERR(ERR_PTR(-EINVAL)), -EINVAL);
	ck_assert_int_eq(PTR_ERR_OR_ZERO(&nr_swaps), 0);
}
END_TEST

START_TEST(dates_are_nanoseconds)
{
	struct timespec64 ts = ktime_to_timespec64(-1);

	ck_assert_int_eq(ktime_set(1, 5), 1000000005);
	ck_assert_int_eq(ktime_set(KTIME_SEC_MAX, 0), KTIME_MAX);
	ck_assert_int_eq(ts.tv_sec, -1);
	ck_assert_int_eq(ts.tv_nsec, 999999999);
	ck_assert_int_eq(timespec64_to_ktime(ts), -1);
	ck_assert_int_eq(ktime_us_delta(us_to_ktime(7), us_to_ktime(4)), 3);
	ck_assert_int_lt(ktime_compare(1, 2), 0);
	ck_assert_int_le(ktime_get(), ktime_get());
}
END_TEST

#define MODE  GENMASK(6, 4)
#define LEVEL (0xffULL << 40)

START_TEST(fields_of_a_register_are_taken_and_set)
{
	u64 reg = FIELD_PREP(LEVEL, 0xa5) | FIELD_PREP(MODE, 5);

	ck_assert_uint_eq(reg, 0xa50000000050);
	ck_assert_uint_eq(FIELD_GET(LEVEL, reg), 0xa5);
	ck_assert_uint_eq(FIELD_GET(MODE, reg), 5);
	ck_assert_uint_eq(FIELD_MAX(MODE), 7);
	ck_assert(FIELD_FIT(MODE, 7));
	ck_assert(!FIELD_FIT(MODE, 8));
}
END_TEST

START_TEST(a_ring_is_full_with_one_place_left)
{
	int head = 0, tail = 0;

	ck_assert_int_eq(CIRC_CNT(head, tail, 8), 0);
	ck_assert_int_eq(CIRC_SPACE(head, tail, 8), 7);
	ck_assert_int_eq(CIRC_SPACE_TO_END(head, tail, 8), 7);
	head = 2;
	tail = 6;
	ck_assert_int_eq(CIRC_CNT(head, tail, 8), 4);
	ck_assert_int_eq(CIRC_CNT_TO_END(head, tail, 8), 2);
	ck_assert_int_eq(CIRC_SPACE(head, tail, 8), 3);
	ck_assert_int_eq(CIRC_SPACE_TO_END(head, tail, 8), 3);
	tail = 1;
	ck_assert_int_eq(CIRC_SPACE_TO_END(head, tail, 8), 6);
}
END_TEST

START_TEST(numbers_may_lie_anywhere)
{
	u8 bytes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	u32 *odd = (u32 *)(void *)(bytes + 1);

	ck_assert_uint_eq(get_unaligned_le16(bytes + 1), 0x0201);
	ck_assert_uint_eq(get_unaligned_be16(bytes + 1), 0x0102);
	ck_assert_uint_eq(get_unaligned_le32(bytes + 1), 0x04030201);
	ck_assert_uint_eq(get_unaligned_be32(bytes + 1), 0x01020304);
	ck_assert_uint_eq(get_unaligned_le64(bytes + 1), 0x0807060504030201);
	ck_assert_uint_eq(get_unaligned_be64(bytes + 1), 0x0102030405060708);
	put_unaligned_be32(0xdeadbeef, bytes + 3);
	ck_assert_uint_eq(get_unaligned_le16(bytes + 4), 0xbead);
	put_unaligned_le16(0x1234, bytes + 3);
	ck_assert_uint_eq(bytes[3], 0x34);
	put_unaligned(77, odd);
	ck_assert_uint_eq(get_unaligned(odd), 77);
}
END_TEST

struct knot {
	struct llist_node node;
	int number;
};

START_TEST(all_there_is_in_a_list_is_taken_at_once)
{
	struct knot knots[3] = { { .number = 0 },
				 { .number = 1 },
				 { .number = 2 } };
	struct knot *pos, *next;
	struct llist_node *all;
	LLIST_HEAD(list);
	int n = 3;

	ck_assert(llist_empty(&list));
	ck_assert(llist_add(&knots[0].node, &list));
	ck_assert(!llist_add(&knots[1].node, &list));
	ck_assert(!llist_add(&knots[2].node, &list));
	all = llist_del_all(&list);
	ck_assert(llist_empty(&list));
	ck_assert_ptr_null(llist_del_all(&list));
	llist_for_each_entry(pos, all, node) ck_assert_int_eq(pos->number, --n);
	ck_assert_int_eq(n, 0);
	llist_for_each_entry_safe(pos, next, llist_reverse_order(all), node)
	{
		ck_assert_int_eq(pos->number, n++);
		memset(pos, 0xff, sizeof(*pos));
	}
	ck_assert_int_eq(n, 3);
	llist_for_each_entry(pos, NULL, node) ck_abort();
}
END_TEST

static void fill(void *block)
{
	memset(block, 7, 24);
}

START_TEST(a_cache_hands_out_blocks_of_its_size)
{
	struct kmem_cache *cache =
		kmem_cache_create("some", 24, 8, SLAB_HWCACHE_ALIGN, fill);
	char *block;

	ck_assert_ptr_nonnull(cache);
	block = kmem_cache_alloc(cache, GFP_KERNEL);
	ck_assert_uint_ge(ksize(block), 24);
	ck_assert_ptr_null(memchr_inv(block, 7, 24));
	kmem_cache_free(cache, block);
	kmem_cache_destroy(cache);
	kmem_cache_destroy(NULL);

	ck_assert_ptr_null(kmem_cache_create("page", 24, 4096, 0, NULL));
	cache = kmem_cache_create("plain", 24, 0, 0, NULL);
	block = kmem_cache_zalloc(cache, GFP_KERNEL);
	ck_assert_ptr_null(memchr_inv(block, 0, 24));
	kfree_sensitive(block);
	kfree_sensitive(NULL);
	kmem_cache_destroy(cache);
}
END_TEST

START_TEST(orders_of_bytes_have_their_kernel_names)
{
	const __be32 big = cpu_to_be32(0x01020304);
	const __le16 little = cpu_to_le16(0x0102);

	ck_assert_int_eq(memcmp(&big, "\1\2\3\4", 4), 0);
	ck_assert_int_eq(memcmp(&little, "\2\1", 2), 0);
	ck_assert_uint_eq(be32_to_cpup(&big), 0x01020304);
	ck_assert_uint_eq(le16_to_cpu(little), 0x0102);
	ck_assert_uint_eq(swab64(1), 1ULL << 56);
	ck_assert_uint_eq(htonl(1), cpu_to_be32(1));
}
END_TEST

START_TEST(large_products_are_divided_right)
{
	ck_assert_uint_eq(mult_frac(0xffffffffu, 3u, 6u), 0x7fffffff);
	ck_assert_uint_eq(mul_u64_u64_div_u64(UINT64_MAX, 10, 20),
			  UINT64_MAX / 2);
	ck_assert_uint_eq(mul_u64_u32_div(UINT64_MAX, 3, 3), UINT64_MAX);
	ck_assert_uint_eq(mul_u64_u32_shr(UINT64_MAX, 4, 3), UINT64_MAX >> 1);
	ck_assert_int_eq(timespec64_to_ns(&(struct timespec64){ 2, 5 }),
			 2000000005);
	ck_assert_int_eq(ns_to_timespec64(-1).tv_nsec, 999999999);
	ck_assert_int_gt(ktime_get_raw(), 0);
}
END_TEST

START_TEST(text_is_trimmed_and_read)
{
	char text[] = " \t a b\n ", blanks[] = " \n", hex[9] = "", *end;
	u8 bytes[4];

	ck_assert_str_eq(strim(text), "a b");
	ck_assert_str_eq(strim(blanks), "");
	ck_assert_str_eq(skip_spaces("\tx "), "x ");
	ck_assert_uint_eq(strlcpy(text, "abcdef", 4), 6);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(hex2bin(bytes, "00fFa5", 3), 0);
	ck_assert_uint_eq(bytes[1], 0xff);
	ck_assert_int_eq(hex2bin(bytes, "0g", 1), -EINVAL);
	ck_assert_int_eq(hex2bin(bytes, "0", 1), -EINVAL);
	ck_assert_ptr_eq(bin2hex(hex, "\x0f\xa5", 2), hex + 4);
	ck_assert_str_eq(hex, "0fa5");
	ck_assert_uint_eq(simple_strtoul("12x", &end, 10), 12);
	ck_assert_str_eq(end, "x");
	ck_assert_uint_eq(offsetofend(struct timespec64, tv_sec), 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/lib");
	TCase *tc = tcase_create("lib");

	tcase_add_test(tc, memory_is_aligned_and_zeroed_as_asked);
	tcase_add_test(tc, what_does_not_fit_is_not_granted);
	tcase_add_test(tc, a_block_grows_and_shrinks);
	tcase_add_test(tc, strings_are_copied);
	tcase_add_test(tc, numbers_are_read_strictly);
	tcase_add_test(tc, fields_of_a_register_are_taken_and_set);
	tcase_add_test(tc, a_ring_is_full_with_one_place_left);
	tcase_add_test(tc, numbers_may_lie_anywhere);
	tcase_add_test(tc, all_there_is_in_a_list_is_taken_at_once);
	tcase_add_test(tc, a_cache_hands_out_blocks_of_its_size);
	tcase_add_test(tc, orders_of_bytes_have_their_kernel_names);
	tcase_add_test(tc, large_products_are_divided_right);
	tcase_add_test(tc, text_is_trimmed_and_read);
	tcase_add_test(tc, arrays_are_sorted);
	tcase_add_test(tc, bits_are_found);
	tcase_add_test(tc, sums_come_out);
	tcase_add_test(tc, errors_travel_in_pointers);
	tcase_add_test(tc, dates_are_nanoseconds);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

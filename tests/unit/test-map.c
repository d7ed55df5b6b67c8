/* SPDX-License-Identifier: MIT */
/* Maps from numbers to pointers, against a plain array of the same. */
#include "base/map.h"
#include "suite.h"

#include <stdlib.h>

#define NR_KEYS 4096

static struct map map;
static void *expected[NR_KEYS];

static void teardown(void)
{
	map_deinit(&map);
}

/* Numbers as descriptors are: dense, and in several processes. */
static uint64_t key_of(unsigned int n)
{
	return (uint64_t)(n / 64) << 20 | n % 64;
}

static void check_all(void)
{
	uint32_t count = 0;

	for (unsigned int n = 0; n < NR_KEYS; n++) {
		ck_assert_ptr_eq(map_find(&map, key_of(n)), expected[n]);
		count += expected[n] != NULL;
	}
	ck_assert_uint_eq(map.count, count);
}

START_TEST(an_empty_map_has_nothing)
{
	ck_assert_ptr_null(map_find(&map, 0));
	ck_assert_ptr_null(map_remove(&map, 0));
	ck_assert(map_full(&map));
}
END_TEST

START_TEST(what_was_put_in_is_found_until_taken_out)
{
	unsigned int n;

	srand((unsigned int)_i);
	for (int round = 0; round < 40 * NR_KEYS; round++) {
		/* The more the later, then fewer again. */
		n = (unsigned int)rand() % NR_KEYS;
		if (rand() % (40 * NR_KEYS) >= round) {
			expected[n] = &expected[rand() % NR_KEYS];
			ck_assert_int_eq(map_set(&map, key_of(n), expected[n]),
					 0);
		} else {
			ck_assert_ptr_eq(map_remove(&map, key_of(n)),
					 expected[n]);
			expected[n] = NULL;
		}
		if (round % NR_KEYS == 0)
			check_all();
	}
	check_all();
}
END_TEST

START_TEST(it_stays_small)
{
	for (unsigned int n = 0; n < NR_KEYS; n++)
		ck_assert_int_eq(map_set(&map, key_of(n), &map), 0);
	ck_assert_uint_le(map.size * sizeof(struct map_entry),
			  (size_t)NR_KEYS * 43);
	/* Coming and going does not make it grow. */
	for (unsigned int n = 0; n < 10 * NR_KEYS; n++) {
		ck_assert_ptr_eq(map_remove(&map, key_of(n)), &map);
		ck_assert_int_eq(map_set(&map, key_of(n + NR_KEYS), &map), 0);
	}
	ck_assert_uint_le(map.size * sizeof(struct map_entry),
			  (size_t)NR_KEYS * 43);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/map");
	TCase *tcase = tcase_create("map");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, an_empty_map_has_nothing);
	tcase_add_loop_test(tcase, what_was_put_in_is_found_until_taken_out, 0,
			    5);
	tcase_add_test(tcase, it_stays_small);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Heaps for out-of-band code. */
#include "../helpers.h"
#include "core/heap.h"

#include <errno.h>
#include <evl/memory.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIZE (64u << 10)

static struct evl_heap heap;
static void *mem;

static void setup(void)
{
	mem = aligned_alloc(4096, SIZE);
	memset(mem, 0xaa, SIZE);
	ck_assert_int_eq(evl_init_heap(&heap, mem, SIZE), 0);
}

static void teardown(void)
{
	/* Nothing was lost, and all of it is one piece again. */
	ck_assert_uint_eq(evl_get_heap_free(&heap), SIZE);
	ck_assert_ptr_eq(evl_alloc_chunk(&heap, SIZE), mem);
	evl_destroy_heap(&heap);
	free(mem);
}

START_TEST(sizes_are_rounded_up_as_they_should)
{
	const struct {
		size_t asked;
		ssize_t got;
	} sizes[] = { { 1, 16 },      { 16, 16 },    { 17, 32 },
		      { 100, 128 },   { 129, 256 },  { 256, 256 },
		      { 257, 512 },   { 512, 512 },  { 513, 1024 },
		      { 5000, 5120 }, { SIZE, SIZE } };
	void *block;

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		block = evl_alloc_chunk(&heap, sizes[i].asked);
		ck_assert_ptr_nonnull(block);
		ck_assert_uint_eq((uintptr_t)block % 16, 0);
		ck_assert_int_eq(evl_check_chunk(&heap, block), sizes[i].got);
		ck_assert_uint_eq(evl_get_heap_free(&heap),
				  SIZE - (size_t)sizes[i].got);
		evl_free_chunk(&heap, block);
		ck_assert_int_eq(evl_check_chunk(&heap, block), -EINVAL);
	}
}
END_TEST

START_TEST(nothing_and_too_much_are_refused)
{
	ck_assert_ptr_null(evl_alloc_chunk(&heap, 0));
	ck_assert_ptr_null(evl_alloc_chunk(&heap, SIZE + 1));
	ck_assert_ptr_null(evl_alloc_chunk(&heap, SIZE_MAX));
	ck_assert_ptr_null(evl_zalloc_chunk(&heap, 0));
}
END_TEST

START_TEST(it_gives_all_it_has_and_no_more)
{
	unsigned int count = 0;
	void *blocks[SIZE / 16 + 1];

	/* Of each size, for the memory. */
	for (size_t size = 16; size <= 1024; size *= 2) {
		count = 0;
		while ((blocks[count] = evl_alloc_chunk(&heap, size)) != NULL) {
			memset(blocks[count], (int)count, size);
			count++;
		}
		ck_assert_uint_eq(count, SIZE / size);
		ck_assert_uint_eq(evl_get_heap_free(&heap), 0);
		for (unsigned int i = 0; i < count; i++)
			ck_assert_int_eq(((char *)blocks[i])[size - 1],
					 (char)i);
		/* From the middle to both ends. */
		for (unsigned int i = 0; i < count; i++)
			evl_free_chunk(&heap,
				       blocks[i % 2 ? count / 2 + i / 2
						    : count / 2 - 1 - i / 2]);
	}
}
END_TEST

START_TEST(what_is_no_block_is_left_alone)
{
	char *small = evl_alloc_chunk(&heap, 100);
	char *large = evl_alloc_chunk(&heap, 2000);
	size_t left = evl_get_heap_free(&heap);
	int outside;

	evl_free_chunk(&heap, NULL);
	evl_free_chunk(&heap, &outside);
	evl_free_chunk(&heap, small + 16);
	evl_free_chunk(&heap, small + 128);
	evl_free_chunk(&heap, large + 512);
	evl_free_chunk(&heap, large + 16);
	evl_free_chunk(&heap, (char *)mem + SIZE);
	evl_free_chunk(&heap, (char *)mem - 16);
	evl_free_chunk(&heap, (char *)mem + SIZE - 512);
	ck_assert_uint_eq(evl_get_heap_free(&heap), left);
	evl_free_chunk(&heap, small);
	evl_free_chunk(&heap, small);
	evl_free_chunk(&heap, large);
	evl_free_chunk(&heap, large);
}
END_TEST

START_TEST(memory_is_zeroed_if_asked_for)
{
	char *block = evl_zalloc_chunk(&heap, 300);

	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(block[i], 0);
	evl_free_chunk(&heap, block);
}
END_TEST

START_TEST(not_every_memory_makes_a_heap)
{
	struct evl_heap other;

	ck_assert_int_eq(evl_init_heap(&other, mem, 0), -EINVAL);
	ck_assert_int_eq(evl_init_heap(&other, mem, 4095), -EINVAL);
	ck_assert_int_eq(evl_init_heap(&other, (char *)mem + 1, 4096), -EINVAL);
	ck_assert_int_eq(evl_init_heap(&other, mem, (size_t)1 << 32), -EINVAL);
	ck_assert_uint_eq(evl_get_heap_size(&heap), SIZE);
	ck_assert_ptr_eq(evl_get_heap_base(&heap), mem);
}
END_TEST

#define HELD 64

/* A few blocks of many sizes at a time, each with its own pattern. */
static void *use_for_a_while(void *arg)
{
	unsigned int dice = (unsigned int)(uintptr_t)arg;
	unsigned char *blocks[HELD] = { NULL };
	size_t sizes[HELD] = { 0 };

	for (int i = 0; i < 30000; i++) {
		unsigned int n = (unsigned int)rand_r(&dice) % HELD;

		for (size_t k = 0; k < sizes[n]; k++)
			if (blocks[n][k] != n)
				return "somebody else's";
		if (sizes[n])
			evl_free_chunk(&heap, blocks[n]);
		sizes[n] = (size_t)rand_r(&dice) % (i % 5 ? 300 : 3000);
		blocks[n] = evl_alloc_chunk(&heap, sizes[n]);
		if (blocks[n] == NULL)
			sizes[n] = 0;
		else
			memset(blocks[n], (int)n, sizes[n]);
	}
	for (int n = 0; n < HELD; n++)
		if (sizes[n])
			evl_free_chunk(&heap, blocks[n]);

	return NULL;
}

START_TEST(threads_share_it)
{
	pthread_t threads[2];
	void *what;

	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, use_for_a_while,
			       (void *)(i + 1));
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &what);
		ck_assert_msg(what == NULL, "%s", (char *)what);
	}
}
END_TEST

START_TEST(the_core_has_one_of_its_own)
{
	void *block;

	ck_assert_ptr_null(evl_alloc(16));
	ck_assert_int_eq(heap_start(), 0);
	ck_assert_uint_eq(evl_get_heap_size(&evl_system_heap), 2u << 20);
	block = evl_alloc(1000);
	ck_assert_ptr_nonnull(block);
	ck_assert_int_eq(evl_check_chunk(&evl_system_heap, block), 1024);
	evl_free(block);
	evl_free(block); /* and nothing happens */
	ck_assert_uint_eq(evl_get_heap_free(&evl_system_heap), 2u << 20);
	heap_stop();
	heap_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/heap");
	TCase *tcase = tcase_create("heap");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, sizes_are_rounded_up_as_they_should);
	tcase_add_test(tcase, nothing_and_too_much_are_refused);
	tcase_add_test(tcase, it_gives_all_it_has_and_no_more);
	tcase_add_test(tcase, what_is_no_block_is_left_alone);
	tcase_add_test(tcase, memory_is_zeroed_if_asked_for);
	tcase_add_test(tcase, not_every_memory_makes_a_heap);
	tcase_add_test(tcase, threads_share_it);
	tcase_add_test(tcase, the_core_has_one_of_its_own);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Arrays with gaps, trees and hash tables, as drivers keep their books. */
#include "suite.h"

#include <errno.h>
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <stdlib.h>

static int things[4];

START_TEST(what_was_stored_is_there)
{
	DEFINE_XARRAY(xa);
	const unsigned long far = ULONG_MAX;

	ck_assert(xa_empty(&xa));
	ck_assert_ptr_null(xa_load(&xa, 7));
	ck_assert_ptr_null(xa_store(&xa, 7, &things[0], GFP_KERNEL));
	ck_assert_ptr_null(xa_store(&xa, far, &things[1], GFP_KERNEL));
	ck_assert_ptr_eq(xa_load(&xa, 7), &things[0]);
	ck_assert_ptr_eq(xa_load(&xa, far), &things[1]);
	ck_assert_ptr_eq(xa_store(&xa, 7, &things[2], GFP_KERNEL), &things[0]);
	ck_assert_int_eq(xa_insert(&xa, 7, &things[3], GFP_KERNEL), -EBUSY);
	ck_assert_ptr_eq(xa_cmpxchg(&xa, 7, &things[0], &things[3], GFP_KERNEL),
			 &things[2]);
	ck_assert_ptr_eq(xa_cmpxchg(&xa, 7, &things[2], &things[3], GFP_KERNEL),
			 &things[2]);
	ck_assert_ptr_eq(xa_erase(&xa, 7), &things[3]);
	ck_assert_ptr_null(xa_erase(&xa, 7));
	ck_assert_ptr_eq(xa_store(&xa, far, NULL, GFP_KERNEL), &things[1]);
	ck_assert(xa_empty(&xa));
}
END_TEST

START_TEST(entries_come_in_order_and_may_be_erased)
{
	const unsigned long at[] = { 3, 255, 256, 1UL << 40, ULONG_MAX };
	struct xarray xa;
	unsigned long index;
	size_t i = 0;
	void *entry;

	xa_init(&xa);
	for (size_t k = ARRAY_SIZE(at); k-- > 0;)
		xa_store(&xa, at[k], xa_mk_value(k), GFP_KERNEL);

	xa_for_each(&xa, index, entry)
	{
		ck_assert_uint_eq(index, at[i]);
		ck_assert(xa_is_value(entry));
		ck_assert_uint_eq(xa_to_value(entry), i);
		ck_assert_ptr_eq(xa_erase(&xa, index), entry);
		i++;
	}
	ck_assert_uint_eq(i, ARRAY_SIZE(at));
	ck_assert(xa_empty(&xa));

	xa_store(&xa, 10, &things[0], GFP_KERNEL);
	xa_store(&xa, 20, &things[1], GFP_KERNEL);
	i = 0;
	xa_for_each_range(&xa, index, entry, 11, 19) i++;
	ck_assert_uint_eq(i, 0);
	xa_for_each_range(&xa, index, entry, 10, 20) i++;
	ck_assert_uint_eq(i, 2);
	xa_destroy(&xa);
}
END_TEST

START_TEST(the_lowest_free_place_is_found)
{
	DEFINE_XARRAY_ALLOC1(xa);
	DEFINE_XARRAY(plain);
	u32 id, next = 0;

	ck_assert_int_eq(xa_alloc(&plain, &id, things, xa_limit_32b, 0),
			 -EINVAL);
	for (u32 i = 1; i <= 600; i++) {
		ck_assert_int_eq(xa_alloc(&xa, &id, things, xa_limit_32b, 0),
				 0);
		ck_assert_uint_eq(id, i);
	}
	xa_erase(&xa, 300);
	ck_assert_int_eq(xa_alloc(&xa, &id, NULL, XA_LIMIT(2, 301), 0), 0);
	ck_assert_uint_eq(id, 300);
	/* Reserved, not there. */
	ck_assert_ptr_null(xa_load(&xa, 300));
	ck_assert_int_eq(xa_alloc(&xa, &id, things, XA_LIMIT(2, 301), 0),
			 -EBUSY);
	xa_release(&xa, 300);
	ck_assert_int_eq(xa_alloc(&xa, &id, things, XA_LIMIT(2, 301), 0), 0);

	ck_assert_int_eq(
		xa_alloc_cyclic(&xa, &id, things, XA_LIMIT(600, 602), &next, 0),
		0);
	ck_assert_uint_eq(id, 601);
	xa_erase(&xa, 600);
	ck_assert_int_eq(
		xa_alloc_cyclic(&xa, &id, things, XA_LIMIT(600, 602), &next, 0),
		0);
	ck_assert_uint_eq(id, 602);
	ck_assert_int_eq(
		xa_alloc_cyclic(&xa, &id, things, XA_LIMIT(600, 602), &next, 0),
		1);
	ck_assert_uint_eq(id, 600);
	xa_destroy(&xa);
}
END_TEST

START_TEST(errors_are_told_from_entries)
{
	ck_assert(xa_is_err(__xa_mk_err(-ENOMEM)));
	ck_assert_int_eq(xa_err(__xa_mk_err(-ENOMEM)), -ENOMEM);
	ck_assert(!xa_is_err(NULL));
	ck_assert(!xa_is_err(things));
	ck_assert(!xa_is_err(xa_mk_value(LONG_MAX)));
	ck_assert_int_eq(xa_err(things), 0);
}
END_TEST

struct leaf {
	struct rb_node node;
	struct hlist_node link;
	u32 key;
};

static bool is_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct leaf, node)->key <
	       rb_entry(b, struct leaf, node)->key;
}

static int compare_key(const void *key, const struct rb_node *node)
{
	u32 other = rb_entry(node, struct leaf, node)->key;

	return *(const u32 *)key < other ? -1 : *(const u32 *)key > other;
}

/* Colors, too: no red node has a red child, all paths have as many blacks. */
static int check_subtree(const struct rb_node *node)
{
	int left, right;

	if (node == NULL)
		return 1;
	for (int i = 0; i < 2; i++) {
		const struct rb_node *child =
			i ? node->rb_left : node->rb_right;

		ck_assert(child == NULL || rb_parent(child) == node);
		ck_assert(child == NULL || !node->color || !child->color);
	}
	left = check_subtree(node->rb_left);
	right = check_subtree(node->rb_right);
	ck_assert_int_eq(left, right);

	return left + !node->color;
}

START_TEST(trees_stay_balanced_and_in_order)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct leaf leaves[200], *leaf, *tmp;
	struct rb_node *node, *first;
	unsigned int count = 0;
	u32 last = 0, key = 4711;

	ck_assert(RB_EMPTY_ROOT(&tree.rb_root));
	ck_assert_ptr_null(rb_first(&tree.rb_root));
	for (int i = 0; i < 200; i++) {
		leaves[i].key = i == 100 ? key : get_random_u32() | 1;
		rb_add_cached(&leaves[i].node, &tree, is_less);
		if (i % 20 == 0)
			check_subtree(tree.rb_root.rb_node);
	}
	ck_assert_ptr_eq(rb_first_cached(&tree), rb_first(&tree.rb_root));
	for (node = rb_first(&tree.rb_root); node; node = rb_next(node)) {
		leaf = rb_entry(node, struct leaf, node);
		ck_assert_uint_ge(leaf->key, last);
		last = leaf->key;
		count++;
	}
	ck_assert_uint_eq(count, 200);
	node = rb_find(&key, &tree.rb_root, compare_key);
	ck_assert_uint_eq(rb_entry(node, struct leaf, node)->key, key);
	key = 0;
	ck_assert_ptr_null(rb_find(&key, &tree.rb_root, compare_key));

	/* One takes the place of another, in the middle and at the top. */
	leaf = &(struct leaf){ .key = leaves[100].key };
	rb_replace_node(&leaves[100].node, &leaf->node, &tree.rb_root);
	check_subtree(tree.rb_root.rb_node);
	rb_replace_node(&leaf->node, &leaves[100].node, &tree.rb_root);

	first = rb_first_cached(&tree);
	ck_assert_ptr_eq(rb_erase_cached(first, &tree),
			 rb_first(&tree.rb_root));
	for (int i = 0; i < 200; i += 2) {
		if (&leaves[i].node != first)
			rb_erase_cached(&leaves[i].node, &tree);
		if (i % 20 == 0)
			check_subtree(tree.rb_root.rb_node);
	}
	count = 0;
	rbtree_postorder_for_each_entry_safe(leaf, tmp, &tree.rb_root, node)
	{
		ck_assert_uint_eq((size_t)(leaf - leaves) % 2, 1);
		memset(leaf, 0xff, sizeof(*leaf));
		count++;
	}
	ck_assert_uint_ge(count, 99);
}
END_TEST

START_TEST(tables_find_what_has_a_key)
{
	DEFINE_HASHTABLE(table, 4);
	struct leaf leaves[100], *leaf;
	struct hlist_node *tmp;
	unsigned int count = 0;
	int bkt;

	ck_assert(hash_empty(table));
	for (u32 i = 0; i < 100; i++) {
		leaves[i] = (struct leaf){ .key = i / 2 };
		ck_assert(!hash_hashed(&leaves[i].link));
		hash_add(table, &leaves[i].link, leaves[i].key);
	}
	hash_for_each_possible(table, leaf, link, 7U) count += leaf->key == 7;
	ck_assert_uint_eq(count, 2);

	hash_for_each_safe(table, bkt, tmp, leaf, link) if (leaf->key % 2)
		hash_del(&leaf->link);
	count = 0;
	hash_for_each(table, bkt, leaf, link)
	{
		ck_assert_uint_eq(leaf->key % 2, 0);
		count++;
	}
	ck_assert_uint_eq(count, 50);
	ck_assert(!hash_hashed(&leaves[2].link));
	hash_for_each_safe(table, bkt, tmp, leaf, link) hash_del(&leaf->link);
	ck_assert(hash_empty(table));
}
END_TEST

START_TEST(lists_with_one_pointer_are_lists)
{
	HLIST_HEAD(head);
	HLIST_HEAD(other);
	struct leaf leaves[3] = { { .key = 0 }, { .key = 1 }, { .key = 2 } };
	struct leaf *leaf;
	u32 next = 0;

	hlist_add_head(&leaves[1].link, &head);
	hlist_add_before(&leaves[0].link, &leaves[1].link);
	hlist_add_behind(&leaves[2].link, &leaves[1].link);
	hlist_move_list(&head, &other);
	ck_assert(hlist_empty(&head));
	hlist_for_each_entry(leaf, &other, link)
		ck_assert_uint_eq(leaf->key, next++);
	ck_assert_uint_eq(next, 3);
	hlist_del(&leaves[0].link);
	hlist_del_init(&leaves[0].link); /* nothing happens */
	ck_assert_ptr_eq(other.first, &leaves[1].link);
	ck_assert_ptr_eq(leaves[1].link.pprev, &other.first);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/xarray");
	TCase *tc;

	tc = tcase_create("xarray");
	tcase_add_test(tc, what_was_stored_is_there);
	tcase_add_test(tc, entries_come_in_order_and_may_be_erased);
	tcase_add_test(tc, the_lowest_free_place_is_found);
	tcase_add_test(tc, errors_are_told_from_entries);
	suite_add_tcase(suite, tc);

	tc = tcase_create("rbtree");
	tcase_add_test(tc, trees_stay_balanced_and_in_order);
	suite_add_tcase(suite, tc);

	tc = tcase_create("hashtable");
	tcase_add_test(tc, tables_find_what_has_a_key);
	tcase_add_test(tc, lists_with_one_pointer_are_lists);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

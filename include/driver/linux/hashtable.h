/* SPDX-License-Identifier: MIT */
/*
 * Tables of a fixed size with lists of what has the same hash. Plain memory: the
 * caller provides whatever locking a table needs.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_HASHTABLE_H
#define _LINUX_HASHTABLE_H

#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/rculist.h>

/* A table of 2^@bits lists; zero-filled is a working, empty one. */
#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) \
	struct hlist_head name[1 << (bits)] = { HLIST_HEAD_INIT }

#define HASH_SIZE(name) ARRAY_SIZE(name)
#define HASH_BITS(name) ilog2(HASH_SIZE(name))
#define hash_min(val, bits)                           \
	(sizeof(val) <= 4 ? hash_32((u32)(val), bits) \
			  : hash_long((unsigned long)(val), bits))

/* The list in which what has @key is. */
#define __hash_list(name, key) (&(name)[hash_min(key, HASH_BITS(name))])

static inline void __hash_init(struct hlist_head *table, size_t size)
{
	for (size_t i = 0; i < size; i++)
		INIT_HLIST_HEAD(&table[i]);
}
#define hash_init(name) __hash_init(name, HASH_SIZE(name))

/* Add what embeds @node. There may be others of the same @key. */
#define hash_add(name, node, key) hlist_add_head(node, __hash_list(name, key))
#define hash_add_rcu(name, node, key) \
	hlist_add_head_rcu(node, __hash_list(name, key))

/* Is it in a table? */
#define hash_hashed(node) (!hlist_unhashed(node))

static inline bool __hash_empty(const struct hlist_head *table, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!hlist_empty(&table[i]))
			return false;

	return true;
}
#define hash_empty(name) __hash_empty(name, HASH_SIZE(name))

/* Take it out, if it is in one. */
static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

static inline void hash_del_rcu(struct hlist_node *node)
{
	hlist_del_init_rcu(node);
}

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */

/* All of them, with @bkt, an int, as the number of the list. */
#define hash_for_each(name, bkt, obj, member)				\
	for ((bkt) = 0, obj = NULL;					\
	     obj == NULL && (size_t)(bkt) < HASH_SIZE(name); (bkt)++)	\
		hlist_for_each_entry(obj, &(name)[bkt], member)
#define hash_for_each_rcu(name, bkt, obj, member)			\
	for ((bkt) = 0, obj = NULL;					\
	     obj == NULL && (size_t)(bkt) < HASH_SIZE(name); (bkt)++)	\
		hlist_for_each_entry_rcu(obj, &(name)[bkt], member)
#define hash_for_each_safe(name, bkt, tmp, obj, member)			\
	for ((bkt) = 0, obj = NULL;					\
	     obj == NULL && (size_t)(bkt) < HASH_SIZE(name); (bkt)++)	\
		hlist_for_each_entry_safe(obj, tmp, &(name)[bkt], member)

/* Those which may have @key; their own says whether they do. */
#define hash_for_each_possible(name, obj, member, key)			\
	hlist_for_each_entry(obj, __hash_list(name, key), member)
#define hash_for_each_possible_rcu(name, obj, member, key)		\
	hlist_for_each_entry_rcu(obj, __hash_list(name, key), member)
#define hash_for_each_possible_safe(name, obj, tmp, member, key)	\
	hlist_for_each_entry_safe(obj, tmp, __hash_list(name, key), member)
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_HASHTABLE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Lists which any number of threads add to, and from which one takes all there
 * is, without a lock: the newest first.
 *
 * Stage: any. Blocks: no.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_LLIST_H
#define _LINUX_LLIST_H

#include <linux/container_of.h>
#include <stdbool.h>
#include <stddef.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

/* clang-format off */
#define LLIST_HEAD_INIT(name) { NULL }
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)
/* clang-format on */

static inline void init_llist_head(struct llist_head *list)
{
	list->first = NULL;
}

static inline bool llist_empty(const struct llist_head *list)
{
	/* Relaxed: who wants what is there takes it. */
	return __atomic_load_n(&list->first, __ATOMIC_RELAXED) == NULL;
}

/* Nodes from @first to @last, linked already. True: the list was empty. */
static inline bool llist_add_batch(struct llist_node *first,
				   struct llist_node *last,
				   struct llist_head *list)
{
	struct llist_node *old;

	old = __atomic_load_n(&list->first, __ATOMIC_RELAXED);
	/* Release: publishes the nodes to llist_del_all(). */
	do
		last->next = old;
	while (!__atomic_compare_exchange_n(&list->first, &old, first, true,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));

	return old == NULL;
}

static inline bool llist_add(struct llist_node *node, struct llist_head *list)
{
	return llist_add_batch(node, node, list);
}

/* All of them; the list is empty then. */
static inline struct llist_node *llist_del_all(struct llist_head *list)
{
	/* Acquire: pairs with llist_add_batch(). */
	return __atomic_exchange_n(&list->first, NULL, __ATOMIC_ACQUIRE);
}

static inline struct llist_node *llist_next(struct llist_node *node)
{
	return node->next;
}

/* What llist_del_all() gave, the oldest first. */
static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *next, *reversed = NULL;

	for (; node; node = next) {
		next = node->next;
		node->next = reversed;
		reversed = node;
	}

	return reversed;
}

#define llist_entry(ptr, type, member) container_of(ptr, type, member)

#define llist_for_each(pos, node) \
	for ((pos) = (node); (pos); (pos) = (pos)->next)

#define llist_for_each_safe(pos, n, node)                             \
	for ((pos) = (node), (n) = (pos) ? (pos)->next : NULL; (pos); \
	     (pos) = (n), (n) = (pos) ? (pos)->next : NULL)

/* NULL as an entry, which is no pointer to a member. */
#define __llist_entry_or_null(ptr, type, member)                           \
	__extension__({                                                    \
		struct llist_node *__node = (ptr);                         \
		__node ? llist_entry(__node, type, member) : (type *)NULL; \
	})

#define llist_for_each_entry(pos, node, member)                               \
	for ((pos) = __llist_entry_or_null(node, __typeof__(*(pos)), member); \
	     (pos); (pos) = __llist_entry_or_null((pos)->member.next,         \
						  __typeof__(*(pos)), member))

/* @pos may be freed. */
#define llist_for_each_entry_safe(pos, n, node, member)                       \
	for ((pos) = __llist_entry_or_null(node, __typeof__(*(pos)), member); \
	     (pos) &&                                                         \
	     ((n) = __llist_entry_or_null((pos)->member.next,                 \
					  __typeof__(*(pos)), member),        \
	     true);                                                           \
	     (pos) = (n))

#endif /* _LINUX_LLIST_H */

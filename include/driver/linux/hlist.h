/* SPDX-License-Identifier: MIT */
/*
 * Lists with a head of one pointer, for tables of many: linux/list.h has them
 * along. Plain memory: the caller provides whatever locking a list needs.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_HLIST_H
#define _LINUX_HLIST_H

#include <linux/container_of.h>
#include <stdbool.h>
#include <stddef.h>

struct hlist_node {
	struct hlist_node *next, **pprev; /* what points here */
};

struct hlist_head {
	struct hlist_node *first;
};

/* clang-format off */
#define HLIST_HEAD_INIT { .first = NULL }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT
/* clang-format on */

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

/* Is it in no list, as far as INIT_HLIST_NODE() and hlist_del_init() tell? */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return node->pprev == NULL;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return head->first == NULL;
}

static inline void __hlist_link(struct hlist_node *node,
				struct hlist_node **where)
{
	node->next = *where;
	node->pprev = where;
	if (*where)
		(*where)->pprev = &node->next;
	*where = node;
}

static inline void hlist_add_head(struct hlist_node *node,
				  struct hlist_head *head)
{
	__hlist_link(node, &head->first);
}

static inline void hlist_add_before(struct hlist_node *node,
				    struct hlist_node *next)
{
	__hlist_link(node, next->pprev);
}

static inline void hlist_add_behind(struct hlist_node *node,
				    struct hlist_node *prev)
{
	__hlist_link(node, &prev->next);
}

static inline void __hlist_unlink(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_unlink(node);
	INIT_HLIST_NODE(node);
}

/* If it is in a list. */
static inline void hlist_del_init(struct hlist_node *node)
{
	if (!hlist_unhashed(node))
		hlist_del(node);
}

/* All of @from, which is empty then, to @to, which was. */
static inline void hlist_move_list(struct hlist_head *from,
				   struct hlist_head *to)
{
	to->first = from->first;
	if (to->first)
		to->first->pprev = &to->first;
	from->first = NULL;
}

/* clang-format off */
#define hlist_entry(ptr, type, member) container_of(ptr, type, member)

/* What embeds @ptr, or NULL if that is. */
#define hlist_entry_safe(ptr, type, member)				\
	__extension__({							\
		__typeof__(ptr) __hlist_ptr = (ptr);			\
		__hlist_ptr ? hlist_entry(__hlist_ptr, type, member) : NULL; \
	})

/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
#define hlist_for_each(pos, head) \
	for (pos = (head)->first; pos; pos = pos->next)

#define hlist_for_each_safe(pos, tmp, head)				\
	for (pos = (head)->first; pos && ((tmp = pos->next), 1); pos = tmp)

#define hlist_for_each_entry(pos, head, member)				\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
	     pos;							\
	     pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), \
				    member))

#define hlist_for_each_entry_continue(pos, member)			\
	for (pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), \
				    member);				\
	     pos;							\
	     pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), \
				    member))

#define hlist_for_each_entry_from(pos, member)				\
	for (; pos;							\
	     pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), \
				    member))

/* @tmp is a struct hlist_node *, unlike list_for_each_entry_safe()'s. */
#define hlist_for_each_entry_safe(pos, tmp, head, member)		\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
	     pos && ((tmp = (pos)->member.next), 1);			\
	     pos = hlist_entry_safe(tmp, __typeof__(*(pos)), member))
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_HLIST_H */

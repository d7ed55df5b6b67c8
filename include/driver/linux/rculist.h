/* SPDX-License-Identifier: MIT */
/* Lists which readers walk while somebody changes them: see linux/rcupdate.h.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_RCULIST_H
#define _LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

static inline void __list_link_rcu(struct list_head *entry,
				   struct list_head *prev,
				   struct list_head *next)
{
	entry->next = next;
	entry->prev = prev;
	rcu_assign_pointer(prev->next, entry);
	next->prev = entry;
}

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	__list_link_rcu(entry, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *entry,
				     struct list_head *head)
{
	__list_link_rcu(entry, head->prev, head);
}

/* Who is there goes on from it. */
static inline void list_del_rcu(struct list_head *entry)
{
	rcu_assign_pointer(entry->prev->next, entry->next);
	entry->next->prev = entry->prev;
	entry->prev = NULL;
}

static inline void hlist_add_head_rcu(struct hlist_node *node,
				      struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	rcu_assign_pointer(head->first, node);
}

/* Who is there goes on from it. */
static inline void hlist_del_rcu(struct hlist_node *node)
{
	rcu_assign_pointer(*node->pprev, node->next);
	if (node->next)
		node->next->pprev = node->pprev;
	node->pprev = NULL;
}

static inline void hlist_del_init_rcu(struct hlist_node *node)
{
	if (!hlist_unhashed(node))
		hlist_del_rcu(node);
}

#define list_entry_rcu(ptr, type, member) \
	container_of(rcu_dereference(ptr), type, member)

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
#define list_for_each_entry_rcu(pos, head, member, ...)			\
	for (pos = list_entry_rcu((head)->next, __typeof__(*(pos)), member); \
	     &(pos)->member != (head);					\
	     pos = list_entry_rcu((pos)->member.next, __typeof__(*(pos)), member))
#define hlist_for_each_entry_rcu(pos, head, member, ...)		\
	for (pos = hlist_entry_safe(rcu_dereference((head)->first),	\
				    __typeof__(*(pos)), member);	\
	     pos;							\
	     pos = hlist_entry_safe(rcu_dereference((pos)->member.next), \
				    __typeof__(*(pos)), member))
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_RCULIST_H */

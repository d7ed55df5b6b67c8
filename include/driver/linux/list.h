/* SPDX-License-Identifier: MIT */
/*
 * Circular doubly linked lists, with the names the kernel gives them. Plain
 * memory: the caller provides whatever locking a list needs. The daemon uses
 * them for its own lists too.
 *
 * A zero-filled list_head reads as an empty list.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/container_of.h>
#include <linux/hlist.h>
#include <stdbool.h>
#include <stddef.h>

struct list_head {
	struct list_head *next, *prev;
};

/* clang-format off */
#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
/* clang-format on */

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void __list_link(struct list_head *entry, struct list_head *prev,
			       struct list_head *next)
{
	next->prev = entry;
	entry->next = next;
	entry->prev = prev;
	prev->next = entry;
}

/* Insert @entry right behind @head: a stack, or behind any other member. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_link(entry, head, head->next);
}

/* Insert @entry right before @head: a queue, or before any other member. */
static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	__list_link(entry, head->prev, head);
}

static inline void __list_unlink(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}

static inline void list_del(struct list_head *entry)
{
	__list_unlink(entry);
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	__list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head || head->next == NULL;
}

static inline bool list_is_last(const struct list_head *entry,
				const struct list_head *head)
{
	return entry->next == head;
}

static inline bool list_is_first(const struct list_head *entry,
				 const struct list_head *head)
{
	return entry->prev == head;
}

static inline bool list_is_head(const struct list_head *entry,
				const struct list_head *head)
{
	return entry == head;
}

/* list_empty(); who takes the last one out orders that with its lock. */
static inline bool list_empty_careful(const struct list_head *head)
{
	return list_empty(head);
}

/* One member, no more? */
static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* @entry takes the place of @old, which is in no list any more. */
static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	__list_link(entry, old->prev, old->next);
}

static inline void list_replace_init(struct list_head *old,
				     struct list_head *entry)
{
	list_replace(old, entry);
	INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_unlink(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	__list_unlink(entry);
	list_add_tail(entry, head);
}

/* Append all of @list to @head; @list is empty afterwards. */
static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	if (list_empty(list))
		return;

	list->next->prev = head->prev;
	head->prev->next = list->next;
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

/* Append all of @list to @head; @list is left as it was. */
static inline void list_splice_tail(struct list_head *list,
				    struct list_head *head)
{
	struct list_head copy = *list;

	if (list_empty(list))
		return;

	copy.next->prev = head->prev;
	head->prev->next = copy.next;
	copy.prev->next = head;
	head->prev = copy.prev;
}

/* Those up to @entry, which is one of them, go from @head to @list, which was
 * empty; none if @entry is @head itself. */
static inline void list_cut_position(struct list_head *list,
				     struct list_head *head,
				     struct list_head *entry)
{
	struct list_head *rest = entry->next;

	INIT_LIST_HEAD(list);
	if (entry == head || list_empty(head))
		return;

	list->next = head->next;
	list->next->prev = list;
	list->prev = entry;
	entry->next = list;
	head->next = rest;
	rest->prev = head;
}

static inline size_t list_count_nodes(const struct list_head *head)
{
	size_t count = 0;

	for (const struct list_head *pos = head->next; pos != head;
	     pos = pos->next)
		count++;

	return count;
}

/* The first becomes the last. */
static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

/* Insert all of @list at the beginning of @head; @list is left as it was. */
static inline void list_splice(const struct list_head *list,
			       struct list_head *head)
{
	if (list_empty(list))
		return;

	list->prev->next = head->next;
	head->next->prev = list->prev;
	head->next = list->next;
	list->next->prev = head;
}

/* The same, and @list is empty afterwards. */
static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

/* clang-format off */
#define list_entry(ptr, type, member) container_of(ptr, type, member)

#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)

#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)

#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)

#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)

#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
#define list_for_each(pos, head) \
	for (pos = (head)->next; pos != (head); pos = pos->next)

#define list_for_each_safe(pos, tmp, head) \
	for (pos = (head)->next, tmp = pos->next; pos != (head); \
	     pos = tmp, tmp = pos->next)

#define list_for_each_prev(pos, head) \
	for (pos = (head)->prev; pos != (head); pos = pos->prev)

#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_last_entry(head, __typeof__(*(pos)), member); \
	     &(pos)->member != (head); \
	     pos = list_prev_entry(pos, member))

#define list_for_each_prev_safe(pos, tmp, head) \
	for (pos = (head)->prev, tmp = pos->prev; pos != (head); \
	     pos = tmp, tmp = pos->prev)

#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

/* For list_for_each_entry_continue(): NULL begins with the first. */
#define list_prepare_entry(pos, head, member) \
	((pos) ? (pos) : list_entry(head, __typeof__(*(pos)), member))

#define list_for_each_entry_safe_reverse(pos, tmp, head, member) \
	for (pos = list_last_entry(head, __typeof__(*(pos)), member), \
	     tmp = list_prev_entry(pos, member); \
	     &(pos)->member != (head); \
	     pos = tmp, tmp = list_prev_entry(tmp, member))

#define list_for_each_entry_safe_from(pos, tmp, head, member) \
	for (tmp = list_next_entry(pos, member); &(pos)->member != (head); \
	     pos = tmp, tmp = list_next_entry(tmp, member))

#define list_for_each_entry_safe_continue(pos, tmp, head, member) \
	for (pos = list_next_entry(pos, member), \
	     tmp = list_next_entry(pos, member); \
	     &(pos)->member != (head); \
	     pos = tmp, tmp = list_next_entry(tmp, member))

#define list_for_each_entry_continue_reverse(pos, head, member) \
	for (pos = list_prev_entry(pos, member); &(pos)->member != (head); \
	     pos = list_prev_entry(pos, member))

/* After list_for_each_entry_safe()'s lock was dropped: look for @tmp again. */
#define list_safe_reset_next(pos, tmp, member) \
	tmp = list_next_entry(pos, member)

#define list_for_each_entry_continue(pos, head, member) \
	for (pos = list_next_entry(pos, member); &(pos)->member != (head); \
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_from(pos, head, member) \
	for (; &(pos)->member != (head); pos = list_next_entry(pos, member))

#define list_for_each_entry(pos, head, member) \
	for (pos = list_first_entry(head, __typeof__(*(pos)), member); \
	     &(pos)->member != (head); \
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_safe(pos, tmp, head, member) \
	for (pos = list_first_entry(head, __typeof__(*(pos)), member), \
	     tmp = list_next_entry(pos, member); \
	     &(pos)->member != (head); \
	     pos = tmp, tmp = list_next_entry(tmp, member))
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_LIST_H */

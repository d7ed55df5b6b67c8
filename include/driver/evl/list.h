/* SPDX-License-Identifier: MIT */
/* Lists in order of priority, the highest first.
 * Source: driver-api 6 */
#ifndef _EVL_LIST_H
#define _EVL_LIST_H

#include <linux/list.h>

/*
 * Insert @new into the list @head, by its @member_pri: priff behind those of
 * the same priority, prilf before them. @member_next is what links them.
 */
/* clang-format off */
#define list_add_priff(new, head, member_pri, member_next)		\
	__list_add_pri(new, head, member_pri, member_next, <)
#define list_add_prilf(new, head, member_pri, member_next)		\
	__list_add_pri(new, head, member_pri, member_next, <=)

/* Behind all who are not to come after it. */
#define __list_add_pri(new, head, member_pri, member_next, after)	\
	do {								\
		__typeof__(new) __new = (new);				\
		struct list_head *__head = (head);			\
		struct list_head *__pos = __head->prev;			\
		while (__pos != __head &&				\
		       list_entry(__pos, __typeof__(*__new),		\
				  member_next)->member_pri		\
			       after __new->member_pri)			\
			__pos = __pos->prev;				\
		list_add(&__new->member_next, __pos);			\
	} while (0)
/* clang-format on */

#endif /* _EVL_LIST_H */

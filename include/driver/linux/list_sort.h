/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_LIST_SORT_H
#define _LINUX_LIST_SORT_H

#include <linux/list.h>

/**
 * list_sort() - put a list in order
 * @priv:	for @cmp
 * @head:	the list
 * @cmp:	int cmp(void *priv, const struct list_head *a,
 *		const struct list_head *b); more than 0 if @a is to come behind
 *		@b. Equal ones stay as they are
 *
 * Stage:  any.
 * Blocks: as @cmp does.
 */
void list_sort(void *priv, struct list_head *head,
	       int (*cmp)(void *priv, const struct list_head *a,
			  const struct list_head *b));

#endif /* _LINUX_LIST_SORT_H */

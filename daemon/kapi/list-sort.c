/* SPDX-License-Identifier: MIT */
#include <linux/list_sort.h>

#include "kapi/export.h"

typedef int compare_fn(void *priv, const struct list_head *a,
		       const struct list_head *b);

/* What is in @b, in order, goes where it belongs in @a. @b is empty then. */
static void merge(void *priv, compare_fn *cmp, struct list_head *a,
		  struct list_head *b)
{
	struct list_head *at = a->next;

	while (!list_empty(b) && at != a) {
		/* The earlier one of equals is @a's. */
		if (cmp(priv, at, b->next) > 0)
			list_move_tail(b->next, at);
		else
			at = at->next;
	}
	list_splice_tail_init(b, a);
}

/*
 * Each run has the length of a power of two, twice as long as the next; two of
 * one length are merged. There are never more than 32.
 */
EXPORT void list_sort(void *priv, struct list_head *head, compare_fn *cmp)
{
	struct list_head runs[32];
	unsigned int nr_runs = 0, nr_taken = 0;

	while (!list_empty(head)) {
		INIT_LIST_HEAD(&runs[nr_runs]);
		list_move(head->next, &runs[nr_runs++]);
		nr_taken++;
		for (unsigned int bits = nr_taken; bits % 2 == 0; bits /= 2) {
			nr_runs--;
			merge(priv, cmp, &runs[nr_runs - 1], &runs[nr_runs]);
		}
	}
	while (nr_runs > 1) {
		nr_runs--;
		merge(priv, cmp, &runs[nr_runs - 1], &runs[nr_runs]);
	}
	if (nr_runs)
		list_splice_tail_init(&runs[0], head);
}

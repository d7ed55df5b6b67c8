/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_SORT_H
#define _LINUX_SORT_H

#include <linux/types.h>

/**
 * sort() - order an array in place
 * @base:	the array
 * @num:	how many elements it has
 * @size:	the size of one, in bytes
 * @cmp:	negative, 0 or positive, as the first comes before, with or
 *		after the second
 * @swap:	swaps two elements of @size bytes; NULL: byte by byte
 *
 * Elements that compare equal may change their order. Time grows with
 * n log n whatever the input is, and no memory is needed.
 *
 * Stage:  any.
 * Blocks: no.
 */
void sort(void *base, size_t num, size_t size,
	  int (*cmp)(const void *a, const void *b),
	  void (*swap)(void *a, void *b, int size));

#endif /* _LINUX_SORT_H */

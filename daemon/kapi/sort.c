/* SPDX-License-Identifier: MIT */
/* A heapsort: no recursion, no memory, no bad case. */
#include <linux/sort.h>

#include "kapi/export.h"

#include <stdbool.h>

struct sorting {
	char *base;
	size_t size;
	int (*cmp)(const void *a, const void *b);
	void (*swap)(void *a, void *b, int size);
};

static char *element(const struct sorting *s, size_t i)
{
	return s->base + i * s->size;
}

static void swap_elements(const struct sorting *s, size_t i, size_t j)
{
	char *a = element(s, i), *b = element(s, j), byte;

	if (s->swap) {
		s->swap(a, b, (int)s->size);
		return;
	}

	for (size_t k = 0; k < s->size; k++) {
		byte = a[k];
		a[k] = b[k];
		b[k] = byte;
	}
}

static bool is_less(const struct sorting *s, size_t i, size_t j)
{
	return s->cmp(element(s, i), element(s, j)) < 0;
}

/* Let element @i of a heap of @num sink to where it belongs. */
static void sift_down(const struct sorting *s, size_t i, size_t num)
{
	size_t child;

	for (child = 2 * i + 1; child < num; child = 2 * i + 1) {
		if (child + 1 < num && is_less(s, child, child + 1))
			child++;
		if (!is_less(s, i, child))
			return;
		swap_elements(s, i, child);
		i = child;
	}
}

EXPORT void sort(void *base, size_t num, size_t size,
		 int (*cmp)(const void *a, const void *b),
		 void (*swap)(void *a, void *b, int size))
{
	const struct sorting s = { base, size, cmp, swap };

	for (size_t i = num / 2; i-- > 0;)
		sift_down(&s, i, num);

	for (size_t end = num; end-- > 1;) {
		swap_elements(&s, 0, end);
		sift_down(&s, 0, end);
	}
}

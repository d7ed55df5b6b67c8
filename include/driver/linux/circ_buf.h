/* SPDX-License-Identifier: MIT */
/* Rings whose size is a power of two, of which one place stays empty.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_CIRC_BUF_H
#define _LINUX_CIRC_BUF_H

struct circ_buf {
	char *buf;
	int head; /* where one goes in */
	int tail; /* where one comes out */
};

/* How many there are; how many more fit. */
#define CIRC_CNT(head, tail, size)   (((head) - (tail)) & ((size)-1))
#define CIRC_SPACE(head, tail, size) CIRC_CNT((tail), ((head) + 1), (size))

/* The same, up to where the ring begins anew. */
#define CIRC_CNT_TO_END(head, tail, size)                \
	__extension__({                                  \
		int __end = (size) - (tail);             \
		int __n = ((head) + __end) & ((size)-1); \
		__n < __end ? __n : __end;               \
	})
#define CIRC_SPACE_TO_END(head, tail, size)              \
	__extension__({                                  \
		int __end = (size)-1 - (head);           \
		int __n = (__end + (tail)) & ((size)-1); \
		__n <= __end ? __n : __end + 1;          \
	})

#endif /* _LINUX_CIRC_BUF_H */

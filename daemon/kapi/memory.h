/* SPDX-License-Identifier: MIT */
/*
 * Memory of drivers which can leave the daemon: each allocation is a memfd of
 * its own, so that whoever gets its descriptor gets that memory and no other.
 * It cannot be resized by anybody. What the driver allocated, and those who
 * mapped it into an application, hold references; the driver's ends when it
 * frees the memory, and its addresses then.
 *
 * Any stage, though a worker's time is badly spent here.
 */
#pragma once

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>

struct memory {
	RB_ENTRY(memory) entry; /* by address */
	char *base;		/* owned mapping, gone once it is freed */
	size_t size;		/* whole pages */
	int fd;			/* owned */
	unsigned int refs;
};

/* At least @size bytes, zeroed, all there; NULL if that cannot be had. */
void *memory_alloc(size_t size);
/* Free what that returned. False: @base is nothing of the kind. */
bool memory_free(const void *base);

/* One reference on what @size bytes at @addr belong to, all of them; else
 * NULL. */
struct memory *memory_find(const void *addr, size_t size);
/*
 * What another process of ours has allocated so: @fd, which is owned from now on,
 * whatever comes of it. It has no address here. NULL: that is no sealed memfd, or
 * there is no memory.
 */
struct memory *memory_adopt(int fd);
/* The same at an address of ours, which memory_free() takes: of @size bytes, whole
 * pages. 0, -ENOMEM, or -EINVAL: it is no sealed memfd, or of another size. */
int memory_map(int fd, size_t size, void **r_base);
void memory_get(struct memory *mem);
void memory_put(struct memory *mem);

/*
 * A new descriptor of @mem, for others: read-only unless @writable, and nobody
 * but our own user can make more of it. @mem NULL: of no memory at all, of
 * which every page is SIGBUS. In-band. -errno if there is none to be had.
 */
int memory_open(const struct memory *mem, bool writable);

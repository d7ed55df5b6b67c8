/* SPDX-License-Identifier: MIT */
/*
 * What the library knows about each descriptor number of the process. Any
 * thread reads and writes it at any time, signal handlers included: there is
 * no lock. It is a cache of what the daemon knows, which has the last word.
 *
 *	unknown		nobody told us. Not the same as foreign: a descriptor
 *			may be ours and have come by a way we do not see.
 *	bound		an EVL file; the daemon has it in our table, too
 *	internal	the library's own, out of bounds for the application
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FD_TABLE_LEAVES	   4096u
#define FD_TABLE_LEAF_SIZE 4096u

/* An entry is one of these, or a file_id plus FD_ENTRY_BOUND. */
#define FD_ENTRY_UNKNOWN  0u
#define FD_ENTRY_INTERNAL 1u
#define FD_ENTRY_BOUND	  2u

struct fd_leaf {
	_Atomic(uint64_t) entries[FD_TABLE_LEAF_SIZE];
};

/* Set once each, never freed: a reader needs no reference. */
extern _Atomic(struct fd_leaf *) fd_table[FD_TABLE_LEAVES];

static inline uint64_t fd_table_entry(int fd)
{
	uint32_t n = (uint32_t)fd; /* -1 and its kin are past the end */
	struct fd_leaf *leaf;

	if (n >= FD_TABLE_LEAVES * FD_TABLE_LEAF_SIZE)
		return FD_ENTRY_UNKNOWN;

	/* Acquire: pairs with leaf_get(), the leaf is all zeroes. */
	leaf = atomic_load_explicit(&fd_table[n / FD_TABLE_LEAF_SIZE],
				    memory_order_acquire);
	if (leaf == NULL)
		return FD_ENTRY_UNKNOWN;

	/* Relaxed: an entry says nothing about other memory. */
	return atomic_load_explicit(&leaf->entries[n % FD_TABLE_LEAF_SIZE],
				    memory_order_relaxed);
}

static inline bool fd_table_bound(int fd)
{
	return fd_table_entry(fd) >= FD_ENTRY_BOUND;
}

static inline bool fd_table_internal(int fd)
{
	return fd_table_entry(fd) == FD_ENTRY_INTERNAL;
}

/*
 * @fd is the EVL file @file_id, or one of the library's own.
 *
 * Return: 0, or
 *   -EMFILE	@fd is beyond what the table can hold (16 millions)
 *   -ENOMEM	not enough memory
 */
int fd_table_bind(int fd, uint64_t file_id);
int fd_table_reserve(int fd);

/* True if @fd is bound, to *@r_file_id. */
bool fd_table_file(int fd, uint64_t *r_file_id);

/*
 * @fd is about to go, or to become something else. True if it was bound, to
 * *@r_file_id. Of several threads which race, one gets true.
 */
bool fd_table_unbind(int fd, uint64_t *r_file_id);

/* Whatever it was, it is unknown now. */
void fd_table_forget(int fd);

/* The lowest bound (or internal) number in [@first, @last], or -1. */
int fd_table_next_bound(uint32_t first, uint32_t last);
int fd_table_next_internal(uint32_t first, uint32_t last);

/* In the child after fork(): all unknown. */
void fd_table_reset(void);

/* SPDX-License-Identifier: MIT */
/*
 * What the library knows about each descriptor number of the process. Any
 * thread reads and writes it at any time, signal handlers included: there is
 * no lock. It is a cache of what the daemon knows, which has the last word.
 *
 *	unknown		nobody told us. Not the same as foreign: a descriptor
 *			may be ours and have come by a way we do not see.
 *	told		the daemon may have it in our table, as what it is or
 *			was: who uses it asks again, who closes it says so
 *	bound		an EVL file; the daemon has it in our table, too
 *	internal	the library's own, out of bounds for the application
 *
 * A number also has an age, which goes up whenever it is taken from whoever had
 * it: when it is about to be closed, once it is, and when it comes back as
 * something new. Who binds one looks at the age first, asks the daemon, and
 * then succeeds only if the age is the same: what it asked about is still what
 * the number means. The daemon is told the age, too, so that who asks too late
 * does not take the place of one who asked since.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FD_TABLE_LEAVES	   4096u
#define FD_TABLE_LEAF_SIZE 4096u

/* An entry: its low bits say what it is, one of these or a file_id, from 1 on,
 * plus FD_ENTRY_TOLD; then a bit, and the age. */
#define FD_ENTRY_UNKNOWN  0u
#define FD_ENTRY_INTERNAL 1u
#define FD_ENTRY_TOLD	  2u
#define FD_ENTRY_BOUND	  3u /* and above */
#define FD_ENTRY_ID	  ((UINT64_C(1) << 48) - 1)
#define FD_ENTRY_USED	  (UINT64_C(1) << 48) /* since fd_table_unuse() */
#define FD_ENTRY_AGE	  (~UINT64_C(0) << 49)
#define FD_ENTRY_OLDER	  (UINT64_C(1) << 49)

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

static inline bool fd_table_unknown(int fd)
{
	return (fd_table_entry(fd) & FD_ENTRY_ID) == FD_ENTRY_UNKNOWN;
}

static inline bool fd_table_bound(int fd)
{
	return (fd_table_entry(fd) & FD_ENTRY_ID) >= FD_ENTRY_BOUND;
}

/* Bound or told: it most likely is one of the daemon's. */
static inline bool fd_table_told(int fd)
{
	return (fd_table_entry(fd) & FD_ENTRY_ID) >= FD_ENTRY_TOLD;
}

static inline bool fd_table_internal(int fd)
{
	return (fd_table_entry(fd) & FD_ENTRY_ID) == FD_ENTRY_INTERNAL;
}

/* One load for an oob call: bound, and known to be in use? */
static inline bool fd_table_in_use(int fd)
{
	return (fd_table_entry(fd) & (FD_ENTRY_USED | FD_ENTRY_ID)) >=
	       (FD_ENTRY_USED | FD_ENTRY_BOUND);
}

/*
 * Before asking the daemon about @fd: how old it is, in *@r_age.
 *
 * Return: 0, or
 *   -EMFILE	@fd is beyond what the table can hold (16 millions)
 *   -ENOMEM	not enough memory
 */
int fd_table_age(int fd, uint64_t *r_age);

/* As the daemon has it (wire/bind.h). */
static inline uint32_t fd_table_tag(uint64_t age)
{
	return (uint32_t)(age / FD_ENTRY_OLDER) + 1;
}

/* @fd is the EVL file @file_id, unless it is older than @age by now: then
 * false. */
bool fd_table_bind(int fd, uint64_t age, uint64_t file_id);

/* @fd is told, if it was unknown. */
void fd_table_tell(int fd);

/* @fd is one of the library's own. 0, or as fd_table_age(). */
int fd_table_reserve(int fd);

/* True if @fd is bound, to *@r_file_id. */
bool fd_table_file(int fd, uint64_t *r_file_id);

/*
 * @fd is about to go, is gone, or has become something else: it is older, and
 * unknown. True if it was bound, to *@r_file_id, or told, then that is 0; of
 * several threads which race, one gets true. Those of the library are left
 * alone.
 */
bool fd_table_take(int fd, uint64_t *r_file_id);

/* Whatever it was, it is unknown now. */
void fd_table_forget(int fd);

/* @fd is used for an oob call. */
void fd_table_use(int fd);
/* The lowest bound number from @first on which was used since this was last
 * asked, or -1. */
int fd_table_unuse(uint32_t first);

/* The lowest bound number from @first on, or -1. */
int fd_table_next_bound(uint32_t first);

/* The lowest number in [@first, @last] which may be known, or is internal, or
 * -1. */
int fd_table_next(uint32_t first, uint32_t last);
int fd_table_next_internal(uint32_t first, uint32_t last);

/* In the child after fork(): all unknown. */
void fd_table_reset(void);

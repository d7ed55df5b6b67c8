/* SPDX-License-Identifier: MIT */
/*
 * The process's descriptor numbers: two levels, so that a process pays for the
 * range it uses and a lookup costs two loads. Leaves come from mmap(), because
 * malloc() is no place to be in a signal handler.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include "fd-table.h"

_Atomic(struct fd_leaf *) fd_table[FD_TABLE_LEAVES];

/* A process which never connected forks without a look at the table. */
static _Atomic(bool) used;

/* The leaf, made if need be. NULL: no memory. */
static struct fd_leaf *leaf_get(uint32_t n)
{
	_Atomic(struct fd_leaf *) *where = &fd_table[n / FD_TABLE_LEAF_SIZE];
	struct fd_leaf *leaf, *seen = NULL;

	leaf = atomic_load_explicit(where, memory_order_acquire);
	if (leaf)
		return leaf;

	/* Relaxed: read by this thread's own fork(), or too late. */
	atomic_store_explicit(&used, true, memory_order_relaxed);
	leaf = mmap(NULL, sizeof(*leaf), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (leaf == MAP_FAILED)
		return NULL;

	/* Release publishes the zeroed leaf to fd_table_entry(). */
	if (!atomic_compare_exchange_strong_explicit(where, &seen, leaf,
						     memory_order_acq_rel,
						     memory_order_acquire)) {
		munmap(leaf, sizeof(*leaf));
		leaf = seen;
	}

	return leaf;
}

/* The entry if its leaf exists, NULL otherwise: it is unknown then. */
static _Atomic(uint64_t) *entry_at(int fd)
{
	uint32_t n = (uint32_t)fd;
	struct fd_leaf *leaf;

	if (n >= FD_TABLE_LEAVES * FD_TABLE_LEAF_SIZE)
		return NULL;

	leaf = atomic_load_explicit(&fd_table[n / FD_TABLE_LEAF_SIZE],
				    memory_order_acquire);

	return leaf ? &leaf->entries[n % FD_TABLE_LEAF_SIZE] : NULL;
}

/* As entry_at(), the leaf made if need be. 0, -EMFILE, -ENOMEM. */
static int entry_get(int fd, _Atomic(uint64_t) **r_entry)
{
	uint32_t n = (uint32_t)fd;
	struct fd_leaf *leaf;
	int saved = errno;

	if (n >= FD_TABLE_LEAVES * FD_TABLE_LEAF_SIZE)
		return -EMFILE;

	leaf = leaf_get(n);
	errno = saved;
	if (leaf == NULL)
		return -ENOMEM;

	*r_entry = &leaf->entries[n % FD_TABLE_LEAF_SIZE];

	return 0;
}

/*
 * All that follows is relaxed: an entry stands for itself. What orders a bind
 * and a close is the system calls in between, and the daemon.
 */

int fd_table_age(int fd, uint64_t *r_age)
{
	_Atomic(uint64_t) *where;
	int ret;

	ret = entry_get(fd, &where);
	if (ret == 0)
		*r_age = atomic_load_explicit(where, memory_order_relaxed) &
			 FD_ENTRY_AGE;

	return ret;
}

bool fd_table_bind(int fd, uint64_t age, uint64_t file_id)
{
	_Atomic(uint64_t) *where = entry_at(fd);
	uint64_t entry;

	if (where == NULL)
		return false;

	entry = atomic_load_explicit(where, memory_order_relaxed);
	do {
		if ((entry & FD_ENTRY_AGE) != age)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		where, &entry, age | (file_id + FD_ENTRY_TOLD),
		memory_order_relaxed, memory_order_relaxed));

	return true;
}

/* Give it @id, whatever it was. */
static void entry_renew(_Atomic(uint64_t) *where, uint64_t id)
{
	uint64_t entry = atomic_load_explicit(where, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(
		where, &entry, (entry & FD_ENTRY_AGE) + FD_ENTRY_OLDER + id,
		memory_order_relaxed, memory_order_relaxed))
		;
}

void fd_table_tell(int fd)
{
	_Atomic(uint64_t) *where;
	uint64_t entry;

	if (entry_get(fd, &where))
		return;

	entry = atomic_load_explicit(where, memory_order_relaxed);
	do {
		if ((entry & FD_ENTRY_ID) != FD_ENTRY_UNKNOWN)
			return;
	} while (!atomic_compare_exchange_weak_explicit(
		where, &entry, entry | FD_ENTRY_TOLD, memory_order_relaxed,
		memory_order_relaxed));
}

int fd_table_reserve(int fd)
{
	_Atomic(uint64_t) *where;
	int ret;

	ret = entry_get(fd, &where);
	if (ret == 0)
		entry_renew(where, FD_ENTRY_INTERNAL);

	return ret;
}

bool fd_table_file(int fd, uint64_t *r_file_id)
{
	uint64_t id = fd_table_entry(fd) & FD_ENTRY_ID;

	if (id < FD_ENTRY_BOUND)
		return false;

	*r_file_id = id - FD_ENTRY_TOLD;

	return true;
}

bool fd_table_take(int fd, uint64_t *r_file_id)
{
	_Atomic(uint64_t) *where;
	uint64_t entry, id;

	/* Made if need be: somebody may be about to bind it. */
	if (entry_get(fd, &where))
		return false;

	entry = atomic_load_explicit(where, memory_order_relaxed);
	do {
		id = entry & FD_ENTRY_ID;
		if (id == FD_ENTRY_INTERNAL)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		where, &entry, (entry & FD_ENTRY_AGE) + FD_ENTRY_OLDER,
		memory_order_relaxed, memory_order_relaxed));

	if (id < FD_ENTRY_TOLD)
		return false;

	*r_file_id = id - FD_ENTRY_TOLD;

	return true;
}

void fd_table_forget(int fd)
{
	_Atomic(uint64_t) *where = entry_at(fd);

	if (where)
		entry_renew(where, FD_ENTRY_UNKNOWN);
}

void fd_table_use(int fd)
{
	_Atomic(uint64_t) *where = entry_at(fd);

	/* On one which was taken meanwhile it means nothing. */
	if (where)
		atomic_fetch_or_explicit(where, FD_ENTRY_USED,
					 memory_order_relaxed);
}

/* The lowest number in [@first, @last] with a leaf, and with all of @bits and
 * an id from @low on, up to @high. */
static int next_entry(uint32_t first, uint32_t last, uint64_t bits,
		      uint64_t low, uint64_t high)
{
	const uint32_t end = FD_TABLE_LEAVES * FD_TABLE_LEAF_SIZE;
	struct fd_leaf *leaf;
	uint64_t entry, id;
	uint32_t n;

	if (last >= end)
		last = end - 1;

	for (n = first; n <= last; n++) {
		leaf = atomic_load_explicit(&fd_table[n / FD_TABLE_LEAF_SIZE],
					    memory_order_acquire);
		if (leaf == NULL) { /* skip all it would hold */
			n |= FD_TABLE_LEAF_SIZE - 1;
			continue;
		}
		entry = atomic_load_explicit(
			&leaf->entries[n % FD_TABLE_LEAF_SIZE],
			memory_order_relaxed);
		id = entry & FD_ENTRY_ID;
		if ((entry & bits) == bits && id >= low && id <= high)
			return (int)n;
	}

	return -1;
}

int fd_table_unuse(uint32_t first)
{
	int fd = next_entry(first, UINT32_MAX, FD_ENTRY_USED, FD_ENTRY_BOUND,
			    FD_ENTRY_ID);

	if (fd >= 0)
		atomic_fetch_and_explicit(entry_at(fd), ~FD_ENTRY_USED,
					  memory_order_relaxed);

	return fd;
}

int fd_table_next_bound(uint32_t first)
{
	return next_entry(first, UINT32_MAX, 0, FD_ENTRY_BOUND, FD_ENTRY_ID);
}

int fd_table_next(uint32_t first, uint32_t last)
{
	return next_entry(first, last, 0, 0, FD_ENTRY_ID);
}

int fd_table_next_internal(uint32_t first, uint32_t last)
{
	return next_entry(first, last, 0, FD_ENTRY_INTERNAL, FD_ENTRY_INTERNAL);
}

void fd_table_reset(void)
{
	struct fd_leaf *leaf;
	unsigned int i, n;

	if (!atomic_load_explicit(&used, memory_order_relaxed))
		return;

	for (i = 0; i < FD_TABLE_LEAVES; i++) {
		leaf = atomic_load_explicit(&fd_table[i], memory_order_acquire);
		if (leaf == NULL)
			continue;
		/* Look first: in a forked child a store copies the page. */
		for (n = 0; n < FD_TABLE_LEAF_SIZE; n++)
			if (atomic_load_explicit(&leaf->entries[n],
						 memory_order_relaxed))
				atomic_store_explicit(&leaf->entries[n],
						      FD_ENTRY_UNKNOWN,
						      memory_order_relaxed);
	}
}

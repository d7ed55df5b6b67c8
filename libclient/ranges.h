/* SPDX-License-Identifier: MIT */
/*
 * Which addresses of the process are mappings of the daemon's files, and which
 * mapping each belongs to. A mapping has one range at first; unmapping the
 * middle leaves two, and mremap() moves them. When the last range of one is
 * gone, so is the mapping.
 *
 * There are two tables. An edit copies the one in force into the other, works
 * on that, and puts it in force by a single store: a child forked at any moment
 * finds a whole table. Edits exclude each other by a mutex, which is held with
 * all signals blocked, and across the system call that makes the edit true: no
 * signal handler finds it held by the thread it interrupted, and no other
 * thread sees addresses which are no longer what the table says. Looking
 * whether an address can be one of ours takes no lock.
 */
#pragma once

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_MAX   1024u
#define MAPPINGS_MAX 256u /* as the daemon has it: MAX_LEASES */

/* What keeps a mapping alive. */
struct mapping {
	int fd;	     /* owned, of the file: it is not released */
	int life_fd; /* owned, the lifeline of wire/control.h */
	uint64_t id;
	uint64_t file_id;
};

struct ranges_edit {
	sigset_t saved;
	unsigned int nr_dead;
	uint16_t dead[MAPPINGS_MAX]; /* mappings without a range left */
};

/* All addresses of ours lie in here; high is 0 if there are none. */
extern _Atomic(uintptr_t) ranges_low, ranges_high;

/* May there be something of ours in @len bytes from @addr? */
static inline bool ranges_touch(uintptr_t addr, size_t len)
{
	/*
	 * Relaxed: nobody may pass an address before the call which returned
	 * it has returned, and that orders these, too.
	 */
	uintptr_t high =
		atomic_load_explicit(&ranges_high, memory_order_relaxed);
	uintptr_t low;

	if (addr >= high || len == 0)
		return false;
	low = atomic_load_explicit(&ranges_low, memory_order_relaxed);

	return low <= addr || low - addr < len;
}

/*
 * Begin an edit, then commit or abort it. The functions in between see what
 * those before them did. Addresses and lengths are of whole pages.
 */
void ranges_begin(struct ranges_edit *edit);
void ranges_abort(const struct ranges_edit *edit);
/* Tells which mappings have died: ranges_bury() each of them. */
void ranges_commit(struct ranges_edit *edit);

/* Is any of these bytes ours? */
bool ranges_has(uintptr_t addr, size_t len);
/* They no longer are. -ENOMEM: no room for two ranges where there was one. */
int ranges_cut(uintptr_t addr, size_t len);
/* They are @mapping's, a new one. -ENOMEM: no room. */
int ranges_add(uintptr_t addr, size_t len, const struct mapping *mapping);
/* What is ours of them is at @to from now on. -ENOMEM. */
int ranges_move(uintptr_t addr, size_t len, uintptr_t to);

/* Forget a mapping which died in an edit of the caller's: what it was. */
struct mapping ranges_bury(unsigned int number);

/* In the child after fork(), which has all of them, and their descriptors. */
void ranges_reset(void);

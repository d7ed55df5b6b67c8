/* SPDX-License-Identifier: MIT */
/*
 * A tally is what a driver has done, in numbers: requests it served, and what it
 * should not have done. One each time a driver is loaded, made in-band before
 * its init function runs and there until the daemon ends; the daemon itself has
 * one, too. Counts are relaxed, all of them: for people to look at.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct image;

/* What the golden rule forbids to who runs on a worker. */
enum breach {
	BREACH_SYSCALL, /* a system call */
	BREACH_MEMORY,	/* kmalloc(), kfree() and their like */
	BREACH_WAIT,	/* mutex_lock(), wait_event() and their like */
	NR_BREACHES,
};

#define TALLY_TOLD 64 /* different things a line of the log was written for */

/* What it should not have done. */
struct tally_sins {
	_Atomic(uint64_t) nr_breaches[NR_BREACHES];
	_Atomic(uint64_t) nr_hogs; /* times it kept a worker for too long */
};

struct tally {
	const char *name;	     /* borrowed: the driver's */
	const struct image *image;   /* its code and data, NULL: unknown */
	struct tally *next;	     /* an older one */
	_Atomic(uint64_t) nr_inband; /* requests */
	_Atomic(uint64_t) nr_oob; /* but for what slots hold, server/serve.c */
	struct tally_sins own_sins;
	_Atomic(struct tally_sins *) sins; /* @own_sins, or shared */
	_Atomic(uint64_t)
		told[TALLY_TOLD]; /* 0 terminates, see tally_first() */
};

/* That of the daemon's own code. */
extern struct tally tally_own;

/* One for driver @name, whose code or data @addr is. In-band. -ENOMEM. */
int tally_add(const char *name, const void *addr);

/*
 * Where driver @name's sins are counted from now on: in memory which another process
 * looks at, or counts in. Those so far are added to it. NULL: here again. In-band.
 */
void tally_set_sins(const char *name, struct tally_sins *sins);
/* In a process for one driver: the next tally made has its sins there. */
void tally_lend_sins(struct tally_sins *sins);

static inline struct tally_sins *tally_sins(struct tally *tally)
{
	/* Acquire: pairs with tally_set_sins(). NULL: nobody has said. */
	struct tally_sins *sins =
		atomic_load_explicit(&tally->sins, memory_order_acquire);

	return sins ? sins : &tally->own_sins;
}

/* The latest of that name; tally_own if there is none. Any thread. */
struct tally *tally_of(const char *name);
/* Whose code or data @addr is; NULL: no driver's. Any thread. */
struct tally *tally_at(const void *addr);

/* Is it the first time that the driver does what @key stands for? @key is not
 * 0. When too many different things have been told, nothing is. Any thread. */
bool tally_first(struct tally *tally, uint64_t key);

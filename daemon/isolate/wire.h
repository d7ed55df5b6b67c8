/* SPDX-License-Identifier: MIT */
/*
 * What the daemon and the process of an isolated driver, its *host*, have between
 * them: shared memory for calls, and a socket for what comes and goes. Both are
 * the same binary, so there is no ABI level; but the driver may have written all
 * over the host's side, so the daemon believes none of it: it loads each word once
 * and checks the copy.
 *
 * A *lane* joins two threads, one of each process: the in-band ones, or two
 * workers of the same index. In each direction a ring of words says what is new.
 * A *slot* of it is one call, from ISOLATE_START to ISOLATE_DONE.
 *
 *	daemon	fills ->request and ->window, ISOLATE_START
 *	host	runs the driver's handler; as often as that touches memory of the
 *		caller's which is not in the window: fills ->chore, ISOLATE_CHORE
 *	daemon	moves it from or to ->bounce, ISOLATE_MOVED
 *	host	fills ->answer and ->window, ISOLATE_DONE
 */
#pragma once

#include "kapi/tally.h"
#include "stage/oob.h"

#include <linux/irq.h>
#include <stdatomic.h>
#include <stdint.h>

#define ISOLATE_SLOTS  2048u  /* of a lane: calls under way */
#define ISOLATE_SPARE  64u    /* of these, what only a release may take */
#define ISOLATE_FILES  16384u /* open at a time */
#define ISOLATE_NODES  1024u
#define ISOLATE_RANGES 32u /* of a device, of registers */
#define ISOLATE_WINDOW 16384u
#define ISOLATE_BOUNCE 16384u
#define ISOLATE_RING   32768u /* words, a power of two: see below */
#define ISOLATE_LANES  65u    /* in-band, and one for each worker */

/* What a word of a ring says, above its lower 24 bits: the slot, file or
 * interrupt. */
enum isolate_word {
	/* To the host. One of each for a slot, at most, is unread. */
	ISOLATE_START = 1,
	ISOLATE_BREAK = 2, /* the caller wants to go: break its sleep */
	ISOLATE_MOVED = 3, /* the chore is done */
	/* To the daemon. One for a slot, one for a file. */
	ISOLATE_DONE = 4,
	ISOLATE_CHORE = 5,
	ISOLATE_EVENT = 6, /* of a file, in ->events or ->inband_events */
	/* To the host, on the first worker's lane: an interrupt, in ->irqs. */
	ISOLATE_RAISED = 7,
};

#define ISOLATE_WORD(kind, index) ((uint32_t)(kind) << 24 | (uint32_t)(index))
#define ISOLATE_KIND(word)	  ((word) >> 24)
#define ISOLATE_INDEX(word)	  ((word)&0xffffffu)

enum isolate_op {
	ISOLATE_OPEN = 1,
	ISOLATE_RELEASE,
	ISOLATE_READ,
	ISOLATE_WRITE,
	ISOLATE_IOCTL,
	ISOLATE_POLL,
	ISOLATE_FLUSH,
	ISOLATE_MMAP,	/* @cmd is PROT_*, and whether it is shared */
	ISOLATE_MUNMAP, /* @pos is the mapping's number */
	ISOLATE_OOB_READ,
	ISOLATE_OOB_WRITE,
	ISOLATE_OOB_IOCTL,
	ISOLATE_OOB_POLL,
};

/* Written by the daemon. */
struct isolate_request {
	uint32_t op;
	uint32_t file;	/* which of ISOLATE_FILES; OPEN: it is to be that */
	uint64_t node;	/* OPEN */
	uint32_t flags; /* O_*, now */
	uint32_t cmd;
	uint64_t addr; /* of the buffer, or argument */
	uint64_t count;
	int64_t pos;
	/* The window is @base's, what of it was passed, may be written. */
	uint64_t base;
	uint32_t readable;
	uint32_t writable;
	/* Whose call it is. */
	int32_t pid;
	int32_t tgid;
	uint32_t uid;
	int32_t prio;
	uint32_t compat;
	uint32_t identified; /* tgid and comm are known */
	char comm[16];
};

/* Which operations there are: of a node, and of a file that was opened. */
#define ISOLATE_HAS_READ	     (1u << 0)
#define ISOLATE_HAS_WRITE	     (1u << 1)
#define ISOLATE_HAS_POLL	     (1u << 2)
#define ISOLATE_HAS_IOCTL	     (1u << 3)
#define ISOLATE_HAS_COMPAT_IOCTL     (1u << 4)
#define ISOLATE_HAS_FLUSH	     (1u << 5)
#define ISOLATE_HAS_OOB_READ	     (1u << 6)
#define ISOLATE_HAS_OOB_WRITE	     (1u << 7)
#define ISOLATE_HAS_OOB_IOCTL	     (1u << 8)
#define ISOLATE_HAS_COMPAT_OOB_IOCTL (1u << 9)
#define ISOLATE_HAS_OOB_POLL	     (1u << 10)
#define ISOLATE_HAS_MMAP	     (1u << 11)
#define ISOLATE_HAS_ALL		     0xfffu

/* Written by the host. */
struct isolate_answer {
	int64_t result;
	int64_t pos;	      /* READ, WRITE; MMAP: the mapping's number */
	uint32_t written;     /* of the window */
	uint32_t ops;	      /* OPEN: ISOLATE_HAS_* */
	uint32_t stream;      /* OPEN: it is one */
	uint32_t oob;	      /* OPEN: it takes out-of-band requests */
	uint32_t nr_segments; /* MMAP: in the bounce */
	uint32_t may;	      /* MMAP: what is left of VM_*, see below */
};

/* MMAP: a piece of the area, in the order of the area. */
struct isolate_segment {
	uint64_t start; /* from its begin */
	uint64_t length;
	uint64_t offset; /* in what @fd is */
	int32_t fd;	 /* the host's descriptor of a sealed memfd */
	uint32_t reserved;
};

#define ISOLATE_SEGMENTS 256u
#define ISOLATE_SHARED	 0x100u /* in @cmd, above PROT_* */

_Static_assert(ISOLATE_SEGMENTS * sizeof(struct isolate_segment) <=
		       ISOLATE_BOUNCE,
	       "they fit");

enum isolate_chore_op {
	ISOLATE_FETCH = 1, /* from the caller's memory into the bounce */
	ISOLATE_STORE = 2,
	/* Which of this driver's files is descriptor ->addr of the caller's? In
	 * ->moved, plus one; 0: none. */
	ISOLATE_FIND = 3,
};

struct isolate_chore {
	/* The host's: */
	uint64_t addr;
	uint32_t op;
	uint32_t len;
	/* The daemon's: */
	uint32_t moved;
	uint32_t reserved;
};

struct isolate_slot {
	struct isolate_request request;
	_Alignas(64) struct isolate_answer answer;
	_Alignas(64) struct isolate_chore chore;
	_Alignas(4096) char window[ISOLATE_WINDOW];
	char bounce[ISOLATE_BOUNCE];
};

/* One direction. Its reader and its writer keep a copy of their own of what they
 * write: it is that they believe. */
struct isolate_ring {
	/* The writer's: */
	_Alignas(64) _Atomic(uint32_t) tail;
	/* The reader's: */
	_Alignas(64) _Atomic(uint32_t) head;
	_Atomic(uint32_t) armed; /* 1: ring the bell, I may be asleep */
	_Alignas(64) uint32_t words[ISOLATE_RING];
};

/* As many words as can be unread. */
_Static_assert(ISOLATE_RING >= 3 * ISOLATE_SLOTS + NR_SIM_IRQS + 1,
	       "to the host");
_Static_assert(ISOLATE_RING >= ISOLATE_SLOTS + ISOLATE_FILES, "to the daemon");

struct isolate_lane {
	/* Of the host's worker, on the CPU of ours. */
	_Alignas(64) struct oob_presence presence;
	struct isolate_ring to_host;
	struct isolate_ring to_daemon;
	struct isolate_slot slots[ISOLATE_SLOTS];
};

struct isolate_shared {
	/* Signaled, not told yet: set by the host, which then writes a word;
	 * cleared by the daemon, which has read it. */
	_Atomic(uint32_t) events[ISOLATE_FILES];
	_Atomic(uint32_t) inband_events[ISOLATE_FILES];
	/* Raised, not heard of yet: set by the daemon, cleared by the host. */
	_Atomic(uint32_t) irqs[NR_SIM_IRQS + 1];
	/* Counted by the host, shown by the daemon. */
	_Alignas(64) struct tally_sins sins;
	_Alignas(4096) struct isolate_lane lanes[];
};

/*
 * Over the socket, one packet each.
 */
enum isolate_message_type {
	/* To the host. */
	/* With the memory, two bells for each lane, and what was configured of
	 * devices, if anything was. */
	ISOLATE_INIT = 1,
	ISOLATE_NODE_ADDED = 2,
	ISOLATE_END = 3, /* exit function, and end */
	/* To the daemon. */
	ISOLATE_READY = 4,
	ISOLATE_NODE_ADD = 5, /* answered by NODE_ADDED */
	ISOLATE_NODE_REMOVE = 6,
	ISOLATE_ENDED = 7,
	ISOLATE_DEVICE_TAKE = 8, /* answered by DEVICE_TAKEN */
	ISOLATE_DEVICE_GIVE = 9,
	/* To the host: with the memory of each of its ranges of registers. */
	ISOLATE_DEVICE_TAKEN = 10,
};

#define ISOLATE_TEXT 768u /* longer ones lose their end */
#define ISOLATE_PATH 256u

struct isolate_message {
	uint32_t type;
	int32_t result; /* READY, NODE_ADDED, ENDED, TAKEN: 0 or -errno */
	uint64_t node;	/* its number, or the device's: the host's choice */
	/* NODE_ADD: */
	uint32_t ops; /* ISOLATE_HAS_* */
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint64_t rdev;
	/* END: whatever the driver says. */
	uint32_t force;
	uint32_t reserved;
	/* NODE_ADD: its path. DEVICE_*: its name. READY, ENDED: why not. With its
	 * 0. */
	char text[ISOLATE_TEXT];
};

/* Of INIT, behind the message: what the host is to be told, and strings. */
struct isolate_init {
	uint32_t nr_lanes;
	uint32_t nr_params;
	uint32_t blob_size;  /* of what main.c has for the host */
	uint32_t texts_size; /* name, path, parameters, each with its 0 */
};

#define ISOLATE_PACKET 65536u /* the largest */

/* SPDX-License-Identifier: MIT */
/*
 * The doorbell channel: memory shared by one client process and the daemon's
 * real-time worker. The daemon makes it (a sealed memfd and an eventfd), both
 * map it. 64 slots; a slot belongs to one attached thread, which has at most
 * one request in it.
 *
 * One request, seen from both sides:
 *
 *	client					worker
 *	fills the slot's request line
 *	slot->posted = seq	(seq_cst)
 *	slot->watched? the worker looks
 *	  at ->posted itself. If not:
 *	sets its bit in ->rung  (seq_cst)
 *	->need_wakeup? writes the eventfd
 *						finds ->posted changed, or
 *						takes the bits of ->rung
 *						copies the request line, once
 *						checks the copy, serves it
 *						fills ->result, the window
 *						slot->done = seq (seq_cst)
 *						->waiting? FUTEX_WAKE
 *	spins on slot->done, then sets
 *	->waiting and sleeps on it (futex)
 *
 * A handler that wants more of the caller's memory than the window holds, or
 * memory the request only points to, has the client's thread move it, which
 * waits for the answer anyway: a chore. Nobody reaches into a client's memory
 * from the worker, for that may take as long as the client likes.
 *
 *	client					worker
 *						takes a bounce buffer, fills
 *						->chore (and the buffer)
 *						slot->done = the chore's number
 *						->waiting? FUTEX_WAKE
 *	finds a chore in ->done
 *	moves bytes between its memory
 *	  and the bounce buffer
 *	slot->chore_moved, then
 *	slot->chore_done = its number (seq_cst)
 *	rings, as above
 *						goes on with the handler
 *
 * Ringing costs both sides a cache line more than the request itself, which is
 * why the worker watches the few slots it served last while it is awake.
 *
 * The worker trusts nothing here: it loads a word once and checks what it
 * loaded; its own bookkeeping is in private memory. Whatever a client
 * scribbles makes only that client's own calls fail.
 */
#ifndef _EVL_WIRE_CHANNEL_H
#define _EVL_WIRE_CHANNEL_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_MAGIC	       0x65766c63u /* "evlc" */
#define CHANNEL_ABI	       2u	   /* both sides must have the same */

#define CHANNEL_SLOTS	       64u
#define CHANNEL_WINDOW_SIZE    16384u
#define CHANNEL_SLOTS_OFFSET   4096u
#define CHANNEL_WINDOWS_OFFSET 20480u
/* Shared by the slots, for chores. */
#define CHANNEL_BOUNCES	    4u
#define CHANNEL_BOUNCE_SIZE 65536u
#define CHANNEL_BOUNCES_OFFSET \
	(CHANNEL_WINDOWS_OFFSET + CHANNEL_SLOTS * CHANNEL_WINDOW_SIZE)
#define CHANNEL_SIZE \
	(CHANNEL_BOUNCES_OFFSET + CHANNEL_BOUNCES * CHANNEL_BOUNCE_SIZE)

enum channel_op {
	CHANNEL_READ = 1,
	CHANNEL_WRITE = 2,
	CHANNEL_IOCTL = 3,
};

/* How the client's library may spin; says what --spin said. */
enum channel_spin {
	CHANNEL_SPIN_NEVER = 0,
	CHANNEL_SPIN_ADAPTIVE = 1,
	CHANNEL_SPIN_ALWAYS = 2,
};

/* Line 0: constant once the client has it. */
struct channel_geometry {
	uint32_t magic;
	uint32_t abi;
	uint32_t size; /* of the whole memfd */
	uint32_t nr_slots;
	uint32_t slot_size;
	uint32_t window_size;
	uint32_t spin;	      /* enum channel_spin */
	uint32_t spin_ns;     /* cap of anybody's spinning */
	int32_t worker_cpu;   /* where the worker is pinned, -1 if nowhere */
	uint32_t reserved[7]; /* zero */
};

struct channel_header {
	struct channel_geometry geometry;
	/* Line 1: a thread sets its slot's bit, the worker takes them all. */
	_Atomic(uint64_t) rung;
	uint64_t reserved1[7];
	/* Line 2: written by the worker. 1: write the eventfd after ringing. */
	_Atomic(uint32_t) need_wakeup;
	uint32_t reserved2[15];
};

/*
 * The request line, written by the client's thread alone. For READ and WRITE
 * @addr and @count are the caller's buffer, for IOCTL @addr is the argument.
 * The first @window_len bytes at @addr are also in the slot's window (what a
 * WRITE or IOCTL passes in), or are expected there (what a READ or IOCTL
 * passes out): both sides move only these, and the rest of the client's
 * memory is reached by the daemon on its own.
 */
struct channel_request {
	uint32_t op;
	int32_t fd;
	uint32_t cmd;
	uint32_t window_len;
	uint64_t addr;
	uint64_t count;
	uint32_t cpu; /* the thread runs there; nobody spins on its own CPU */
	uint32_t reserved;
};

/*
 * Sequence numbers go up by one a request and skip those from CHANNEL_SPECIAL
 * on; @posted == @done says the slot is idle. @done may also be the number of a
 * chore: CHANNEL_SPECIAL and up, each another than the last.
 */
#define CHANNEL_SPECIAL	 0xffffff00u
#define CHANNEL_CHORES	 128u
#define CHANNEL_SEQ_DEAD 0xffffffffu

/* Bytes at @addr to or from the bounce buffer. */
enum channel_chore_op {
	CHANNEL_FETCH = 1, /* out of the client's memory */
	CHANNEL_STORE = 2, /* into it */
};

#define CHANNEL_UNBOUND 0xffffffffu

struct channel_slot {
	/* Line 0: written by the client. */
	struct channel_request request;
	_Atomic(uint32_t) posted;  /* sequence of the request above */
	_Atomic(uint32_t) waiting; /* 1: wake @done when it changes */
	_Atomic(uint32_t) cancel;  /* sequence the client wants to end early */
	_Atomic(uint32_t) chore_done; /* number of the last chore done */
	uint32_t chore_moved;	      /* how many of its bytes there were */
	uint32_t reserved0;
	/* Line 1: written by the worker; CHANNEL_SEQ_DEAD by the client's own
	 * control thread once the daemon is gone. @done is the futex. */
	_Atomic(uint32_t) done;
	/* Bytes at the front of the window to copy out; or CHANNEL_UNBOUND,
	 * with -EBADF: no driver was asked, the descriptor is not bound. */
	uint32_t out_len;
	int64_t result;		   /* >= 0, or -errno */
	_Atomic(uint32_t) watched; /* 1: the worker looks at @posted */
	/* The chore whose number is in @done. */
	uint32_t chore_op; /* enum channel_chore_op */
	uint64_t chore_addr;
	uint32_t chore_len;
	uint32_t chore_bounce; /* which buffer */
	uint32_t reserved1[6];
};

static_assert(sizeof(struct channel_geometry) == 64, "ABI");
static_assert(offsetof(struct channel_header, rung) == 64, "ABI");
static_assert(offsetof(struct channel_header, need_wakeup) == 128, "ABI");
static_assert(sizeof(struct channel_header) == 192, "ABI");
static_assert(sizeof(struct channel_request) == 40, "ABI");
static_assert(offsetof(struct channel_request, addr) == 16, "ABI");
static_assert(offsetof(struct channel_request, cpu) == 32, "ABI");
static_assert(offsetof(struct channel_slot, posted) == 40, "ABI");
static_assert(offsetof(struct channel_slot, chore_done) == 52, "ABI");
static_assert(offsetof(struct channel_slot, done) == 64, "ABI");
static_assert(offsetof(struct channel_slot, result) == 72, "ABI");
static_assert(offsetof(struct channel_slot, chore_addr) == 88, "ABI");
static_assert(sizeof(struct channel_slot) == 128, "ABI");
static_assert(sizeof(struct channel_header) <= CHANNEL_SLOTS_OFFSET, "ABI");
static_assert(CHANNEL_SLOTS_OFFSET +
			      CHANNEL_SLOTS * sizeof(struct channel_slot) <=
		      CHANNEL_WINDOWS_OFFSET,
	      "ABI");
static_assert(CHANNEL_WINDOWS_OFFSET % 4096 == 0, "windows fill pages");
/* ATOMIC_LLONG_LOCK_FREE is about any 64-bit word; on i386 it may be aligned to
 * 4 bytes only, which ours is not. */
static_assert(__atomic_always_lock_free(sizeof(uint64_t), 0),
	      "shared between processes");

static inline struct channel_slot *channel_slot_at(void *base, unsigned int n)
{
	return (struct channel_slot *)((char *)base + CHANNEL_SLOTS_OFFSET) + n;
}

static inline void *channel_window_at(void *base, unsigned int n)
{
	return (char *)base + CHANNEL_WINDOWS_OFFSET +
	       (size_t)n * CHANNEL_WINDOW_SIZE;
}

static inline void *channel_bounce_at(void *base, unsigned int n)
{
	return (char *)base + CHANNEL_BOUNCES_OFFSET +
	       (size_t)n * CHANNEL_BOUNCE_SIZE;
}

static inline uint32_t channel_next_seq(uint32_t seq)
{
	return seq + 1 >= CHANNEL_SPECIAL ? 0 : seq + 1;
}

/* The number of the @n'th chore of a slot. */
static inline uint32_t channel_chore(uint32_t n)
{
	return CHANNEL_SPECIAL + n % CHANNEL_CHORES;
}

/* Client side: make the worker look at the slot, for whatever it finds there.
 * True: it may be asleep, kick the eventfd. */
static inline bool channel_ring(struct channel_header *hdr, unsigned int slot)
{
	/*
	 * Sets @rung, then loads @need_wakeup; channel_arm() stores
	 * @need_wakeup, then loads @rung. All four are seq_cst, so at least
	 * one side sees the other's store and no wakeup is lost. Setting the
	 * bit also publishes the slot, to channel_take().
	 */
	atomic_fetch_or_explicit(&hdr->rung, UINT64_C(1) << slot,
				 memory_order_seq_cst);

	return atomic_load_explicit(&hdr->need_wakeup, memory_order_seq_cst);
}

/* Client side, request line filled. True: the worker may be asleep, kick the
 * eventfd. */
static inline bool channel_post(struct channel_header *hdr,
				struct channel_slot *slot, unsigned int index,
				uint32_t seq)
{
	/*
	 * Stores @posted, then loads @watched; channel_unwatch() stores
	 * @watched, then loads @posted. All four are seq_cst: either we see
	 * that we must ring, or the worker sees the request. The store also
	 * publishes request and window, to channel_posted().
	 */
	atomic_store_explicit(&slot->posted, seq, memory_order_seq_cst);
	if (atomic_load_explicit(&slot->watched, memory_order_seq_cst))
		return false;

	return channel_ring(hdr, index);
}

/* Client side, the chore @number is done. True: kick, as after posting. */
static inline bool channel_chore_end(struct channel_header *hdr,
				     struct channel_slot *slot,
				     unsigned int index, uint32_t number)
{
	/* As @posted in channel_post(), and for the same reasons. */
	atomic_store_explicit(&slot->chore_done, number, memory_order_seq_cst);
	if (atomic_load_explicit(&slot->watched, memory_order_seq_cst))
		return false;

	return channel_ring(hdr, index);
}

/* Worker side: the last chore done. Acquire: pairs with the above. */
static inline uint32_t channel_chore_done(struct channel_slot *slot)
{
	return atomic_load_explicit(&slot->chore_done, memory_order_acquire);
}

/* Worker side: what the client last posted. Acquire: pairs with the above. */
static inline uint32_t channel_posted(struct channel_slot *slot)
{
	return atomic_load_explicit(&slot->posted, memory_order_acquire);
}

/* Worker side: from now on channel_posted() is looked at each round. Relaxed:
 * a client which does not see it yet rings, and is heard as well. */
static inline void channel_watch(struct channel_slot *slot)
{
	atomic_store_explicit(&slot->watched, 1, memory_order_relaxed);
}

/* Worker side: from now on it is not. Look at it once more after this. */
static inline void channel_unwatch(struct channel_slot *slot)
{
	/* Pairs with channel_post() and channel_chore_end(), as do the looks
	 * that follow: channel_posted_last(), channel_chore_last(). */
	atomic_store_explicit(&slot->watched, 0, memory_order_seq_cst);
}

static inline uint32_t channel_posted_last(struct channel_slot *slot)
{
	return atomic_load_explicit(&slot->posted, memory_order_seq_cst);
}

static inline uint32_t channel_chore_last(struct channel_slot *slot)
{
	return atomic_load_explicit(&slot->chore_done, memory_order_seq_cst);
}

/* Worker side. True: sleep until the eventfd fires, then channel_disarm(). */
static inline bool channel_arm(struct channel_header *hdr)
{
	/* Pairs with channel_ring(). */
	atomic_store_explicit(&hdr->need_wakeup, 1, memory_order_seq_cst);
	if (atomic_load_explicit(&hdr->rung, memory_order_seq_cst) == 0)
		return true;

	/* Relaxed: at worst a thread kicks a worker which is awake. */
	atomic_store_explicit(&hdr->need_wakeup, 0, memory_order_relaxed);

	return false;
}

/* Worker side, awake again. Relaxed as above. */
static inline void channel_disarm(struct channel_header *hdr)
{
	atomic_store_explicit(&hdr->need_wakeup, 0, memory_order_relaxed);
}

/* Worker side: the bits set since the last time. */
static inline uint64_t channel_take(struct channel_header *hdr)
{
	/* Relaxed look first: a line nobody wrote stays shared. */
	if (atomic_load_explicit(&hdr->rung, memory_order_relaxed) == 0)
		return 0;

	/* Acquire: pairs with channel_ring(), gives us the slots. */
	return atomic_exchange_explicit(&hdr->rung, 0, memory_order_acquire);
}

/* Worker side: the answer is in the slot. True: FUTEX_WAKE @done. */
static inline bool channel_complete(struct channel_slot *slot, uint32_t seq)
{
	/*
	 * Stores @done, then loads @waiting; channel_prepare_wait() stores
	 * @waiting, then loads @done. All seq_cst, so either the client sees
	 * the answer before it sleeps or we see that it may sleep. The store
	 * also publishes result and window, to channel_done().
	 */
	atomic_store_explicit(&slot->done, seq, memory_order_seq_cst);

	return atomic_load_explicit(&slot->waiting, memory_order_seq_cst);
}

/* Client side. The sequence last answered; acquire pairs with the above. */
static inline uint32_t channel_done(struct channel_slot *slot)
{
	return atomic_load_explicit(&slot->done, memory_order_acquire);
}

/* Client side: announce that we are about to sleep on @done, look again.
 * Returns the value to pass to FUTEX_WAIT unless it is the one awaited. */
static inline uint32_t channel_prepare_wait(struct channel_slot *slot)
{
	/* Pairs with channel_complete(). */
	atomic_store_explicit(&slot->waiting, 1, memory_order_seq_cst);

	return atomic_load_explicit(&slot->done, memory_order_seq_cst);
}

#endif /* _EVL_WIRE_CHANNEL_H */

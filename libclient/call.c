/* SPDX-License-Identifier: MIT */
/*
 * Each call has an entry in a table, and its number is in the low bits of the
 * sequence number which comes back; entries change hands by one state word,
 * without locks:
 *
 *	free -> filling		the caller, by compare-and-swap
 *	filling -> waiting	the caller, having sent nothing yet
 *	waiting -> answered	the control thread
 *	waiting -> filling	the caller, which could not send; for a moment the
 *				control thread, when the daemon is gone
 *	filling -> answered	the control thread, after that moment
 *	answered -> free	the caller
 *	filling -> free		the caller, which could not send
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include "call.h"
#include "control.h"
#include "sys.h"

#define CALLS_MAX   64u /* power of two */
#define CALL_NUMBER (CALLS_MAX - 1)

enum call_state {
	CALL_FREE,
	CALL_FILLING,
	CALL_WAITING,
	CALL_ANSWERED,
};

struct call {
	_Atomic(uint32_t) state; /* enum call_state; the caller's futex */
	uint32_t type;		 /* valid while waiting, as what follows */
	uint32_t seq;
	struct control_reply *reply; /* borrowed, on the caller's stack */
};

static struct call calls[CALLS_MAX];
static _Atomic(uint32_t) calls_freed; /* futex: one more was freed */
static _Atomic(uint32_t) next_seq;

uint32_t call_next_seq(void)
{
	return atomic_fetch_add_explicit(&next_seq, CALLS_MAX,
					 memory_order_relaxed);
}

/*
 * The caller.
 */

static struct call *try_claim(void)
{
	unsigned int n;
	uint32_t state;

	for (n = 0; n < CALLS_MAX; n++) {
		state = CALL_FREE;
		/* Acquire: pairs with call_end(). */
		if (atomic_compare_exchange_strong_explicit(
			    &calls[n].state, &state, CALL_FILLING,
			    memory_order_acquire, memory_order_relaxed))
			return &calls[n];
	}

	return NULL;
}

static struct call *claim(void)
{
	struct call *call;
	uint32_t seen;

	for (;;) {
		/* Acquire: look at the table after this, not before. */
		seen = atomic_load_explicit(&calls_freed, memory_order_acquire);
		call = try_claim();
		if (call)
			return call;
		(void)sys_futex(&calls_freed, FUTEX_WAIT_PRIVATE, seen);
	}
}

struct call *call_begin(uint32_t type, struct control_reply *reply)
{
	struct call *call = claim();

	call->type = type;
	call->reply = reply;
	call->seq = call_next_seq() | (uint32_t)(call - calls);

	return call;
}

uint32_t call_seq(const struct call *call)
{
	return call->seq;
}

void call_expect(struct call *call)
{
	/*
	 * Seq_cst: we store this, then look for "dead" (control_dead()); the
	 * control thread stores "dead", then looks for calls (call_fail_all()).
	 * One of us sees the other.
	 */
	atomic_store_explicit(&call->state, CALL_WAITING, memory_order_seq_cst);
}

bool call_withdraw(struct call *call)
{
	uint32_t state = CALL_WAITING;

	return atomic_compare_exchange_strong_explicit(
		&call->state, &state, CALL_FILLING, memory_order_acquire,
		memory_order_acquire);
}

void call_wait(struct call *call)
{
	uint32_t state;

	for (;;) {
		/* Acquire: pairs with call_answer(). */
		state = atomic_load_explicit(&call->state,
					     memory_order_acquire);
		if (state == CALL_ANSWERED)
			return;
		(void)sys_futex(&call->state, FUTEX_WAIT_PRIVATE, state);
	}
}

void call_end(struct call *call)
{
	atomic_store_explicit(&call->state, CALL_FREE, memory_order_release);
	atomic_fetch_add_explicit(&calls_freed, 1, memory_order_release);
	(void)sys_futex(&calls_freed, FUTEX_WAKE_PRIVATE, 1);
}

/*
 * The control thread.
 */

struct call *call_find(const struct control_header *header)
{
	struct call *call = &calls[header->seq & CALL_NUMBER];

	/* Acquire: pairs with call_expect(). */
	if (atomic_load_explicit(&call->state, memory_order_acquire) !=
	    CALL_WAITING)
		return NULL;

	return call->seq == header->seq && call->type == header->type ? call
								      : NULL;
}

void call_answer(struct call *call, const struct control_reply *reply)
{
	*call->reply = *reply;
	/* Release: the reply, to call_wait(). */
	atomic_store_explicit(&call->state, CALL_ANSWERED,
			      memory_order_release);
	(void)sys_futex(&call->state, FUTEX_WAKE_PRIVATE, 1);
}

void call_fail_all(void)
{
	const struct control_reply gone = { .result = -ENODEV };
	unsigned int n;
	uint32_t state;

	for (n = 0; n < CALLS_MAX; n++) {
		/* Seq_cst: pairs with call_expect(). Filling, so that a caller
		 * which gives up meanwhile does not free it under us. */
		state = CALL_WAITING;
		if (atomic_compare_exchange_strong_explicit(
			    &calls[n].state, &state, CALL_FILLING,
			    memory_order_seq_cst, memory_order_relaxed))
			call_answer(&calls[n], &gone);
	}
}

void call_reset(void)
{
	for (unsigned int n = 0; n < CALLS_MAX; n++)
		atomic_store_explicit(&calls[n].state, CALL_FREE,
				      memory_order_relaxed);
}

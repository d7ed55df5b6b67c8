/* SPDX-License-Identifier: MIT */
/*
 * One request after the other. The hot path, a call which the worker answers
 * while we spin briefly, makes no system call, takes no lock and reads no
 * clock. All the rest is behind slot_wait().
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "annotate.h"
#include "chore.h"
#include "slot.h"
#include "sys.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t rttime_ns(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_RTTIME, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY ||
	    (uint64_t)limit.rlim_cur > SPIN_FOREVER / 1000)
		return SPIN_FOREVER;

	return (uint64_t)limit.rlim_cur * 1000;
}

/* A slot goes from one thread to the next through the daemon, which orders
 * them. */
void slot_hand_over(struct slot *slot)
{
	note_given(slot->shared);
}

void slot_init(struct slot *slot, struct channel *ch, uint32_t index,
	       bool pointless)
{
	const struct channel_geometry *geometry = &ch->geometry;

	memset(slot, 0, sizeof(*slot));
	slot->ch = ch;
	slot->shared = channel_slot_at(ch->hdr, index);
	slot->window = channel_window_at(ch->hdr, index);
	slot->index = index;
	note_taken(slot->shared);
	/* Go on from the last request of whoever had it before; its answer may
	 * be missing. */
	slot->seq = atomic_load_explicit(&slot->shared->posted,
					 memory_order_relaxed);
	slot->chore = atomic_load_explicit(&slot->shared->chore_done,
					   memory_order_relaxed);
	/* No request has that number. */
	atomic_store_explicit(&slot->shared->cancel, CHANNEL_SEQ_DEAD,
			      memory_order_relaxed);
	spin_init(&slot->spin, geometry->spin, geometry->spin_ns,
		  geometry->worker_cpu, pointless, rttime_ns());
	reach_init(&slot->reach);
}

/* Does @done say that the request of @slot has ended, one way or the other? */
static inline bool is_end(const struct slot *slot, uint32_t done)
{
	return done == slot->seq || done == CHANNEL_SEQ_DEAD;
}

/* The request has ended, or there is a chore to do first. */
static inline bool answered(const struct slot *slot)
{
	uint32_t done = channel_done(slot->shared);

	return done == slot->seq ||
	       (done >= CHANNEL_SPECIAL && done != slot->chore);
}

static void ring(struct slot *slot)
{
	if (channel_ring(slot->ch->hdr, slot->index))
		channel_kick(slot->ch);
}

/*
 * Sleep until the answer is there, or (unless @deaf) a signal handler without
 * SA_RESTART has run: then false.
 */
static bool answer_sleep(struct slot *slot, bool deaf, bool *r_slept)
{
	struct channel_slot *shared = slot->shared;
	uint32_t seen;
	int ret = 0;

	while (!answered(slot)) {
		/* Both sides of this look for "dead" after their store, see
		 * channel_kill(). */
		seen = channel_prepare_wait(shared);
		if (is_end(slot, seen) ||
		    (seen >= CHANNEL_SPECIAL && seen != slot->chore) ||
		    atomic_load_explicit(&slot->ch->dead, memory_order_seq_cst))
			break;
		ret = sys_futex(&shared->done, FUTEX_WAIT, seen);
		if (ret == 0)
			*r_slept = true;
		if (ret == -EINTR && !deaf)
			break;
	}

	/* Relaxed: at worst the worker wakes somebody who is awake. */
	atomic_store_explicit(&shared->waiting, 0, memory_order_relaxed);

	return ret != -EINTR || deaf || answered(slot);
}

/*
 * Is it a chore that we were woken for? Then do it. Whoever is cancelled in the
 * middle does it again: it was not marked as done.
 */
static bool did_chore(struct slot *slot)
{
	struct channel_slot *shared = slot->shared;
	uint32_t number = channel_done(shared);

	if (is_end(slot, number) || number < CHANNEL_SPECIAL ||
	    number == slot->chore)
		return false;

	shared->chore_moved = chore_do(slot->ch->hdr, shared, &slot->reach);
	slot->chore = number;
	if (channel_chore_end(slot->ch->hdr, shared, slot->index, number))
		channel_kick(slot->ch);

	return true;
}

void slot_break(struct slot *slot)
{
	/* Release: after the request; the bell publishes it. */
	atomic_store_explicit(&slot->shared->cancel, slot->seq,
			      memory_order_release);
	ring(slot);
}

/* Ask the worker to break the handler's sleep, wait until it has ended. It
 * may have completed all the same, and then says so; and what it copies to us
 * before that must arrive. */
static void break_off(struct slot *slot)
{
	bool slept;

	slot_break(slot);
	do
		(void)answer_sleep(slot, true, &slept);
	while (did_chore(slot));
}

/* True: answered. */
static bool spin_until(struct slot *slot, uint64_t start, uint64_t window_ns)
{
	unsigned int n;

	do {
		for (n = 0; n < SPIN_CLOCK_ROUNDS; n++) {
			if (answered(slot))
				return true;
			spin_relax();
		}
		if (atomic_load_explicit(&slot->ch->dead, memory_order_relaxed))
			return true;
	} while (now_ns() - start < window_ns);

	return false;
}

static void await_answer(struct slot *slot, struct spin_try *try)
{
	uint64_t begin = now_ns(), start = begin, spun_ns = 0;
	bool slept = false;

	/* From the end of a chore on the worker is as quick as ever. */
	do {
		if (try->window_ns && spin_until(slot, start, try->window_ns))
			continue;
		spun_ns += try->window_ns;
		if (!answer_sleep(slot, false, &slept)) {
			break_off(slot);
			break;
		}
	} while (did_chore(slot) && (start = now_ns()));

	/* Relaxed, all of it: what was broken off, here or in a signal handler,
	 * is not to hit a request 2^32 calls from now. */
	if (atomic_load_explicit(&slot->shared->cancel, memory_order_relaxed) ==
	    slot->seq)
		atomic_store_explicit(&slot->shared->cancel, CHANNEL_SEQ_DEAD,
				      memory_order_relaxed);
	spin_learn(&slot->spin, try, now_ns() - begin, spun_ns, slept);
}

/* What came back: the result, and what goes to the caller's memory. */
static int64_t collect(struct slot *slot, const struct slot_call *call)
{
	struct channel_slot *shared = slot->shared;
	uint32_t len;

	if (channel_done(shared) != slot->seq)
		return -ENODEV;

	len = shared->out_len;
	if (len == CHANNEL_UNBOUND)
		return SLOT_UNBOUND;
	if (len == 0 || call->out == NULL)
		return shared->result;
	if (len > call->window_len)
		len = call->window_len;
	if (!(call->out_known && reach_unchanged(call->epoch)) &&
	    !reach_ok(&slot->reach, call->out, len, true))
		return -EFAULT;

	memcpy(call->out, slot->window, len);

	return shared->result;
}

struct cancellation {
	struct slot *slot;
	const struct slot_call *call;
};

/* The thread is being cancelled: it goes once the driver's handler has ended
 * and the results are where they belong. */
static void slot_cancelled(void *arg)
{
	struct cancellation *c = arg;

	break_off(c->slot);
	(void)collect(c->slot, c->call);
	c->slot->busy = false;
}

/*
 * Spin on or sleep, cancellable at any instruction. Nothing in between needs
 * more care than slot_cancelled() takes. The cleanup record costs a sigsetjmp()
 * which is why the brief spinning is not in here.
 */
static void slot_wait(struct slot *slot, const struct slot_call *call,
		      struct spin_try *try)
{
	struct cancellation c = { .slot = slot, .call = call };
	int type;

	pthread_cleanup_push(slot_cancelled, &c);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	await_answer(slot, try);
	pthread_setcanceltype(type, NULL);
	pthread_cleanup_pop(0);
}

static inline bool spin_briefly(const struct slot *slot)
{
	unsigned int n;

	for (n = 0; n < SPIN_BRIEF_ROUNDS; n++) {
		if (answered(slot))
			return true;
		spin_relax();
	}

	return false;
}

/*
 * True: the worker may be asleep, and has been kicked.
 *
 * No prefetching: to have the bell's line early (prefetchw) was tried and cost
 * 15 % more, since the worker's polling takes it back; for the slot's own line
 * it made no difference.
 */
static inline bool slot_post(struct slot *slot, const struct slot_call *call,
			     int cpu)
{
	struct channel_slot *shared = slot->shared;

	if (call->in)
		memcpy(slot->window, call->in, call->window_len);

	shared->request = (struct channel_request){
		.op = call->op,
		.fd = call->fd,
		.cmd = call->cmd,
		.window_len = call->window_len,
		.addr = call->addr,
		.count = call->count,
		.cpu = (uint32_t)cpu,
	};

	slot->seq = channel_next_seq(slot->seq);
	if (!channel_post(slot->ch->hdr, shared, slot->index, slot->seq))
		return false;

	channel_kick(slot->ch);

	return true;
}

int64_t slot_do(struct slot *slot, const struct slot_call *call)
{
	struct spin_try try;
	int64_t result;
	bool asleep;
	int cpu;

	if (slot->busy)
		return -EBUSY;
	/* Relaxed: whoever sleeps looks again. */
	if (atomic_load_explicit(&slot->ch->dead, memory_order_relaxed))
		return -ENODEV;

	slot->busy = true;
	/* For our own signal handlers. */
	atomic_signal_fence(memory_order_seq_cst);

	cpu = sched_getcpu();
	asleep = slot_post(slot, call, cpu);

	spin_begin(&slot->spin, &try, (uint32_t)call->fd * 4 + call->op, cpu,
		   asleep);
	if (try.window_ns && spin_briefly(slot) &&
	    is_end(slot, channel_done(slot->shared)))
		spin_won_briefly(&slot->spin, &try);
	else
		slot_wait(slot, call, &try);

	result = collect(slot, call);
	atomic_signal_fence(memory_order_seq_cst);
	slot->busy = false;

	return result;
}

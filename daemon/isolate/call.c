/* SPDX-License-Identifier: MIT */
#include "isolate/call.h"

#include "isolate/lane.h"
#include "isolate/proxy.h"
#include "isolate/remote.h"
#include "kapi/task.h"
#include "stage/clock.h"
#include "stage/stage.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <string.h>

/* How long an interrupted caller waits for what its handler has done. */
#define LINGER_NS (NS_PER_SEC / 10)

/* Load once a word the host can write any time. */
#define read_shared(p) (*(const volatile __typeof__(*(p)) *)(p))

static struct lane *lane_here(struct remote *remote)
{
	for (unsigned int i = 0; i < remote->nr_lanes; i++)
		if (remote->lanes[i].stage == stage_self)
			return &remote->lanes[i];

	return NULL;
}

static bool has_room(const struct lane *lane, uint32_t op)
{
	return lane->nr_free > (op == ISOLATE_RELEASE ? 0 : ISOLATE_SPARE);
}

/* A release cannot be refused. */
static void await_room(struct lane *lane, uint32_t op)
{
	pi_lock(&lane->room.lock);
	while (op == ISOLATE_RELEASE && !has_room(lane, op) &&
	       !remote_is_dead(lane->remote))
		wait_queue_sleep_uninterruptible(&lane->room, DEADLINE_NONE);
	pi_unlock(&lane->room.lock);
}

static int take_slot(struct lane *lane, uint32_t op, uint32_t *r_slot)
{
	struct call *call;

	await_room(lane, op);
	if (!has_room(lane, op))
		return -EAGAIN;

	*r_slot = lane->free[--lane->nr_free];
	call = &lane->calls[*r_slot];
	call->done = call->chore = false;
	wait_queue_init(&call->wq, WAIT_FIFO);
	/*
	 * Sets @busy, then looks whether the remote is dead; remote_died() says
	 * so, then looks for the busy ones. All four are seq_cst: one of us sees
	 * the other.
	 */
	atomic_store_explicit(&call->busy, true, memory_order_seq_cst);

	return 0;
}

static void give_slot(struct lane *lane, uint32_t slot)
{
	/* Relaxed: nobody waits any more. */
	atomic_store_explicit(&lane->calls[slot].busy, false,
			      memory_order_relaxed);
	/* What the host does with it now, if it is dead, does not matter. */
	lane->free[lane->nr_free++] = (uint16_t)slot;
	if (lane->nr_free <= ISOLATE_SPARE)
		wait_queue_flush(&lane->room, 0);
}

static void say(struct lane *lane, enum isolate_word kind, uint32_t slot)
{
	if (!port_say(&lane->port, ISOLATE_WORD(kind, slot)))
		remote_distrust(lane->remote, "it does not listen");
}

static void fill_caller(struct isolate_request *rq)
{
	const struct task_struct *task = task_current();
	const struct user_window *win = &task->window;

	rq->base = win->base;
	rq->readable =
		(uint32_t)(win->readable < ISOLATE_WINDOW ? win->readable
							  : ISOLATE_WINDOW);
	rq->writable =
		(uint32_t)(win->writable < ISOLATE_WINDOW ? win->writable
							  : ISOLATE_WINDOW);
	rq->pid = task->pid;
	rq->tgid = task->tgid;
	rq->uid = task->uid;
	rq->compat = task->compat;
	rq->identified = task->identified;
	memcpy(rq->comm, task->comm, sizeof(rq->comm));
	rq->prio = fiber_current()->prio;
}

static uint32_t move(struct isolate_slot *shared, uint32_t op,
		     unsigned long addr, uint32_t len)
{
	unsigned long left;

	if (op == ISOLATE_FETCH)
		left = copy_from_user(shared->bounce, (const void __user *)addr,
				      len);
	else
		left = copy_to_user((void __user *)addr, shared->bounce, len);

	return len - (uint32_t)left;
}

/* The handler wants something of the caller's, and we are the one to ask. */
static void do_chore(struct lane *lane, uint32_t slot)
{
	struct isolate_slot *shared = &lane->shared->slots[slot];
	uint32_t op = read_shared(&shared->chore.op);
	uint32_t len = read_shared(&shared->chore.len);
	unsigned long addr = (unsigned long)read_shared(&shared->chore.addr);

	if (len > ISOLATE_BOUNCE || op < ISOLATE_FETCH || op > ISOLATE_FIND) {
		remote_distrust(lane->remote, "it asks for what there is not");
		return;
	}

	if (op == ISOLATE_FIND)
		shared->chore.moved = proxy_find(lane->remote, addr);
	else
		shared->chore.moved = move(shared, op, addr, len);
	say(lane, ISOLATE_MOVED, slot);
}

/* While a call lasts. */
struct patience {
	bool broken;	   /* the caller wants to go */
	uint64_t deadline; /* then: until when it stays */
};

/* Locked. */
static void sleep_once(struct lane *lane, uint32_t slot, struct patience *p)
{
	struct call *call = &lane->calls[slot];
	int ret;

	if (p->broken)
		ret = wait_queue_sleep_uninterruptible(&call->wq, p->deadline);
	else
		ret = wait_queue_sleep(&call->wq, DEADLINE_NONE);
	if (ret == 0)
		return;

	pi_unlock(&call->wq.lock);
	if (!p->broken) {
		p->broken = true;
		p->deadline = clock_ns() + LINGER_NS;
		vfs_linger(true);
		say(lane, ISOLATE_BREAK, slot);
	} else {
		p->deadline = DEADLINE_NONE;
		vfs_linger(false);
	}
	pi_lock(&call->wq.lock);
}

/* True: it is done. False: it never will be. */
static bool await(struct lane *lane, uint32_t slot)
{
	struct call *call = &lane->calls[slot];
	struct patience patience = { .broken = false };
	bool done;

	pi_lock(&call->wq.lock);
	while (!call->done && !remote_is_dead(lane->remote)) {
		if (!call->chore) {
			sleep_once(lane, slot, &patience);
			continue;
		}
		call->chore = false;
		pi_unlock(&call->wq.lock);
		do_chore(lane, slot);
		pi_lock(&call->wq.lock);
	}
	done = call->done;
	pi_unlock(&call->wq.lock);

	return done;
}

/* Back to the caller's window. */
static void store_window(struct lane *lane, const struct isolate_request *rq,
			 uint32_t slot, uint32_t written)
{
	struct user_window *win = &task_current()->window;

	if (written > rq->writable) {
		remote_distrust(lane->remote,
				"it has written where nothing is");
		return;
	}
	if (written == 0)
		return;

	memcpy(win->mem, lane->shared->slots[slot].window, written);
	if (written > win->written)
		win->written = written;
}

/* In one piece, before the slot is another's. */
static long copy_segments(struct lane *lane, uint32_t slot,
			  const struct isolate_answer *answer,
			  struct isolate_segment *segs)
{
	if (answer->nr_segments > ISOLATE_SEGMENTS) {
		remote_distrust(lane->remote, "it maps too much");
		return -ENODEV;
	}
	memcpy(segs, lane->shared->slots[slot].bounce,
	       answer->nr_segments * sizeof(*segs));

	return 0;
}

static long ask(struct lane *lane, const struct isolate_request *rq,
		uint32_t slot, struct isolate_answer *r_answer)
{
	struct isolate_slot *shared = &lane->shared->slots[slot];

	shared->request = *rq;
	if (rq->readable)
		memcpy(shared->window, task_current()->window.mem,
		       rq->readable);
	if (!remote_is_dead(lane->remote))
		say(lane, ISOLATE_START, slot);
	if (!await(lane, slot))
		return -ENODEV;

	*r_answer = read_shared(&shared->answer);
	store_window(lane, rq, slot, r_answer->written);

	/* No errno at all: the caller's own limits for the rest. */
	return r_answer->result < -4095 ? -EIO : (long)r_answer->result;
}

long remote_call_segments(struct remote *remote, struct isolate_request *rq,
			  struct isolate_answer *r_answer,
			  struct isolate_segment *segs)
{
	struct lane *lane = lane_here(remote);
	uint32_t slot;
	long ret;

	if (lane == NULL || remote_is_dead(remote))
		return -ENODEV;
	ret = take_slot(lane, rq->op, &slot);
	if (ret)
		return ret;

	fill_caller(rq);
	ret = ask(lane, rq, slot, r_answer);
	if (ret == 0 && segs)
		ret = copy_segments(lane, slot, r_answer, segs);
	give_slot(lane, slot);

	return ret;
}

long remote_call(struct remote *remote, struct isolate_request *rq,
		 struct isolate_answer *r_answer)
{
	return remote_call_segments(remote, rq, r_answer, NULL);
}

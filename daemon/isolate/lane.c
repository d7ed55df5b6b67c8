/* SPDX-License-Identifier: MIT */
#include "isolate/lane.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "isolate/proxy.h"
#include "isolate/remote.h"
#include "kapi/task.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

/* How long an interrupted caller waits for what its handler has done. */
#define LINGER_NS (NS_PER_SEC / 10)
#define MAX_WORDS 256u /* heard at a time */

/* Load once a word the host can write any time. */
#define read_shared(p) (*(const volatile __typeof__(*(p)) *)(p))

/*
 * What the host says.
 */

static void tell(struct call *call, bool done)
{
	pi_lock(&call->wq.lock);
	call->done |= done;
	call->chore |= !done;
	wait_queue_flush_locked(&call->wq, 0);
	pi_unlock(&call->wq.lock);
}

static bool is_asked(const struct lane *lane, uint32_t slot)
{
	/* Relaxed: this thread writes it. */
	return slot < ISOLATE_SLOTS &&
	       atomic_load_explicit(&lane->calls[slot].busy,
				    memory_order_relaxed) &&
	       !lane->calls[slot].done && !lane->calls[slot].chore;
}

/* False: it makes no sense. */
static bool take_word(struct lane *lane, uint32_t word)
{
	uint32_t index = ISOLATE_INDEX(word);

	switch (ISOLATE_KIND(word)) {
	case ISOLATE_DONE:
	case ISOLATE_CHORE:
		if (!is_asked(lane, index))
			return false;
		tell(&lane->calls[index], ISOLATE_KIND(word) == ISOLATE_DONE);
		return true;
	case ISOLATE_EVENT:
		if (index >= ISOLATE_FILES)
			return false;
		remote_event(lane->remote, index, lane->index == 0);
		return true;
	default:
		return false;
	}
}

static unsigned int listen_to(struct lane *lane)
{
	unsigned int count = 0;
	uint32_t word;
	int ret = 0;

	while (count < MAX_WORDS && (ret = port_hear(&lane->port, &word)) > 0) {
		count++;
		if (!take_word(lane, word))
			ret = -EPROTO;
		if (ret < 0)
			break;
	}
	if (ret < 0)
		remote_distrust(lane->remote,
				"it has said what makes no sense");

	return count;
}

/* What it says is not listened to any more. */
static bool is_over(const struct lane *lane)
{
	/* Relaxed: this thread, or another, a moment later. */
	return atomic_load_explicit(&lane->remote->distrusted,
				    memory_order_relaxed);
}

static bool arm(struct lane *lane)
{
	return port_arm(&lane->port) || is_over(lane);
}

static void on_bell(struct ev_loop *loop, ev_io *w, int revents)
{
	struct lane *lane = container_of(w, struct lane, io);
	const uint64_t one = 1;
	bool more;

	port_quiet(&lane->port);
	port_disarm(&lane->port);
	do
		more = listen_to(lane) == MAX_WORDS;
	while (!more && !arm(lane));
	/* Let others have a turn. */
	if (more && write(lane->port.in_bell, &one, sizeof(one)) < 0)
		return;
}

static struct lane *lane_of(struct oob_source *source)
{
	return container_of(source, struct lane, source);
}

static unsigned int poll_lane(struct oob_source *source)
{
	return listen_to(lane_of(source));
}

static bool arm_lane(struct oob_source *source)
{
	return arm(lane_of(source));
}

static void disarm_lane(struct oob_source *source)
{
	port_disarm(&lane_of(source)->port);
}

/* The host's worker needs this CPU. */
static bool may_spin(struct oob_source *source)
{
	(void)source;

	return false;
}

/* It does if it runs, or would, or has not heard what we said. */
static bool needs_cpu(struct oob_source *source, uint64_t now)
{
	struct lane *lane = lane_of(source);
	struct oob_presence *presence = &lane->shared->presence;

	/* Relaxed, all of it: we look again in a moment. */
	if (atomic_load_explicit(&presence->awake, memory_order_relaxed) ||
	    atomic_load_explicit(&lane->port.out->head, memory_order_relaxed) !=
		    lane->port.tail)
		return true;

	return now && atomic_load_explicit(&presence->date,
					   memory_order_relaxed) <= now;
}

/*
 * Its life.
 */

int lane_init(struct lane *lane, struct remote *remote, unsigned int index)
{
	lane->remote = remote;
	lane->index = index;
	lane->shared = &remote->shared->lanes[index];
	lane->port = (struct isolate_port){
		.out = &lane->shared->to_host,
		.in = &lane->shared->to_daemon,
		.out_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.in_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	lane->calls = calloc(ISOLATE_SLOTS, sizeof(*lane->calls));
	lane->free = calloc(ISOLATE_SLOTS, sizeof(*lane->free));
	wait_queue_init(&lane->room, WAIT_FIFO);
	if (lane->port.out_bell < 0 || lane->port.in_bell < 0)
		return err_origin(-errno);
	if (lane->calls == NULL || lane->free == NULL)
		return err_origin(-ENOMEM);

	while (lane->nr_free < ISOLATE_SLOTS) {
		lane->free[lane->nr_free] =
			(uint16_t)(ISOLATE_SLOTS - 1 - lane->nr_free);
		lane->nr_free++;
	}
	lane->stage =
		index ? oob_worker_stage(oob_worker(index - 1)) : &inband_stage;

	return 0;
}

void lane_deinit(struct lane *lane)
{
	if (lane->remote == NULL)
		return;

	fd_close(lane->port.out_bell);
	fd_close(lane->port.in_bell);
	free(lane->calls);
	free(lane->free);
}

int lane_attach(struct lane *lane)
{
	if (lane->index == 0) {
		ev_io_init(&lane->io, on_bell, lane->port.in_bell, EV_READ);
		ev_io_start(inband_loop(), &lane->io);
		ev_unref(inband_loop());
		port_arm(&lane->port);
		return 0;
	}

	lane->source = (struct oob_source){
		.fd = lane->port.in_bell,
		.poll = poll_lane,
		.arm = arm_lane,
		.disarm = disarm_lane,
		.may_spin = may_spin,
		.needs_cpu = needs_cpu,
	};

	return oob_source_add(oob_worker(lane->index - 1), &lane->source);
}

static void (*on_gone)(struct lane *lane);

static void gone(struct irq_work *work)
{
	on_gone(container_of(work, struct lane, gone));
}

static void removed(struct oob_source *source)
{
	irq_work_queue(&lane_of(source)->gone);
}

/* On its worker, where it has been added by now. */
static void let_go(struct stage_item *item)
{
	oob_source_remove(&container_of(item, struct lane, let_go)->source,
			  removed);
}

static void end_calls(struct lane *lane)
{
	struct call *call;

	for (unsigned int i = 0; i < ISOLATE_SLOTS; i++) {
		call = &lane->calls[i];
		/* seq_cst: pairs with take_slot(). */
		if (atomic_load_explicit(&call->busy, memory_order_seq_cst))
			wait_queue_flush(&call->wq, 0);
	}
	wait_queue_flush(&lane->room, 0);
}

void lane_detach(struct lane *lane, void (*func)(struct lane *lane))
{
	end_calls(lane);
	on_gone = func;
	init_irq_work(&lane->gone, gone);
	if (lane->index == 0) {
		ev_ref(inband_loop());
		ev_io_stop(inband_loop(), &lane->io);
		irq_work_queue(&lane->gone);
		return;
	}

	lane->let_go.func = let_go;
	stage_post(lane->stage, &lane->let_go);
}

bool lane_is_busy(const struct lane *lane)
{
	for (unsigned int i = 0; i < ISOLATE_SLOTS; i++)
		/* Relaxed: sooner or later. */
		if (atomic_load_explicit(&lane->calls[i].busy,
					 memory_order_relaxed))
			return true;

	return false;
}

/*
 * Calls.
 */

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

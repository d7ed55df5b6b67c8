/* SPDX-License-Identifier: MIT */
#include "server/serve.h"

#include "core/file.h"
#include "core/thread.h"
#include "kapi/guard.h"
#include "kapi/tally.h"
#include "server/channel.h"
#include "server/chore.h"
#include "stage/own-call.h"
#include "vfs/file.h"
#include "vfs/result.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/futex.h>

#define MAX_COUNT 0x7ffff000ull /* what the kernel's VFS allows as well */

/* Load once a word the client can write any time. */
#define read_shared(p) (*(const volatile __typeof__(*(p)) *)(p))

static void wake_client(struct channel_slot *shared)
{
	own_futex(&shared->done, FUTEX_WAKE, 1);
}

static long do_read(struct file *filp, const struct channel_request *rq)
{
	if (!(filp->f_mode & FMODE_READ))
		return -EBADF;
	if (filp->f_op->oob_read == NULL)
		return -EINVAL;

	return filp->f_op->oob_read(filp, (char __user *)(uintptr_t)rq->addr,
				    rq->count);
}

static long do_write(struct file *filp, const struct channel_request *rq)
{
	if (!(filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (filp->f_op->oob_write == NULL)
		return -EINVAL;

	return filp->f_op->oob_write(
		filp, (const char __user *)(uintptr_t)rq->addr, rq->count);
}

/* A 32-bit process has handlers of its own, and no others. */
static long do_ioctl(struct file *filp, const struct slot *slot)
{
	const struct file_operations *fops = filp->f_op;
	const struct channel_request *rq = &slot->rq;
	long (*handler)(struct file * filp, unsigned int cmd,
			unsigned long arg);
	long ret;

	handler = slot->task.compat ? fops->compat_oob_ioctl : fops->oob_ioctl;
	if (handler == NULL)
		return -ENOTTY;

	ret = handler(filp, rq->cmd, rq->addr);

	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

/* Relaxed: we alone write it. */
static uint64_t nr_requests(const struct slot *slot)
{
	return atomic_load_explicit(&slot->nr_requests, memory_order_relaxed);
}

/*
 * Requests are not counted for each driver as they come: those up to the
 * @upto'th are set down now, what follows is for @next. Relaxed, all of it: for
 * people to look at.
 */
static void tally_up(struct slot *slot, uint64_t upto, struct tally *next)
{
	struct tally *tally =
		atomic_load_explicit(&slot->tally, memory_order_relaxed);
	uint64_t from =
		atomic_load_explicit(&slot->tallied_from, memory_order_relaxed);

	if (tally)
		atomic_fetch_add_explicit(&tally->nr_oob, upto - from,
					  memory_order_relaxed);
	atomic_store_explicit(&slot->tallied_from, upto, memory_order_relaxed);
	atomic_store_explicit(&slot->tally, next, memory_order_relaxed);
}

void serve_tally_up(struct slot *slot)
{
	tally_up(slot, nr_requests(slot), NULL);
}

/* It was for nobody. */
static void skip_request(struct slot *slot)
{
	/* Relaxed: as above. */
	atomic_fetch_add_explicit(&slot->tallied_from, 1, memory_order_relaxed);
}

uint64_t slot_nr_tallied(const struct slot *slot, const struct tally *tally)
{
	/* Relaxed, both: as above. */
	if (atomic_load_explicit(&slot->tally, memory_order_relaxed) != tally)
		return 0;

	return nr_requests(slot) -
	       atomic_load_explicit(&slot->tallied_from, memory_order_relaxed);
}

/* @filp is ours to put. Relaxed, both: for people, and for bereave.c. */
static void enter_file(struct slot *slot, struct file *filp)
{
	struct open_file *of = open_file_of(filp);

	slot->task.filp = filp;
	atomic_store_explicit(&slot->busy_file, of->id, memory_order_relaxed);
	/* Relaxed: we wrote it. */
	if (of->tally !=
	    atomic_load_explicit(&slot->tally, memory_order_relaxed))
		tally_up(slot, nr_requests(slot) - 1, of->tally);
}

/* No driver is asked any more: back in our own code. */
static struct file *leave_driver(struct slot *slot)
{
	struct file *filp = slot->task.filp;

	slot->task.filp = NULL;

	return filp;
}

static void put_file(struct slot *slot, struct file *filp)
{
	if (filp == NULL)
		return;
	atomic_store_explicit(&slot->busy_file, 0, memory_order_relaxed);
	oob_file_put(filp);
}

static long call_driver(struct slot *slot)
{
	const struct channel_request *rq = &slot->rq;
	struct file *filp;
	long ret;

	filp = oob_file_get(slot->task.files, (unsigned int)rq->fd);
	if (filp == NULL) {
		skip_request(slot);
		slot->task.window.written = CHANNEL_UNBOUND;
		return -EBADF;
	}

	enter_file(slot, filp);
	switch (rq->op) {
	case CHANNEL_READ:
		ret = do_read(filp, rq);
		break;
	case CHANNEL_WRITE:
		ret = do_write(filp, rq);
		break;
	case CHANNEL_IOCTL:
		ret = do_ioctl(filp, slot);
		break;
	default:
		ret = -ENOSYS;
		break;
	}

	return result_sane(ret);
}

/* What the client and we may move through the slot's window. */
static void open_window(struct slot *slot)
{
	struct user_window *win = &slot->task.window;
	const struct channel_request *rq = &slot->rq;

	win->base = (unsigned long)rq->addr;
	win->readable = rq->op == CHANNEL_READ ? 0 : rq->window_len;
	win->writable = rq->op == CHANNEL_WRITE ? 0 : rq->window_len;
	win->written = 0;
	/* What the last one left behind. */
	slot->task.nr_mutexes = 0;
	slot->task.nr_copies = 0;
}

/*
 * Look at @slot without being rung from now on: who called once will call
 * again. Announced in the line of the answer, which goes out anyway.
 */
static void watch(struct slot *slot)
{
	struct channel *ch = slot->ch;

	/* Closed while its last request was served: there is to be no other.
	 * Relaxed: we are the one who closes it. */
	if (!atomic_load_explicit(&slot->open, memory_order_relaxed))
		return;
	/* A fiber which others woke may end while the channel is cold: nobody
	 * looks then, the client must ring. Relaxed: we wrote it. */
	if (!atomic_load_explicit(&ch->source.hot, memory_order_relaxed))
		return;

	for (unsigned int i = 0; i < ch->nr_watched; i++)
		if (ch->watched[i] == slot)
			return;
	/* All places taken: whoever has them keeps them until we sleep. */
	if (ch->nr_watched == CHANNEL_WATCHED)
		return;

	ch->watched[ch->nr_watched++] = slot;
	channel_watch(slot->shared);
}

void serve_tell(struct slot *slot, uint32_t number)
{
	watch(slot);
	if (channel_complete(slot->shared, number))
		wake_client(slot->shared);
}

/*
 * Whoever the daemon hangs up on is told one thing, whichever way they learn of
 * it: that the daemon is gone, not that a sleep was broken for it, nor what
 * became of their descriptors.
 */
static long last_word(struct slot *slot, long ret)
{
	/* Relaxed: see channel_drain(). */
	if (ret >= 0 ||
	    !atomic_load_explicit(&slot->ch->left, memory_order_relaxed))
		return ret;

	slot->task.window.written = 0;

	return -ENODEV;
}

static void answer(struct slot *slot, long ret)
{
	struct channel_slot *shared = slot->shared;

	/* Relaxed: for people to look at. Who has been answered is not busy. */
	atomic_store_explicit(&slot->busy_fd, -1, memory_order_relaxed);
	shared->result = last_word(slot, ret);
	shared->out_len = (uint32_t)slot->task.window.written;
	serve_tell(slot, slot->seq);
}

/* The fiber of one request. */
static void serve_request(void *arg)
{
	struct slot *slot = arg;
	struct file *filp;
	long ret;

	open_window(slot);
	ret = call_driver(slot);
	filp = leave_driver(slot);
	/* The caller first, it waits; close(2) can. */
	answer(slot, ret);
	put_file(slot, filp);
}

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	static const char *const names[] = {
		[CHANNEL_READ] = "oob_read",
		[CHANNEL_WRITE] = "oob_write",
		[CHANNEL_IOCTL] = "oob_ioctl",
	};
	const struct slot *slot = arg;
	const struct channel_request *rq = &slot->rq;

	if (slot->task.filp == NULL)
		return;
	if (slot->task.polled) {
		r_call->driver = open_file_of(slot->task.polled)->tally->name;
		r_call->op = "oob_poll";
		return;
	}

	*r_call = (struct guard_call){
		.driver = open_file_of(slot->task.filp)->tally->name,
		.op = rq->op <= CHANNEL_IOCTL ? names[rq->op] : NULL,
		.cmd = rq->op == CHANNEL_IOCTL ? rq->cmd : 0,
		.addr = (unsigned long)rq->addr,
		.size = rq->op == CHANNEL_IOCTL ? rq->window_len : rq->count,
		.may_give_up = slot->task.grave == NULL,
	};
}

/* Its handler will not come back. */
static void give_up(void *arg)
{
	struct slot *slot = arg;
	struct file *filp = leave_driver(slot);

	answer(slot, -EFAULT);
	put_file(slot, filp);
}

const struct guard serve_guard = {
	.describe = describe,
	.give_up = give_up,
};

/* Copy the request once and make the copy harmless. */
static void copy_request(struct slot *slot)
{
	const struct channel_request *from = &slot->shared->request;
	struct channel_request *rq = &slot->rq;

	rq->op = read_shared(&from->op);
	rq->fd = read_shared(&from->fd);
	rq->cmd = read_shared(&from->cmd);
	rq->window_len = read_shared(&from->window_len);
	rq->addr = read_shared(&from->addr);
	rq->count = read_shared(&from->count);
	rq->cpu = read_shared(&from->cpu);

	if (rq->window_len > CHANNEL_WINDOW_SIZE)
		rq->window_len = CHANNEL_WINDOW_SIZE;
	if (rq->count > MAX_COUNT)
		rq->count = MAX_COUNT;
	if (rq->op != CHANNEL_IOCTL && rq->window_len > rq->count)
		rq->window_len = (uint32_t)rq->count;
}

static void note_request(struct slot *slot)
{
	struct channel *ch = slot->ch;

	ch->last_cpu = (int)slot->rq.cpu;
	/* Relaxed, all of it: for people to look at; we alone write. */
	atomic_store_explicit(&slot->busy_op, slot->rq.op,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->busy_fd, slot->rq.fd,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->cpu, ch->last_cpu, memory_order_relaxed);
	atomic_store_explicit(&slot->nr_requests, nr_requests(slot) + 1,
			      memory_order_relaxed);
	if (ch->woken)
		atomic_store_explicit(
			&slot->nr_wakeups,
			atomic_load_explicit(&slot->nr_wakeups,
					     memory_order_relaxed) +
				1,
			memory_order_relaxed);
}

/* True if the client wants the request under way to end. */
static bool wants_cancel(struct slot *slot)
{
	/* Relaxed: the bell that announced it published it. */
	return atomic_load_explicit(&slot->shared->cancel,
				    memory_order_relaxed) == slot->seq;
}

/* True: there was a new request. */
static bool take_request(struct slot *slot)
{
	uint32_t posted = channel_posted(slot->shared);

	if (posted == slot->seq || posted >= CHANNEL_SPECIAL)
		return false;

	slot->seq = posted;
	copy_request(slot);
	note_request(slot);
	slot->busy = true;
	slot->ch->nr_busy++;
	fiber_start(slot->fiber, serve_request, slot, thread_prio(&slot->self));

	return true;
}

/* Its bit was set: a new request, or a wish to end the one under way. */
static bool serve_slot(struct slot *slot)
{
	bool found = false;

	/* Acquire: pairs with slot_attach(). */
	if (!atomic_load_explicit(&slot->open, memory_order_acquire))
		return false;

	if (!slot->busy)
		found = take_request(slot);
	else
		chore_look(slot);
	if (slot->busy && wants_cancel(slot))
		fiber_break(slot->fiber);

	return found;
}

/* Slots that need not ring. */
static unsigned int serve_watched(struct channel *ch)
{
	unsigned int found = 0;
	struct slot *slot;

	for (unsigned int i = 0; i < ch->nr_watched; i++) {
		slot = ch->watched[i];
		if (!slot->busy)
			found += take_request(slot);
		else
			chore_look(slot);
	}

	return found;
}

unsigned int serve_channel(struct channel *ch)
{
	unsigned int found = serve_watched(ch);
	uint64_t bits = channel_take(ch->base);

	if (bits == 0)
		return found;

	/* Something rang, if only to say nothing of use. */
	found++;
	for (; bits; bits &= bits - 1)
		serve_slot(&ch->slots[__builtin_ctzll(bits)]);
	ch->woken = false;

	return found;
}

void serve_unwatch(struct slot *slot)
{
	struct channel *ch = slot->ch;

	for (unsigned int i = 0; i < ch->nr_watched; i++) {
		if (ch->watched[i] != slot)
			continue;
		channel_unwatch(slot->shared);
		ch->watched[i] = ch->watched[--ch->nr_watched];
	}
}

bool serve_unwatch_all(struct channel *ch)
{
	bool silent = true;
	struct slot *slot;

	while (ch->nr_watched) {
		slot = ch->watched[--ch->nr_watched];
		channel_unwatch(slot->shared);
		if (slot->busy)
			silent &= !chore_look_last(slot);
		else if (channel_posted_last(slot->shared) != slot->seq)
			silent &= !take_request(slot);
	}

	return silent;
}

void serve_ended(struct fiber *fiber)
{
	struct slot *slot = fiber->arg;

	slot->busy = false;
	slot->ch->nr_busy--;
	serve_settle(slot);
}

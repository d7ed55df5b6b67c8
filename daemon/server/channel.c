/* SPDX-License-Identifier: MIT */
#include "server/channel.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "core/thread-element.h"
#include "core/thread.h"
#include "server/bereave.h"
#include "server/chore.h"
#include "server/client.h"
#include "server/serve.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "stage/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static struct channel *channel_of(struct oob_source *source)
{
	return container_of(source, struct channel, source);
}

static unsigned int poll_channel(struct oob_source *source)
{
	return serve_channel(channel_of(source));
}

static bool arm_channel(struct oob_source *source)
{
	struct channel *ch = channel_of(source);

	return serve_unwatch_all(ch) && channel_arm(ch->base);
}

static void disarm_channel(struct oob_source *source)
{
	struct channel *ch = channel_of(source);

	channel_disarm(ch->base);
	ch->woken = true;
}

static bool may_spin(struct oob_source *source)
{
	return channel_of(source)->last_cpu != oob_worker_cpu(source->worker);
}

static_assert((int)OOB_SPIN_NEVER == (int)CHANNEL_SPIN_NEVER &&
		      (int)OOB_SPIN_ADAPTIVE == (int)CHANNEL_SPIN_ADAPTIVE &&
		      (int)OOB_SPIN_ALWAYS == (int)CHANNEL_SPIN_ALWAYS,
	      "the wire says what the worker does");

/* Takes NULL and half-built channels alike; always returns NULL. */
static struct channel *channel_free(struct channel *ch)
{
	if (ch == NULL)
		return NULL;

	if (ch->base)
		munmap(ch->base, CHANNEL_SIZE);
	fd_close(ch->memfd);
	fd_close(ch->source.fd);
	free(ch);

	return NULL;
}

static void fill_geometry(struct channel *ch)
{
	struct channel_header *hdr = ch->base;

	hdr->geometry = (struct channel_geometry){
		.magic = CHANNEL_MAGIC,
		.abi = CHANNEL_ABI,
		.size = CHANNEL_SIZE,
		.nr_slots = CHANNEL_SLOTS,
		.slot_size = sizeof(struct channel_slot),
		.window_size = CHANNEL_WINDOW_SIZE,
		.spin = (uint32_t)oob_spin_mode(),
		.spin_ns = oob_spin_ns(),
		.worker_cpu = oob_worker_cpu(ch->source.worker),
	};
	/* Nobody polls it yet. */
	atomic_init(&hdr->need_wakeup, 1);
}

static void init_slots(struct channel *ch)
{
	struct slot *slot;

	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++) {
		slot = &ch->slots[i];
		slot->ch = ch;
		slot->index = i;
		slot->shared = channel_slot_at(ch->base, i);
		slot->task.window.mem = channel_window_at(ch->base, i);
		atomic_init(&slot->busy_fd, -1);
		atomic_init(&slot->cpu, -1);
	}
}

int channel_new(struct client *client, struct channel **r_ch)
{
	struct channel *ch;
	int ret;

	ch = calloc(1, sizeof(*ch));
	if (ch == NULL)
		return err_origin(-ENOMEM);

	ch->client = client;
	ch->last_cpu = -1;
	ch->source = (struct oob_source){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.poll = poll_channel,
		.arm = arm_channel,
		.disarm = disarm_channel,
		.may_spin = may_spin,
		.worker = oob_pick_worker(),
	};
	ch->memfd =
		memfd_create("evl-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ch->memfd < 0 || ch->source.fd < 0 ||
	    ftruncate(ch->memfd, CHANNEL_SIZE) ||
	    fcntl(ch->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		goto fail;

	ch->base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			ch->memfd, 0);
	if (ch->base == MAP_FAILED) {
		ch->base = NULL;
		goto fail;
	}

	fill_geometry(ch);
	init_slots(ch);
	chore_init_channel(ch);
	ch->index = client->nr_channels++;
	list_add_tail(&ch->link, &client->channels);
	*r_ch = ch;

	return 0;
fail:
	ret = err_origin(-errno);
	channel_free(ch);

	return ret;
}

/* Touch @size bytes at @mem for writing, without changing them. */
static void prefault(void *mem, size_t size)
{
	char *page = mem;

	for (size_t i = 0; i < size; i += 4096)
		__atomic_fetch_or(page + i, 0, __ATOMIC_RELAXED);
}

int channel_go_live(struct channel *ch)
{
	int ret;

	if (ch->state != CHANNEL_SETUP)
		return -EINVAL;

	/*
	 * The client has its mapping. Without this seal it could punch holes
	 * under ours, and exhaust memory when we touch them: SIGBUS here.
	 */
	if (fcntl(ch->memfd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
		return err_origin(-errno);

	prefault(ch->base, CHANNEL_WINDOWS_OFFSET);
	ret = oob_source_add(ch->source.worker, &ch->source);
	if (ret)
		return err_trace(ret);

	ch->state = CHANNEL_LIVE;
	/* Whoever wants to attach has mapped it; the descriptor has served. */
	ch->memfd = fd_close(ch->memfd);

	return 0;
}

static void give_back(struct slot *slot)
{
	serve_tally_up(slot);
	slot->fiber = fiber_free(slot->fiber, server_config()->stacks);
	if (slot->thread)
		thread_detach(slot->thread);
	slot->thread = NULL;
}

/* In-band: the worker has let go. */
static void bury_channel(struct channel *ch)
{
	struct client *client = ch->client;

	ch->state = CHANNEL_DEAD;
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		give_back(&ch->slots[i]);
	list_del(&ch->link);
	channel_free(ch);
	client->nr_channels--;
	client_maybe_free(client);
	bereave_look_again();
}

static void channel_is_dead(struct irq_work *work)
{
	bury_channel(container_of(work, struct channel, dead));
}

/* On the worker, which no longer knows the channel. */
static void source_removed(struct oob_source *source)
{
	irq_work_queue(&channel_of(source)->dead);
}

/* On the worker: nothing is being served any more. Whoever held something has
 * not given it back. */
static void channel_at_rest(struct channel *ch)
{
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		thread_end(&ch->slots[i].self, false);
	oob_source_remove(&ch->source, source_removed);
}

/* On the worker: the client is gone. */
static void drain_here(struct stage_item *item)
{
	struct channel *ch = container_of(item, struct channel, item);

	ch->draining = true;
	ch->nr_watched = 0;
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++) {
		/* Relaxed: we are the one who looks. */
		atomic_store_explicit(&ch->slots[i].open, false,
				      memory_order_relaxed);
		if (ch->slots[i].busy) {
			fiber_break(ch->slots[i].fiber);
			chore_desert(&ch->slots[i]);
		}
	}

	if (ch->nr_busy == 0)
		channel_at_rest(ch);
}

void channel_drain(struct channel *ch)
{
	enum channel_state state = ch->state;

	if (state == CHANNEL_DRAINING || state == CHANNEL_DEAD)
		return;

	ch->state = CHANNEL_DRAINING;
	/* Relaxed: posting the item publishes it, as do the locks behind which
	 * the worker finds out what else is gone. */
	atomic_store_explicit(&ch->left, true, memory_order_relaxed);
	if (state == CHANNEL_SETUP) {
		bury_channel(ch);
		return;
	}

	init_irq_work(&ch->dead, channel_is_dead);
	ch->item.func = drain_here;
	stage_post(oob_worker_stage(ch->source.worker), &ch->item);
}

static struct slot *free_slot(struct channel *ch)
{
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		if (ch->slots[i].thread == NULL && ch->slots[i].fiber == NULL)
			return &ch->slots[i];

	return NULL;
}

static void fill_task(struct slot *slot, const struct thread_element *thread)
{
	const struct client *client = slot->ch->client;
	struct task_struct *task = &slot->task;

	task->pid = thread->tid;
	task->tgid = thread->pid;
	task->uid = client->uid;
	task->files = client->files;
	task->compat = client->compat;
	task->reach = &chore_reach;
	task->identified = true;
	snprintf(task->comm, sizeof(task->comm), "%.15s", thread->element.name);
}

int slot_attach(struct channel *ch, struct thread_element *thread,
		struct slot **r_slot)
{
	struct slot *slot = free_slot(ch);
	int ret;

	if (ch->state != CHANNEL_LIVE)
		return -EINVAL;
	if (slot == NULL)
		return -ENOSPC;

	ret = fiber_new(oob_worker_stage(ch->source.worker),
			server_config()->stacks, &slot->fiber);
	if (ret)
		return ret;

	prefault(slot->task.window.mem, CHANNEL_WINDOW_SIZE);
	slot->fiber->ended = serve_ended;
	slot->fiber->guard = &serve_guard;
	slot->fiber->task = &slot->task;
	thread_begin(&slot->self, slot->fiber, thread->element.name,
		     thread->prio, EVL_T_USER);
	slot->thread = thread;
	thread->self = &slot->self;
	fill_task(slot, thread);
	chore_init_slot(slot);
	/* The client goes on from the last sequence we answered. Relaxed: our
	 * reply on the socket publishes it. */
	atomic_store_explicit(&slot->shared->done, slot->seq,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->shared->posted, slot->seq,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->shared->watched, 0, memory_order_relaxed);
	/* Release: all of the above, to serve_slot(). */
	atomic_store_explicit(&slot->open, true, memory_order_release);
	*r_slot = slot;

	return 0;
}

static void slot_is_detached(struct irq_work *work)
{
	struct slot *slot = container_of(work, struct slot, detached);
	struct wait_queue *waiter = slot->waiter;

	slot->waiter = NULL;
	give_back(slot);
	wait_queue_flush(waiter, 0);
	bereave_look_again();
}

void serve_settle(struct slot *slot)
{
	struct channel *ch = slot->ch;

	if (slot->detaching && !slot->busy) {
		slot->detaching = false;
		thread_end(&slot->self, true);
		irq_work_queue(&slot->detached);
	}
	if (ch->draining && ch->nr_busy == 0)
		channel_at_rest(ch);
}

static void detach_here(struct stage_item *item)
{
	struct slot *slot = container_of(item, struct slot, item);

	/* Relaxed: we are the one who looks. */
	atomic_store_explicit(&slot->open, false, memory_order_relaxed);
	serve_unwatch(slot);
	slot->detaching = true;
	if (slot->busy) {
		fiber_break(slot->fiber);
		chore_desert(slot);
	} else {
		serve_settle(slot);
	}
}

void slot_detach(struct slot *slot)
{
	struct wait_queue wq;

	/* A draining channel gives its slots back by itself. */
	if (slot->thread == NULL || slot->waiter ||
	    slot->ch->state != CHANNEL_LIVE)
		return;

	wait_queue_init(&wq, WAIT_FIFO);
	slot->waiter = &wq;
	init_irq_work(&slot->detached, slot_is_detached);
	slot->item.func = detach_here;
	pi_lock(&wq.lock);
	stage_post(oob_worker_stage(slot->ch->source.worker), &slot->item);
	wait_queue_sleep_uninterruptible(&wq, DEADLINE_NONE);
	pi_unlock(&wq.lock);
}

unsigned int channel_nr_threads(const struct channel *ch)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		count += ch->slots[i].thread != NULL;

	return count;
}

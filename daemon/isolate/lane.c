/* SPDX-License-Identifier: MIT */
#include "isolate/lane.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "isolate/remote.h"
#include "stage/inband.h"
#include "stage/oob.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#define MAX_WORDS 256u /* heard at a time */

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

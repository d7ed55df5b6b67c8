/* SPDX-License-Identifier: MIT */
#include "server/chore.h"

#include "server/channel.h"
#include "server/serve.h"
#include "stage/wait.h"

#include <string.h>

/* Load once a word the client can write any time. */
#define read_shared(p) (*(const volatile __typeof__(*(p)) *)(p))

#define ALL_BOUNCES    ((1u << CHANNEL_BOUNCES) - 1)

void chore_init_channel(struct channel *ch)
{
	ch->free_bounces = ALL_BOUNCES;
	wait_queue_init(&ch->bounce_wq, WAIT_PRIO);
}

void chore_init_slot(struct slot *slot)
{
	slot->chore = 0;
	slot->deserted = false;
	wait_queue_init(&slot->chore_wq, WAIT_FIFO);
}

/* Which buffer; -1: the client deserted. */
static int take_bounce(struct slot *slot)
{
	struct channel *ch = slot->ch;
	int n = -1;

	pi_lock(&ch->bounce_wq.lock);
	while (ch->free_bounces == 0 && !slot->deserted)
		wait_queue_sleep_uninterruptible(&ch->bounce_wq, DEADLINE_NONE);
	if (!slot->deserted) {
		n = __builtin_ctz(ch->free_bounces);
		ch->free_bounces &= ~(1u << n);
	}
	pi_unlock(&ch->bounce_wq.lock);

	return n;
}

static void give_bounce(struct channel *ch, int n)
{
	pi_lock(&ch->bounce_wq.lock);
	ch->free_bounces |= 1u << n;
	/* All of them: the first may have been deserted. */
	wait_queue_wake_all_locked(&ch->bounce_wq);
	pi_unlock(&ch->bounce_wq.lock);
}

static void wake(struct slot *slot)
{
	pi_lock(&slot->chore_wq.lock);
	slot->chore = 0;
	wait_queue_wake_all_locked(&slot->chore_wq);
	pi_unlock(&slot->chore_wq.lock);
}

/* The handler's sleep may have been broken already: this one it must have. */
static void await(struct slot *slot)
{
	pi_lock(&slot->chore_wq.lock);
	while (slot->chore && !slot->deserted)
		wait_queue_sleep_uninterruptible(&slot->chore_wq,
						 DEADLINE_NONE);
	pi_unlock(&slot->chore_wq.lock);
}

/* Have the client's thread do it, and wait. Returns how much it moved. */
static size_t do_chore(struct slot *slot, enum channel_chore_op op,
		       unsigned int bounce, unsigned long addr, size_t n)
{
	struct channel_slot *shared = slot->shared;
	uint32_t number = channel_chore(++slot->nr_chores), moved;

	shared->chore_op = op;
	shared->chore_addr = addr;
	shared->chore_len = (uint32_t)n;
	shared->chore_bounce = bounce;
	slot->chore = number;
	serve_tell(slot, number);
	await(slot);
	if (slot->deserted)
		return 0;

	moved = read_shared(&shared->chore_moved);

	return moved < n ? moved : n;
}

static size_t fetch(struct task_struct *task, void *to, unsigned long from,
		    size_t n)
{
	struct slot *slot = container_of(task, struct slot, task);
	struct channel *ch = slot->ch;
	int bounce = take_bounce(slot);

	if (bounce < 0)
		return 0;

	n = do_chore(slot, CHANNEL_FETCH, (unsigned int)bounce, from, n);
	memcpy(to, channel_bounce_at(ch->base, (unsigned int)bounce), n);
	give_bounce(ch, bounce);

	return n;
}

static size_t store(struct task_struct *task, unsigned long to,
		    const void *from, size_t n)
{
	struct slot *slot = container_of(task, struct slot, task);
	struct channel *ch = slot->ch;
	int bounce = take_bounce(slot);

	if (bounce < 0)
		return 0;

	memcpy(channel_bounce_at(ch->base, (unsigned int)bounce), from, n);
	n = do_chore(slot, CHANNEL_STORE, (unsigned int)bounce, to, n);
	give_bounce(ch, bounce);

	return n;
}

const struct user_reach chore_reach = {
	.most = CHANNEL_BOUNCE_SIZE,
	.fetch = fetch,
	.store = store,
};

void chore_look(struct slot *slot)
{
	if (slot->chore && channel_chore_done(slot->shared) == slot->chore)
		wake(slot);
}

bool chore_look_last(struct slot *slot)
{
	if (slot->chore == 0 || channel_chore_last(slot->shared) != slot->chore)
		return false;

	wake(slot);

	return true;
}

void chore_desert(struct slot *slot)
{
	struct channel *ch = slot->ch;

	slot->deserted = true;
	wake(slot);
	wait_queue_flush(&ch->bounce_wq, 0);
}

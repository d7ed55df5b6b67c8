/* SPDX-License-Identifier: MIT */
#include "server/bereave.h"

#include "core/file.h"
#include "core/thread-element.h"
#include "server/channel.h"
#include "server/client.h"
#include "server/errand.h"
#include "stage/wait.h"
#include "vfs/file.h"
#include "vfs/hooks.h"

static struct wait_queue buried;

static bool is_inside(struct slot *slot, const struct open_file *of)
{
	/* Relaxed: a request that begins now was posted by a live thread. */
	return slot->thread &&
	       atomic_load_explicit(&slot->busy_file, memory_order_relaxed) ==
		       of->id &&
	       thread_is_dying(slot->thread);
}

/* The first who is inside @of and dying. */
static struct slot *find_dying(const struct open_file *of)
{
	struct client *client;
	struct channel *ch;

	for (client = client_next(NULL); client; client = client_next(client))
		list_for_each_entry(ch, &client->channels, link)
			for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
				if (is_inside(&ch->slots[i], of))
					return &ch->slots[i];

	return NULL;
}

/* On the release's fiber. */
static void let_dying_leave(struct open_file *of)
{
	struct slot *slot;

	errand_end_in(of);
	while (oob_file_users(of) && (slot = find_dying(of))) {
		if (slot->ch->state == CHANNEL_LIVE && slot->waiter == NULL) {
			slot_detach(slot);
			continue;
		}
		/* Somebody has begun to. */
		pi_lock(&buried.lock);
		wait_queue_sleep_uninterruptible(&buried, DEADLINE_NONE);
		pi_unlock(&buried.lock);
	}
}

void bereave_look_again(void)
{
	wait_queue_flush(&buried, 0);
}

void bereave_init(void)
{
	wait_queue_init(&buried, WAIT_FIFO);
	vfs_set_release_hook(let_dying_leave);
}

/* SPDX-License-Identifier: MIT */
#include "server/bereave.h"

#include "core/file.h"
#include "core/thread.h"
#include "server/channel.h"
#include "server/client.h"
#include "stage/wait.h"
#include "vfs/file.h"
#include "vfs/hooks.h"

#include <stdio.h>
#include <string.h>

#define PF_EXITING 0x4 /* of the kernel's, in /proc/PID/stat */

static struct wait_queue buried;

/* Is it gone, or on its way? */
static bool is_dying(const struct evl_thread *thread)
{
	char path[64], line[512] = "", *text;
	unsigned int flags;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", thread->pid,
		 thread->tid);
	stat = fopen(path, "re");
	if (stat == NULL)
		return true;
	text = fgets(line, sizeof(line), stat);
	fclose(stat);

	/* Behind the name, which may have anything in it: state, four
	 * numbers, terminal's group, flags. */
	text = text ? strrchr(line, ')') : NULL;
	if (text == NULL ||
	    sscanf(text, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return false;

	return flags & PF_EXITING;
}

static bool is_inside(struct slot *slot, const struct open_file *of)
{
	/* Relaxed: a request that begins now was posted by a live thread. */
	return slot->thread &&
	       atomic_load_explicit(&slot->busy_file, memory_order_relaxed) ==
		       of->id &&
	       is_dying(slot->thread);
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

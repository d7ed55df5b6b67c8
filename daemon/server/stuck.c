/* SPDX-License-Identifier: MIT */
#include "server/stuck.h"

#include "base/log.h"
#include "server/channel.h"
#include "server/client.h"
#include "stage/oob.h"
#include "vfs/file.h"
#include "vfs/node.h"

static const char *op_name(uint32_t op)
{
	static const char *const names[] = {
		[CHANNEL_READ] = "oob_read",
		[CHANNEL_WRITE] = "oob_write",
		[CHANNEL_IOCTL] = "oob_ioctl",
	};

	return op >= CHANNEL_READ && op <= CHANNEL_IOCTL ? names[op] : "?";
}

/* False: @slot is inside of no driver. */
static bool report_slot(const struct slot *slot)
{
	const struct client *client = slot->ch->client;
	const struct open_file *of;

	/* Relaxed: the file is held as long as it is inside. */
	of = open_file_find(
		atomic_load_explicit(&slot->busy_file, memory_order_relaxed));
	if (of == NULL)
		return false;

	log_warn("%s: %s handler of driver %s, for pid %d (%s), does not end: "
		 "left behind",
		 of->node->path,
		 op_name(atomic_load_explicit(&slot->busy_op,
					      memory_order_relaxed)),
		 of->node->driver ? of->node->driver : "?", client->pid,
		 client->comm);

	return true;
}

/*
 * Who runs keeps the others on that worker from ending, through no fault of
 * theirs; where nobody does each sleeps on its own account.
 */
static bool is_to_blame(const struct slot *slot)
{
	struct oob_worker *worker = slot->ch->source.worker;
	const struct fiber *running =
		stage_running_now(oob_worker_stage(worker));

	return slot->fiber && (running == NULL || running == slot->fiber);
}

static unsigned int report_client(const struct client *client)
{
	struct channel *ch;
	unsigned int count = 0;

	list_for_each_entry(ch, &client->channels, link)
		for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
			if (is_to_blame(&ch->slots[i]))
				count += report_slot(&ch->slots[i]);

	return count;
}

void stuck_report(void)
{
	struct client *client;
	unsigned int count = 0;

	for (client = client_next(NULL); client; client = client_next(client))
		count += report_client(client);
	if (count)
		return;

	for (client = client_next(NULL); client; client = client_next(client))
		log_warn("pid %d (%s): what was done for it does not end: left "
			 "behind",
			 client->pid, client->comm);
}

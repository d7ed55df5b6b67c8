/* SPDX-License-Identifier: MIT */
/*
 * The driver's nodes, which the daemon shows. To the vfs in here we are where they
 * are shown.
 */
#include "base/log.h"
#include "isolate/host.h"
#include "stage/stage.h"
#include "vfs/misc.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Those of the core's own, which are not shown, come first. */
static uint64_t last_own;

/* Who waits for an answer, on its stack. */
struct asked {
	uint64_t id;
	bool answered;
	int result;
	struct wait_queue wq;
	struct list_head link;
};

static LIST_HEAD(all_asked);

struct node *host_node(uint64_t id)
{
	struct node *node = node_after(id - 1);

	return node && node->serial == id && id > last_own ? node : NULL;
}

void host_node_added(const struct isolate_message *msg)
{
	struct asked *asked;

	list_for_each_entry(asked, &all_asked, link) {
		if (asked->id != msg->node || asked->answered)
			continue;
		asked->answered = true;
		asked->result = msg->result;
		wait_queue_flush(&asked->wq, 0);
		return;
	}
}

static int await(struct asked *asked)
{
	pi_lock(&asked->wq.lock);
	while (!asked->answered)
		wait_queue_sleep_uninterruptible(&asked->wq, DEADLINE_NONE);
	pi_unlock(&asked->wq.lock);

	return asked->result;
}

static int add(struct node *node)
{
	struct isolate_message msg = {
		.type = ISOLATE_NODE_ADD,
		.node = node->serial,
		.ops = host_file_ops(misc_node_fops(node)),
		.mode = node->mode,
		.uid = node->uid,
		.gid = node->gid,
		.rdev = node->inode.i_rdev,
	};
	struct asked asked = { .id = node->serial };
	int ret;

	if (node->serial <= last_own)
		return 0;
	/* On no fiber nobody can wait. */
	if (fiber_current() == NULL)
		return -EAGAIN;

	wait_queue_init(&asked.wq, WAIT_FIFO);
	list_add_tail(&asked.link, &all_asked);
	snprintf(msg.text, sizeof(msg.text), "%s", node->path);
	host_send(&msg);
	ret = await(&asked);
	list_del(&asked.link);

	return ret;
}

static void hide(struct node *node)
{
	const struct isolate_message msg = {
		.type = ISOLATE_NODE_REMOVE,
		.node = node->serial,
	};

	if (node->serial > last_own)
		host_send(&msg);
}

/* Files are the daemon's to move, and elements of a driver's own are such. */
static int move_file(void *front_data, struct node *node)
{
	static bool told;

	if (!told)
		log_err("driver %s: makes elements, which one with a process of "
			"its own cannot: load it without isolate",
			host_name);
	told = true;

	return -EOPNOTSUPP;
}

static void drain(void)
{
}

static const struct node_host node_host = {
	.add = add,
	.remove = hide,
	.move_file = move_file,
	.drain = drain,
};

void host_nodes_start(void)
{
	const struct node *node = NULL;

	for (node = node_after(0); node; node = node_after(node->serial))
		last_own = node->serial;
	node_set_host(&node_host);
}

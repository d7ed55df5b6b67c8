/* SPDX-License-Identifier: MIT */
/*
 * The driver's nodes, which the daemon shows. To the vfs in here we are where they
 * are shown.
 */
#include "base/log.h"
#include "isolate/host.h"
#include "vfs/misc.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Those of the core's own, which are not shown, come first. */
static uint64_t last_own;

struct node *host_node(uint64_t id)
{
	struct node *node = node_after(id - 1);

	return node && node->serial == id && id > last_own ? node : NULL;
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

	if (node->serial <= last_own)
		return 0;
	snprintf(msg.text, sizeof(msg.text), "%s", node->path);

	return host_ask(&msg, ISOLATE_NODE_ADDED, NULL, 0);
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

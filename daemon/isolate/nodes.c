/* SPDX-License-Identifier: MIT */
#include "isolate/nodes.h"

#include "base/packet.h"
#include "isolate/order.h"
#include "isolate/process.h"
#include "isolate/proxy.h"
#include "isolate/remote.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Lives as long as its node does. */
struct shown {
	struct remote_node rn;
	struct node node;
	struct list_head link; /* remote->nodes, while it is shown */
};

static void destroy(struct node *node)
{
	struct shown *shown = container_of(node, struct shown, node);

	remote_put(shown->rn.remote);
	free(shown);
}

static struct shown *find(struct remote *remote, uint64_t id)
{
	struct shown *shown;

	list_for_each_entry(shown, &remote->nodes, link)
		if (shown->rn.id == id)
			return shown;

	return NULL;
}

static void hide(struct shown *shown)
{
	list_del(&shown->link);
	shown->rn.remote->nr_nodes--;
	node_remove(&shown->node);
	node_put(&shown->node);
}

static int fill(struct shown *shown, struct remote *remote,
		const struct isolate_message *msg)
{
	const struct file_operations *fops = proxy_fops(msg->ops);
	struct module *mod = &remote->stand_in->mod;
	int ret;

	if (fops == NULL)
		return -ENOMEM;
	ret = node_init(&shown->node, msg->text, fops, module_name(mod));
	if (ret)
		return ret;

	shown->rn.remote = remote;
	shown->rn.id = msg->node;
	shown->node.owner = mod;
	shown->node.mode = msg->mode & 0777;
	shown->node.uid = msg->uid;
	shown->node.gid = msg->gid;
	shown->node.inode.i_rdev = (__kernel_dev_t)msg->rdev;
	shown->node.inode.i_private = &shown->rn;
	shown->node.destroy = destroy;
	remote_get(remote);

	return 0;
}

static int show(struct remote *remote, const struct isolate_message *msg)
{
	struct shown *shown;
	int ret;

	if (remote_is_dead(remote))
		return -ENODEV;
	if (remote->nr_nodes >= ISOLATE_NODES)
		return -ENOSPC;
	shown = calloc(1, sizeof(*shown));
	if (shown == NULL)
		return -ENOMEM;
	ret = fill(shown, remote, msg);
	if (ret) {
		free(shown);
		return ret;
	}

	/* Listed first: it may die while that sleeps. */
	list_add_tail(&shown->link, &remote->nodes);
	remote->nr_nodes++;
	node_get(&shown->node);
	ret = node_add(&shown->node);
	if (ret && find(remote, msg->node) == shown)
		hide(shown);
	node_put(&shown->node);

	return ret;
}

static void show_and_answer(struct remote *remote,
			    const struct isolate_message *msg)
{
	const struct isolate_message answer = {
		.type = ISOLATE_NODE_ADDED,
		.node = msg->node,
		.result = show(remote, msg),
	};

	if (!remote_is_dead(remote) &&
	    packet_send(remote->sock, &answer, sizeof(answer), NULL, 0,
			MSG_DONTWAIT))
		remote_distrust(remote, "it does not listen");
}

bool nodes_add(struct remote *remote, const struct isolate_message *msg)
{
	/* Showing it may take a while. */
	return find(remote, msg->node) == NULL &&
	       order_run(remote, msg, show_and_answer);
}

void nodes_remove(struct remote *remote, uint64_t id)
{
	struct shown *shown = find(remote, id);

	if (shown)
		hide(shown);
}

void nodes_remove_all(struct remote *remote)
{
	while (!list_empty(&remote->nodes))
		hide(list_first_entry(&remote->nodes, struct shown, link));
}

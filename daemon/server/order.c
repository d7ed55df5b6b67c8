/* SPDX-License-Identifier: MIT */
#include "server/order.h"

#include "base/log.h"
#include "server/client.h"
#include "vfs/complaint.h"
#include "vfs/module.h"
#include "wire/control.h"
#include "wire/driver-find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *dirs = "";

void order_set_dirs(const char *new_dirs)
{
	dirs = new_dirs;
}

static void tell(struct control_driver_message *msg, const char *text)
{
	memset(&msg->u, 0, sizeof(msg->u));
	snprintf(msg->u.answer.text, sizeof(msg->u.answer.text), "%s", text);
}

static int refuse(struct control_driver_message *msg, int ret, const char *text)
{
	tell(msg, text);

	return ret;
}

static bool may_order(const struct client *client)
{
	if (client->uid == 0 || client->uid == geteuid())
		return true;

	log_info("pid %d (%s) of user %u may not load nor unload drivers",
		 client->pid, client->comm, client->uid);

	return false;
}

/* Each with its 0, and zeroes behind. False: no such thing. */
static bool split_params(struct control_driver_order *order, char **params)
{
	size_t at = 0, len;

	for (uint32_t i = 0; i < order->nr_params; i++) {
		params[i] = order->params + at;
		len = strnlen(params[i], sizeof(order->params) - at);
		at += len + 1;
		if (len == 0 || at > sizeof(order->params))
			return false;
	}
	for (; at < sizeof(order->params); at++)
		if (order->params[at])
			return false;

	return true;
}

static bool is_sane(const struct control_driver_order *order)
{
	return order->name[0] && order->reserved == 0 &&
	       memchr(order->name, '\0', sizeof(order->name)) &&
	       order->nr_params <= CONTROL_DRIVER_PARAMS;
}

/* The file, yours; NULL: there is none. */
static char *find_file(const char *name)
{
	char *path;

	if (name[0] == '/')
		return strdup(name);

	path = malloc(PATH_MAX);
	if (path && !driver_is_path(name) && driver_find(dirs, name, path))
		return path;
	free(path);

	return NULL;
}

static int load(struct control_driver_order *order, char **params)
{
	char *path = find_file(order->name);
	int ret;

	complaint_clear();
	if (path == NULL) {
		complain(
			"driver %s: there is none of that name in %s: give its "
			"path",
			order->name, dirs);
		return -ENOENT;
	}

	ret = module_load(path, params, order->nr_params);
	free(path);

	return ret;
}

int order_load(const struct client *client, struct control_driver_message *msg)
{
	struct control_driver_order *order = &msg->u.order;
	char *params[CONTROL_DRIVER_PARAMS];
	int ret;

	if (!may_order(client))
		return refuse(msg, -EPERM, "");
	if (!is_sane(order) || !split_params(order, params))
		return refuse(msg, -EINVAL, "not understood");

	ret = load(order, params);
	/* A driver may fail with any number. */
	if (ret < -4095)
		ret = -EINVAL;
	tell(msg, ret ? complaint() : "");

	return ret;
}

int order_unload(const struct client *client,
		 struct control_driver_message *msg)
{
	struct control_driver_order *order = &msg->u.order;
	char *none;
	int ret;

	if (!may_order(client))
		return refuse(msg, -EPERM, "");
	if (!is_sane(order) || order->nr_params || !split_params(order, &none))
		return refuse(msg, -EINVAL, "not understood");

	ret = module_unload(order->name);
	tell(msg, ret ? complaint() : "");

	return ret;
}

/* SPDX-License-Identifier: MIT */
#include "isolate/order.h"

#include "stage/inband.h"

#include <stdlib.h>

#define MAX_ORDERS 64 /* the host waits for each of its fibers' */

struct order {
	struct remote *remote; /* one reference */
	void (*func)(struct remote *remote, const struct isolate_message *msg);
	struct isolate_message msg;
};

static void order_free(struct order *order)
{
	order->remote->nr_orders--;
	remote_put(order->remote);
	free(order);
}

static void run(void *arg)
{
	struct order *order = arg;

	order->func(order->remote, &order->msg);
	order_free(order);
}

bool order_run(struct remote *remote, const struct isolate_message *msg,
	       void (*func)(struct remote *remote,
			    const struct isolate_message *msg))
{
	struct order *order;

	if (remote->nr_orders == MAX_ORDERS)
		return false;
	order = malloc(sizeof(*order));
	if (order == NULL)
		return false;

	order->remote = remote;
	order->func = func;
	order->msg = *msg;
	remote_get(remote);
	remote->nr_orders++;
	if (inband_spawn(run, order, NULL) == 0)
		return true;
	order_free(order);

	return false;
}

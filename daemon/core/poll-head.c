/* SPDX-License-Identifier: MIT */
#include "core/poll-head.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/spinlock.h"
#include "stage/call.h"
#include "stage/clock.h"
#include "vfs/module.h"

#include <errno.h>

/* What everybody must know, however many have been told. */
#define FOR_ALL (POLLERR | POLLHUP | POLLNVAL)

static bool tell_all;

void poll_tell_all(bool all)
{
	tell_all = all;
}

void poll_waiter_init(struct poll_waiter *waiter)
{
	wait_queue_init(&waiter->wq, WAIT_FIFO);
	waiter->signaled = false;
	waiter->status = 0;
}

void poll_waiter_signal(struct poll_waiter *waiter, int status)
{
	pi_lock(&waiter->wq.lock);
	waiter->signaled = true;
	if (status)
		waiter->status = status;
	wait_queue_flush_locked(&waiter->wq, 0);
	pi_unlock(&waiter->wq.lock);
}

int poll_waiter_sleep(struct poll_waiter *waiter, uint64_t deadline)
{
	int ret = 0;

	pi_lock(&waiter->wq.lock);
	while (!waiter->signaled && ret == 0)
		ret = wait_queue_sleep(&waiter->wq, deadline);
	if (ret == 0)
		ret = waiter->status;
	pi_unlock(&waiter->wq.lock);

	return ret;
}

int poll_waiter_restart(struct poll_waiter *waiter)
{
	int ret;

	pi_lock(&waiter->wq.lock);
	ret = waiter->status;
	waiter->signaled = ret != 0;
	pi_unlock(&waiter->wq.lock);

	return ret;
}

EXPORT void evl_init_poll_head(struct evl_poll_head *head)
{
	*head = (struct evl_poll_head)EVL_POLLHEAD_INITIALIZER(*head);
}

/* The driver at @caller made a mistake: tell, once a second. */
static void complain(const char *what, const void *caller)
{
	static uint64_t last_told; /* relaxed: a line more or less is no harm */
	uint64_t now = clock_ns();

	if (now - __atomic_load_n(&last_told, __ATOMIC_RELAXED) < NS_PER_SEC)
		return;

	__atomic_store_n(&last_told, now, __ATOMIC_RELAXED);
	log_err("driver %s: its oob_poll handler %s, which was ignored",
		module_name_at(caller), what);
}

static void connect(struct poll_connector *conn)
{
	struct evl_poll_head *head = conn->head;

	spinlock_take(&head->lock);
	if (head->watchers.next == NULL)
		INIT_LIST_HEAD(&head->watchers);
	list_add(&conn->link, &head->watchers);
	spinlock_drop(&head->lock);

	/*
	 * We count ourselves, then the driver looks at its state; who signals
	 * has changed the state, then looks at the count. Both do so by
	 * changing the count, acquire and release: whoever comes second sees
	 * what the first did.
	 */
	__atomic_fetch_add(&head->nr_watchers, 1, __ATOMIC_ACQ_REL);
}

EXPORT void evl_poll_watch(struct evl_poll_head *head,
			   struct oob_poll_wait *wait,
			   void (*unwatch)(struct evl_poll_head *head))
{
	const void *caller = __builtin_return_address(0);
	struct poll_connector *conn;

	for (unsigned int i = 0; i < wait->nr_connectors; i++) {
		if (wait->connectors[i].head == head) {
			complain("named a poll head twice", caller);
			return;
		}
	}
	if (wait->nr_connectors == EVL_POLL_NR_CONNECTORS) {
		complain("named a fifth poll head", caller);
		return;
	}

	conn = &wait->connectors[wait->nr_connectors++];
	*conn = (struct poll_connector){
		.head = head,
		.unwatch = unwatch,
		.wait = wait,
	};
	connect(conn);
}

/* Returns what is left of @events for others: who has been told something and
 * did not come to run yet need not be told again. Locked. */
static unsigned int offer(struct poll_connector *conn, unsigned int events)
{
	unsigned int taken = events & conn->wait->wanted & ~conn->events;

	if (taken == 0)
		return events;
	/* It passes all of it on, each time. */
	if (conn->wait->told) {
		conn->wait->told(conn->wait, taken);
		return events & ~(taken & ~(unsigned int)FOR_ALL);
	}

	conn->events |= taken;
	poll_waiter_signal(conn->wait->waiter, 0);

	return tell_all ? events : events & ~(taken & ~(unsigned int)FOR_ALL);
}

EXPORT void evl_signal_poll_events(struct evl_poll_head *head, int events)
{
	unsigned int left = (unsigned int)events;
	struct poll_connector *conn;

	/* Adds nothing: for its order, see connect(). */
	if (__atomic_fetch_add(&head->nr_watchers, 0, __ATOMIC_ACQ_REL) == 0)
		return;

	spinlock_take(&head->lock);
	if (!list_empty(&head->watchers)) {
		list_for_each_entry(conn, &head->watchers, link) {
			left = offer(conn, left);
			if (left == 0)
				break;
		}
	}
	spinlock_drop(&head->lock);
}

void poll_wait_begin(struct oob_poll_wait *wait, struct poll_waiter *waiter,
		     unsigned int events)
{
	wait->waiter = waiter;
	wait->told = NULL;
	wait->wanted = events;
	wait->nr_connectors = 0;
}

void poll_wait_begin_told(struct oob_poll_wait *wait,
			  void (*told)(struct oob_poll_wait *wait,
				       unsigned int events))
{
	poll_wait_begin(wait, NULL, ~0u);
	wait->told = told;
}

static void call_unwatch(const struct poll_connector *conn)
{
	struct stage_call call = {
		.what = "unwatch function",
		.func = (const void *)conn->unwatch,
	};

	stage_call_begin(&call);
	conn->unwatch(conn->head);
	stage_call_end(&call);
}

static unsigned int disconnect(struct poll_connector *conn)
{
	struct evl_poll_head *head = conn->head;

	spinlock_take(&head->lock);
	list_del(&conn->link);
	if (conn->unwatch)
		call_unwatch(conn);
	spinlock_drop(&head->lock);

	/* Relaxed: at worst somebody looks for us in vain. */
	__atomic_fetch_sub(&head->nr_watchers, 1, __ATOMIC_RELAXED);

	return conn->events;
}

unsigned int poll_wait_end(struct oob_poll_wait *wait, bool keep)
{
	unsigned int all = 0, events;

	for (unsigned int i = 0; i < wait->nr_connectors; i++) {
		events = disconnect(&wait->connectors[i]);
		all |= events;
		if (!keep && events && !tell_all)
			evl_signal_poll_events(wait->connectors[i].head,
					       (int)(events & ~FOR_ALL));
	}
	wait->nr_connectors = 0;

	return all;
}

/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band polling, the driver's side. A poll head stands for what may
 * happen to a file; its oob_poll handler names the head, then tells what the
 * file is ready for. Whoever polls a set with this file in it goes to sleep if
 * nothing is ready, and is told by the driver, through the head, of what comes.
 *
 *	static __poll_t foo_oob_poll(struct file *filp,
 *				     struct oob_poll_wait *wait)
 *	{
 *		struct foo *foo = filp->private_data;
 *
 *		evl_poll_watch(&foo->poll_head, wait, NULL);
 *
 *		return foo_has_data(foo) ? POLLIN | POLLRDNORM : 0;
 *	}
 *
 * In that order: data which comes in between is signaled.
 *
 * The handler is called out-of-band with a reference on the file, once for each
 * wait. It must not sleep. A file whose driver has none is always ready to be
 * read and written.
 *
 * Most events are told to one of those who wait for them, the one who began
 * last; one who cannot use what it was told passes it on. POLLERR, POLLHUP and
 * POLLNVAL are told to all. Who is told may find that another one was quicker.
 */
#ifndef _EVL_POLL_H
#define _EVL_POLL_H

#include <evl/prelude.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <poll.h>

/* How many heads one call of a handler may name. */
#define EVL_POLL_NR_CONNECTORS 4

/* Zero-filled is a working head which nobody watches. */
struct evl_poll_head {
	/* The core's own: */
	hard_spinlock_t lock;
	unsigned int nr_watchers;
	struct list_head watchers; /* the last to come first */
};

/* One poll operation: what the handler gets, and passes on. */
struct oob_poll_wait;

/* clang-format off */
#define EVL_POLLHEAD_INITIALIZER(name) \
	{ .watchers = LIST_HEAD_INIT((name).watchers) }
/* clang-format on */
#define DEFINE_EVL_POLLHEAD(name) \
	struct evl_poll_head name = EVL_POLLHEAD_INITIALIZER(name)

/**
 * evl_init_poll_head() - prepare a poll head
 * @head:	the head; nobody may watch it
 *
 * It must live until evl_release_file() has returned for every file whose
 * handler names it.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_poll_head(struct evl_poll_head *head);

/**
 * evl_poll_watch() - name a head which is signaled when the file gets ready
 * @head:	the head
 * @wait:	the second argument of the handler
 * @unwatch:	called once when this poll operation ends, with @head locked:
 *		it must neither block nor signal @head; NULL for none
 *
 * Does not wait. A fifth head, and one that was named already, are left out
 * and told in the log.
 *
 * Stage:  out-of-band, from an oob_poll handler.
 * Blocks: no.
 */
void evl_poll_watch(struct evl_poll_head *head, struct oob_poll_wait *wait,
		    void (*unwatch)(struct evl_poll_head *head));

/**
 * evl_signal_poll_events() - tell who watches what has come
 * @head:	the head
 * @events:	POLLIN | POLLRDNORM and the like
 *
 * Call it after the change, which a handler then finds. Costs no lock while
 * nobody watches.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_signal_poll_events(struct evl_poll_head *head, int events);

/*
 * The same in the words of newer kernels, which leave open whose core it is.
 */

struct oob_poll_queue {
	struct evl_poll_head head; /* the core's own */
};

/* evl_init_poll_head(). Any stage, does not block. */
static inline void init_oob_poll_queue(struct oob_poll_queue *queue)
{
	evl_init_poll_head(&queue->head);
}

/* evl_poll_watch(). From an oob_poll handler, does not block. */
static inline void poll_wait_oob(struct oob_poll_queue *queue,
				 struct oob_poll_wait *wait)
{
	evl_poll_watch(&queue->head, wait, NULL);
}

/* evl_signal_poll_events(). Any stage, does not block. */
static inline void poll_signal_oob(struct oob_poll_queue *queue, int events)
{
	evl_signal_poll_events(&queue->head, events);
}

#endif /* _EVL_POLL_H */

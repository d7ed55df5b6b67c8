/* SPDX-License-Identifier: MIT */
#include "core/watchpoint.h"

#include "base/error.h"
#include "core/file.h"
#include "core/pool.h"
#include "stage/stage.h"
#include "vfs/files.h"

#include <assert.h>
#include <errno.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <sys/random.h>

#define NR_BUCKETS 1024u /* 2^10 */

/* A file without a handler is always ready. */
#define DEFAULT_EVENTS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
/* Reported whether asked for or not. */
#define ALWAYS_WANTED (POLLERR | POLLHUP | POLLNVAL)

static struct bucket {
	struct pi_mutex lock;
	struct list_head watchpoints;
} buckets[NR_BUCKETS];

/* Odd, of one's own choice: clients cannot aim at one bucket. */
static uint64_t multiplier = 1;

static struct pool pool;

static_assert(offsetof(struct watchpoint, link) ==
		      offsetof(struct pool_block, link),
	      "the pool keeps it by its link");

int watchpoint_init(unsigned int max)
{
	if (getrandom(&multiplier, sizeof(multiplier), 0) < 0)
		return err_origin(-errno);
	multiplier |= 1;

	return pool_init(&pool, sizeof(struct watchpoint), max);
}

void watchpoint_exit(void)
{
	pool_deinit(&pool);
}

int watchpoints_take(unsigned int count, struct list_head *list)
{
	return pool_take(&pool, current->uid, count, list);
}

void watchpoints_give(unsigned int count, struct list_head *list)
{
	pool_give(&pool, current->uid, count, list);
}

static struct bucket *bucket_of(uint64_t key)
{
	return &buckets[key * multiplier >> 54];
}

void watchpoint_prepare(struct watchpoint *wpt, unsigned int fd,
			unsigned int events, union evl_value pollval)
{
	wpt->fd = fd;
	wpt->pollval = pollval;
	wpt->filp = NULL;
	wpt->dropped = false;
	wpt->ready = 0;
	poll_wait_begin(&wpt->wait, NULL, events | ALWAYS_WANTED);
}

void watchpoint_renew(struct watchpoint *wpt)
{
	watchpoint_prepare(wpt, wpt->fd, wpt->wait.wanted, wpt->pollval);
}

static void list_by_key(struct watchpoint *wpt)
{
	struct bucket *bucket = bucket_of(wpt->key);

	pi_lock(&bucket->lock);
	if (bucket->watchpoints.next == NULL)
		INIT_LIST_HEAD(&bucket->watchpoints);
	list_add(&wpt->fd_link, &bucket->watchpoints);
	pi_unlock(&bucket->lock);
}

/* True: the descriptor went meanwhile. */
static bool unlist(struct watchpoint *wpt)
{
	struct bucket *bucket = bucket_of(wpt->key);
	bool dropped;

	pi_lock(&bucket->lock);
	list_del(&wpt->fd_link);
	dropped = wpt->dropped;
	pi_unlock(&bucket->lock);

	return dropped;
}

int watchpoint_attach(struct watchpoint *wpt, struct files_struct *files,
		      struct poll_waiter *waiter)
{
	if (files == NULL || wpt->fd >= FILES_FD_LIMIT)
		return -EBADF;

	/* In this order: if the descriptor goes before we look it up we find
	 * nothing, if it goes afterwards watchpoints_drop() finds us. */
	wpt->key = files_key(files, wpt->fd);
	wpt->wait.waiter = waiter;
	list_by_key(wpt);
	wpt->filp = oob_file_get(files, wpt->fd);
	if (wpt->filp)
		return 0;

	unlist(wpt);

	return -EBADF;
}

/* While its handler runs it is that driver's code, not ours. */
static unsigned int ask_driver(struct file *filp, struct oob_poll_wait *wait)
{
	struct task_struct *task = fiber_current()->task;
	unsigned int events;

	if (task)
		task->polled = filp;
	events = filp->f_op->oob_poll(filp, wait);
	if (task)
		task->polled = NULL;

	return events;
}

unsigned int watchpoint_poll(struct watchpoint *wpt)
{
	struct file *filp = wpt->filp;
	unsigned int events = DEFAULT_EVENTS;

	if (filp->f_op->oob_poll)
		events = ask_driver(filp, &wpt->wait);
	wpt->ready = events & wpt->wait.wanted;

	return wpt->ready;
}

unsigned int watchpoint_detach(struct watchpoint *wpt, bool keep)
{
	unsigned int events;
	bool dropped;

	if (wpt->filp == NULL)
		return 0;

	dropped = unlist(wpt);
	events = wpt->ready | poll_wait_end(&wpt->wait, keep && !dropped);
	/* The heads were there as long as this. */
	oob_file_put(wpt->filp);
	wpt->filp = NULL;

	return dropped ? POLLNVAL : events;
}

void watchpoints_drop(struct files_struct *files, unsigned int fd)
{
	uint64_t key = files_key(files, fd);
	struct bucket *bucket = bucket_of(key);
	struct watchpoint *wpt;

	pi_lock(&bucket->lock);
	if (!list_empty(&bucket->watchpoints)) {
		list_for_each_entry(wpt, &bucket->watchpoints, fd_link) {
			if (wpt->key != key || wpt->dropped)
				continue;
			wpt->dropped = true;
			poll_waiter_signal(wpt->wait.waiter, 0);
		}
	}
	pi_unlock(&bucket->lock);
}

/* SPDX-License-Identifier: MIT */
#include "vfs/file.h"

#include "base/error.h"
#include "base/map.h"
#include "kapi/export.h"
#include "kapi/poll.h"
#include "kapi/tally.h"
#include "stage/stage.h"

#include <errno.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <stdlib.h>

static LIST_HEAD(open_files); /* by id */
static struct map files_by_id;
static uint64_t last_id;
static const struct poll_host *poll_host;

void open_file_set_poll_host(const struct poll_host *host)
{
	poll_host = host;
}

/* One wait queue the driver's poll handler named. */
struct poll_watch {
	struct poll_entry entry;
	struct open_file *of;
	struct list_head link; /* of->poll_entries */
};

struct poll_collector {
	struct poll_table_struct table;
	struct open_file *of;
};

/* Under the lock of the driver's wait queue, on any thread. */
static void on_event(struct poll_entry *entry)
{
	struct poll_watch *watch =
		container_of(entry, struct poll_watch, entry);

	irq_work_queue(&watch->of->poll_work);
}

static void watch_queue(struct poll_table_struct *table, wait_queue_head_t *wq)
{
	struct poll_collector *collector =
		container_of(table, struct poll_collector, table);
	struct poll_watch *watch;

	watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return; /* the caller polls again after its time-out */

	watch->of = collector->of;
	watch->entry.func = on_event;
	list_add(&watch->link, &watch->of->poll_entries);
	poll_entry_add(&watch->entry, wq);
}

static void notify_poller(struct irq_work *work)
{
	struct open_file *of = container_of(work, struct open_file, poll_work);
	void *handle = of->poll_handle;

	of->poll_handle = NULL;
	if (handle)
		poll_host->notify(of, handle);
}

static void drop_watches(struct open_file *of)
{
	struct poll_watch *watch, *tmp;

	list_for_each_entry_safe(watch, tmp, &of->poll_entries, link) {
		poll_entry_remove(&watch->entry);
		free(watch);
	}
	INIT_LIST_HEAD(&of->poll_entries);
}

static void set_poll_handle(struct open_file *of, void *handle)
{
	if (of->poll_handle)
		poll_host->drop(of->poll_handle);
	of->poll_handle = handle;
}

__poll_t open_file_poll(struct open_file *of, void *handle)
{
	struct poll_collector collector = {
		.table.queue = watch_queue,
		.of = of,
	};

	if (handle)
		set_poll_handle(of, handle);
	if (of->filp.f_op->poll == NULL)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	/* Watching starts before the driver looks: no event falls between. */
	drop_watches(of);

	return of->filp.f_op->poll(&of->filp, &collector.table);
}

void open_file_unwatch(struct open_file *of)
{
	drop_watches(of);
	set_poll_handle(of, NULL);
}

fmode_t open_file_mode(unsigned int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return FMODE_READ;
	case O_WRONLY:
		return FMODE_WRITE;
	default:
		return FMODE_READ | FMODE_WRITE;
	}
}

int open_file_new(struct node *node, struct module *owner,
		  struct open_file **r_of)
{
	struct open_file *of;

	if (!try_module_get(owner))
		return -ENXIO;
	of = calloc(1, sizeof(*of));
	if (of == NULL || map_set(&files_by_id, last_id + 1, of)) {
		free(of);
		module_put(owner);
		return -ENOMEM;
	}

	of->id = ++last_id;
	of->owner = owner;
	of->node = node;
	node_get(node);
	node->nr_open++;
	of->tally = tally_of(node->driver);
	of->filp.f_op = node->fops;
	of->filp.f_inode = &node->inode;
	wait_queue_init(&of->leave, WAIT_FIFO);
	wait_queue_init(&of->released, WAIT_FIFO);
	INIT_LIST_HEAD(&of->bindings);
	INIT_LIST_HEAD(&of->mappings);
	INIT_LIST_HEAD(&of->poll_entries);
	init_irq_work(&of->poll_work, notify_poller);
	list_add_tail(&of->link, &open_files);
	*r_of = of;

	return 0;
}

void open_file_free(struct open_file *of)
{
	list_del(&of->link);
	map_remove(&files_by_id, of->id);
	/* Nobody finds it any more; those who wait for this leave first. */
	wait_queue_flush(&of->released, 0);
	while (of->nr_waiters)
		fiber_yield();
	irq_work_sync(&of->poll_work);

	of->node->nr_open--;
	node_put(of->node);
	module_put(of->owner);
	free(of);
}

int open_file_become(struct open_file *of, struct node *node)
{
	/* Once RELEASE came the front may have forgotten it. */
	return of->releasing ? 0 : node_move_file(of->front_data, node);
}

void open_file_enter(struct open_file *of)
{
	of->nr_handlers++;
}

void open_file_leave(struct open_file *of)
{
	if (--of->nr_handlers == 0 && of->releasing)
		wait_queue_flush(&of->leave, 0);
}

void open_file_await_empty(struct open_file *of)
{
	pi_lock(&of->leave.lock);
	while (of->nr_handlers)
		wait_queue_sleep_uninterruptible(&of->leave, DEADLINE_NONE);
	pi_unlock(&of->leave.lock);
}

struct open_file *open_file_find(uint64_t id)
{
	return map_find(&files_by_id, id);
}

struct open_file *open_file_next(const struct open_file *of)
{
	const struct list_head *next = of ? of->link.next : open_files.next;

	return next == &open_files ? NULL
				   : list_entry(next, struct open_file, link);
}

struct open_file *open_file_after(uint64_t id)
{
	struct open_file *of = open_file_find(id);

	if (of)
		return open_file_next(of);

	list_for_each_entry(of, &open_files, link)
		if (of->id > id)
			return of;

	return NULL;
}

unsigned int open_file_count(void)
{
	return files_by_id.count;
}

void open_file_wait_release(uint64_t id)
{
	struct open_file *of = open_file_find(id);

	if (of == NULL || !of->releasing)
		return;

	of->nr_waiters++;
	pi_lock(&of->released.lock);
	wait_queue_sleep_uninterruptible(&of->released, DEADLINE_NONE);
	pi_unlock(&of->released.lock);
	of->nr_waiters--;
}

EXPORT int stream_open(struct inode *inode, struct file *filp)
{
	filp->f_mode |= FMODE_STREAM;

	return 0;
}

EXPORT int nonseekable_open(struct inode *inode, struct file *filp)
{
	return 0;
}

EXPORT loff_t no_llseek(struct file *filp, loff_t offset, int whence)
{
	return -ESPIPE;
}

EXPORT loff_t noop_llseek(struct file *filp, loff_t offset, int whence)
{
	return filp->f_pos;
}

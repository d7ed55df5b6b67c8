/* SPDX-License-Identifier: MIT */
#include "core/poll-set.h"

#include "base/error.h"
#include "core/file.h"
#include "core/pool.h"
#include "core/watchpoint.h"

#include <assert.h>
#include <errno.h>
#include <evl/factory.h>
#include <linux/compat.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <stdlib.h>

/* Over all sets and waits. */
#define MAX_ITEMS	65536u
#define MAX_WATCHPOINTS 65536u

static struct pool item_pool;

static_assert(offsetof(struct poll_item, link) ==
		      offsetof(struct pool_block, link),
	      "the pool keeps it by its link");

/* On every architecture; an application may be of another one. */
static_assert(sizeof(struct evl_poll_ctlreq) == 24 &&
		      offsetof(struct evl_poll_ctlreq, pollval) == 16,
	      "ABI");
static_assert(sizeof(struct evl_poll_event) == 16, "ABI");
static_assert(sizeof(struct evl_poll_waitreq) == 24, "ABI");

static int compare_fds(const struct poll_item *a, const struct poll_item *b)
{
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(poll_tree, poll_item, entry, compare_fds)

/* Which sets are in which: one at a time looks and changes it. May be held
 * across sleeps. */
static struct wait_queue nesting_queue;
static bool nesting_busy; /* under its lock */

static int lock_nesting(void)
{
	int ret = 0;

	pi_lock(&nesting_queue.lock);
	while (nesting_busy && ret == 0)
		ret = wait_queue_sleep(&nesting_queue, DEADLINE_NONE);
	if (ret == 0)
		nesting_busy = true;
	pi_unlock(&nesting_queue.lock);

	return ret;
}

static void unlock_nesting(void)
{
	pi_lock(&nesting_queue.lock);
	nesting_busy = false;
	wait_queue_wake_locked(&nesting_queue, NULL, 0);
	pi_unlock(&nesting_queue.lock);
}

static struct poll_item *find_locked(struct poll_set *set, unsigned int fd)
{
	struct poll_item key = { .fd = fd };

	return RB_FIND(poll_tree, &set->by_fd, &key);
}

struct poll_item *poll_set_item_from(struct poll_set *set, unsigned int fd)
{
	struct poll_item key = { .fd = fd };

	return RB_NFIND(poll_tree, &set->by_fd, &key);
}

static int insert(struct poll_set *set, struct poll_item *item)
{
	int ret = 0;

	pi_lock(&set->lock);
	if (set->nr_items == EVL_POLL_MAX_FDS) {
		ret = -ENOMEM;
	} else if (RB_INSERT(poll_tree, &set->by_fd, item)) {
		ret = -EEXIST;
	} else {
		list_add(&item->link, &set->items);
		set->nr_items++;
	}
	pi_unlock(&set->lock);

	return ret;
}

/* Like insert(), of a set. */
static int insert_set(struct poll_set *set, struct poll_item *item,
		      struct poll_set *inner)
{
	int ret = lock_nesting();

	if (ret)
		return ret;

	ret = poll_set_check_nesting(set, inner);
	if (ret == 0)
		ret = insert(set, item);
	unlock_nesting();

	return ret;
}

/* Of no set any more, or not yet. */
static void give_item(struct poll_item *item)
{
	LIST_HEAD(list);

	list_add(&item->link, &list);
	pool_give(&item_pool, item->uid, 1, &list);
}

static int add_item(struct poll_set *set, const struct evl_poll_ctlreq *req,
		    struct file *filp)
{
	struct poll_set *inner = poll_set_behind(filp);
	struct poll_item *item;
	LIST_HEAD(list);
	int ret;

	ret = pool_take(&item_pool, current->uid, 1, &list);
	if (ret)
		return ret;

	item = list_first_entry(&list, struct poll_item, link);
	item->uid = current->uid;
	item->fd = req->fd;
	item->events = req->events;
	item->pollval = req->pollval;
	ret = inner ? insert_set(set, item, inner) : insert(set, item);
	if (ret)
		give_item(item);

	return ret;
}

static int add_fd(struct poll_set *set, const struct evl_poll_ctlreq *req)
{
	struct file *filp = oob_file_get(current->files, req->fd);
	int ret;

	if (filp == NULL)
		return -EBADF;

	ret = add_item(set, req, filp);
	oob_file_put(filp);

	return ret;
}

static int del_fd(struct poll_set *set, unsigned int fd)
{
	struct poll_item *item;

	pi_lock(&set->lock);
	item = find_locked(set, fd);
	if (item) {
		RB_REMOVE(poll_tree, &set->by_fd, item);
		list_del(&item->link);
		set->nr_items--;
	}
	pi_unlock(&set->lock);

	if (item == NULL)
		return -ENOENT;

	give_item(item);

	return 0;
}

static int mod_fd(struct poll_set *set, const struct evl_poll_ctlreq *req)
{
	struct poll_item *item;

	pi_lock(&set->lock);
	item = find_locked(set, req->fd);
	if (item) {
		item->events = req->events;
		item->pollval = req->pollval;
	}
	pi_unlock(&set->lock);

	return item ? 0 : -ENOENT;
}

static long control(struct poll_set *set,
		    const struct evl_poll_ctlreq __user *u_req)
{
	struct evl_poll_ctlreq req;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	if (req.reserved)
		return -EINVAL;

	switch (req.action) {
	case EVL_POLL_CTLADD:
		return add_fd(set, &req);
	case EVL_POLL_CTLDEL:
		return del_fd(set, req.fd);
	case EVL_POLL_CTLMOD:
		return mod_fd(set, &req);
	default:
		return -EINVAL;
	}
}

static bool nonblocking(const struct file *filp)
{
	/* Relaxed: pairs with vfs_set_file_flags(). */
	return __atomic_load_n(&filp->f_flags, __ATOMIC_RELAXED) & O_NONBLOCK;
}

static long poll_oob_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct poll_set *set = filp->private_data;

	switch (cmd) {
	case EVL_POLIOC_CTL:
		return control(set, (const struct evl_poll_ctlreq __user *)arg);
	case EVL_POLIOC_WAIT:
		return poll_set_wait(set, nonblocking(filp),
				     (struct evl_poll_waitreq __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int poll_open(struct inode *inode, struct file *filp)
{
	struct poll_set *set;

	set = calloc(1, sizeof(*set));
	if (set == NULL)
		return -ENOMEM;

	pi_mutex_init(&set->lock);
	RB_INIT(&set->by_fd);
	INIT_LIST_HEAD(&set->items);
	INIT_LIST_HEAD(&set->waiters);
	filp->private_data = set;
	stream_open(inode, filp);

	return evl_open_file(&set->efile, filp);
}

static int poll_release(struct inode *inode, struct file *filp)
{
	struct poll_set *set = filp->private_data;
	struct poll_item *item, *tmp;
	struct poll_waiter *waiter;

	pi_lock(&set->lock);
	set->closing = true;
	list_for_each_entry(waiter, &set->waiters, link)
		poll_waiter_signal(waiter, -EIDRM);
	pi_unlock(&set->lock);

	evl_release_file(&set->efile);
	list_for_each_entry_safe(item, tmp, &set->items, link)
		give_item(item);
	free(set);

	return 0;
}

static const struct file_operations poll_fops = {
	.open = poll_open,
	.release = poll_release,
	.oob_ioctl = poll_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

struct poll_set *poll_set_behind(struct file *filp)
{
	return filp->f_op == &poll_fops ? filp->private_data : NULL;
}

static struct evl_factory poll_factory = {
	.name = EVL_POLL_DEV,
	.fops = &poll_fops,
	.flags = EVL_FACTORY_SINGLE,
};

int poll_init(bool tell_all)
{
	int ret;

	poll_tell_all(tell_all);
	wait_queue_init(&nesting_queue, WAIT_PRIO);
	ret = watchpoint_init(MAX_WATCHPOINTS);
	if (ret == 0)
		ret = pool_init(&item_pool, sizeof(struct poll_item),
				MAX_ITEMS);
	if (ret == 0)
		ret = __evl_create_factory(&poll_factory, NULL);

	return ret ? err_trace(ret) : 0;
}

void poll_exit(void)
{
	evl_delete_factory(&poll_factory);
	pool_deinit(&item_pool);
	watchpoint_exit();
}

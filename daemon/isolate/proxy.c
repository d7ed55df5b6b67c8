/* SPDX-License-Identifier: MIT */
#include "isolate/proxy.h"

#include "base/log.h"
#include "core/file.h"
#include "isolate/call.h"
#include "isolate/remote.h"
#include "isolate/wire.h"
#include "vfs/file.h"

#include <errno.h>
#include <limits.h>
#include <linux/poll.h>
#include <stdlib.h>

/* What a file whose process is gone is ready for. */
#define LOST_EVENTS (POLLERR | POLLHUP)

struct isolate_request proxy_request(const struct remote_file *rf,
				     enum isolate_op op)
{
	return (struct isolate_request){
		.op = op,
		.file = rf->index,
		/* Relaxed: fcntl(F_SETFL) may come any time. */
		.flags = __atomic_load_n(&rf->filp->f_flags, __ATOMIC_RELAXED),
	};
}

/* A number for @rf. */
static int list_file(struct remote *remote, struct remote_file *rf)
{
	int ret = -ENFILE;
	uint32_t index;

	pi_lock(&remote->files_lock);
	for (unsigned int i = 0; i < ISOLATE_FILES && ret; i++) {
		index = remote->next_file++ % ISOLATE_FILES;
		if (remote->files[index])
			continue;
		rf->index = index;
		remote->files[index] = rf;
		ret = 0;
	}
	pi_unlock(&remote->files_lock);

	return ret;
}

static void unlist_file(struct remote_file *rf)
{
	pi_lock(&rf->remote->files_lock);
	rf->remote->files[rf->index] = NULL;
	pi_unlock(&rf->remote->files_lock);
}

static void free_file(struct remote_file *rf)
{
	unlist_file(rf);
	remote_put(rf->remote);
	free(rf);
}

/* What the host's open handler made of it. */
static int complete_open(struct remote_file *rf, struct file *filp,
			 const struct isolate_answer *answer)
{
	const struct file_operations *fops = proxy_fops(answer->ops);

	if (fops == NULL)
		return -ENOMEM;

	filp->private_data = rf;
	filp->f_op = fops;
	if (answer->stream)
		filp->f_mode |= FMODE_STREAM;
	rf->oob = answer->oob;

	return rf->oob ? evl_open_file(&rf->efile, filp) : 0;
}

static void release_host(struct remote_file *rf)
{
	struct isolate_request rq = proxy_request(rf, ISOLATE_RELEASE);
	struct isolate_answer answer;

	remote_call(rf->remote, &rq, &answer);
}

static int call_open(struct remote_file *rf, const struct remote_node *rn,
		     struct file *filp)
{
	struct isolate_request rq = proxy_request(rf, ISOLATE_OPEN);
	struct isolate_answer answer;
	int ret;

	/* What a former file of that number was told. Relaxed: the host sees
	 * it before it sees the request. */
	atomic_store_explicit(&rf->remote->shared->events[rf->index], 0,
			      memory_order_relaxed);
	atomic_store_explicit(&rf->remote->shared->inband_events[rf->index], 0,
			      memory_order_relaxed);
	rq.node = rn->id;
	ret = (int)remote_call(rf->remote, &rq, &answer);
	if (ret)
		return ret < 0 ? ret : -EIO;

	ret = complete_open(rf, filp, &answer);
	if (ret)
		release_host(rf);

	return ret;
}

static int proxy_open(struct inode *inode, struct file *filp)
{
	const struct remote_node *rn = inode->i_private;
	struct remote_file *rf;
	int ret;

	rf = calloc(1, sizeof(*rf));
	if (rf == NULL)
		return -ENOMEM;

	rf->remote = rn->remote;
	rf->filp = filp;
	init_waitqueue_head(&rf->wq);
	evl_init_poll_head(&rf->head);
	ret = list_file(rf->remote, rf);
	if (ret) {
		free(rf);
		return ret;
	}

	remote_get(rf->remote);
	ret = call_open(rf, rn, filp);
	if (ret)
		free_file(rf);

	return ret;
}

/* The host first: it wakes who is asleep in there, for whom we wait then. */
static int proxy_release(struct inode *inode, struct file *filp)
{
	struct remote_file *rf = filp->private_data;

	release_host(rf);
	if (rf->oob)
		evl_release_file(&rf->efile);
	free_file(rf);

	return 0;
}

static ssize_t transfer(struct file *filp, enum isolate_op op,
			unsigned long addr, size_t count, loff_t *ppos)
{
	struct remote_file *rf = filp->private_data;
	struct isolate_request rq = proxy_request(rf, op);
	struct isolate_answer answer;
	long ret;

	rq.addr = addr;
	rq.count = count;
	rq.pos = ppos ? *ppos : 0;
	ret = remote_call(rf->remote, &rq, &answer);
	if (ret >= 0 && ppos)
		*ppos = answer.pos;

	return ret > (long)count ? (long)count : ret;
}

static ssize_t proxy_read(struct file *filp, char __user *u_buf, size_t count,
			  loff_t *ppos)
{
	return transfer(filp, ISOLATE_READ, (unsigned long)u_buf, count, ppos);
}

static ssize_t proxy_write(struct file *filp, const char __user *u_buf,
			   size_t count, loff_t *ppos)
{
	return transfer(filp, ISOLATE_WRITE, (unsigned long)u_buf, count, ppos);
}

static ssize_t proxy_oob_read(struct file *filp, char __user *u_buf,
			      size_t count)
{
	return transfer(filp, ISOLATE_OOB_READ, (unsigned long)u_buf, count,
			NULL);
}

static ssize_t proxy_oob_write(struct file *filp, const char __user *u_buf,
			       size_t count)
{
	return transfer(filp, ISOLATE_OOB_WRITE, (unsigned long)u_buf, count,
			NULL);
}

static long control(struct file *filp, enum isolate_op op, unsigned int cmd,
		    unsigned long arg)
{
	struct remote_file *rf = filp->private_data;
	struct isolate_request rq = proxy_request(rf, op);
	struct isolate_answer answer;

	rq.cmd = cmd;
	rq.addr = arg;

	return remote_call(rf->remote, &rq, &answer);
}

/* Which of the driver's two handlers it is, the caller's task tells. */
static long proxy_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return control(filp, ISOLATE_IOCTL, cmd, arg);
}

static long proxy_oob_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	return control(filp, ISOLATE_OOB_IOCTL, cmd, arg);
}

static int proxy_flush(struct file *filp, fl_owner_t id)
{
	return (int)control(filp, ISOLATE_FLUSH, 0, 0);
}

static __poll_t ask_poll(struct remote_file *rf, enum isolate_op op)
{
	struct isolate_request rq = proxy_request(rf, op);
	struct isolate_answer answer;
	long ret = remote_call(rf->remote, &rq, &answer);

	/* Who tries is told that there are too many. */
	if (ret == -EAGAIN)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	return ret < 0 ? LOST_EVENTS : (__poll_t)ret;
}

static __poll_t proxy_poll(struct file *filp, struct poll_table_struct *pt)
{
	struct remote_file *rf = filp->private_data;

	poll_wait(filp, &rf->wq, pt);

	return ask_poll(rf, ISOLATE_POLL);
}

/*
 * Unlike a driver's this one sleeps, until the driver's has answered. That goes on
 * watching for the file until it is asked again or the file is released, whoever
 * waits here.
 */
static __poll_t proxy_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct remote_file *rf = filp->private_data;

	evl_poll_watch(&rf->head, wait, NULL);

	return ask_poll(rf, ISOLATE_OOB_POLL);
}

static void tell_foreign(struct remote *remote)
{
	/* Relaxed: once is enough. */
	if (!atomic_exchange_explicit(&remote->told_foreign, true,
				      memory_order_relaxed))
		log_err("driver %s: looks up a file which is not its own, and "
			"one with a process of its own cannot: load it without "
			"isolate",
			remote->name);
}

static uint32_t index_of(struct remote *remote, const struct file *filp)
{
	const struct remote_file *rf = filp->private_data;

	/* All of ours have that, and nobody else. */
	if (filp->f_op->release == proxy_release && rf->remote == remote)
		return rf->index + 1;
	tell_foreign(remote);

	return 0;
}

uint32_t proxy_find(struct remote *remote, unsigned long fd)
{
	struct file *filp;
	uint32_t found;

	if (fd > INT_MAX || oob_file_find((unsigned int)fd, &filp))
		return 0;
	found = index_of(remote, filp);
	oob_file_put(filp);

	return found;
}

void proxy_event(struct remote_file *rf, bool inband, uint32_t events)
{
	if (inband)
		wake_up(&rf->wq);
	else
		evl_signal_poll_events(&rf->head, (int)events);
}

/*
 * Tables.
 */

struct table {
	struct file_operations fops;
	uint32_t ops;
	struct table *next;
};

static struct table *tables; /* owned, for good */

static void fill_table(struct file_operations *fops, uint32_t ops)
{
	fops->open = proxy_open;
	fops->release = proxy_release;
	if (ops & ISOLATE_HAS_READ)
		fops->read = proxy_read;
	if (ops & ISOLATE_HAS_WRITE)
		fops->write = proxy_write;
	if (ops & ISOLATE_HAS_POLL)
		fops->poll = proxy_poll;
	if (ops & ISOLATE_HAS_IOCTL)
		fops->unlocked_ioctl = proxy_ioctl;
	if (ops & ISOLATE_HAS_COMPAT_IOCTL)
		fops->compat_ioctl = proxy_ioctl;
	if (ops & ISOLATE_HAS_FLUSH)
		fops->flush = proxy_flush;
	if (ops & ISOLATE_HAS_MMAP)
		fops->mmap = proxy_mmap;
	if (ops & ISOLATE_HAS_OOB_READ)
		fops->oob_read = proxy_oob_read;
	if (ops & ISOLATE_HAS_OOB_WRITE)
		fops->oob_write = proxy_oob_write;
	if (ops & ISOLATE_HAS_OOB_IOCTL)
		fops->oob_ioctl = proxy_oob_ioctl;
	if (ops & ISOLATE_HAS_COMPAT_OOB_IOCTL)
		fops->compat_oob_ioctl = proxy_oob_ioctl;
	if (ops & ISOLATE_HAS_OOB_POLL)
		fops->oob_poll = proxy_oob_poll;
}

const struct file_operations *proxy_fops(uint32_t ops)
{
	struct table *table;

	ops &= ISOLATE_HAS_ALL;
	for (table = tables; table; table = table->next)
		if (table->ops == ops)
			return &table->fops;

	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	fill_table(&table->fops, ops);
	table->ops = ops;
	table->next = tables;
	tables = table;

	return &table->fops;
}

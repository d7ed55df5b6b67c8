/* SPDX-License-Identifier: MIT */
#include "core/xbuf.h"

#include "base/error.h"
#include "base/share.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "stage/wait.h"

#include <errno.h>
#include <evl/poll.h>
#include <evl/xbuf.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>

static size_t max_ring_bytes, nr_ring_bytes; /* in-band */

static struct evl_xbuf *xbuf_behind(struct file *filp)
{
	return container_of(element_behind(filp), struct evl_xbuf, element);
}

static enum ring_mode mode_of(const struct file *filp)
{
	/* Relaxed: pairs with vfs_set_file_flags(). */
	return __atomic_load_n(&filp->f_flags, __ATOMIC_RELAXED) & O_NONBLOCK
		       ? RING_SHORT
		       : RING_BLOCK;
}

static ssize_t xbuf_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	return ring_read(&xbuf_behind(filp)->inbound, &ring_io_user, u_buf,
			 count, mode_of(filp));
}

static ssize_t xbuf_write(struct file *filp, const char __user *u_buf,
			  size_t count, loff_t *ppos)
{
	return ring_write(&xbuf_behind(filp)->outbound, &ring_io_user, u_buf,
			  count, mode_of(filp));
}

static ssize_t xbuf_oob_read(struct file *filp, char __user *u_buf,
			     size_t count)
{
	return ring_read(&xbuf_behind(filp)->outbound, &ring_io_user, u_buf,
			 count, mode_of(filp));
}

static ssize_t xbuf_oob_write(struct file *filp, const char __user *u_buf,
			      size_t count)
{
	return ring_write(&xbuf_behind(filp)->inbound, &ring_io_user, u_buf,
			  count, mode_of(filp));
}

static __poll_t xbuf_poll(struct file *filp, struct poll_table_struct *pt)
{
	struct evl_xbuf *xbuf = xbuf_behind(filp);
	__poll_t ready = 0;

	poll_wait(filp, &xbuf->pollers, pt);
	if (ring_fill(&xbuf->inbound) > 0)
		ready |= POLLIN | POLLRDNORM;
	if (ring_fill(&xbuf->outbound) < xbuf->outbound.size)
		ready |= POLLOUT | POLLWRNORM;

	return ready;
}

static __poll_t xbuf_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct evl_xbuf *xbuf = xbuf_behind(filp);
	__poll_t ready = 0;

	evl_poll_watch(&xbuf->poll_head, wait, NULL);
	if (ring_fill(&xbuf->outbound) > 0)
		ready |= POLLIN | POLLRDNORM;
	if (ring_fill(&xbuf->inbound) < xbuf->inbound.size)
		ready |= POLLOUT | POLLWRNORM;

	return ready;
}

/*
 * Any file of a cross-buffer that is closed flushes those who sleep in it
 * out-of-band, also through other files: they look after no VFS reference.
 */
static int xbuf_release(struct inode *inode, struct file *filp)
{
	struct evl_xbuf *xbuf = xbuf_behind(filp);

	wait_queue_flush(&xbuf->inbound.writable, -EIDRM);
	wait_queue_flush(&xbuf->outbound.readable, -EIDRM);

	return evl_release_element(inode, filp);
}

static const struct file_operations xbuf_fops = {
	.open = evl_open_element,
	.release = xbuf_release,
	.read = xbuf_read,
	.write = xbuf_write,
	.poll = xbuf_poll,
	.oob_read = xbuf_oob_read,
	.oob_write = xbuf_oob_write,
	.oob_poll = xbuf_oob_poll,
};

static void inbound_changed(struct ring *ring, bool came, bool edge)
{
	struct evl_xbuf *xbuf = container_of(ring, struct evl_xbuf, inbound);

	if (came)
		wake_up(&xbuf->pollers);
	else if (edge)
		evl_signal_poll_events(&xbuf->poll_head, POLLOUT | POLLWRNORM);
}

static void outbound_changed(struct ring *ring, bool came, bool edge)
{
	struct evl_xbuf *xbuf = container_of(ring, struct evl_xbuf, outbound);

	if (!came)
		wake_up(&xbuf->pollers);
	else if (edge)
		evl_signal_poll_events(&xbuf->poll_head, POLLIN | POLLRDNORM);
}

static void xbuf_dispose(struct evl_element *element)
{
	struct evl_xbuf *xbuf = container_of(element, struct evl_xbuf, element);

	nr_ring_bytes -= xbuf->inbound.size + xbuf->outbound.size;
	ring_deinit(&xbuf->inbound);
	ring_deinit(&xbuf->outbound);
	free(xbuf);
}

/* In rings of cross-buffers which the caller's user has made. */
static size_t bytes_of_user(const struct evl_factory *fac)
{
	const struct evl_element *element;
	const struct evl_xbuf *xbuf;
	size_t bytes = 0;

	for (element = element_next(fac, NULL); element;
	     element = element_next(fac, element)) {
		if (element->uid != current->uid)
			continue;
		xbuf = container_of(element, struct evl_xbuf, element);
		bytes += xbuf->inbound.size + xbuf->outbound.size;
	}

	return bytes;
}

static int check_sizes(const struct evl_factory *fac,
		       const struct evl_xbuf_attrs *attrs)
{
	size_t in = attrs->i_bufsz, out = attrs->o_bufsz;

	if (in + out == 0 || in > EVL_XBUF_MAX_SIZE || out > EVL_XBUF_MAX_SIZE)
		return -EINVAL;

	if (in + out > max_ring_bytes - nr_ring_bytes)
		return -ENOMEM;

	return bytes_of_user(fac) + in + out >
			       share_of(max_ring_bytes, current->uid)
		       ? -EDQUOT
		       : 0;
}

static int init_rings(struct evl_xbuf *xbuf, const struct evl_xbuf_attrs *attrs)
{
	int ret;

	ret = check_sizes(xbuf->element.factory, attrs);
	if (ret)
		return ret;

	ret = ring_init(&xbuf->inbound, attrs->i_bufsz, inbound_changed);
	if (ret == 0)
		ret = ring_init(&xbuf->outbound, attrs->o_bufsz,
				outbound_changed);
	if (ret)
		ring_deinit(&xbuf->inbound);
	else
		nr_ring_bytes += xbuf->inbound.size + xbuf->outbound.size;

	return ret;
}

static struct evl_element *xbuf_build(struct evl_factory *fac,
				      const char __user *u_name,
				      void __user *u_attrs, int clone_flags,
				      u32 *state_offp)
{
	struct evl_xbuf_attrs attrs;
	struct evl_xbuf *xbuf;
	int ret;

	if (u_attrs == NULL)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(&attrs, u_attrs, sizeof(attrs)))
		return ERR_PTR(-EFAULT);

	xbuf = calloc(1, sizeof(*xbuf));
	if (xbuf == NULL)
		return ERR_PTR(-ENOMEM);

	init_waitqueue_head(&xbuf->pollers);
	evl_init_poll_head(&xbuf->poll_head);
	/* That may sleep; once it is there its bytes count. */
	ret = evl_init_user_element(&xbuf->element, fac, u_name, clone_flags);
	if (ret == 0) {
		ret = init_rings(xbuf, &attrs);
		if (ret)
			evl_destroy_element(&xbuf->element);
	}
	if (ret) {
		free(xbuf);
		return ERR_PTR(ret);
	}

	return &xbuf->element;
}

static struct evl_factory xbuf_factory = {
	.name = EVL_XBUF_DEV,
	.fops = &xbuf_fops,
	.flags = EVL_FACTORY_CLONE,
	.flags_allowed = EVL_CLONE_PUBLIC,
	.attrs_size = sizeof(struct evl_xbuf_attrs),
	.build = xbuf_build,
	.dispose = xbuf_dispose,
};

int xbuf_init(unsigned int max_of_user, size_t max_bytes)
{
	int ret;

	max_ring_bytes = max_bytes;
	xbuf_factory.max_of_user = max_of_user;
	/* As many as EVL has, for who is used to that; more for all. */
	xbuf_factory.nrdev = max_of_user + (max_of_user + 1) / 2;

	ret = __evl_create_factory(&xbuf_factory, NULL);

	return ret ? err_origin(ret) : 0;
}

void xbuf_exit(void)
{
	evl_delete_factory(&xbuf_factory);
}

EXPORT struct evl_xbuf *evl_get_xbuf(int efd, struct evl_file **efilpp)
{
	struct evl_file *efilp = evl_get_file((unsigned int)efd);

	if (efilp == NULL)
		return NULL;

	if (efilp->filp->f_op != &xbuf_fops) {
		evl_put_file(efilp);
		return NULL;
	}

	*efilpp = efilp;

	return xbuf_behind(efilp->filp);
}

EXPORT void evl_put_xbuf(struct evl_file *efilp)
{
	evl_put_file(efilp);
}

/* 0, or -EPERM: a caller that must not sleep wants to. */
static int check_context(int f_flags, const void *caller)
{
	if (f_flags & O_NONBLOCK || wait_permitted(caller, 0))
		return 0;

	return -EPERM;
}

EXPORT ssize_t evl_read_xbuf(struct evl_xbuf *xbuf, void *buf, size_t count,
			     int f_flags)
{
	int ret = check_context(f_flags, __builtin_return_address(0));

	if (ret)
		return ret;

	return ring_read(&xbuf->outbound, &ring_io_kernel, buf, count,
			 f_flags & O_NONBLOCK ? RING_EXACT : RING_BLOCK);
}

EXPORT ssize_t evl_write_xbuf(struct evl_xbuf *xbuf, const void *buf,
			      size_t count, int f_flags)
{
	int ret = check_context(f_flags, __builtin_return_address(0));

	if (ret)
		return ret;

	return ring_write(&xbuf->inbound, &ring_io_kernel, buf, count,
			  f_flags & O_NONBLOCK ? RING_EXACT : RING_BLOCK);
}

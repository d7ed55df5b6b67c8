/* SPDX-License-Identifier: MIT */
/*
 * A driver on the out-of-band end of an application's cross-buffer: each open
 * file of /dev/xbuf-peer holds one, and makes the calls of evl/xbuf.h as it is
 * told, on the stage it is told from.
 */
#include "xbuf-peer.h"

#include <evl/file.h>
#include <evl/xbuf.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct peer {
	struct evl_file efile;
	struct evl_xbuf *xbuf; /* held by @xefilp, NULL: none */
	struct evl_file *xefilp;
};

static long do_get(struct peer *peer, int fd)
{
	struct evl_file *untouched = &peer->efile, *efilp = untouched;
	struct evl_xbuf *xbuf;

	if (peer->xbuf)
		return -EBUSY;

	xbuf = evl_get_xbuf(fd, &efilp);
	if (xbuf == NULL)
		return efilp == untouched ? -ENOENT : -EUCLEAN;

	peer->xbuf = xbuf;
	peer->xefilp = efilp;

	return 0;
}

static long do_put(struct peer *peer)
{
	if (peer->xbuf == NULL)
		return -ENOENT;

	peer->xbuf = NULL;
	evl_put_xbuf(peer->xefilp);

	return 0;
}

static long do_io(struct peer *peer, bool is_write,
		  struct xbuf_peer_io __user *u_io)
{
	struct xbuf_peer_io io;

	if (peer->xbuf == NULL)
		return -ENOENT;
	if (raw_copy_from_user(&io, u_io, sizeof(io)))
		return -EFAULT;

	io.ret = is_write ? evl_write_xbuf(peer->xbuf, io.buf, io.count,
					   (int)io.f_flags)
			  : evl_read_xbuf(peer->xbuf, io.buf, io.count,
					  (int)io.f_flags);

	return raw_copy_to_user(u_io, &io, sizeof(io)) ? -EFAULT : 0;
}

static long peer_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct peer *peer = filp->private_data;

	switch (cmd) {
	case XBUF_PEER_IOC_GET:
		return do_get(peer, (int)arg);
	case XBUF_PEER_IOC_PUT:
		return do_put(peer);
	case XBUF_PEER_IOC_READ:
	case XBUF_PEER_IOC_WRITE:
		return do_io(peer, cmd == XBUF_PEER_IOC_WRITE,
			     (struct xbuf_peer_io __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int peer_open(struct inode *inode, struct file *filp)
{
	struct peer *peer;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (peer == NULL)
		return -ENOMEM;

	filp->private_data = peer;

	return evl_open_file(&peer->efile, filp);
}

static int peer_release(struct inode *inode, struct file *filp)
{
	struct peer *peer = filp->private_data;

	evl_release_file(&peer->efile);
	do_put(peer);
	kfree(peer);

	return 0;
}

static const struct file_operations peer_fops = {
	.owner = THIS_MODULE,
	.open = peer_open,
	.release = peer_release,
	.unlocked_ioctl = peer_ioctl,
	.oob_ioctl = peer_ioctl,
};

static struct miscdevice peer_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xbuf-peer",
	.fops = &peer_fops,
};

module_misc_device(peer_device);
MODULE_LICENSE("MIT");

/* SPDX-License-Identifier: MIT */
/*
 * A device whose ioctl makes files: counters. read and oob_read give the next
 * number, write and oob_write set it, ioctl and oob_ioctl MAKER_RELEASED tell
 * how many counters were released.
 */
#include "maker.h"

#include <evl/file.h>
#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct counter {
	struct evl_file efile;
	bool oob;
	atomic_t next; /* both stages count */
};

static __u32 nr_released;

static int counter_release(struct inode *inode, struct file *filp)
{
	struct counter *counter = filp->private_data;

	if (counter->oob)
		evl_release_file(&counter->efile);
	kfree(counter);
	nr_released++;

	return 0;
}

static ssize_t counter_oob_read(struct file *filp, char __user *u_buf,
				size_t count)
{
	struct counter *counter = filp->private_data;
	__u32 number = (__u32)atomic_inc_return(&counter->next) - 1;

	if (filp->f_flags & O_NONBLOCK && number == 0)
		return -EAGAIN;
	if (count < sizeof(number))
		return -EINVAL;

	return copy_to_user(u_buf, &number, sizeof(number))
		       ? -EFAULT
		       : (ssize_t)sizeof(number);
}

static ssize_t counter_oob_write(struct file *filp, const char __user *u_buf,
				 size_t count)
{
	struct counter *counter = filp->private_data;
	__u32 number;

	if (count != sizeof(number))
		return -EINVAL;
	if (copy_from_user(&number, u_buf, count))
		return -EFAULT;

	atomic_set(&counter->next, (int)number);

	return (ssize_t)count;
}

static ssize_t counter_read(struct file *filp, char __user *u_buf, size_t count,
			    loff_t *ppos)
{
	return counter_oob_read(filp, u_buf, count);
}

static ssize_t counter_write(struct file *filp, const char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	return counter_oob_write(filp, u_buf, count);
}

static __poll_t counter_poll(struct file *filp, poll_table *wait)
{
	return POLLOUT;
}

static long counter_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	return cmd == MAKER_RELEASED
		       ? put_user(nr_released, (__u32 __user *)arg)
		       : -ENOTTY;
}

static const struct file_operations counter_fops = {
	.owner = THIS_MODULE,
	.release = counter_release,
	.read = counter_read,
	.write = counter_write,
	.poll = counter_poll,
	.unlocked_ioctl = counter_ioctl,
	.oob_read = counter_oob_read,
	.oob_write = counter_oob_write,
	.oob_ioctl = counter_ioctl,
};

static int make_file(struct counter *counter, unsigned int flags)
{
	struct file *filp;
	int fd;

	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		return fd;

	filp = anon_inode_getfile("[counter]", &counter_fops, counter,
				  (int)flags);
	if (IS_ERR(filp)) {
		put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(filp);
	}
	counter->oob = true;
	evl_open_file(&counter->efile, filp);
	fd_install((unsigned int)fd, filp);

	return fd;
}

static int make_nothing(void)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd >= 0)
		put_unused_fd((unsigned int)fd);

	return fd;
}

static int drop_file(struct counter *counter)
{
	struct file *filp =
		anon_inode_getfile("[counter]", &counter_fops, counter, O_RDWR);

	if (IS_ERR(filp))
		return (int)PTR_ERR(filp);
	fput(filp);

	return -ECANCELED;
}

static int make(struct maker_request *req)
{
	struct counter *counter;
	int ret;

	if (req->how == MAKER_UNUSED)
		return make_nothing();

	counter = kzalloc(sizeof(*counter), GFP_KERNEL);
	if (counter == NULL)
		return -ENOMEM;

	atomic_set(&counter->next, (int)req->start);
	switch (req->how) {
	case MAKER_FILE:
		ret = make_file(counter, req->flags);
		break;
	case MAKER_GETFD:
		ret = anon_inode_getfd("[counter]", &counter_fops, counter,
				       (int)req->flags);
		break;
	default:
		return drop_file(counter);
	}
	if (ret < 0)
		kfree(counter);

	return ret;
}

static long maker_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct maker_request req;

	if (cmd == MAKER_RELEASED)
		return counter_ioctl(filp, cmd, arg);
	if (cmd != MAKER_MAKE)
		return -ENOTTY;
	if (copy_from_user(&req, (void __user *)arg, sizeof(req)))
		return -EFAULT;

	req.fd = make(&req);
	if (req.fd < 0)
		return req.fd;

	return copy_to_user((void __user *)arg, &req, sizeof(req)) ? -EFAULT
								   : 0;
}

static const struct file_operations maker_fops = {
	.owner = THIS_MODULE,
	.open = stream_open,
	.unlocked_ioctl = maker_ioctl,
};

static struct miscdevice maker_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "maker",
	.fops = &maker_fops,
};

module_misc_device(maker_dev);
MODULE_LICENSE("MIT");

/* SPDX-License-Identifier: MIT */
/*
 * A driver which is given descriptors: each open file of /dev/keeper holds a
 * reference on one other file. Those of /dev/keeper-shared have one evl_file
 * in common, as some real drivers do.
 */
#include "keeper.h"

#include <evl/file.h>
#include <evl/flag.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct keeper {
	struct evl_file efile;	/* not used if it is shared */
	struct evl_file *efilp; /* ours */
	struct evl_file *kept;	/* NULL: none; handlers run side by side */
};

static struct evl_file shared_efile;
static DEFINE_EVL_FLAG(wake);
static DEFINE_RAW_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);

static int open_with(struct file *filp, struct evl_file *efilp)
{
	struct keeper *keeper = kzalloc(sizeof(*keeper), GFP_KERNEL);

	if (keeper == NULL)
		return -ENOMEM;

	keeper->efilp = efilp ? efilp : &keeper->efile;
	filp->private_data = keeper;

	return evl_open_file(keeper->efilp, filp);
}

static int keeper_open(struct inode *inode, struct file *filp)
{
	return open_with(filp, NULL);
}

static int shared_open(struct inode *inode, struct file *filp)
{
	return open_with(filp, &shared_efile);
}

static int put(struct keeper *keeper)
{
	struct evl_file *efilp = xchg(&keeper->kept, NULL);

	if (efilp == NULL)
		return -ENOENT;

	evl_put_file(efilp);

	return 0;
}

static int keeper_release(struct inode *inode, struct file *filp)
{
	struct keeper *keeper = filp->private_data;

	/* It may be one which is going too, and keeps us; a handler may still
	 * get another. */
	put(keeper);
	evl_release_file(keeper->efilp);
	put(keeper);
	kfree(keeper);

	return 0;
}

static int get(struct keeper *keeper, unsigned int fd)
{
	struct evl_file *efilp;

	if (READ_ONCE(keeper->kept))
		return -EBUSY;

	efilp = evl_get_file(fd);
	if (efilp == NULL)
		return -EBADF;
	if (cmpxchg(&keeper->kept, NULL, efilp)) {
		evl_put_file(efilp);
		return -EBUSY;
	}

	return 0;
}

static int is_own(struct keeper *keeper, unsigned int fd)
{
	struct evl_file *efilp = evl_get_file(fd);

	if (efilp == NULL)
		return -EBADF;
	evl_put_file(efilp);

	return efilp == keeper->efilp;
}

static int get_locked(struct keeper *keeper, unsigned int fd)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&spin, flags);
	ret = get(keeper, fd);
	raw_spin_unlock_irqrestore(&spin, flags);

	return ret;
}

static int get_with_mutex(struct keeper *keeper, unsigned int fd)
{
	int ret;

	mutex_lock(&mutex);
	ret = get(keeper, fd);
	mutex_unlock(&mutex);

	return ret;
}

static long keeper_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct keeper *keeper = filp->private_data;

	switch (cmd) {
	case KEEPER_GET:
		return get(keeper, (unsigned int)arg);
	case KEEPER_PUT:
		return put(keeper);
	case KEEPER_WAIT:
		return evl_wait_flag(&wake);
	case KEEPER_WAKE:
		evl_raise_flag(&wake);
		return 0;
	case KEEPER_OWN:
		return is_own(keeper, (unsigned int)arg);
	case KEEPER_GET_SPIN:
		return get_locked(keeper, (unsigned int)arg);
	case KEEPER_GET_MUTEX:
		return get_with_mutex(keeper, (unsigned int)arg);
	default:
		return -ENOTTY;
	}
}

#define KEEPER_FOPS(open_handler)                                          \
	{                                                                  \
		.owner = THIS_MODULE, .open = open_handler,                \
		.release = keeper_release, .unlocked_ioctl = keeper_ioctl, \
		.oob_ioctl = keeper_ioctl,                                 \
	}

static const struct file_operations keeper_fops = KEEPER_FOPS(keeper_open);
static const struct file_operations shared_fops = KEEPER_FOPS(shared_open);

static struct miscdevice keeper_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "keeper",
	.fops = &keeper_fops,
};
static struct miscdevice shared_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "keeper-shared",
	.fops = &shared_fops,
};

static int __init keeper_init(void)
{
	int ret = misc_register(&keeper_dev);

	if (ret)
		return ret;
	ret = misc_register(&shared_dev);
	if (ret)
		misc_deregister(&keeper_dev);

	return ret;
}

static void __exit keeper_exit(void)
{
	misc_deregister(&shared_dev);
	misc_deregister(&keeper_dev);
}

module_init(keeper_init);
module_exit(keeper_exit);
MODULE_LICENSE("MIT");

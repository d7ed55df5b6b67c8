/* SPDX-License-Identifier: MIT */
/*
 * The driver of the file chapter: its state has a flag which oob_read waits
 * for and oob_write raises. /dev/foo destroys the flag in its release handler,
 * as the chapter says one has to; /dev/foo-forgetful does not, so its close
 * takes until the reader leaves for another reason; /dev/foo-hasty frees its
 * state at once, and waits for nobody, as some real drivers do.
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

struct foo_private_state {
	struct evl_flag eflag;
	struct evl_file efile;
};

static int foo_open(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p;
	int ret;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (p == NULL)
		return -ENOMEM;

	ret = evl_open_file(&p->efile, filp);
	if (ret) {
		kfree(p);
		return ret;
	}

	evl_init_flag(&p->eflag);
	filp->private_data = p;

	return 0;
}

static int foo_release(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p = filp->private_data;

	evl_destroy_flag(&p->eflag);
	evl_release_file(&p->efile);
	kfree(p);

	return 0;
}

static int forgetful_release(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p = filp->private_data;

	evl_release_file(&p->efile);
	kfree(p);

	return 0;
}

static int hasty_release(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p = filp->private_data;

	evl_destroy_flag(&p->eflag);
	kfree(p); /* who sleeps in there wakes up in it */

	return 0;
}

static ssize_t foo_oob_read(struct file *filp, char __user *u_buf, size_t count)
{
	struct foo_private_state *p = filp->private_data;
	int ret = evl_wait_flag(&p->eflag);

	return ret ? ret : (ssize_t)count;
}

static ssize_t foo_oob_write(struct file *filp, const char __user *u_buf,
			     size_t count)
{
	struct foo_private_state *p = filp->private_data;

	evl_raise_flag(&p->eflag);

	return (ssize_t)count;
}

#define FOO_FOPS(release_handler)                                     \
	{                                                             \
		.owner = THIS_MODULE, .open = foo_open,               \
		.release = release_handler, .oob_read = foo_oob_read, \
		.oob_write = foo_oob_write,                           \
	}

static const struct file_operations foo_fops = FOO_FOPS(foo_release);
static const struct file_operations forgetful_fops =
	FOO_FOPS(forgetful_release);
static const struct file_operations hasty_fops = FOO_FOPS(hasty_release);

static struct miscdevice devices[] = {
	{ .minor = MISC_DYNAMIC_MINOR, .name = "foo", .fops = &foo_fops },
	{ .minor = MISC_DYNAMIC_MINOR,
	  .name = "foo-forgetful",
	  .fops = &forgetful_fops },
	{ .minor = MISC_DYNAMIC_MINOR,
	  .name = "foo-hasty",
	  .fops = &hasty_fops },
};

static int __init foo_init(void)
{
	for (int i = 0; i < 3; i++) {
		int ret = misc_register(&devices[i]);

		if (ret) {
			while (i--)
				misc_deregister(&devices[i]);
			return ret;
		}
	}

	return 0;
}

static void __exit foo_exit(void)
{
	for (int i = 0; i < 3; i++)
		misc_deregister(&devices[i]);
}

module_init(foo_init);
module_exit(foo_exit);
MODULE_LICENSE("MIT");

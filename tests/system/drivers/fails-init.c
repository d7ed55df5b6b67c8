/* SPDX-License-Identifier: MIT */
/* A driver which registers a device, then finds that its hardware is missing,
 * and leaves without tidying up. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static const struct file_operations fails_fops = {
	.owner = THIS_MODULE,
};

static struct miscdevice fails_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fails-init",
	.fops = &fails_fops,
};

static int __init fails_init(void)
{
	int ret = misc_register(&fails_dev);

	return ret ? ret : -ENODEV;
}

module_init(fails_init);
MODULE_LICENSE("MIT");

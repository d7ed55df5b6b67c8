/* SPDX-License-Identifier: MIT */
/*
 * What test-module.c loads, in variants: each -DSAMPLE_x makes one that has
 * something wrong with it, or special about it.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static int answer = 42;
module_param(answer, int, 0444);
MODULE_PARM_DESC(answer, "to everything");

static bool quiet;
module_param(quiet, bool, 0444);

static char *label = "unlabelled";
module_param_named(tag, label, charp, 0444);

static char word[8];
module_param_string(word, word, sizeof(word), 0444);

static short pair[2];
static unsigned int nr_pair;
module_param_array(pair, short, &nr_pair, 0444);

/* "left" or "right". */
static int set_side(const char *val, const struct kernel_param *kp)
{
	if (strcmp(val, "left") && strcmp(val, "right"))
		return -EDOM;
	*(char *)kp->arg = val[0];

	return 0;
}

static const struct kernel_param_ops side_ops = { .set = set_side };
static char side = '-';
module_param_cb(side, &side_ops, &side, 0444);
MODULE_PARM_DESC(side, "left or right");

/* For the test to look at. */
char sample_text[64];
#ifndef SAMPLE_SMALL /* is loaded beside another one */
EXPORT_SYMBOL(sample_text);
#endif

static ssize_t sample_oob_read(struct file *filp, char __user *u_buf,
			       size_t count)
{
	return 0;
}

static const struct file_operations sample_fops = {
#ifndef SAMPLE_ANONYMOUS
	.owner = THIS_MODULE,
#endif
	.open = stream_open,
	.oob_read = sample_oob_read,
};

static struct miscdevice sample_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sample-misc",
	.fops = &sample_fops,
};

static dev_t sample_dev;
static struct cdev sample_cdev;
static struct class *sample_class;

static int __init sample_init(void)
{
	struct device *dev;
	int ret;

	snprintf(sample_text, sizeof(sample_text), "%d %d %s %s %u:%d:%d %c",
		 answer, quiet, label, word, nr_pair, pair[0], pair[1], side);

	ret = alloc_chrdev_region(&sample_dev, 0, 1, "sample");
	if (ret)
		return ret;
	cdev_init(&sample_cdev, &sample_fops);
	ret = cdev_add(&sample_cdev, sample_dev, 1);
	if (ret)
		return ret;
	sample_class = class_create("sample");
	if (IS_ERR(sample_class))
		return PTR_ERR(sample_class);

	dev = device_create(sample_class, NULL, sample_dev, NULL, "sample!0");
	ret = PTR_ERR_OR_ZERO(dev);
	if (ret == 0)
		ret = misc_register(&sample_misc);
#ifdef SAMPLE_FAILING
	ret = -EBUSY;
#endif
	if (ret)
		class_destroy(sample_class);

	return ret;
}
#ifdef SAMPLE_NAMED
static void named_release(const struct class *class)
{
	strcpy(sample_text, "ended");
}

static const struct class named_class = {
	.name = "named",
	.class_release = named_release,
};

int init_module(void)
{
	int ret = class_register(&named_class);

	return ret ? ret : sample_init();
}
#else
module_init(sample_init);
#endif

static void __exit sample_exit(void)
{
	strcpy(sample_text, "ended");
#ifndef SAMPLE_LITTERING
	misc_deregister(&sample_misc);
	device_destroy(sample_class, sample_dev);
	cdev_del(&sample_cdev);
	unregister_chrdev_region(sample_dev, 1);
#endif
	class_destroy(sample_class);
}
#ifdef SAMPLE_NAMED
void cleanup_module(void)
{
	sample_exit();
	strcpy(sample_text, "a class is left");
	class_destroy(&named_class); /* as good as class_unregister() */
}
#else
module_exit(sample_exit);
#endif

#if defined SAMPLE_OLD || defined SAMPLE_SMALL
static __attribute__((constructor)) void pretend(void)
{
#ifdef SAMPLE_OLD
	__this_module.abi = EVL_DRIVER_ABI + 7;
#else
	/* Built before there were out-of-band operations. */
	__this_module.fops_size = offsetof(struct file_operations, oob_read);
#endif
}
#endif

#ifdef SAMPLE_DEMANDING
void no_such_service(void);
void demand(void);

void demand(void)
{
	no_such_service();
}
#endif

MODULE_AUTHOR("one");
MODULE_AUTHOR("another");
MODULE_LICENSE("MIT");

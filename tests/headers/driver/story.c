/* SPDX-License-Identifier: MIT */
/*
 * What can be read once from begin to end, by each who opens it, and written anew.
 * Written as for a kernel, and nothing changed.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

static char text[64] = "Once upon a time\n";
static size_t len = 17;

static ssize_t story_read(struct file *filp, char __user *buf, size_t count,
			  loff_t *ppos)
{
	return simple_read_from_buffer(buf, count, ppos, text, len);
}

static ssize_t story_write(struct file *filp, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	loff_t pos = *ppos;

	if (pos >= sizeof(text))
		return -ENOSPC;
	if (count > sizeof(text) - pos)
		count = sizeof(text) - pos;
	if (copy_from_user(text + pos, buf, count))
		return -EFAULT;
	*ppos = pos + count;
	len = *ppos;

	return count;
}

static long story_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (cmd != _IO('s', 0))
		return -ENOTTY;
	filp->f_pos = 0; /* rewind */

	return 0;
}

static const struct file_operations story_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = story_read,
	.write = story_write,
	.unlocked_ioctl = story_ioctl,
	.llseek = no_llseek,
};

static struct miscdevice story = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "story",
	.fops = &story_fops,
};

static const struct file_operations rumour_fops = {
	.owner = THIS_MODULE,
	.open = stream_open,
	.read = story_read,
};

/* The same, never ending. */
static struct miscdevice rumour = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rumour",
	.fops = &rumour_fops,
};

static int __init story_init(void)
{
	int ret = misc_register(&story);

	if (ret)
		return ret;
	ret = misc_register(&rumour);
	if (ret)
		misc_deregister(&story);

	return ret;
}
module_init(story_init);

static void __exit story_exit(void)
{
	misc_deregister(&rumour);
	misc_deregister(&story);
}
module_exit(story_exit);

MODULE_LICENSE("Dual MIT/GPL");

/* SPDX-License-Identifier: MIT */
/* Three devices which tell 32-bit callers from others, each in its own way. */
#include <evl/file.h>
#include <evl/uaccess.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"

static int compat_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp;

	efilp = kzalloc(sizeof(*efilp), GFP_KERNEL);
	if (efilp == NULL)
		return -ENOMEM;

	filp->private_data = efilp;

	return evl_open_file(efilp, filp);
}

static int compat_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static long upper(char __user *u_text, u32 len)
{
	char c;

	for (u32 i = 0; i < len; i++) {
		if (raw_get_user(c, u_text + i))
			return -EFAULT;
		if (c >= 'a' && c <= 'z' &&
		    raw_put_user(c - 'a' + 'A', u_text + i))
			return -EFAULT;
	}

	return len;
}

static long seconds(const struct __evl_timespec __user *u_ts)
{
	enum evl_tmode mode;
	ktime_t date;
	int ret;

	ret = evl_fetch_utimespec(u_ts, &date, &mode);

	return ret ? ret : (long)(date / NSEC_PER_SEC);
}

static long native_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct compat_text64 text;

	switch (cmd) {
	case COMPAT_WHO:
		return 64;
	case COMPAT_UPPER64:
		if (raw_copy_from_user(&text, (void __user *)arg, sizeof(text)))
			return -EFAULT;
		return upper(evl_valptr64(text.text, char), text.len);
	case COMPAT_SECONDS:
		return seconds((void __user *)arg);
	case COMPAT_CALLS:
		return in_compat_syscall();
	default:
		return -ENOTTY;
	}
}

static long compat_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct compat_text32 text;

	switch (cmd) {
	case COMPAT_WHO:
		return 32;
	case COMPAT_UPPER:
		if (raw_copy_from_user(&text, compat_ptr((u32)arg),
				       sizeof(text)))
			return -EFAULT;
		return upper(compat_ptr(text.text), text.len);
	default:
		return native_ioctl(filp, cmd,
				    (unsigned long)compat_ptr((u32)arg));
	}
}

static const struct file_operations compat_fops = {
	.owner = THIS_MODULE,
	.open = compat_open,
	.release = compat_release,
	.unlocked_ioctl = native_ioctl,
	.compat_ioctl = compat_ioctl,
	.oob_ioctl = native_ioctl,
	.compat_oob_ioctl = compat_ioctl,
};

static const struct file_operations no_compat_fops = {
	.owner = THIS_MODULE,
	.open = compat_open,
	.release = compat_release,
	.unlocked_ioctl = native_ioctl,
	.oob_ioctl = native_ioctl,
};

static const struct file_operations ptr_compat_fops = {
	.owner = THIS_MODULE,
	.open = compat_open,
	.release = compat_release,
	.compat_ioctl = compat_ptr_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice devices[] = {
	{ .minor = MISC_DYNAMIC_MINOR, .name = "compat", .fops = &compat_fops },
	{ .minor = MISC_DYNAMIC_MINOR,
	  .name = "no-compat",
	  .fops = &no_compat_fops },
	{ .minor = MISC_DYNAMIC_MINOR,
	  .name = "ptr-compat",
	  .fops = &ptr_compat_fops },
};

static int __init compat_init(void)
{
	int ret = 0;

	for (unsigned int i = 0; i < 3 && ret == 0; i++)
		ret = misc_register(&devices[i]);

	return ret;
}
module_init(compat_init);

static void __exit compat_exit(void)
{
	for (unsigned int i = 0; i < 3; i++)
		misc_deregister(&devices[i]);
}
module_exit(compat_exit);

MODULE_LICENSE("MIT");

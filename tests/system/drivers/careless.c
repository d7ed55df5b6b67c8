/* SPDX-License-Identifier: MIT */
/*
 * A driver which takes __user pointers for its own: /dev/careless dereferences
 * them in every handler it has. Not to be learnt from.
 */
#include <evl/file.h>
#include <evl/wait.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "careless.h"

static unsigned int nr_released;
static DEFINE_RAW_SPINLOCK(lock);
static DEFINE_RAW_SPINLOCK(other);
static DEFINE_MUTEX(mutex);
static DEFINE_EVL_WAIT(queue);
static int nr_counted; /* under all of them */
static raw_spinlock_t crowd[8];

static int careless_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp;

	efilp = kzalloc(sizeof(*efilp), GFP_KERNEL);
	if (efilp == NULL)
		return -ENOMEM;

	filp->private_data = efilp;

	return evl_open_file(efilp, filp);
}

static int careless_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);
	nr_released++;

	return 0;
}

/* Deep down, with a local to clean up behind. */
static ssize_t noinline touch(volatile char *u_buf, size_t n)
{
	volatile char pad[128] = { 0 };

	for (size_t i = 0; i < n; i++)
		u_buf[i] = (char)(u_buf[i] + pad[i % 128]);

	return (ssize_t)n;
}

static ssize_t look(const volatile char *u_buf, size_t n)
{
	char sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (char)(sum + u_buf[i]);

	return sum == 127 ? -EINVAL : (ssize_t)n;
}

static ssize_t careless_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	return touch(u_buf, count);
}

static ssize_t careless_write(struct file *filp, const char __user *u_buf,
			      size_t count, loff_t *ppos)
{
	return look(u_buf, count);
}

static ssize_t careless_oob_read(struct file *filp, char __user *u_buf,
				 size_t count)
{
	return touch(u_buf, count);
}

static ssize_t careless_oob_write(struct file *filp, const char __user *u_buf,
				  size_t count)
{
	return look(u_buf, count);
}

/* Until there is none left. */
static int noinline sink(volatile int *above)
{
	volatile int here[64];

	here[0] = *above + 1;

	return here[0] ? sink(here) + here[0] : 0;
}

/* More than any stack has, sanitizers' too. */
static int noinline leap(void)
{
	volatile char frame[320 << 10];

	frame[0] = 1;

	return frame[0];
}

/* The caller's pointer at @arg, by the book. */
static int fetch(unsigned long arg, unsigned long *r_ptr)
{
	if (in_compat_syscall())
		return get_user(*r_ptr, (compat_uptr_t __user *)arg);

	return get_user(*r_ptr, (unsigned long __user *)arg);
}

/* What it copies is as it should be, and has nothing to do with it. */
static long go_astray(unsigned int cmd, unsigned long arg)
{
	volatile unsigned long garbage;
	unsigned long word;
	char bytes[64];

	if (copy_from_user(bytes, (void __user *)arg, sizeof(bytes)) ||
	    fetch(arg, &word))
		return -EFAULT;

	switch (cmd) {
	case CARELESS_POISON:
		garbage = CARELESS_NONE;
		/* The word is in a register meanwhile. */
		__asm__ volatile("" : "+r"(word));
		++*(volatile int *)garbage;
		__asm__ volatile("" : : "r"(word));
		return 0;
	case CARELESS_CALL:
		garbage = CARELESS_CODE;
		break;
	case CARELESS_STRAY:
		garbage = CARELESS_DATA;
		break;
	default:
		garbage = CARELESS_NONE;
	}

	return ((long (*)(const char *bytes))garbage)(bytes);
}

/* With locks which nobody else will leave for it. */
static long touch_locked(unsigned int cmd, volatile int *u_value)
{
	switch (cmd) {
	case CARELESS_CROWDED:
		for (int i = 0; i < 8; i++)
			raw_spin_lock(&crowd[i]);
		fallthrough;
	case CARELESS_LOCKED:
		raw_spin_lock(&lock);
		break;
	case CARELESS_CROSSED:
		raw_spin_lock(&other);
		raw_spin_lock(&lock);
		raw_spin_unlock(&other);
		break;
	case CARELESS_BOTH:
		mutex_lock(&mutex);
		raw_spin_lock(&lock);
		break;
	case CARELESS_MUTEX:
		mutex_lock(&mutex);
		break;
	case CARELESS_WAITING:
		return evl_wait_event(&queue, ++*u_value);
	default:
		return -ENOTTY;
	}
	++*u_value;

	return 0;
}

/* By the book. */
static long count(void)
{
	int ret;

	mutex_lock(&mutex);
	raw_spin_lock(&queue.lock);
	raw_spin_lock(&other);
	raw_spin_lock(&lock);
	ret = ++nr_counted;
	raw_spin_unlock(&lock);
	raw_spin_unlock(&other);
	raw_spin_unlock(&queue.lock);
	mutex_unlock(&mutex);

	return ret;
}

static long careless_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	volatile int zero = 0;

	switch (cmd) {
	case CARELESS_DEREF:
		++*(volatile int *)arg;
		return 0;
	case CARELESS_DEEP:
		if (fetch(arg, &arg))
			return -EFAULT;
		fallthrough;
	case CARELESS_NESTED:
		if (fetch(arg, &arg))
			return -EFAULT;
		++*(volatile int *)arg;
		return 0;
	case CARELESS_STORE:
		if (put_user(7, (int *)arg))
			return -EFAULT;
		++((volatile int *)arg)[1];
		return 0;
	case CARELESS_RELEASES:
		return nr_released;
	case CARELESS_WILD:
		++*(volatile int *)CARELESS_ADDRESS;
		return 0;
	case CARELESS_NULL:
		++*(volatile int *)(unsigned long)zero;
		return 0;
	case CARELESS_STACK:
		return sink(&zero);
	case CARELESS_LEAP:
		return leap();
	case CARELESS_COUNT:
		return count();
	case CARELESS_POISON:
	case CARELESS_CALL:
	case CARELESS_STRAY:
	case CARELESS_NO_CALL:
		return go_astray(cmd, arg);
	default:
		return touch_locked(cmd, (volatile int *)arg);
	}
}

static const struct file_operations careless_fops = {
	.owner = THIS_MODULE,
	.open = careless_open,
	.release = careless_release,
	.read = careless_read,
	.write = careless_write,
	.unlocked_ioctl = careless_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_read = careless_oob_read,
	.oob_write = careless_oob_write,
	.oob_ioctl = careless_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice careless_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "careless",
	.fops = &careless_fops,
};

module_misc_device(careless_dev);
MODULE_LICENSE("MIT");

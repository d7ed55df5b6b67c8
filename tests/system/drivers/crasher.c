/* SPDX-License-Identifier: MIT */
/*
 * A driver which crashes as it is told to: in its ioctls, in a timer's or an
 * irq_work's function, in its init and exit functions. Everywhere else it does in
 * crasher-file.c and crasher-call.c.
 */
#include <evl/file.h>
#include <evl/thread.h>
#include <evl/timer.h>
#include <linux/bug.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crasher-inside.h"

static int in_init, in_exit;
module_param(in_init, int, 0444);
module_param(in_exit, int, 0444);

static int set_jinx(const char *value, const struct kernel_param *kp)
{
	return crash_now(CRASHER_SEGV);
}

static const struct kernel_param_ops jinx_ops = { .set = set_jinx };
module_param_cb(jinx, &jinx_ops, NULL, 0444);

static unsigned long how;
static bool spinning;

/* Not known to never return, so that its caller stays in one piece. */
static void (*volatile die)(void) = abort;

static struct evl_timer timer;
static struct irq_work work;
static struct evl_kthread thread;

/* The file ends before the page does begin. */
static void noinline touch_beyond_file(void)
{
	int fd = memfd_create("empty", 0);
	volatile char *page;

	/* Where no caller has anything, or it would be its pointer. */
	page = mmap((void *)0x7eadbeee0000, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0);
	page[0] = 1;
}

static int noinline sink(volatile int *above)
{
	volatile int here[64];

	here[0] = *above + 1;

	return here[0] ? sink(here) + here[0] : 0;
}

static int noinline divide(volatile int *by)
{
#if defined(__x86_64__)
	volatile int hundred = 100;

	return hundred / *by;
#else
	return raise(SIGFPE);
#endif
}

static void no_instruction(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#elif defined(__aarch64__)
	__asm__ volatile(".inst 0");
#else
	raise(SIGILL);
#endif
}

static void trap(void)
{
#if defined(__x86_64__)
	__asm__ volatile("int3");
#elif defined(__aarch64__)
	__asm__ volatile("brk #0");
#else
	raise(SIGTRAP);
#endif
}

static void allocate(void)
{
	kfree(kmalloc(64, GFP_KERNEL));
}

static void copy(void)
{
	static DEFINE_SPINLOCK(lock);
	int word;

	spin_lock(&lock);
	(void)!copy_from_user(&word, (void __user *)0x10000, sizeof(word));
	spin_unlock(&lock);
}

/* ThreadSanitizer brings signals in calls of ours only. */
static void spin(void)
{
	WRITE_ONCE(spinning, true);
	while (READ_ONCE(spinning))
		(void)ktime_get_ns();
}

/* With a name to be found, and a frame of its own. */
int noinline crash_now(unsigned long kind)
{
	void (*volatile nowhere)(void) = NULL;
	volatile unsigned long wild = 0x7eadbeef0000;
	volatile int zero = 0;

	switch (kind) {
	case CRASHER_SEGV:
		*(volatile int *)wild = 1;
		break;
	case CRASHER_BUS:
		touch_beyond_file();
		break;
	case CRASHER_FPE:
		zero = divide(&zero);
		break;
	case CRASHER_ILL:
		no_instruction();
		break;
	case CRASHER_TRAP:
		trap();
		break;
	case CRASHER_FREED:
		*(volatile int *)(wild ^ wild ^ 0xdead000000000122) = 1;
		break;
	case CRASHER_BUG:
		BUG();
	case CRASHER_ABRT:
		die();
		break;
	case CRASHER_STACK:
		zero = sink(&zero);
		break;
	case CRASHER_CALL:
		nowhere();
		break;
	case CRASHER_LIBC:
		memset((void *)wild, 0, 4096 + (unsigned long)zero);
		break;
	case CRASHER_KMALLOC:
		allocate();
		break;
	case CRASHER_COPY:
		copy();
		break;
	case CRASHER_SPIN:
		spin();
		break;
	}

	return zero;
}

static void crash_in_thread(void *arg)
{
	crash_now(how);
}

static void crash_in_timer(struct evl_timer *t)
{
	crash_now(how);
}

static void crash_in_work(struct irq_work *w)
{
	crash_now(how);
}

static long crasher_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	how = arg;
	switch (cmd) {
	case CRASHER_HERE:
		return crash_now(arg);
	case CRASHER_TIMER:
		evl_start_timer(&timer, evl_abs_timeout(&timer, 0),
				EVL_INFINITE);
		return 0;
	case CRASHER_THREAD:
		return evl_run_kthread(&thread, crash_in_thread, NULL, 1,
				       EVL_CLONE_PRIVATE, "jinx");
	case CRASHER_WORK:
		irq_work_queue(&work);
		return 0;
	case CRASHER_STOP:
		WRITE_ONCE(spinning, false);
		return 0;
	default:
		return -ENOTTY;
	}
}

static int crasher_open(struct inode *inode, struct file *filp)
{
	filp->private_data = kzalloc(sizeof(struct evl_file), GFP_KERNEL);
	if (filp->private_data == NULL)
		return -ENOMEM;

	return evl_open_file(filp->private_data, filp);
}

static int crasher_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static const struct file_operations crasher_fops = {
	.owner = THIS_MODULE,
	.open = crasher_open,
	.release = crasher_release,
	.unlocked_ioctl = crasher_ioctl,
	.oob_ioctl = crasher_ioctl,
};

static struct miscdevice crasher_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "crasher",
	.fops = &crasher_fops,
};

static int __init crasher_init(void)
{
	int ret;

	evl_init_timer(&timer, crash_in_timer);
	init_irq_work(&work, crash_in_work);
	if (in_init)
		return crash_now((unsigned long)in_init);

	ret = crasher_call_init();
	if (ret)
		return ret;
	ret = crasher_file_init();
	if (ret == 0)
		ret = misc_register(&crasher_dev);

	/* What it leaves behind then is removed. */
	return ret;
}
module_init(crasher_init);

static void __exit crasher_exit(void)
{
	if (in_exit)
		crash_now((unsigned long)in_exit);
	misc_deregister(&crasher_dev);
	crasher_file_exit();
	crasher_call_exit();
}
module_exit(crasher_exit);
MODULE_LICENSE("MIT");

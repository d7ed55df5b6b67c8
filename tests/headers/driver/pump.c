/* SPDX-License-Identifier: MIT */
/*
 * A kernel thread which a flag wakes, and which writes to an application's
 * cross-buffer.
 * Written as for a kernel, and nothing changed.
 */
#include <evl/clock.h>
#include <evl/flag.h>
#include <evl/thread.h>
#include <evl/xbuf.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#define KIOC_XBUF _IOW('k', 0, int)
#define KIOC_KICK _IO('k', 1)

struct sample {
	__u64 when;
	__u32 n;
	__u32 missed;
};

static struct {
	struct evl_kthread thread;
	struct evl_flag kick;
	struct evl_xbuf *xbuf;
	struct evl_file *xfile;
	struct evl_kmutex lock;
	hard_spinlock_t xlock; /* of the next two */
	u32 n;
	bool running;
} state;

static void pump_fn(void *arg)
{
	struct evl_clock *clock = arg;
	int ret = 0;

	while (!evl_kthread_should_stop()) {
		struct sample s;

		ret = evl_wait_flag(&state.kick);
		if (ret)
			break;
		s = (struct sample){ .when = evl_read_clock(clock) };
		ret = evl_lock_kmutex(&state.lock);
		if (ret)
			break;
		s.n = state.n++;
		scoped_guard(raw_spinlock_irqsave,
			     &state.xlock) if (state.xbuf &&
					       evl_write_xbuf(state.xbuf, &s,
							      sizeof(s),
							      O_NONBLOCK) < 0)
			pr_err_ratelimited("pump: full\n");
		evl_unlock_kmutex(&state.lock);
	}
	pr_debug("pump: %s ends with %d\n", "it", ret);
}

/* Another cross-buffer, or none: who closes one waits until we have put it. */
static void pump_set(struct evl_xbuf *xbuf, struct evl_file *xfile)
{
	scoped_guard(raw_spinlock_irqsave, &state.xlock)
	{
		swap(state.xbuf, xbuf);
		swap(state.xfile, xfile);
	}
	if (xbuf)
		evl_put_xbuf(xfile);
}

static int pump_release(struct inode *inode, struct file *filp)
{
	pump_set(NULL, NULL);
	return 0;
}

static long pump_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct evl_file *efilp;
	struct evl_xbuf *xbuf;
	int fd;

	switch (cmd) {
	case KIOC_XBUF:
		if (get_user(fd, (int __user *)arg))
			return -EFAULT;
		xbuf = evl_get_xbuf(fd, &efilp);
		if (!xbuf)
			return -EBADF;
		pump_set(xbuf, efilp);
		return 0;
	case KIOC_KICK:
		evl_raise_flag(&state.kick);
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations pump_fops = {
	.owner = THIS_MODULE,
	.release = pump_release,
	.unlocked_ioctl = pump_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice pump_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pump",
	.fops = &pump_fops,
};

static int __init pump_init(void)
{
	int ret;

	evl_init_flag(&state.kick);
	evl_init_kmutex(&state.lock);
	raw_spin_lock_init(&state.xlock);
	ret = evl_run_kthread(&state.thread, pump_fn, &evl_mono_clock, 50, 0,
			      "pump-%d", 1);
	if (ret)
		goto fail;
	ret = misc_register(&pump_dev);
	if (ret) {
		evl_stop_kthread(&state.thread);
		goto fail;
	}
	return 0;
fail:
	evl_destroy_flag(&state.kick);
	evl_destroy_kmutex(&state.lock);
	return ret;
}

static void __exit pump_exit(void)
{
	misc_deregister(&pump_dev);
	evl_destroy_flag(&state.kick);
	evl_stop_kthread(&state.thread);
	evl_destroy_kmutex(&state.lock);
}
module_init(pump_init);
module_exit(pump_exit);
MODULE_LICENSE("GPL");

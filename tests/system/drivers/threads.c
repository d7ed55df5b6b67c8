/* SPDX-License-Identifier: MIT */
/*
 * A driver with threads of its own: one answers oob_read(), one waits by
 * looking, one is what handlers wait for by looking, one has a period, and one
 * is started and stopped as an application likes.
 */
#include "threads.h"

#include <evl/device.h>
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define PERIOD_NS 1000000

/* A call of oob_read(), in line for the server. */
struct call {
	struct list_head link;
	__u64 value;
	struct evl_flag answered;
};

static struct evl_kthread server, looker, clearer, periodic, sleeper;

static LIST_HEAD(calls); /* under calls_lock */
static DEFINE_EVL_KMUTEX(calls_lock);
static DEFINE_EVL_KSEM(nr_calls, 0);

static void serve(void *arg)
{
	struct call *call;

	while (!evl_kthread_should_stop()) {
		if (evl_down(&nr_calls))
			continue;
		evl_lock_kmutex(&calls_lock);
		call = list_first_entry(&calls, struct call, link);
		list_del(&call->link);
		evl_unlock_kmutex(&calls_lock);
		call->value *= 2;
		evl_raise_flag(&call->answered);
	}
}

static ssize_t threads_oob_read(struct file *filp, char __user *u_buf,
				size_t count)
{
	struct threads_io io;
	struct call call;
	int ret;

	if (count < sizeof(io))
		return -EINVAL;
	if (raw_copy_from_user(&io, u_buf, sizeof(io)))
		return -EFAULT;

	call.value = io.value;
	evl_init_flag(&call.answered);
	ret = evl_lock_kmutex(&calls_lock);
	if (ret)
		return ret;
	list_add_tail(&call.link, &calls);
	evl_unlock_kmutex(&calls_lock);
	evl_up(&nr_calls);

	/* The server has our call: it must answer it, come what may. */
	while (evl_wait_flag(&call.answered))
		cpu_relax();

	io.answer = call.value;

	if (raw_copy_to_user(u_buf, &io, sizeof(io)))
		return -EFAULT;

	return sizeof(io);
}

/* Handlers that look, and the thread that has them go on. */

static atomic_t wanted;
static DEFINE_EVL_FLAG(clear_it);

static void clear(void *arg)
{
	while (evl_wait_flag(&clear_it) == 0)
		atomic_set(&wanted, 0);
}

static long wait_for_clearer(bool politely)
{
	atomic_set(&wanted, 1);
	evl_raise_flag(&clear_it);
	while (atomic_read(&wanted))
		if (politely)
			cpu_relax();

	return 0;
}

/* A thread that looks, and whoever has it go on. */

static atomic_t nr_wishes, nr_granted;

static void look(void *arg)
{
	while (!evl_kthread_should_stop()) {
		if (atomic_read(&nr_wishes) != atomic_read(&nr_granted))
			atomic_inc(&nr_granted);
		cpu_relax();
	}
}

static long let_go(__u64 __user *u_count)
{
	int count = atomic_inc_return(&nr_wishes);

	while (atomic_read(&nr_granted) < count)
		cpu_relax();

	return raw_put_user((__u64)count, u_count);
}

static atomic_t nr_periods;

static void count_periods(void *arg)
{
	unsigned long overruns;
	int ret = evl_set_period(&evl_mono_clock, 0, PERIOD_NS);

	while (ret == 0 || ret == -ETIMEDOUT) {
		overruns = 0;
		ret = evl_wait_period(&overruns);
		if (ret == 0 || ret == -ETIMEDOUT)
			atomic_add(1 + (int)overruns, &nr_periods);
	}
}

static DEFINE_EVL_FLAG(never);

static void sleep_on(void *arg)
{
	while (evl_wait_flag(&never) == 0)
		;
}

static DEFINE_EVL_KMUTEX(mutex);

static long threads_oob_ioctl(struct file *filp, unsigned int cmd,
			      unsigned long arg)
{
	switch (cmd) {
	case THREADS_IOC_WAIT_POLITELY:
	case THREADS_IOC_WAIT_RUDELY:
		return wait_for_clearer(cmd == THREADS_IOC_WAIT_POLITELY);
	case THREADS_IOC_LET_GO:
		return let_go((__u64 __user *)arg);
	case THREADS_IOC_LOCK:
		return evl_lock_kmutex(&mutex);
	case THREADS_IOC_UNLOCK:
		evl_unlock_kmutex(&mutex);
		return 0;
	case THREADS_IOC_STOP:
		evl_stop_kthread(&sleeper);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long threads_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	switch (cmd) {
	case THREADS_IOC_LET_GO:
		return let_go((__u64 __user *)arg);
	case THREADS_IOC_STOP:
		evl_stop_kthread(&sleeper);
		return 0;
	case THREADS_IOC_START:
		return evl_run_kthread(&sleeper, sleep_on, NULL, 10,
				       EVL_CLONE_PRIVATE, "sleeper");
	case THREADS_IOC_START_ON:
		return evl_run_kthread_on_cpu(&sleeper, (int)arg, sleep_on,
					      NULL, 10, EVL_CLONE_PRIVATE,
					      "sleeper");
	case THREADS_IOC_PERIODS:
		return put_user((__u64)atomic_read(&nr_periods),
				(__u64 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int threads_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp = kzalloc(sizeof(*efilp), GFP_KERNEL);

	if (efilp == NULL)
		return -ENOMEM;

	filp->private_data = efilp;

	return evl_open_file(efilp, filp);
}

static int threads_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static const struct file_operations threads_fops = {
	.owner = THIS_MODULE,
	.open = threads_open,
	.release = threads_release,
	.unlocked_ioctl = threads_ioctl,
	.oob_read = threads_oob_read,
	.oob_ioctl = threads_oob_ioctl,
};

static struct miscdevice threads_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "threads",
	.fops = &threads_fops,
};

static const struct {
	struct evl_kthread *kthread;
	void (*fn)(void *arg);
	int prio;
	int flags;
	const char *name;
} threads[] = {
	{ &server, serve, 50, EVL_CLONE_PUBLIC, "server" },
	{ &looker, look, 1, EVL_CLONE_PRIVATE, "looker" },
	{ &clearer, clear, 0, EVL_CLONE_PRIVATE, "clearer" },
	{ &periodic, count_periods, 90, EVL_CLONE_PRIVATE, "periodic" },
	{ &sleeper, sleep_on, 10, EVL_CLONE_PRIVATE, "sleeper" },
};

static void stop_threads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		evl_stop_kthread(threads[i].kthread);
}

static int __init threads_init(void)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(threads) && ret == 0; i++)
		ret = evl_run_kthread(threads[i].kthread, threads[i].fn, NULL,
				      threads[i].prio, threads[i].flags, "%s",
				      threads[i].name);
	if (ret == 0)
		ret = misc_register(&threads_device);
	if (ret)
		stop_threads();

	return ret;
}
module_init(threads_init);

static void __exit threads_exit(void)
{
	misc_deregister(&threads_device);
	stop_threads();
}
module_exit(threads_exit);

MODULE_LICENSE("MIT");

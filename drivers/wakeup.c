/* SPDX-License-Identifier: MIT */
/*
 * /dev/wakeup tells how late it is when a timer's function runs, and when a
 * kernel thread which slept until a date does: evl-bench wakeup compares both
 * with a thread without a daemon.
 *
 * A file has a timer and a thread, on the first worker. One of them at a time
 * works for the request which sleeps on ->done, until the last date. A request
 * whose sleep is broken leaves it behind: it stops at its next date, and there is
 * no other request until then.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <evl/clock.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/init.h>
#include <evl/thread.h>
#include <evl/timer.h>
#include <evl/uaccess.h>

#include <uapi/evl/devices/wakeup.h>

#define PERIOD_MIN (10 * NSEC_PER_USEC)
#define PERIOD_MAX NSEC_PER_SEC

/* An open file. */
struct wakeup {
	struct evl_file efile;
	struct evl_timer timer;
	struct evl_kthread kthread;
	struct evl_flag go;   /* for the thread */
	struct evl_flag done; /* for the request; its lock protects these: */
	bool busy;	      /* there is a request, or what one left behind */
	bool abandoned;	      /* the latter */
	/* Of who works: */
	ktime_t date, period;
	unsigned int nr_samples, nr_wanted;
	u32 samples[WAKEUP_SAMPLES_MAX];
};

/* The first date to come. */
static void advance(struct wakeup *wk, ktime_t now)
{
	do
		wk->date += wk->period;
	while (wk->date <= now);
}

/* It is @wk->date, or later. False: that was the last one. */
static bool take_sample(struct wakeup *wk)
{
	ktime_t now = evl_ktime_monotonic(), late = now - wk->date;

	/* A clock's gravity makes some early. */
	wk->samples[wk->nr_samples++] =
		(u32)clamp_t(ktime_t, late, 0, UINT_MAX);
	advance(wk, now);

	return wk->nr_samples < wk->nr_wanted && !READ_ONCE(wk->abandoned);
}

static void finish(struct wakeup *wk)
{
	unsigned long flags;

	evl_lock_flag(&wk->done, flags);
	if (wk->abandoned)
		wk->busy = false;
	else
		evl_raise_flag_locked(&wk->done);
	evl_unlock_flag(&wk->done, flags);
	evl_schedule();
}

static void run_timer(struct evl_timer *timer)
{
	struct wakeup *wk = container_of(timer, struct wakeup, timer);

	if (take_sample(wk))
		evl_start_timer(timer, wk->date, EVL_INFINITE);
	else
		finish(wk);
}

static void run_thread(void *arg)
{
	struct wakeup *wk = arg;
	int ret = 0;

	while (evl_wait_flag(&wk->go) == 0) {
		do
			ret = evl_sleep_until(wk->date);
		while (ret == 0 && take_sample(wk));
		finish(wk);
	}
}

/* False: the last one is just ending. */
static bool begin(struct wakeup *wk)
{
	unsigned long flags;
	bool free;

	evl_lock_flag(&wk->done, flags);
	free = !wk->busy;
	if (free) {
		wk->busy = true;
		wk->abandoned = false;
		evl_clear_flag(&wk->done);
	}
	evl_unlock_flag(&wk->done, flags);

	return free;
}

static void start(struct wakeup *wk, const struct wakeup_request *req)
{
	wk->nr_samples = 0;
	wk->nr_wanted = req->nr_samples;
	wk->period = (ktime_t)req->period;
	wk->date = evl_ktime_monotonic() + wk->period;

	if (req->who == WAKEUP_HANDLER)
		evl_start_timer(&wk->timer, wk->date, EVL_INFINITE);
	else
		evl_raise_flag(&wk->go);
}

static void end(struct wakeup *wk, bool broken)
{
	unsigned long flags;

	evl_lock_flag(&wk->done, flags);
	/* Who works may have come first. */
	if (broken && !evl_read_flag(&wk->done))
		wk->abandoned = true;
	else
		wk->busy = false;
	evl_unlock_flag(&wk->done, flags);
}

static int measure(struct wakeup *wk, const struct wakeup_request *req)
{
	int ret;

	if (!begin(wk))
		return -EBUSY;

	start(wk, req);
	ret = evl_wait_flag(&wk->done);
	if (ret == 0 &&
	    raw_copy_to_user_ptr64(req->samples_ptr, wk->samples,
				   wk->nr_samples * sizeof(*wk->samples)))
		ret = -EFAULT;
	end(wk, ret && ret != -EFAULT);

	return ret;
}

static long wakeup_oob_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	struct wakeup_request req;

	if (cmd != WAKEUP_IOC_MEASURE)
		return -ENOTTY;
	if (raw_copy_from_user(&req, (void __user *)arg, sizeof(req)))
		return -EFAULT;
	if (req.who > WAKEUP_KTHREAD || req.nr_samples == 0 ||
	    req.nr_samples > WAKEUP_SAMPLES_MAX || req.period < PERIOD_MIN ||
	    req.period > PERIOD_MAX)
		return -EINVAL;

	return measure(filp->private_data, &req);
}

/* Where workers are not pinned there is none on a certain CPU. */
static int start_thread(struct wakeup *wk, int cpu)
{
	static atomic_t count = ATOMIC_INIT(0);
	int number = atomic_inc_return(&count);

	if (evl_cpu_rq(cpu))
		return evl_run_kthread_on_cpu(
			&wk->kthread, cpu, run_thread, wk, EVL_CORE_MAX_PRIO,
			EVL_CLONE_PRIVATE, "wakeup:%d", number);

	return evl_run_kthread(&wk->kthread, run_thread, wk, EVL_CORE_MAX_PRIO,
			       EVL_CLONE_PRIVATE, "wakeup:%d", number);
}

static int wakeup_open(struct inode *inode, struct file *filp)
{
	int cpu = (int)cpumask_first(&evl_oob_cpus), ret;
	struct wakeup *wk;

	wk = kzalloc(sizeof(*wk), GFP_KERNEL);
	if (wk == NULL)
		return -ENOMEM;

	evl_init_flag(&wk->go);
	evl_init_flag(&wk->done);
	evl_init_timer_on_cpu(&wk->timer, cpu, run_timer);
	ret = start_thread(wk, cpu);
	if (ret)
		goto fail;
	filp->private_data = wk;
	stream_open(inode, filp);
	ret = evl_open_file(&wk->efile, filp);
	if (ret)
		goto fail_thread;

	return 0;
fail_thread:
	evl_stop_kthread(&wk->kthread);
fail:
	kfree(wk);

	return ret;
}

static int wakeup_release(struct inode *inode, struct file *filp)
{
	struct wakeup *wk = filp->private_data;

	evl_destroy_flag(&wk->done);
	evl_release_file(&wk->efile);
	evl_destroy_timer(&wk->timer);
	evl_stop_kthread(&wk->kthread);
	kfree(wk);

	return 0;
}

static const struct file_operations wakeup_fops = {
	.owner = THIS_MODULE,
	.open = wakeup_open,
	.release = wakeup_release,
	.oob_ioctl = wakeup_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice wakeup_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "wakeup",
	.fops = &wakeup_fops,
};
module_misc_device(wakeup_device);

MODULE_DESCRIPTION("How late timers and kernel threads are");
MODULE_LICENSE("MIT");

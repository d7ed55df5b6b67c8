/* SPDX-License-Identifier: MIT */
/*
 * /dev/sleepers has kernel threads which sleep, for evl-bench sleepers: what
 * each costs in memory, and whether to wake one takes longer where there are
 * thousands.
 *
 * In-band alone adds and removes them, under ->mutex. A request wakes one at a
 * time, under ->turn, and sleeps until that one has said when it was awake.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <evl/clock.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/mutex.h>
#include <evl/sem.h>
#include <evl/thread.h>
#include <evl/uaccess.h>
#include <evl/wait.h>

#include <uapi/evl/devices/sleepers.h>

#define NR_PLACES 4
#define HIGHEST	  EVL_FIFO_MAX_PRIO
#define ADD_MAX	  100000

struct sleepers;

struct sleeper {
	struct list_head link;
	struct evl_kthread kthread;
	struct sleepers *sp; /* borrowed */
	u32 place;
};

/* An open file. */
struct sleepers {
	struct evl_file efile;
	struct evl_flag flag, alone;
	struct evl_ksem sem;
	struct evl_wait_queue queue;
	unsigned int nr_tokens; /* what they wait for there, under its lock */
	struct mutex mutex;
	struct list_head added;
	unsigned int nr_added;
	struct sleeper *urgent[NR_PLACES]; /* owned, one for each place */
	struct evl_kmutex turn;
	struct evl_flag awake;
	ktime_t woken_at;
	u32 samples[SLEEPERS_SAMPLES_MAX];
};

static bool take_token_locked(struct sleepers *sp)
{
	if (sp->nr_tokens == 0)
		return false;
	sp->nr_tokens--;

	return true;
}

static int sleep_at(struct sleepers *sp, u32 place)
{
	switch (place) {
	case SLEEPERS_FLAG:
		return evl_wait_flag(&sp->flag);
	case SLEEPERS_SEM:
		return evl_down(&sp->sem);
	case SLEEPERS_QUEUE:
		return evl_wait_event(&sp->queue, take_token_locked(sp));
	default:
		return evl_wait_flag(&sp->alone);
	}
}

static void wake_at(struct sleepers *sp, u32 place)
{
	unsigned long flags;

	switch (place) {
	case SLEEPERS_FLAG:
		evl_raise_flag(&sp->flag);
		break;
	case SLEEPERS_SEM:
		evl_up(&sp->sem);
		break;
	case SLEEPERS_QUEUE:
		raw_spin_lock_irqsave(&sp->queue.lock, flags);
		sp->nr_tokens++;
		evl_wake_up_head(&sp->queue);
		raw_spin_unlock_irqrestore(&sp->queue.lock, flags);
		evl_schedule();
		break;
	default:
		evl_raise_flag(&sp->alone);
	}
}

static void sleep_and_tell(void *arg)
{
	struct sleeper *sleeper = arg;
	struct sleepers *sp = sleeper->sp;

	while (sleep_at(sp, sleeper->place) == 0) {
		sp->woken_at = evl_ktime_monotonic();
		evl_raise_flag(&sp->awake);
	}
}

static int sleeper_new(struct sleepers *sp, u32 place, int priority,
		       struct sleeper **r_sleeper)
{
	struct sleeper *sleeper;
	int ret;

	sleeper = kzalloc(sizeof(*sleeper), GFP_KERNEL);
	if (sleeper == NULL)
		return -ENOMEM;

	sleeper->sp = sp;
	sleeper->place = place;
	INIT_LIST_HEAD(&sleeper->link);
	ret = evl_run_kthread(&sleeper->kthread, sleep_and_tell, sleeper,
			      priority, EVL_CLONE_PRIVATE, "sleeper:%p",
			      sleeper);
	if (ret) {
		kfree(sleeper);
		return ret;
	}
	*r_sleeper = sleeper;

	return 0;
}

static void sleeper_free(struct sleeper *sleeper)
{
	if (sleeper == NULL)
		return;

	evl_stop_kthread(&sleeper->kthread);
	list_del(&sleeper->link);
	kfree(sleeper);
}

static void remove_all(struct sleepers *sp)
{
	struct sleeper *sleeper, *tmp;

	list_for_each_entry_safe(sleeper, tmp, &sp->added, link)
		sleeper_free(sleeper);
	sp->nr_added = 0;
}

/* Locked. */
static int add(struct sleepers *sp, unsigned long nr)
{
	struct sleeper *sleeper;
	unsigned int n;
	int ret;

	for (; nr > 0; nr--) {
		n = sp->nr_added;
		ret = sleeper_new(sp, n % SLEEPERS_ALONE,
				  EVL_FIFO_MIN_PRIO +
					  (int)(n / SLEEPERS_ALONE %
						(HIGHEST - EVL_FIFO_MIN_PRIO)),
				  &sleeper);
		if (ret)
			return ret;
		list_add_tail(&sleeper->link, &sp->added);
		sp->nr_added++;
	}

	return (int)sp->nr_added;
}

static long sleepers_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct sleepers *sp = filp->private_data;
	long ret = 0;

	if (cmd != SLEEPERS_IOC_ADD && cmd != SLEEPERS_IOC_REMOVE)
		return -ENOTTY;
	if (cmd == SLEEPERS_IOC_ADD && arg > ADD_MAX)
		return -EINVAL;

	mutex_lock(&sp->mutex);
	if (cmd == SLEEPERS_IOC_ADD)
		ret = add(sp, arg);
	else
		remove_all(sp);
	mutex_unlock(&sp->mutex);

	return ret;
}

/* One sample. */
static int wake_one(struct sleepers *sp, u32 place, u32 *r_sample)
{
	ktime_t start = evl_ktime_monotonic();
	int ret;

	wake_at(sp, place);
	/* One which the last request left behind may tell only now. */
	do
		ret = evl_wait_flag(&sp->awake);
	while (ret == 0 && sp->woken_at < start);
	if (ret == 0)
		*r_sample = (u32)clamp_t(ktime_t, sp->woken_at - start, 0,
					 UINT_MAX);

	return ret;
}

static int wake_many(struct sleepers *sp, const struct sleepers_request *req)
{
	int ret = 0;

	evl_clear_flag(&sp->awake);
	for (u32 i = 0; i < req->nr_samples && ret == 0; i++)
		ret = wake_one(sp, req->place, &sp->samples[i]);
	if (ret)
		return ret;

	return raw_copy_to_user_ptr64(req->samples_ptr, sp->samples,
				      req->nr_samples * sizeof(u32))
		       ? -EFAULT
		       : 0;
}

static long sleepers_oob_ioctl(struct file *filp, unsigned int cmd,
			       unsigned long arg)
{
	struct sleepers *sp = filp->private_data;
	struct sleepers_request req;
	int ret;

	if (cmd != SLEEPERS_IOC_WAKE)
		return -ENOTTY;
	if (raw_copy_from_user(&req, (void __user *)arg, sizeof(req)))
		return -EFAULT;
	if (req.place >= NR_PLACES || req.nr_samples == 0 ||
	    req.nr_samples > SLEEPERS_SAMPLES_MAX)
		return -EINVAL;

	ret = evl_lock_kmutex(&sp->turn);
	if (ret)
		return ret;
	ret = wake_many(sp, &req);
	evl_unlock_kmutex(&sp->turn);

	return ret;
}

static void sleepers_free(struct sleepers *sp)
{
	remove_all(sp);
	for (int i = 0; i < NR_PLACES; i++)
		sleeper_free(sp->urgent[i]);
	kfree(sp);
}

static int sleepers_open(struct inode *inode, struct file *filp)
{
	struct sleepers *sp;
	int ret = 0;

	sp = kzalloc(sizeof(*sp), GFP_KERNEL);
	if (sp == NULL)
		return -ENOMEM;

	evl_init_flag(&sp->flag);
	evl_init_flag(&sp->alone);
	evl_init_flag(&sp->awake);
	evl_init_ksem(&sp->sem, 0);
	evl_init_wait(&sp->queue, &evl_mono_clock, EVL_WAIT_PRIO);
	evl_init_kmutex(&sp->turn);
	mutex_init(&sp->mutex);
	INIT_LIST_HEAD(&sp->added);

	for (u32 i = 0; i < NR_PLACES && ret == 0; i++)
		ret = sleeper_new(sp, i, HIGHEST, &sp->urgent[i]);
	filp->private_data = sp;
	stream_open(inode, filp);
	if (ret == 0)
		ret = evl_open_file(&sp->efile, filp);
	if (ret)
		sleepers_free(sp);

	return ret;
}

static int sleepers_release(struct inode *inode, struct file *filp)
{
	struct sleepers *sp = filp->private_data;

	evl_destroy_flag(&sp->awake);
	evl_release_file(&sp->efile);
	sleepers_free(sp);

	return 0;
}

static const struct file_operations sleepers_fops = {
	.owner = THIS_MODULE,
	.open = sleepers_open,
	.release = sleepers_release,
	.unlocked_ioctl = sleepers_ioctl,
	.compat_ioctl = sleepers_ioctl,
	.oob_ioctl = sleepers_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice sleepers_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sleepers",
	.fops = &sleepers_fops,
};
module_misc_device(sleepers_device);

MODULE_DESCRIPTION("Many kernel threads which sleep, and one which is woken");
MODULE_LICENSE("MIT");

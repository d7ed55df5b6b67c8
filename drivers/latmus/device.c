/* SPDX-License-Identifier: MIT */
/*
 * /dev/latmus measures latencies and tunes the clock, for the program of that
 * name. See latmus.md for its users' view, and runner.h for what a runner is.
 *
 * A runner is set up, and replaced, in-band; out-of-band requests hold it, by
 * ->nr_inside, while they use it.
 */
#include "runner.h"

#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <evl/file.h>
#include <evl/uaccess.h>

#define NR_CELLS_MAX 65536

/* An open file. */
struct latmus {
	struct evl_file efile;
	hard_spinlock_t lock;  /* protects: */
	struct runner *runner; /* owned; NULL: none was set up */
	unsigned int nr_inside;
	bool runs; /* one of those is EVL_LATIOC_RUN */
};

static void runner_free(struct runner *runner)
{
	if (runner == NULL)
		return;

	context_exit(runner);
	kfree(runner->histogram);
	kfree(runner);
}

static int check_setup(const struct latmus_setup *setup)
{
	if (setup->type > EVL_LAT_SIRQ || setup->period == 0 ||
	    setup->period > NSEC_PER_SEC || setup->priority < 0 ||
	    setup->priority > EVL_FIFO_MAX_PRIO ||
	    setup->cpu >= num_possible_cpus())
		return -EINVAL;

	return 0;
}

/* The caller's cross-buffer is there, and there is room for the histogram. */
static int set_up_measuring(struct runner *runner,
			    const struct latmus_setup *setup)
{
	struct evl_file *efilp;

	if (setup->u.measure.hcells > NR_CELLS_MAX)
		return -EINVAL;

	runner->xfd = (int)setup->u.measure.xfd;
	if (evl_get_xbuf(runner->xfd, &efilp) == NULL)
		return -EBADF;
	evl_put_xbuf(efilp);

	runner->nr_cells = setup->u.measure.hcells;
	if (runner->nr_cells == 0)
		return 0;
	runner->histogram = kcalloc(runner->nr_cells,
				    sizeof(*runner->histogram), GFP_KERNEL);

	return runner->histogram ? 0 : -ENOMEM;
}

static int runner_new(const struct latmus_setup *setup, bool tunes,
		      struct runner **r_runner)
{
	struct runner *runner;
	int ret = 0;

	runner = kzalloc(sizeof(*runner), GFP_KERNEL);
	if (runner == NULL)
		return -ENOMEM;

	runner->type = setup->type;
	runner->period = (ktime_t)setup->period;
	runner->tunes = tunes;
	if (tunes)
		runner->verbosity = setup->u.tune.verbosity;
	else
		ret = set_up_measuring(runner, setup);
	if (ret == 0)
		ret = context_init(runner, setup);
	if (ret == 0) {
		*r_runner = runner;
		return 0;
	}
	kfree(runner->histogram);
	kfree(runner);

	return ret;
}

/* Take out what is there. -EBUSY: somebody is in it. */
static int take_runner(struct latmus *lat, struct runner **r_runner)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&lat->lock, flags);
	if (lat->nr_inside) {
		ret = -EBUSY;
	} else {
		*r_runner = lat->runner;
		lat->runner = NULL;
	}
	raw_spin_unlock_irqrestore(&lat->lock, flags);

	return ret;
}

static int put_runner(struct latmus *lat, struct runner *runner)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&lat->lock, flags);
	if (lat->runner)
		ret = -EBUSY; /* another thread's was quicker */
	else
		lat->runner = runner;
	raw_spin_unlock_irqrestore(&lat->lock, flags);

	return ret;
}

static long set_up(struct latmus *lat, bool tunes,
		   const struct latmus_setup __user *u_setup)
{
	struct runner *runner, *former;
	struct latmus_setup setup;
	int ret;

	if (copy_from_user(&setup, u_setup, sizeof(setup)))
		return -EFAULT;
	ret = check_setup(&setup);
	if (ret == 0)
		ret = take_runner(lat, &former);
	if (ret)
		return ret;

	/* First: its thread has the name which the next one's is to have. */
	runner_free(former);
	ret = runner_new(&setup, tunes, &runner);
	if (ret)
		return ret;
	ret = put_runner(lat, runner);
	if (ret)
		runner_free(runner);

	return ret;
}

static long latmus_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct latmus_setup __user *u_setup = (void __user *)arg;
	struct latmus *lat = filp->private_data;

	switch (cmd) {
	case EVL_LATIOC_TUNE:
		return set_up(lat, true, u_setup);
	case EVL_LATIOC_MEASURE:
		return set_up(lat, false, u_setup);
	case EVL_LATIOC_RESET:
		evl_reset_clock_gravity(&evl_mono_clock);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Until it is ended, by a signal for one. */
static int run_measurement(struct runner *runner)
{
	u32 nr_per_second = (u32)(NSEC_PER_SEC / runner->period);
	struct evl_file *efilp;
	int ret;

	runner->xbuf = evl_get_xbuf(runner->xfd, &efilp);
	if (runner->xbuf == NULL)
		return -EBADF;

	if (runner->histogram)
		memset(runner->histogram, 0,
		       runner->nr_cells * sizeof(*runner->histogram));
	context_start(runner, nr_per_second, nr_per_second);
	ret = evl_wait_flag(&runner->done);
	context_stop(runner);
	evl_put_xbuf(efilp);

	return ret ? ret : runner->status;
}

static int report(const struct runner *runner,
		  const struct latmus_measurement_result *mr)
{
	size_t len = min_t(size_t, mr->len,
			   runner->nr_cells * sizeof(*runner->histogram));
	struct latmus_measurement last;

	tally_report(&runner->tally, &last);
	if (mr->last_ptr &&
	    raw_copy_to_user_ptr64(mr->last_ptr, &last, sizeof(last)))
		return -EFAULT;
	if (runner->histogram && mr->histogram_ptr &&
	    raw_copy_to_user_ptr64(mr->histogram_ptr, runner->histogram, len))
		return -EFAULT;

	return 0;
}

static int measure(struct runner *runner, const struct latmus_result *result)
{
	struct latmus_measurement_result mr;
	int ret;

	if (result->len != sizeof(mr))
		return -EINVAL;
	if (raw_copy_from_user_ptr64(&mr, result->data_ptr, sizeof(mr)))
		return -EFAULT;

	ret = run_measurement(runner);

	/* That is how one ends. */
	return ret == -EINTR ? report(runner, &mr) : ret;
}

static int tune(struct runner *runner, const struct latmus_result *result)
{
	s32 gravity;
	int ret;

	if (result->len != sizeof(gravity))
		return -EINVAL;

	ret = runner_tune(runner, &gravity);
	if (ret)
		return ret;

	return raw_copy_to_user_ptr64(result->data_ptr, &gravity,
				      sizeof(gravity))
		       ? -EFAULT
		       : 0;
}

static int run(struct runner *runner, const struct latmus_result __user *u_res)
{
	struct latmus_result result;

	if (raw_copy_from_user(&result, u_res, sizeof(result)))
		return -EFAULT;

	return runner->tunes ? tune(runner, &result) : measure(runner, &result);
}

static int pulse(struct runner *runner, const __u64 __user *u_when)
{
	__u64 when;

	if (runner->type != EVL_LAT_USER)
		return -EINVAL;
	if (raw_copy_from_user(&when, u_when, sizeof(when)))
		return -EFAULT;

	return context_pulse(runner, (ktime_t)when);
}

static int enter(struct latmus *lat, bool runs)
{
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&lat->lock, flags);
	if (lat->runner == NULL) {
		ret = -EAGAIN;
	} else if (runs && lat->runs) {
		ret = -EBUSY;
	} else {
		lat->runs |= runs;
		lat->nr_inside++;
	}
	raw_spin_unlock_irqrestore(&lat->lock, flags);

	return ret;
}

static void leave(struct latmus *lat, bool runs)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lat->lock, flags);
	lat->nr_inside--;
	if (runs)
		lat->runs = false;
	raw_spin_unlock_irqrestore(&lat->lock, flags);
}

static long latmus_oob_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	struct latmus *lat = filp->private_data;
	bool runs = cmd == EVL_LATIOC_RUN;
	int ret;

	if (!runs && cmd != EVL_LATIOC_PULSE)
		return -ENOTTY;
	ret = enter(lat, runs);
	if (ret)
		return ret;

	if (runs)
		ret = run(lat->runner, (void __user *)arg);
	else
		ret = pulse(lat->runner, (void __user *)arg);
	leave(lat, runs);

	return ret;
}

static int latmus_open(struct inode *inode, struct file *filp)
{
	struct latmus *lat;
	int ret;

	lat = kzalloc(sizeof(*lat), GFP_KERNEL);
	if (lat == NULL)
		return -ENOMEM;

	raw_spin_lock_init(&lat->lock);
	filp->private_data = lat;
	stream_open(inode, filp);
	ret = evl_open_file(&lat->efile, filp);
	if (ret)
		kfree(lat);

	return ret;
}

static int latmus_release(struct inode *inode, struct file *filp)
{
	struct latmus *lat = filp->private_data;

	if (lat->runner) {
		evl_destroy_flag(&lat->runner->done);
		evl_destroy_flag(&lat->runner->pulse);
	}
	evl_release_file(&lat->efile);
	runner_free(lat->runner);
	kfree(lat);

	return 0;
}

static const struct file_operations latmus_fops = {
	.owner = THIS_MODULE,
	.open = latmus_open,
	.release = latmus_release,
	.unlocked_ioctl = latmus_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_ioctl = latmus_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice latmus_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "latmus",
	.fops = &latmus_fops,
};
module_misc_device(latmus_device);

MODULE_DESCRIPTION("How late timers, kernel threads and applications are");
MODULE_LICENSE("MIT");

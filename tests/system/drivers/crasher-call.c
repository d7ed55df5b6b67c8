/* SPDX-License-Identifier: MIT */
/* Functions of all kinds, which are called once as they are asked for. */
#include "crasher-inside.h"

#include <evl/clock.h>
#include <evl/factory.h>
#include <evl/work.h>
#include <linux/fs.h>
#include <linux/gpio.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#define IRQ	1
#define IRQ_OOB 2

static void crash_in_item(struct work_struct *work)
{
	crasher_here(CRASHER_WORK_ITEM);
}
static DECLARE_WORK(item, crash_in_item);

static void crash_in_delayed(struct work_struct *work)
{
	crasher_here(CRASHER_DELAYED_WORK);
}
static DECLARE_DELAYED_WORK(delayed, crash_in_delayed);

static struct evl_work evl_item;

static void crash_in_evl_work(struct evl_work *work)
{
	crasher_here(CRASHER_EVL_WORK);
}

static struct evl_sync_work sync_item;

static int crash_in_sync_work(struct evl_sync_work *work)
{
	return crasher_here(CRASHER_SYNC_WORK);
}

static struct kthread_worker *worker;
static struct kthread_work worker_item;

static void crash_in_kthread_work(struct kthread_work *work)
{
	crasher_here(CRASHER_KTHREAD_WORK);
}

static int crash_in_kthread(void *data)
{
	return crasher_here(CRASHER_KTHREAD);
}

static void crash_in_timer_list(struct timer_list *timer)
{
	crasher_here(CRASHER_TIMER_LIST);
}
static DEFINE_TIMER(timer, crash_in_timer_list);

static struct hrtimer hrtimer;

static enum hrtimer_restart crash_in_hrtimer(struct hrtimer *t)
{
	crasher_here(CRASHER_HRTIMER);

	return HRTIMER_NORESTART;
}

static void crash_in_tasklet(struct tasklet_struct *tasklet)
{
	crasher_here(CRASHER_TASKLET);
}
static DECLARE_TASKLET(tasklet, crash_in_tasklet);

static struct rcu_head rcu;

static void crash_in_rcu(struct rcu_head *head)
{
	crasher_here(CRASHER_RCU);
}

static irqreturn_t crash_in_irq(int irq, void *dev_id)
{
	crasher_here(irq == IRQ ? CRASHER_IRQ : CRASHER_IRQ_OOB);

	return IRQ_WAKE_THREAD;
}

static irqreturn_t crash_in_irq_thread(int irq, void *dev_id)
{
	crasher_here(CRASHER_IRQ_THREAD);

	return IRQ_HANDLED;
}

/* With a name of its own. */
static long raise_irq(void)
{
	int ret = request_threaded_irq(IRQ, crash_in_irq, crash_in_irq_thread,
				       0, "jinx", &worker);

	return ret ? ret : generic_handle_irq(IRQ);
}

/*
 * What a device has.
 */

static void crash_in_devres(struct device *dev, void *res)
{
	crasher_here(CRASHER_DEVRES);
}

static void crash_in_action(void *data)
{
	crasher_here(CRASHER_ACTION);
}

static int crash_in_probe(struct platform_device *pdev)
{
	void *res = devres_alloc(crash_in_devres, 8, GFP_KERNEL);

	if (res == NULL)
		return -ENOMEM;
	devres_add(&pdev->dev, res);
	crasher_here(CRASHER_PROBE);

	return devm_add_action_or_reset(&pdev->dev, crash_in_action, NULL);
}

static void crash_in_remove(struct platform_device *pdev)
{
	crasher_here(CRASHER_REMOVE);
}

static struct platform_driver jinxed = {
	.probe = crash_in_probe,
	.remove_new = crash_in_remove,
	.driver = { .name = "jinxed" },
};

static long come_and_go(void)
{
	struct platform_device *pdev =
		platform_device_register_simple("jinxed", 7, NULL, 0);
	int ret;

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	ret = platform_driver_register(&jinxed);
	if (ret == 0)
		platform_driver_unregister(&jinxed);
	platform_device_unregister(pdev);

	return ret;
}

static void crash_in_device(struct device *dev)
{
	crasher_here(CRASHER_DEVICE);
	kfree(dev);
}

static char *crash_in_devnode(const struct device *dev, umode_t *mode)
{
	crasher_here(CRASHER_DEVNODE);

	return NULL;
}

static const struct file_operations device_fops = { .owner = THIS_MODULE };

static long make_device(void)
{
	struct class *class = class_create("jinx");
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int major, ret;

	if (IS_ERR(class) || dev == NULL)
		return -ENOMEM;
	major = register_chrdev(0, "jinx", &device_fops);
	if (major < 0)
		return major;
	class->devnode = crash_in_devnode;
	device_initialize(dev);
	dev->class = class;
	dev->devt = MKDEV(major, 0);
	dev->groups = crasher_groups;
	dev->release = crash_in_device;
	ret = dev_set_name(dev, "jinxed");
	if (ret == 0)
		ret = device_add(dev);
	if (ret == 0)
		device_del(dev);
	put_device(dev);
	unregister_chrdev((unsigned int)major, "jinx");
	class_destroy(class);

	return ret;
}

/*
 * What an element, a clock and a chip have.
 */

static void crash_in_dispose(struct evl_element *element)
{
	crasher_here(CRASHER_DISPOSE);
}

static struct evl_element *build(struct evl_factory *fac,
				 const char __user *u_name,
				 void __user *u_attrs, int clone_flags,
				 u32 *state_offp)
{
	return ERR_PTR(-EPERM);
}

static const struct file_operations element_fops = {
	.open = evl_open_element,
	.release = evl_release_element,
};

static struct evl_factory factory = {
	.name = "jinx",
	.fops = &element_fops,
	.nrdev = 1,
	.build = build,
	.dispose = crash_in_dispose,
};

static long make_element(void)
{
	static struct evl_element element;
	int ret = evl_create_factory(&factory);

	if (ret)
		return ret;
	ret = evl_init_element(&element, &factory, EVL_CLONE_PRIVATE);
	if (ret == 0)
		evl_put_element(&element);

	return ret;
}

static ktime_t crash_in_clock(struct evl_clock *clock)
{
	return crasher_here(CRASHER_CLOCK);
}

static struct evl_clock jinx_clock = {
	.name = "jinx",
	.ops = { .read = crash_in_clock },
};

static int crash_in_request(struct gpio_chip *gc, unsigned int offset)
{
	return crasher_here(CRASHER_LINE_REQUEST);
}

static void crash_in_free(struct gpio_chip *gc, unsigned int offset)
{
	crasher_here(CRASHER_LINE_FREE);
}

static int get(struct gpio_chip *gc, unsigned int offset)
{
	return 0;
}

static struct gpio_chip chip = {
	.label = "jinx",
	.owner = THIS_MODULE,
	.request = crash_in_request,
	.free = crash_in_free,
	.get = get,
	.base = -1,
	.ngpio = 1,
};

static long have_line(void)
{
	int ret = gpiochip_add_data(&chip, NULL);

	if (ret)
		return ret;
	ret = gpio_request((unsigned int)chip.base, "jinx");
	if (ret == 0)
		gpio_free((unsigned int)chip.base);
	gpiochip_remove(&chip);

	return ret;
}

static long call_in_worker(void)
{
	worker = kthread_create_worker(0, "jinx");
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	kthread_init_work(&worker_item, crash_in_kthread_work);
	kthread_queue_work(worker, &worker_item);

	return 0;
}

static long start_hrtimer(void)
{
	hrtimer_init(&hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer.function = crash_in_hrtimer;
	hrtimer_start(&hrtimer, 0, HRTIMER_MODE_REL);

	return 0;
}

long crasher_call(enum crasher_place place)
{
	switch (place) {
	case CRASHER_WORK_ITEM:
		schedule_work(&item);
		return 0;
	case CRASHER_DELAYED_WORK:
		schedule_delayed_work(&delayed, 1);
		return 0;
	case CRASHER_EVL_WORK:
		evl_init_work(&evl_item, crash_in_evl_work);
		evl_call_inband(&evl_item);
		return 0;
	case CRASHER_SYNC_WORK:
		evl_init_sync_work(&sync_item, crash_in_sync_work);
		return evl_call_inband_sync(&sync_item);
	case CRASHER_KTHREAD_WORK:
		return call_in_worker();
	case CRASHER_KTHREAD:
		return PTR_ERR_OR_ZERO(
			kthread_run(crash_in_kthread, NULL, "jinx"));
	case CRASHER_TIMER_LIST:
		mod_timer(&timer, jiffies);
		return 0;
	case CRASHER_HRTIMER:
		return start_hrtimer();
	case CRASHER_TASKLET:
		tasklet_schedule(&tasklet);
		return 0;
	case CRASHER_RCU:
		call_rcu(&rcu, crash_in_rcu);
		return 0;
	case CRASHER_IRQ:
	case CRASHER_IRQ_THREAD:
		return raise_irq();
	case CRASHER_IRQ_OOB:
		return generic_handle_irq(IRQ_OOB);
	case CRASHER_PROBE:
	case CRASHER_REMOVE:
	case CRASHER_DEVRES:
	case CRASHER_ACTION:
		return come_and_go();
	case CRASHER_DEVICE:
	case CRASHER_DEVNODE:
	case CRASHER_VISIBLE:
		return make_device();
	case CRASHER_DISPOSE:
		return make_element();
	case CRASHER_CLOCK:
		return (long)evl_read_clock(&jinx_clock);
	case CRASHER_LINE_REQUEST:
	case CRASHER_LINE_FREE:
		return have_line();
	default:
		return -EINVAL;
	}
}

/* What calls from out-of-band are to find there. */
int crasher_call_init(void)
{
	return request_irq(IRQ_OOB, crash_in_irq, IRQF_OOB, NULL, &worker);
}

void crasher_call_exit(void)
{
	free_irq(IRQ_OOB, &worker);
}

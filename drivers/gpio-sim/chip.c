/* SPDX-License-Identifier: MIT */
/*
 * /dev/gpio-sim, a GPIO chip whose lines are pulled by software. See
 * gpio-sim.md for its users' view; this file is the chip itself, its ioctls and
 * those who watch its lines come and go.
 */
#include "config.h"
#include "consumer.h"
#include "lines.h"
#include "queue.h"
#include "request.h"

#include <evl/clock.h>
#include <evl/file.h>
#include <linux/bitmap.h>
#include <linux/compat.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include <uapi/evl/devices/gpio-sim.h>

#define CHANGES_HELD 32

/* An open file. */
struct chip {
	struct evl_file efile;
	struct queue changes; /* struct gpio_v2_line_info_changed */
	struct list_head
		link; /* chips; with the lines locked, as what follows */
	DECLARE_BITMAP(watched, LINES_MAX);
	int version; /* of the ABI, by the first watch; 0: none yet */
};

static char *node = "gpio-sim";
module_param(node, charp, 0444);
MODULE_PARM_DESC(node, "name of the node in /dev");

static char *label = "gpio-sim";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "what the chip says it is");

module_param_named(lines, nr_lines, uint, 0444);
MODULE_PARM_DESC(lines, "number of lines, 1 to 256");

static char *names[LINES_MAX];
static unsigned int nr_names;
module_param_array(names, charp, &nr_names, 0444);
MODULE_PARM_DESC(names, "names of the first lines");

static unsigned int irq;
module_param(irq, uint, 0444);
MODULE_PARM_DESC(irq, "interrupt of the first line, 0 for none");

static int base = -1;
module_param(base, int, 0444);
MODULE_PARM_DESC(base, "number of the first line for drivers, -1 for any");

static LIST_HEAD(chips);

/*
 * What is known of lines.
 */

void chip_tell(unsigned int offset, u32 type)
{
	struct gpio_v2_line_info_changed change = {
		.timestamp_ns = (u64)evl_read_clock(&evl_mono_clock),
		.event_type = type,
	};
	struct chip *chip;

	if (list_empty(&chips))
		return;

	line_info_locked(offset, &change.info);
	list_for_each_entry(chip, &chips, link)
		if (test_bit(offset, chip->watched))
			queue_put(&chip->changes, &change);
}

static struct gpioline_info info_v1(const struct gpio_v2_line_info *info)
{
	struct gpioline_info old = {
		.line_offset = info->offset,
		.flags = config_v1_info(info->flags),
	};

	memcpy(old.name, info->name, sizeof(old.name));
	memcpy(old.consumer, info->consumer, sizeof(old.consumer));

	return old;
}

static long get_chip_info(struct gpiochip_info __user *u_info)
{
	struct gpiochip_info info = { .lines = nr_lines };

	strscpy(info.name, node, sizeof(info.name));
	strscpy(info.label, label, sizeof(info.label));

	return copy_to_user(u_info, &info, sizeof(info)) ? -EFAULT : 0;
}

/* From now on, for who speaks @version. */
static long watch(struct chip *chip, unsigned int offset, int version)
{
	unsigned long flags;
	long ret = 0;

	raw_spin_lock_irqsave(&lines_lock, flags);
	if (chip->version && chip->version != version) {
		ret = -EPERM;
	} else {
		WRITE_ONCE(chip->version, version);
		if (test_and_set_bit(offset, chip->watched))
			ret = -EBUSY;
	}
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return ret;
}

/* -EBUSY: it was not watched. */
static long unwatch(struct chip *chip, unsigned int offset)
{
	unsigned long flags;
	bool was;

	raw_spin_lock_irqsave(&lines_lock, flags);
	was = test_and_clear_bit(offset, chip->watched);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return was ? 0 : -EBUSY;
}

static long do_unwatch(struct chip *chip, const __u32 __user *u_offset)
{
	__u32 offset;

	if (get_user(offset, u_offset))
		return -EFAULT;

	return offset < nr_lines ? unwatch(chip, offset) : -EINVAL;
}

static long get_info_v1(struct chip *chip, struct gpioline_info __user *u_info,
			bool watched)
{
	struct gpio_v2_line_info info;
	struct gpioline_info old;
	long ret;

	if (copy_from_user(&old, u_info, sizeof(old)))
		return -EFAULT;
	if (!line_info(old.line_offset, &info))
		return -EINVAL;

	ret = watched ? watch(chip, info.offset, 1) : 0;
	if (ret)
		return ret;
	old = info_v1(&info);
	if (copy_to_user(u_info, &old, sizeof(old)) == 0)
		return 0;
	if (watched)
		unwatch(chip, info.offset);

	return -EFAULT;
}

static long get_info_v2(struct chip *chip,
			struct gpio_v2_line_info __user *u_info, bool watched)
{
	struct gpio_v2_line_info info;
	long ret;

	if (copy_from_user(&info, u_info, sizeof(info)))
		return -EFAULT;
	if (memchr_inv(info.padding, 0, sizeof(info.padding)) ||
	    !line_info(info.offset, &info))
		return -EINVAL;

	ret = watched ? watch(chip, info.offset, 2) : 0;
	if (ret)
		return ret;
	if (copy_to_user(u_info, &info, sizeof(info)) == 0)
		return 0;
	if (watched)
		unwatch(chip, info.offset);

	return -EFAULT;
}

static void form_v1(void *to, const void *record)
{
	const struct gpio_v2_line_info_changed *change = record;
	const struct gpioline_info_changed old = {
		.info = info_v1(&change->info),
		.timestamp = change->timestamp_ns,
		.event_type = change->event_type,
	};

	memcpy(to, &old, sizeof(old));
}

static void form_v2(void *to, const void *record)
{
	memcpy(to, record, sizeof(struct gpio_v2_line_info_changed));
}

static ssize_t chip_oob_read(struct file *filp, char __user *u_buf,
			     size_t count)
{
	struct chip *chip = filp->private_data;

	if (READ_ONCE(chip->version) == 2)
		return queue_read(&chip->changes, filp, u_buf, count,
				  sizeof(struct gpio_v2_line_info_changed),
				  form_v2);

	return queue_read(&chip->changes, filp, u_buf, count,
			  sizeof(struct gpioline_info_changed), form_v1);
}

static ssize_t chip_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	return chip_oob_read(filp, u_buf, count);
}

/*
 * The other end of the lines.
 */

static long do_pull(const struct gpio_sim_level __user *u_level)
{
	struct gpio_sim_level level;

	if (copy_from_user(&level, u_level, sizeof(level)))
		return -EFAULT;
	if (level.level > 1 || !line_pull(level.offset, level.level))
		return -EINVAL;

	return 0;
}

static long do_level(struct gpio_sim_level __user *u_level)
{
	struct gpio_sim_level level;
	bool up;

	if (copy_from_user(&level, u_level, sizeof(level)))
		return -EFAULT;
	if (!line_level(level.offset, &up))
		return -EINVAL;

	return put_user(up, &u_level->level);
}

static ssize_t levels_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	bool up = false;

	for (unsigned int n = 0; n < nr_lines; n++) {
		line_level(n, &up);
		buf[n] = up ? '1' : '0';
	}

	return nr_lines + sysfs_emit_at(buf, (int)nr_lines, "\n");
}

/* "3" or a name; LINES_MAX: there is none such. */
static unsigned int find_line(const char *which)
{
	unsigned int n;

	if (kstrtouint(which, 10, &n) == 0)
		return n;
	for (n = 0; n < nr_lines; n++)
		if (strcmp(lines[n].name, which) == 0)
			return n;

	return LINES_MAX;
}

/* "3=1" */
static ssize_t levels_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	char which[GPIO_MAX_NAME_SIZE];
	unsigned int level;

	if (sscanf(buf, "%31[^=]=%u", which, &level) != 2 || level > 1 ||
	    !line_pull(find_line(which), level))
		return -EINVAL;

	return (ssize_t)count;
}
static DEVICE_ATTR_RW(levels);

static struct attribute *chip_attrs[] = {
	&dev_attr_levels.attr,
	NULL,
};
ATTRIBUTE_GROUPS(chip);

/*
 * The chip.
 */

static long chip_oob_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct chip *chip = filp->private_data;
	void __user *u_arg = (void __user *)arg;

	switch (cmd) {
	case GPIO_GET_CHIPINFO_IOCTL:
		return get_chip_info(u_arg);
	case GPIO_GET_LINEINFO_IOCTL:
		return get_info_v1(chip, u_arg, false);
	case GPIO_GET_LINEINFO_WATCH_IOCTL:
		return get_info_v1(chip, u_arg, true);
	case GPIO_V2_GET_LINEINFO_IOCTL:
		return get_info_v2(chip, u_arg, false);
	case GPIO_V2_GET_LINEINFO_WATCH_IOCTL:
		return get_info_v2(chip, u_arg, true);
	case GPIO_GET_LINEINFO_UNWATCH_IOCTL:
		return do_unwatch(chip, u_arg);
	case GPIO_SIM_IOC_PULL:
		return do_pull(u_arg);
	case GPIO_SIM_IOC_LEVEL:
		return do_level(u_arg);
	default:
		return -EINVAL;
	}
}

/* Those which make a file are for in-band. */
static long chip_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case GPIO_GET_LINEHANDLE_IOCTL:
		return request_handle((void __user *)arg);
	case GPIO_GET_LINEEVENT_IOCTL:
		return request_event((void __user *)arg);
	case GPIO_V2_GET_LINE_IOCTL:
		return request_lines((void __user *)arg);
	default:
		return chip_oob_ioctl(filp, cmd, arg);
	}
}

static __poll_t chip_poll(struct file *filp, poll_table *pt)
{
	struct chip *chip = filp->private_data;

	return queue_poll(&chip->changes, filp, pt);
}

static __poll_t chip_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct chip *chip = filp->private_data;

	return queue_oob_poll(&chip->changes, wait);
}

static int chip_open(struct inode *inode, struct file *filp)
{
	unsigned long flags;
	struct chip *chip;
	int ret;

	chip = kzalloc(sizeof(*chip), GFP_KERNEL);
	if (chip == NULL)
		return -ENOMEM;
	ret = queue_init(&chip->changes, CHANGES_HELD,
			 sizeof(struct gpio_v2_line_info_changed), true);
	if (ret == 0)
		ret = evl_open_file(&chip->efile, filp);
	if (ret) {
		kfree(chip->changes.records);
		kfree(chip);
		return ret;
	}

	filp->private_data = chip;
	raw_spin_lock_irqsave(&lines_lock, flags);
	list_add(&chip->link, &chips);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return nonseekable_open(inode, filp);
}

static int chip_release(struct inode *inode, struct file *filp)
{
	struct chip *chip = filp->private_data;
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	list_del(&chip->link);
	raw_spin_unlock_irqrestore(&lines_lock, flags);
	queue_close(&chip->changes);
	evl_release_file(&chip->efile);
	queue_deinit(&chip->changes);
	kfree(chip);

	return 0;
}

static const struct file_operations chip_fops = {
	.owner = THIS_MODULE,
	.open = chip_open,
	.release = chip_release,
	.read = chip_read,
	.poll = chip_poll,
	.unlocked_ioctl = chip_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_read = chip_oob_read,
	.oob_poll = chip_oob_poll,
	.oob_ioctl = chip_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice chip_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.fops = &chip_fops,
	.groups = chip_groups,
};

static int __init chip_init(void)
{
	int ret;

	if (nr_lines == 0 || nr_lines > LINES_MAX) {
		pr_err("gpio-sim: lines=%u: from 1 to %u, please\n", nr_lines,
		       LINES_MAX);
		return -EINVAL;
	}
	if (nr_names > nr_lines) {
		pr_err("gpio-sim: %u names for %u lines\n", nr_names, nr_lines);
		return -EINVAL;
	}
	if (irq && (irq > NR_SIM_IRQS || irq + nr_lines - 1 > NR_SIM_IRQS)) {
		pr_err("gpio-sim: irq=%u lines=%u: interrupts end with %u\n",
		       irq, nr_lines, NR_SIM_IRQS);
		return -EINVAL;
	}

	lines_init(irq);
	for (unsigned int n = 0; n < nr_lines; n++)
		lines[n].name = n < nr_names ? names[n] : "";
	chip_device.name = node;

	ret = consumer_init(label, base);
	if (ret) {
		pr_err("gpio-sim: base=%d: another chip has these numbers, or "
		       "there are none: take others\n",
		       base);
		return ret;
	}
	ret = misc_register(&chip_device);
	if (ret)
		consumer_exit();

	return ret;
}
module_init(chip_init);

static void __exit chip_exit(void)
{
	misc_deregister(&chip_device);
	consumer_exit();
	lines_exit();
}
module_exit(chip_exit);

MODULE_DESCRIPTION("A GPIO chip whose lines are pulled by software");
MODULE_LICENSE("MIT");

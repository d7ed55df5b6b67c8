/* SPDX-License-Identifier: MIT */
/*
 * A platform driver, as for a piece of hardware: registers, an interrupt, GPIO
 * lines and what was configured, all of it the device's (devm_*). oob_read waits
 * for the interrupt and tells the position, or fails once its line "fault"
 * becomes active, which interrupts out-of-band. mmap gives the registers to an
 * application, which plays the hardware with them.
 *
 * linux/platform_device.h comes with linux/module.h, as drivers came to expect.
 */
#include "servo.h"

#include <evl/file.h>
#include <evl/flag.h>
#include <linux/gpio/consumer.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

struct servo {
	struct device *dev;
	struct miscdevice misc;
	struct resource *res;
	u8 __iomem *regs;
	struct gpio_desc *enable, *fault, *stop; /* NULL: it has none */
	int irq;
	bool faulty;
	struct evl_flag moved;
	struct servo_info info;
};

struct servo_file {
	struct evl_file efile;
	struct servo *servo;
};

static irqreturn_t servo_moved(int irq, void *dev_id)
{
	struct servo *servo = dev_id;

	if (!readl(servo->regs + SERVO_STATUS))
		return IRQ_NONE;
	writel(0, servo->regs + SERVO_STATUS);
	evl_raise_flag(&servo->moved);

	return IRQ_HANDLED;
}

static irqreturn_t servo_fault(int irq, void *dev_id)
{
	struct servo *servo = dev_id;

	if (!running_oob() || !gpiod_get_value(servo->fault))
		return IRQ_NONE;
	WRITE_ONCE(servo->faulty, true);
	evl_raise_flag(&servo->moved);

	return IRQ_HANDLED;
}

/* In-band. */
static irqreturn_t servo_stop(int irq, void *dev_id)
{
	struct servo *servo = dev_id;

	if (running_oob())
		return IRQ_NONE;
	servo->info.nr_stops++;

	return IRQ_HANDLED;
}

static int servo_open(struct inode *inode, struct file *filp)
{
	struct miscdevice *misc = filp->private_data;
	struct servo_file *sf = kzalloc(sizeof(*sf), GFP_KERNEL);
	int ret;

	if (sf == NULL)
		return -ENOMEM;

	sf->servo = container_of(misc, struct servo, misc);
	ret = evl_open_file(&sf->efile, filp);
	if (ret) {
		kfree(sf);
		return ret;
	}
	filp->private_data = sf;

	return 0;
}

static int servo_release(struct inode *inode, struct file *filp)
{
	struct servo_file *sf = filp->private_data;

	evl_release_file(&sf->efile);
	kfree(sf);

	return 0;
}

static ssize_t servo_oob_read(struct file *filp, char __user *u_buf,
			      size_t count)
{
	struct servo_file *sf = filp->private_data;
	struct servo *servo = sf->servo;
	u32 position;
	int ret;

	ret = evl_wait_flag(&servo->moved);
	if (ret)
		return ret;
	if (READ_ONCE(servo->faulty))
		return -EIO;
	position = readl(servo->regs + SERVO_POSITION);

	return raw_put_user(position, (u32 __user *)u_buf) ? -EFAULT : 4;
}

static long servo_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct servo_file *sf = filp->private_data;
	struct servo *servo = sf->servo;

	switch (cmd) {
	case SERVO_IOC_INFO:
		servo->info.stop =
			servo->stop ? gpiod_get_value(servo->stop) : -1;
		return copy_to_user((void __user *)arg, &servo->info,
				    sizeof(servo->info))
			       ? -EFAULT
			       : 0;
	case SERVO_IOC_RAISE:
		return generic_handle_irq((unsigned int)servo->irq);
	default:
		return -ENOTTY;
	}
}

static long servo_oob_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct servo_file *sf = filp->private_data;
	int on;

	if (cmd != SERVO_IOC_ENABLE)
		return -ENOTTY;
	if (raw_get_user(on, (int __user *)arg))
		return -EFAULT;
	gpiod_set_value(sf->servo->enable, on);

	return 0;
}

static int servo_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct servo_file *sf = filp->private_data;
	struct resource *res = sf->servo->res;

	return vm_iomap_memory(vma, res->start, resource_size(res));
}

static const struct file_operations servo_fops = {
	.owner = THIS_MODULE,
	.open = servo_open,
	.release = servo_release,
	.oob_read = servo_oob_read,
	.oob_ioctl = servo_oob_ioctl,
	.unlocked_ioctl = servo_ioctl,
	.mmap = servo_mmap,
};

static int servo_configure(struct servo *servo)
{
	struct servo_info *info = &servo->info;
	const char *label = "none";
	int ret;

	ret = device_property_read_u32(servo->dev, "limit", &info->limit);
	if (ret)
		return dev_err_probe(servo->dev, ret, "no limit\n");
	device_property_read_u32_array(servo->dev, "gains", info->gains, 3);
	device_property_read_string(servo->dev, "label", &label);
	strscpy(info->label, label, sizeof(info->label));
	info->fast = device_property_read_bool(servo->dev, "fast") ||
		     of_device_get_match_data(servo->dev);

	return 0;
}

/* The interrupt of one of its lines. */
static int servo_watch(struct servo *servo, struct gpio_desc *line,
		       irq_handler_t handler, unsigned long flags)
{
	int irq;

	if (line == NULL)
		return 0;
	irq = gpiod_to_irq(line);
	if (irq < 0)
		return dev_err_probe(servo->dev, irq, "no interrupt\n");

	return devm_request_irq(servo->dev, (unsigned int)irq, handler, flags,
				"servo line", servo);
}

static int servo_get_lines(struct servo *servo)
{
	struct device *dev = servo->dev;
	int ret;

	servo->enable = devm_gpiod_get_optional(dev, "enable", GPIOD_OUT_LOW);
	if (IS_ERR(servo->enable))
		return dev_err_probe(dev, PTR_ERR(servo->enable), "no line\n");
	servo->fault = devm_gpiod_get_optional(dev, "fault", GPIOD_IN);
	if (IS_ERR(servo->fault))
		return PTR_ERR(servo->fault);
	servo->stop = devm_gpiod_get_optional(dev, "stop", GPIOD_IN);
	if (IS_ERR(servo->stop))
		return PTR_ERR(servo->stop);

	ret = servo_watch(servo, servo->fault, servo_fault,
			  IRQF_OOB | IRQF_TRIGGER_FALLING);

	return ret ? ret
		   : servo_watch(servo, servo->stop, servo_stop,
				 IRQF_TRIGGER_RISING);
}

static int servo_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct servo *servo = devm_kzalloc(dev, sizeof(*servo), GFP_KERNEL);
	int ret;

	if (servo == NULL)
		return -ENOMEM;

	servo->dev = dev;
	evl_init_flag(&servo->moved);
	servo->regs =
		devm_platform_get_and_ioremap_resource(pdev, 0, &servo->res);
	if (IS_ERR(servo->regs))
		return PTR_ERR(servo->regs);
	servo->irq = platform_get_irq(pdev, 0);
	if (servo->irq < 0)
		return servo->irq;
	ret = servo_configure(servo);
	if (ret == 0)
		ret = servo_get_lines(servo);
	if (ret)
		return ret;
	ret = devm_request_irq(dev, (unsigned int)servo->irq, servo_moved,
			       IRQF_OOB, NULL, servo);
	if (ret)
		return dev_err_probe(dev, ret, "no interrupt\n");

	servo->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = dev_name(dev),
		.fops = &servo_fops,
		.parent = dev,
	};
	platform_set_drvdata(pdev, servo);

	return misc_register(&servo->misc);
}

static int servo_remove(struct platform_device *pdev)
{
	struct servo *servo = platform_get_drvdata(pdev);

	misc_deregister(&servo->misc);
	evl_destroy_flag(&servo->moved);

	return 0;
}

static const struct of_device_id servo_of_match[] = {
	{ .compatible = "acme,servo" },
	{ .compatible = "acme,fast-servo", .data = "fast" },
	{},
};
MODULE_DEVICE_TABLE(of, servo_of_match);

static struct platform_driver servo_driver = {
	.probe = servo_probe,
	.remove = servo_remove,
	.driver = {
		.name = "servo",
		.of_match_table = of_match_ptr(servo_of_match),
	},
};
module_platform_driver(servo_driver);

MODULE_LICENSE("MIT");

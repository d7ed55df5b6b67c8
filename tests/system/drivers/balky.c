/* SPDX-License-Identifier: MIT */
/*
 * A platform driver which can get stuck: with stuck=probe in its probe function,
 * asleep, with stuck=irq in its interrupt handler, in a loop. The log tells when
 * it is in there. With stuck=again it leaves a register as it must not be for the
 * next probe. Its node, of the device's name, reads as many bytes as there
 * were interrupts.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

static char *stuck = "";
module_param(stuck, charp, 0444);

static DECLARE_WAIT_QUEUE_HEAD(never);
static atomic_t nr_raised;

static irqreturn_t balky_raised(int irq, void *dev_id)
{
	if (strcmp(stuck, "irq") == 0) {
		pr_info("balky: interrupted\n");
		for (;;)
			cpu_relax();
	}
	atomic_inc(&nr_raised);

	return IRQ_HANDLED;
}

static ssize_t balky_read(struct file *filp, char __user *u_buf, size_t count,
			  loff_t *pos)
{
	size_t nr = min_t(size_t, count, (size_t)atomic_read(&nr_raised));

	return clear_user(u_buf, nr) ? -EFAULT : (ssize_t)nr;
}

static const struct file_operations balky_fops = {
	.owner = THIS_MODULE,
	.read = balky_read,
};

static struct miscdevice balky_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.fops = &balky_fops,
};

/* The registers are the device's, and outlive drivers. */
static bool was_here(struct platform_device *pdev)
{
	u32 __iomem *reg = devm_platform_ioremap_resource(pdev, 0);
	bool was;

	if (IS_ERR(reg))
		return false;
	was = readl(reg);
	writel(1, reg);

	return was;
}

static int balky_probe(struct platform_device *pdev)
{
	int irq = platform_get_irq(pdev, 0), ret;

	if (irq < 0)
		return irq;
	if (strcmp(stuck, "probe") == 0) {
		pr_info("balky: probing\n");
		wait_event(never, false);
	}
	if (strcmp(stuck, "again") == 0 && was_here(pdev))
		return -EIO;
	ret = devm_request_irq(&pdev->dev, (unsigned int)irq, balky_raised,
			       IRQF_OOB, NULL, pdev);
	if (ret)
		return ret;
	balky_misc.name = dev_name(&pdev->dev);
	balky_misc.parent = &pdev->dev;

	return misc_register(&balky_misc);
}

static int balky_remove(struct platform_device *pdev)
{
	misc_deregister(&balky_misc);

	return 0;
}

static struct platform_driver balky_driver = {
	.probe = balky_probe,
	.remove = balky_remove,
	.driver = { .name = "balky" },
};
module_platform_driver(balky_driver);

MODULE_LICENSE("MIT");

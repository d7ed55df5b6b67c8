/* SPDX-License-Identifier: MIT */
/* A driver may call its own what it likes, as long as a kernel has none of that. */
#include <evl/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>

struct port {
	int errno;
	unsigned int clock, time, index;
};

static struct port ports[2];
static int select, random, timezone;

static int open(struct inode *inode, struct file *filp)
{
	filp->private_data = &ports[0];

	return 0;
}

static __poll_t poll(struct file *filp, struct poll_table_struct *wait)
{
	struct port *port = filp->private_data;

	return port->index ? POLLIN : 0;
}

static int stat(const struct port *port)
{
	int errno = port->errno;

	return errno + select + random + timezone;
}

static int remove(struct platform_device *pdev)
{
	struct port *port = platform_get_drvdata(pdev);

	port->time = port->clock;

	return stat(port);
}

const struct file_operations port_fops = { .open = open, .poll = poll };
struct platform_driver port_driver = { .remove = remove };
MODULE_LICENSE("MIT");

/* SPDX-License-Identifier: MIT */
/*
 * Numbers and structures of the system's, for a driver which speaks to
 * applications as a bus or an input device would; and the numbers of signals.
 */
#include <evl/device.h>
#include <linux/fs.h>
#include <linux/hidraw.h>
#include <linux/joystick.h>
#include <linux/module.h>
#include <linux/signal.h>
#include <linux/spi/spidev.h>
#include <linux/uinput.h>
#include <uapi/linux/i2c.h>
#include <uapi/linux/input.h>
#include <uapi/linux/spi/spi.h>

static long numbers_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	struct i2c_msg msg = { .flags = I2C_M_RD };
	struct input_event event = { .type = EV_KEY, .code = KEY_A };

	switch (cmd) {
	case SPI_IOC_RD_MODE:
		return put_user(SPI_CPHA | SPI_CPOL, (u8 __user *)arg);
	case UI_DEV_CREATE:
		return event.type + event.code;
	case SIGKILL:
		return signal_pending(current) ? -EINTR : SIGUSR1;
	default:
		return msg.flags;
	}
}

const struct file_operations numbers_fops = { .unlocked_ioctl = numbers_ioctl };
MODULE_LICENSE("MIT");

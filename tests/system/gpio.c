/* SPDX-License-Identifier: MIT */
#include "gpio.h"

#include "daemon.h"
#include "endure.h"
#include "poller.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <unistd.h>

int gpio_chip;

void gpio_setup(void)
{
	const char *const args[] = { "--driver",
				     getenv("EVL_GPIO_SIM"),
				     "lines=40",
				     "label=a chip",
				     "names=button,lamp",
				     "irq=20",
				     "--driver",
				     getenv("EVL_IRQS"),
				     "irq=20",
				     NULL };

	poller_setup_with(args);
	gpio_chip = open(node_path("gpio-sim"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(gpio_chip, 0);
}

void gpio_teardown(void)
{
	endure_teardown();
}

long gpio_call(int fd, bool oob, unsigned long cmd, void *arg)
{
	int ret = oob ? oob_ioctl(fd, cmd, arg) : ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

void gpio_pull(unsigned int offset, bool up)
{
	struct gpio_sim_level level = { .offset = offset, .level = up };

	ck_assert_int_eq(gpio_call(gpio_chip, up, GPIO_SIM_IOC_PULL, &level),
			 0);
}

bool gpio_level(unsigned int offset)
{
	struct gpio_sim_level level = { .offset = offset, .level = 7 };

	ck_assert_int_eq(gpio_call(gpio_chip, true, GPIO_SIM_IOC_LEVEL, &level),
			 0);
	ck_assert_uint_le(level.level, 1);

	return level.level;
}

int gpio_handle(unsigned int offset, uint32_t flags, bool value)
{
	struct gpiohandle_request req = {
		.lineoffsets = { offset },
		.flags = flags,
		.default_values = { value },
		.consumer_label = "a handle",
		.lines = 1,
	};
	long ret = gpio_call(gpio_chip, false, GPIO_GET_LINEHANDLE_IOCTL, &req);

	return ret ? (int)ret : req.fd;
}

int gpio_event(unsigned int offset, uint32_t flags, uint32_t edges)
{
	struct gpioevent_request req = {
		.lineoffset = offset,
		.handleflags = flags,
		.eventflags = edges,
		.consumer_label = "an event",
	};
	long ret = gpio_call(gpio_chip, false, GPIO_GET_LINEEVENT_IOCTL, &req);

	return ret ? (int)ret : req.fd;
}

struct gpio_v2_line_request gpio_lines(unsigned int offset, unsigned int nr,
				       uint64_t flags)
{
	struct gpio_v2_line_request req = {
		.consumer = "a request",
		.config = { .flags = flags },
		.num_lines = nr,
	};

	for (unsigned int n = 0; n < nr && n < GPIO_V2_LINES_MAX; n++)
		req.offsets[n] = offset + n;

	return req;
}

int gpio_line(unsigned int offset, uint64_t flags)
{
	struct gpio_v2_line_request req = gpio_lines(offset, 1, flags);
	long ret = gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req);

	return ret ? (int)ret : req.fd;
}

long gpio_read(int fd, int version, bool oob, struct gpio_edge *r_edge)
{
	union {
		struct gpioevent_data v1;
		struct gpio_v2_line_event v2;
	} event;
	size_t size = version == 1 ? sizeof(event.v1) : sizeof(event.v2);
	ssize_t ret = oob ? oob_read(fd, &event, size) : read(fd, &event, size);

	if (ret < 0)
		return -errno;
	ck_assert_int_eq(ret, (ssize_t)size);
	r_edge->timestamp_ns =
		version == 1 ? event.v1.timestamp : event.v2.timestamp_ns;
	r_edge->id = version == 1 ? event.v1.id : event.v2.id;

	return ret;
}

int gpio_edges(int version, unsigned int offset)
{
	int fd = version == 1
			 ? gpio_event(offset, 0, GPIOEVENT_REQUEST_BOTH_EDGES)
			 : gpio_line(offset, GPIO_IN_BOTH);

	ck_assert_int_ge(fd, 0);

	return fd;
}

/* SPDX-License-Identifier: MIT */
/*
 * Round trips to a driver: the loopback driver's no-op ioctl, through the
 * kernel and out-of-band; and 64 bytes into and out of a private cross-buffer.
 */
#include "bench.h"
#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

#define MESSAGE_SIZE 64u

static int node_fd = -1, xbuf_fd = -1; /* owned */
static size_t xbuf_size;
static char *bulk; /* owned, @xbuf_size bytes */

static int inband_trip(void *arg)
{
	return ioctl(node_fd, LOOPBACK_IOC_NOP) < 0 ? -errno : 0;
}

static int oob_trip(void *arg)
{
	return oob_ioctl(node_fd, LOOPBACK_IOC_NOP) < 0 ? -errno : 0;
}

static int read_trip(void *arg)
{
	char message[MESSAGE_SIZE];
	ssize_t size = oob_read(xbuf_fd, message, sizeof(message));

	if (size < 0)
		return -errno;

	return size == sizeof(message) ? 0 : -EPROTO;
}

static int write_trip(void *arg)
{
	static const char message[MESSAGE_SIZE];
	ssize_t size = oob_write(xbuf_fd, message, sizeof(message));

	if (size < 0)
		return -errno;

	return size == sizeof(message) ? 0 : -EPROTO;
}

/* Rings with room for a whole round: nobody waits for the other side. */
static int grow_xbuf(unsigned int nr)
{
	size_t size = (size_t)nr * MESSAGE_SIZE;

	if (size <= xbuf_size)
		return 0;

	if (xbuf_fd >= 0)
		close(xbuf_fd);
	free(bulk);
	xbuf_size = 0;
	bulk = calloc(1, size);
	xbuf_fd = evl_create_xbuf(size, size, EVL_CLONE_PRIVATE, NULL);
	if (xbuf_fd < 0)
		return xbuf_fd;
	if (bulk == NULL)
		return -ENOMEM;
	xbuf_size = size;

	return 0;
}

static int run_inband(struct measure *measure, uint32_t *samples,
		      unsigned int nr)
{
	return time_each(inband_trip, NULL, samples, nr);
}

static int run_oob(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	return time_each(oob_trip, NULL, samples, nr);
}

/* In-band, a large transfer arrives in several requests. */
static int fill_outbound(size_t size)
{
	ssize_t done;

	for (size_t sent = 0; sent < size; sent += (size_t)done) {
		done = write(xbuf_fd, bulk + sent, size - sent);
		if (done <= 0)
			return done ? -errno : -EPROTO;
	}

	return 0;
}

static int drain_inbound(size_t size)
{
	ssize_t done;

	for (size_t got = 0; got < size; got += (size_t)done) {
		done = read(xbuf_fd, bulk + got, size - got);
		if (done <= 0)
			return done ? -errno : -EPROTO;
	}

	return 0;
}

static int run_read(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	int ret = grow_xbuf(nr);

	if (ret == 0)
		ret = fill_outbound((size_t)nr * MESSAGE_SIZE);

	return ret ? ret : time_each(read_trip, NULL, samples, nr);
}

static int run_write(struct measure *measure, uint32_t *samples,
		     unsigned int nr)
{
	int ret = grow_xbuf(nr);

	if (ret == 0)
		ret = time_each(write_trip, NULL, samples, nr);

	return ret ? ret : drain_inbound((size_t)nr * MESSAGE_SIZE);
}

/* channel_open() gets all four ready. */
const struct measure measure_inband_ioctl = {
	.name = "inband_ioctl",
	.run = run_inband,
};

const struct measure measure_oob_ioctl = {
	.name = "oob_ioctl",
	.run = run_oob,
};

const struct measure measure_oob_read_64 = {
	.name = "oob_read_64",
	.run = run_read,
};

const struct measure measure_oob_write_64 = {
	.name = "oob_write_64",
	.run = run_write,
};

int channel_open(const struct bench_run *run)
{
	int ret = run_attach(run, &node_fd);

	if (ret)
		return ret;

	ret = inband_trip(NULL);
	if (ret == 0)
		ret = oob_trip(NULL);
	if (ret == 0)
		return 0;

	if (ret == -ENODEV) {
		complain("evl-cused has just gone");
		return TOOL_EXIT_NO_DAEMON;
	}
	complain("%s: is not the loopback driver's: %s", run->node,
		 strerrordesc_np(-ret));

	return BENCH_EXIT_NO_DRIVER;
}

int channel_fd(void)
{
	return node_fd;
}

void channel_close(void)
{
	if (xbuf_fd >= 0)
		close(xbuf_fd);
	run_detach(&node_fd);
	free(bulk);
	bulk = NULL;
	xbuf_fd = -1;
}

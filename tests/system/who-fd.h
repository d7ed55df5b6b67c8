/* SPDX-License-Identifier: MIT */
/*
 * Descriptors on the driver of numbered files (drivers/who.c): what one reaches
 * by the kernel's way (ioctl) and by ours (oob_ioctl).
 */
#pragma once

#include "daemon.h"
#include "drivers/who.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

static inline int open_who(void)
{
	int fd = open("/dev/who", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = open(node_path("who"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);

	return fd;
}

/* Out-of-band: the number of the open behind @fd, or -errno. */
static inline int64_t reached(int fd)
{
	uint64_t number = 0;

	return oob_ioctl(fd, WHO_GET, &number) ? -errno : (int64_t)number;
}

/* In-band: what the kernel thinks. */
static inline int64_t is(int fd)
{
	uint64_t number = 0;

	return ioctl(fd, WHO_GET, &number) ? -errno : (int64_t)number;
}

/* The driver is asked, by @eye, for the number of the open behind @fd: as it
 * finds it in the caller's table, by evl_get_file(). */
static inline int64_t found(int eye, int fd, bool oob)
{
	uint64_t value = (uint64_t)fd;
	int ret = oob ? oob_ioctl(eye, WHO_OF, &value)
		      : ioctl(eye, WHO_OF, &value);

	return ret ? -errno : (int64_t)value;
}

/* Reached by both ways, and the same. */
#define ck_reaches(fd, number)                         \
	do {                                           \
		ck_assert_int_eq(is(fd), number);      \
		ck_assert_int_eq(reached(fd), number); \
	} while (0)

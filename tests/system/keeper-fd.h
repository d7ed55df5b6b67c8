/* SPDX-License-Identifier: MIT */
/*
 * Descriptors on the driver which keeps references on others (drivers/keeper.c):
 * what it makes of a number in its argument.
 */
#pragma once

#include "daemon.h"
#include "drivers/keeper.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INBAND, OOB, NR_STAGES }; /* what the driver is called from */

static int keeper; /* open */

/* Fixture, with endure_teardown(): a daemon, and the test attached to it. */
static inline void keeper_setup(void)
{
	const char *const args[] = {
		"--driver", getenv("EVL_LOOPBACK"),
		"--driver", getenv("EVL_KEEPER"),
		"--driver", getenv("EVL_XBUF_PEER"),
		NULL,
	};
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	keeper = open(node_path("keeper"), O_RDWR);
	ck_assert_int_ge(keeper, 0);
}

/* What the driver says, or -errno. */
static inline int call(int stage, int fd, unsigned int cmd, int arg)
{
	int ret = stage == OOB ? oob_ioctl(fd, cmd, (long)arg)
			       : ioctl(fd, cmd, (long)arg);

	return ret < 0 ? -errno : ret;
}

/* 1: what it finds behind @fd is one of its own files, 0: another's. */
static inline int is_own(int stage, int fd)
{
	return call(stage, keeper, KEEPER_OWN, fd);
}

/* Where the library does not see it. */
static inline int raw_dup(int fd)
{
	return (int)syscall(SYS_dup, fd);
}

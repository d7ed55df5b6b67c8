/* SPDX-License-Identifier: MIT */
/* For tests about one cross-buffer, by a thread which is attached. */
#pragma once

#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int xfd; /* public: evl/xbuf/test-xbuf */
static char buf[4096];

/* Fixture, with endure_teardown(). */
static inline void xbuf_setup(void)
{
	endure_setup();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
}

static inline void make_xbuf(size_t in, size_t out)
{
	xfd = evl_create_xbuf(in, out, EVL_CLONE_PUBLIC, "test-xbuf");
	ck_assert_int_ge(xfd, 0);
	memset(buf, 0, sizeof(buf));
}

static inline void ioctl_nonblock(int fd, int on)
{
	ck_assert_int_eq(ioctl(fd, FIONBIO, &on), 0);
}

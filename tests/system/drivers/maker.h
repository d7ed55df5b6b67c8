/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/types.h>
#ifndef __KERNEL__
#include <sys/ioctl.h>
#endif

/* Make a counter; its flags (O_*) and how in, its descriptor out. */
struct maker_request {
	__u32 flags;
	__u32 how;
	__s32 fd;
	__u32 start; /* of the counter */
};

enum maker_how {
	MAKER_FILE,   /* anon_inode_getfile(), evl_open_file(), fd_install() */
	MAKER_GETFD,  /* anon_inode_getfd(): no oob operations */
	MAKER_UNUSED, /* reserve a number, and give it back */
	MAKER_FPUT,   /* make a file, and drop it */
};

#define MAKER_MAKE     _IOWR('m', 1, struct maker_request)
#define MAKER_RELEASED _IOR('m', 2, __u32) /* how many counters are gone */

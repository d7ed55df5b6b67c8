/* SPDX-License-Identifier: MIT */
/* What the servo driver and its test agree upon. */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

/* Registers. */
#define SERVO_POSITION 0x0
#define SERVO_STATUS   0x4
#define SERVO_SIZE     0x10

/* What was configured. */
struct servo_info {
	__u32 limit;
	__u32 gains[3];
	char label[32];
	__u32 fast;	/* by table */
	__u32 nr_stops; /* edges of its line "stop" */
	__s32 stop;	/* is its line "stop" active? -1: it has none */
};

#define SERVO_IOC_INFO	 _IOR('s', 1, struct servo_info)
#define SERVO_IOC_ENABLE _IOW('s', 3, int) /* by oob_ioctl(): the line */
#define SERVO_IOC_RAISE	 _IO('s', 2) /* its interrupt, as the device would */

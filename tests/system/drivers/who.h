/* SPDX-License-Identifier: MIT */
#pragma once

#ifndef __KERNEL__
#include <linux/types.h>
#include <sys/ioctl.h>
#endif

#define WHO_GET _IOR('w', 1, __u64)

/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/types.h>
#ifndef __KERNEL__
#include <sys/ioctl.h>
#endif

#define WHO_GET _IOR('w', 1, __u64)

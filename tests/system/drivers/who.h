/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/types.h>
#ifndef __KERNEL__
#include <sys/ioctl.h>
#endif

#define WHO_GET _IOR('w', 1, __u64)
/* In: a descriptor of the caller's; out: the number of that open. EBADF: the
 * daemon knows no such descriptor; EINVAL: it is another driver's. */
#define WHO_OF _IOWR('w', 2, __u64)

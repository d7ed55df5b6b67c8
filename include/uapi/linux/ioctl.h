/* SPDX-License-Identifier: MIT */
/* The system's own: <linux/ioctl.h> may be ours. */
#include_next <linux/ioctl.h>

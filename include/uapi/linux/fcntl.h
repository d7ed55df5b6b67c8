/* SPDX-License-Identifier: MIT */
/* The system's own: <linux/fcntl.h> may be ours. */
#include_next <linux/fcntl.h>

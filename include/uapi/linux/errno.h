/* SPDX-License-Identifier: MIT */
/* The system's own: <linux/errno.h> may be ours. */
#include_next <linux/errno.h>

/* SPDX-License-Identifier: MIT */
/* The system's own: <linux/types.h> may be ours. */
#include_next <linux/types.h>

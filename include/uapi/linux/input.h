/* SPDX-License-Identifier: MIT */
/* What applications have: <linux/input.h> would be the kernel's. */
#include_next <linux/input.h>

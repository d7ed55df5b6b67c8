/* SPDX-License-Identifier: MIT */
/* What applications have: <linux/i2c.h> would be the kernel's. */
#include_next <linux/i2c.h>

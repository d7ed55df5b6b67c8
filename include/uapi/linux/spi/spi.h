/* SPDX-License-Identifier: MIT */
/* What applications have: <linux/spi/spi.h> would be the kernel's. */
#include_next <linux/spi/spi.h>

/* SPDX-License-Identifier: MIT */
/* The system's own: <linux/gpio.h> may be ours. */
#include_next <linux/gpio.h>

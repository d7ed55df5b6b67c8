/* SPDX-License-Identifier: MIT */
/* Source: driver-api 2.16, 5.2 */
#include <linux/uaccess.h>

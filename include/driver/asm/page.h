/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#include <linux/mm.h>

/* SPDX-License-Identifier: MIT */
/* The system's; swab16() and kin are in asm/byteorder.h. */
#ifndef _EVL_CUSED_LINUX_SWAB_H
#define _EVL_CUSED_LINUX_SWAB_H

#include_next <linux/swab.h>

#include <asm/byteorder.h>

#endif /* _EVL_CUSED_LINUX_SWAB_H */

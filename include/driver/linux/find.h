/* SPDX-License-Identifier: MIT */
/* find_first_bit() and its like.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_FIND_H
#define _LINUX_FIND_H

#include <linux/bitops.h>

#endif /* _LINUX_FIND_H */

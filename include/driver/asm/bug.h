/* SPDX-License-Identifier: MIT */
/* BUG() and WARN().
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _ASM_BUG_H
#define _ASM_BUG_H

#include <linux/bug.h>

#endif /* _ASM_BUG_H */

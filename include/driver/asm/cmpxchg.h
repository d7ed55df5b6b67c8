/* SPDX-License-Identifier: MIT */
/* xchg() and cmpxchg().
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _ASM_CMPXCHG_H
#define _ASM_CMPXCHG_H

#include <linux/atomic.h>

#endif /* _ASM_CMPXCHG_H */

/* SPDX-License-Identifier: MIT */
/* How memory is asked for. Only __GFP_ZERO makes a difference here.
 * Source: driver-api 5.2 */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define __GFP_NOWARN ((gfp_t)0x2000)
#define __GFP_ZERO   ((gfp_t)0x100)
#define GFP_KERNEL   ((gfp_t)0xcc0)
#define GFP_ATOMIC   ((gfp_t)0xa20)
#define GFP_NOWAIT   ((gfp_t)0x800)
#define GFP_DMA	     ((gfp_t)0x1)
#define GFP_USER     ((gfp_t)0x100cc0 & ~__GFP_ZERO)

#endif /* _LINUX_GFP_H */

/* SPDX-License-Identifier: MIT */
/* The system's errno values, and those only the kernel uses inside.
 * Source: driver-api 5.2 */
#ifndef _EVL_CUSED_LINUX_ERRNO_H
#define _EVL_CUSED_LINUX_ERRNO_H

#include_next <linux/errno.h>

#define ERESTARTSYS	      512
#define ERESTARTNOINTR	      513
#define ERESTARTNOHAND	      514
#define ENOIOCTLCMD	      515
#define ERESTART_RESTARTBLOCK 516
#define EPROBE_DEFER	      517
#define ENOTSUPP	      524
#define EIOCBQUEUED	      529

#endif /* _EVL_CUSED_LINUX_ERRNO_H */

/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.1 */
#ifndef _EVL_CUSED_LINUX_FCNTL_H
#define _EVL_CUSED_LINUX_FCNTL_H

#include <fcntl.h>
#include <uapi/evl/fcntl-abi.h> /* O_OOB */

#endif /* _EVL_CUSED_LINUX_FCNTL_H */

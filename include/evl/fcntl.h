/* SPDX-License-Identifier: MIT */
/* The name some distributions of libevl have for this header.
 * Source: user-api 2.1 */
#ifndef _EVL_FCNTL_H
#define _EVL_FCNTL_H

#include <uapi/evl/fcntl.h>

#endif /* _EVL_FCNTL_H */

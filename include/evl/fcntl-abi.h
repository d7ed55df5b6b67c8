/* SPDX-License-Identifier: MIT */
/* The name newer releases of libevl have for this header. */
#ifndef _EVL_FCNTL_ABI_H
#define _EVL_FCNTL_ABI_H

#include <uapi/evl/fcntl.h>

#endif /* _EVL_FCNTL_ABI_H */

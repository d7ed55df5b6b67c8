/* SPDX-License-Identifier: MIT */
/*
 * The thread class. It takes no attributes at creation.
 *
 * Source: user-api 4.6, 6
 */
#ifndef _EVL_UAPI_THREAD_H
#define _EVL_UAPI_THREAD_H

#include <uapi/evl/types.h>

#define EVL_THREAD_DEV "thread" /* its directory in /dev/evl */

#endif /* _EVL_UAPI_THREAD_H */

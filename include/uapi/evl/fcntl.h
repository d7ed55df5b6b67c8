/* SPDX-License-Identifier: MIT */
/*
 * The open(2) flag by which an application asks for out-of-band operation.
 *
 * Source: user-api 26.2; driver-api 2.21
 */
#ifndef _EVL_UAPI_FCNTL_H
#define _EVL_UAPI_FCNTL_H

/*
 * Drivers may look at it. No file of ours needs it: a driver which has oob
 * operations offers them on every descriptor.
 */
#define O_OOB 010000000000

#endif /* _EVL_UAPI_FCNTL_H */

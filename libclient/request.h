/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band requests the library makes on its own account, for calls which
 * are more than an oob_ioctl() by another name.
 */
#pragma once

#include <stdint.h>

/*
 * oob_ioctl(), but for what it returns, and the size of the argument: @len
 * bytes at @arg, on the caller's stack, go to the driver and come back, in one
 * window. Pointers in there to other parts of it are reached the quick way.
 *
 * Blocks: as the driver does; a cancellation point.
 *
 * Return: 0 or what else the driver answers, or -errno
 */
int request_ioctl(int efd, unsigned long request, void *arg, uint32_t len);

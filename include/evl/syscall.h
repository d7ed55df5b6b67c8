/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band I/O: read, write and ioctl served by a driver's oob handlers,
 * without a trip through the kernel.
 *
 * What holds for all three:
 * - They return -1 and set errno, as read(2) does.
 * - They are cancellation points, and act upon a request at once even while
 *   asleep. The driver's handler ends first, and what it had to store in the
 *   caller's memory is there when the thread goes.
 * - A signal whose handler was installed with SA_RESTART does not disturb a
 *   sleeping call. Any other one ends it with EINTR, unless it completed
 *   first. While the library still spins for the answer, which it does for a
 *   few microseconds (--spin-us of the daemon), a signal is handled but does
 *   not end the call.
 * - A signal handler which broke into a call must not make another one on the
 *   same thread: EBUSY.
 *
 * Source: user-api 5, 25.2; driver-api 2.2; seed-0
 */
#ifndef _EVL_SYSCALL_H
#define _EVL_SYSCALL_H

#include <stddef.h>
#include <sys/types.h>
#include <uapi/evl/fcntl.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * oob_read() - read from a file, out-of-band
 * @efd:	a descriptor on a file with oob operations
 * @buf:	where the bytes go
 * @count:	how many at most
 *
 * What a count of 0 and a short count mean is the driver's business.
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: as the driver does, unless @efd has O_NONBLOCK.
 *
 * Return: the count of bytes read, or -1 with errno
 *   EAGAIN	O_NONBLOCK is set and the call would block
 *   EBADF	@efd is not open for reading, or has no oob operations
 *   EBUSY	called by a signal handler which broke into another oob call
 *   EFAULT	@buf is not the caller's to write to
 *   EINTR	a signal came first, or the thread was unblocked
 *   EINVAL	the driver reads nothing out-of-band, or not this way
 *   ENODEV	the daemon is gone
 *   EPERM	the caller is not attached
 *   others	as the driver says
 */
ssize_t oob_read(int efd, void *buf, size_t count);

/**
 * oob_write() - write to a file, out-of-band
 * @efd:	a descriptor on a file with oob operations
 * @buf:	the bytes to write
 * @count:	how many
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: as the driver does, unless @efd has O_NONBLOCK.
 *
 * Return: the count of bytes written, or -1 with errno
 *   EAGAIN	O_NONBLOCK is set and the call would block
 *   EBADF	@efd is not open for writing, or has no oob operations
 *   EBUSY	called by a signal handler which broke into another oob call
 *   EFAULT	@buf is not the caller's to read from
 *   EINTR	a signal came first, or the thread was unblocked
 *   EINVAL	the driver writes nothing out-of-band, or not this way
 *   ENODEV	the daemon is gone
 *   EPERM	the caller is not attached
 *   others	as the driver says
 */
ssize_t oob_write(int efd, const void *buf, size_t count);

/**
 * oob_ioctl() - send a request to a driver, out-of-band
 * @efd:	a descriptor on a file with oob operations
 * @request:	the driver's command code
 * @...:	its argument, a pointer or an integer; may be left out
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: as the driver does, unless @efd has O_NONBLOCK.
 *
 * Return: 0 or what else the driver answers, or -1 with errno
 *   EAGAIN	O_NONBLOCK is set and the call would block
 *   EBADF	@efd is not open, or has no oob operations
 *   EBUSY	called by a signal handler which broke into another oob call
 *   EFAULT	the argument points to memory which is not the caller's
 *   EINTR	a signal came first, or the thread was unblocked
 *   ENODEV	the daemon is gone
 *   ENOTTY	the driver does not know @request
 *   EPERM	the caller is not attached
 *   others	as the driver says
 */
int oob_ioctl(int efd, unsigned long request, ...);

#ifdef __cplusplus
}
#endif

#endif /* _EVL_SYSCALL_H */

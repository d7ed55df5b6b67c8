/* SPDX-License-Identifier: MIT */
/*
 * Descriptors which a driver makes in the calling process, in an in-band
 * handler. What the number is for is a file of <linux/anon_inodes.h>.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_FILE_H
#define _LINUX_FILE_H

#include <linux/fs.h>

/**
 * get_unused_fd_flags() - reserve a descriptor number of the caller
 * @flags:	O_CLOEXEC or 0; O_NONBLOCK is allowed
 *
 * Stage:  in-band, from a handler of ioctl, read or write.
 * Blocks: until the library in the calling process has answered.
 *
 * Return: the number, to be given to fd_install() or put_unused_fd(); or
 *   -EINTR	a signal came first
 *   -EMFILE	the process has no number left
 *   -EOPNOTSUPP	the caller does not use libevlclient, or made a bare system
 *		call before it had connected
 *   -EPERM	not from an in-band handler
 */
int get_unused_fd_flags(unsigned int flags);

/**
 * put_unused_fd() - give a number back
 * @fd:		from get_unused_fd_flags(), not installed
 *
 * Stage:  in-band, from the same handler.
 * Blocks: no.
 */
void put_unused_fd(unsigned int fd);

/**
 * fd_install() - let the number refer to a file
 * @fd:		from get_unused_fd_flags()
 * @filp:	from anon_inode_getfile(); the descriptor's from now on
 *
 * Once the handler returned, the number is as good as one from open(2), for
 * in-band and, if evl_open_file() has been called, for out-of-band operations.
 *
 * Stage:  in-band, from the same handler.
 * Blocks: if the file is O_NONBLOCK and the number was not reserved so, until
 *	   the library in the calling process has answered.
 */
void fd_install(unsigned int fd, struct file *filp);

/**
 * fput() - drop a file which was not installed
 * @filp:	from anon_inode_getfile(); its release handler is called
 *
 * Stage:  in-band.
 * Blocks: as long as the release handler.
 */
void fput(struct file *filp);

#endif /* _LINUX_FILE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Binding: making a descriptor number known to the daemon as the file it is,
 * which oob calls need. The kernel carries the proof (see wire/bind.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * True: @fd is a file on one of the daemon's nodes, so that it may be sent our
 * ioctls. Nobody else's file ever sees one.
 *
 * Blocks: for a character device, until the daemon answers.
 */
bool bind_is_ours(int fd);

/*
 * Bind @fd; harmless if it was.
 *
 * Blocks: until the daemon answers.
 *
 * Return: 0, or
 *   -EBADF	not open, or not ours
 *   -EMFILE	the daemon has no room for more
 *   -ENODEV	the daemon is gone
 *   -ENOMEM	not enough memory
 */
int bind_fd(int fd);

/* The same for one which is known to be ours, as it was just made. */
int bind_new(int fd);

/* One of the library's own, which is known to be ours and will not be closed
 * meanwhile: the daemon knows the number from now on, until bind_drop(). As
 * bind_fd(). */
int bind_kept(int fd, uint64_t *r_file_id);
void bind_drop(int fd, uint64_t file_id);

/* The flags of the file behind @fd, which is bound, were changed. */
void bind_flags_changed(int fd);

/*
 * Before and after the kernel closes @fd. bind_end() is true if there is a
 * file to wait for, bind_sync() waits until the driver has released it, if
 * this was the last reference.
 */
bool bind_end(int fd, uint64_t *r_file_id);
/* The number has been closed, or got another file: who bound it in between may
 * have bound what it was before. */
void bind_renewed(int fd);
void bind_sync(uint64_t file_id);

/*
 * Look at the descriptors used by oob calls since the last time: one which was
 * closed by a raw system call may be something else by now. For the control
 * thread, once a second.
 *
 * Blocks: until the daemon answered for each, some 20 us.
 */
void bind_check_used(void);

/* Close a descriptor, bound or not, and await its release. */
int bind_close(int fd);

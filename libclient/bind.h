/* SPDX-License-Identifier: MIT */
/*
 * Binding: making a descriptor number known to the daemon as the file it is,
 * which oob calls need. The kernel carries the proof (see wire/bind.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * In a file the kernel lets one writer with O_APPEND go on at a time, and those
 * who wait for one that sleeps are in D state. Character devices know no such
 * flag, so nodes of the FUSE front are to have none: this takes it off.
 */
void bind_no_append(int fd);

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

/*
 * The same for the control thread, on the daemon's behalf: that @rdev is its
 * the daemon has said, about others it can be asked. 1: it is *@r_rdev.
 */
int bind_asked(int fd, uint64_t rdev, uint64_t *r_rdev);

/* The same for one which is known to be ours, as it was just made. */
int bind_new(int fd);

/* One of the library's own, which is known to be ours and will not be closed
 * meanwhile: the daemon knows the number from now on, until bind_drop(). As
 * bind_fd(). */
int bind_kept(int fd, uint64_t *r_file_id);
void bind_drop(int fd, uint64_t file_id);

/* The flags of the file behind @fd, which is bound, were changed. */
void bind_flags_changed(int fd);

/* @fd is not bound any more. True: it was, to *@r_file_id (0: not known). */
bool bind_end(int fd, uint64_t *r_file_id);
/* The number has been closed, or got another file: who bound it in between may
 * have bound what it was before. */
void bind_renewed(int fd);
/* The number is a new descriptor, of whatever, in this very process; or -1.
 * Bound if it is ours. errno survives. */
void bind_arrived(int fd);
/* Wait until the driver has released the file, if nobody has it open any more.
 * 0 is none. */
void bind_sync(uint64_t file_id);

/*
 * Around whatever closes @fd for the application: the daemon forgets it first,
 * who bound it meanwhile is undone, and its release is awaited. errno survives.
 */
struct bind_closing {
	int fd;
	bool bound;
	uint64_t file_id;
};

struct bind_closing bind_closing(int fd);
void bind_closed(const struct bind_closing *closing);

/*
 * Around a dup2() of @old over @fd, which are not the same. The daemon learns
 * first what @fd is about to be, if that is ours, and of an end of the binding
 * otherwise: once dup2() returns no oob call reaches what it was. Whoever binds
 * it meanwhile, to one or the other, is undone; @fd may be bound when
 * bind_replaced() returns, and what it was has been released if this was the
 * last of it. Not @done: all is as before. errno survives.
 */
struct bind_replacing {
	int fd;
	bool bound;    /* it was, to ->file_id */
	bool replaced; /* the daemon has it as ->new_id now */
	uint64_t file_id;
	uint64_t new_id;
};

struct bind_replacing bind_replacing(int old, int fd);
void bind_replaced(const struct bind_replacing *replacing, bool done);

/*
 * Look at the descriptors, first those used by oob calls since the last time: one
 * which was closed by a raw system call may be something else by now. For the
 * control thread, once a second.
 *
 * Blocks: until the daemon answered for each that was used, some 20 us.
 */
void bind_check(void);

/* Close a descriptor, bound or not, and await its release. */
int bind_close(int fd);

/* SPDX-License-Identifier: MIT */
/*
 * The out-of-band side of an open file. The driver lends a struct evl_file
 * (<evl/file.h>) and gets it back at release; who uses the file is counted in
 * the open file itself, because real drivers free the former too early, share
 * one among all files, or forget to take it back. References which drivers take
 * are on the evl_file, whichever files have it: core/file-side.h.
 *
 * Every oob handler runs with a reference; evl_release_file() waits for them to
 * be put, and so does the vfs after a release handler which did not.
 */
#pragma once

#include <linux/types.h>
#include <stdint.h>

struct evl_file;
struct file;
struct files_struct;
struct open_file;

/* What @fd refers to in @files, if it takes out-of-band requests, with a
 * reference; or NULL. Any stage. */
struct file *oob_file_get(struct files_struct *files, unsigned int fd);
/*
 * The same for descriptor @fd of the caller, who is asked if we do not know it:
 * it may have come by a way which libevlclient does not see.
 *
 * Stage: any, in a request. Blocks: unless it is known, or the caller holds a
 * lock, until its process has answered, for half a minute at most.
 * Return: 0, -EBADF, -EINTR, -EIDRM the file whose handler asks goes.
 */
int oob_file_find(unsigned int fd, struct file **r_filp);
/* Who asks, until @deadline; the server registers. 0: look again. */
void oob_file_set_asker(int (*ask)(unsigned int fd, uint64_t deadline));

/* In a process which has no descriptors of callers: who finds their files, with the
 * same results; called only where one may sleep. */
void oob_file_set_finder(int (*find)(unsigned int fd, struct file **r_filp));

/* The caller has one already, or knows it is open. Any stage. */
void oob_file_ref(struct file *filp);
void oob_file_put(struct file *filp);

/* Out-of-band references held right now, drivers' too, for people to look at.
 * In-band. */
unsigned int oob_file_users(const struct open_file *of);

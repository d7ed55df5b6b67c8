/* SPDX-License-Identifier: MIT */
/*
 * The core's index of descriptors: [fd, files_struct] -> struct file, for the
 * workers to look things up without the vfs. Fed by the hooks of
 * vfs/files.h, which this overrides: what is marked (evl_open_file()) when its
 * descriptor is installed gets in.
 *
 * An entry holds no reference. It goes before the file's release handler
 * begins, so the reference the opener has is there to be added to as long as an
 * entry is found.
 */
#pragma once

struct file;
struct files_struct;

/* With a reference, for oob_file_put(); NULL if @fd is nothing of ours. Any
 * stage; the lock inside is held for a few instructions. */
struct file *fd_index_get(struct files_struct *files, unsigned int fd);
/* How many descriptors are in it. */
unsigned int fd_index_count(void);

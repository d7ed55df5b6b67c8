/* SPDX-License-Identifier: MIT */
/*
 * The out-of-band side of an open file: struct evl_file (<evl/file.h>), lent by
 * the driver for as long as the file is open. Every oob handler runs with a
 * reference on it; evl_release_file() waits for them to be put.
 */
#pragma once

struct evl_file;
struct files_struct;
struct open_file;

/* What @fd refers to in @files, with a reference, or NULL. Any stage. */
struct evl_file *file_get_from(struct files_struct *files, unsigned int fd);

/* Out-of-band references held right now, for people to look at. In-band. */
unsigned int file_nr_refs(const struct open_file *of);

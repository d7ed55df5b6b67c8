/* SPDX-License-Identifier: MIT */
/* What higher layers hang into the vfs. In-band. */
#pragma once

#include <stdbool.h>

struct open_file;

/* Ioctls every node understands, whatever its driver (wire/bind.h). Runs on the
 * request's fiber. True: it was one of them, *r_ret is the answer. */
void vfs_set_ioctl_hook(bool (*hook)(struct open_file *of, unsigned int cmd,
				     unsigned long arg, long *r_ret));

/* The file's status flags as fcntl(F_SETFL) set them. */
void vfs_set_file_flags(struct open_file *of, unsigned int flags);

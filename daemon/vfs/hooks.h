/* SPDX-License-Identifier: MIT */
/* What higher layers hang into the vfs. In-band. */
#pragma once

#include <stdbool.h>

struct file;
struct module;
struct open_file;

/* Ioctls every node understands, whatever its driver (wire/bind.h). Runs on the
 * request's fiber. True: it was one of them, *r_ret is the answer. */
void vfs_set_ioctl_hook(bool (*hook)(struct open_file *of, unsigned int cmd,
				     unsigned long arg, long *r_ret));

/* Runs on the release's fiber, before the driver's handler: those who died
 * with requests in the driver leave it first. */
void vfs_set_release_hook(void (*hook)(struct open_file *of));

/* After a release handler, or an open handler which failed: whoever is inside
 * out-of-band leaves. Does nothing unless a core overrides it. */
void finish_oob_file(struct file *filp);

/* The file's status flags as fcntl(F_SETFL) set them. */
void vfs_set_file_flags(struct open_file *of, unsigned int flags);

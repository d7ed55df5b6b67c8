/* SPDX-License-Identifier: MIT */
/*
 * Files which drivers make inside a handler (<linux/anon_inodes.h>). Only the
 * calling process can make a descriptor in itself: it opens our spare node, and
 * the file the kernel made of that *stands for* the driver's from fd_install()
 * on. Requests on it are the other's, its release releases both.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>

struct open_file;

/* How the calling process is asked; the server registers. On the handler's
 * fiber; all but claim and bind sleep until the process has answered. */
struct fd_host {
	/* A new descriptor on the spare node with @flags: its number, or -errno
	 * as get_unused_fd_flags(). */
	int (*reserve)(unsigned int flags);
	/* The file behind it, which is the caller's business no more; NULL: it
	 * has been closed meanwhile. */
	struct open_file *(*claim)(unsigned int fd);
	/* Close it again. */
	void (*give_back)(unsigned int fd);
	/* The file behind @fd is to be O_NONBLOCK, if it is not. */
	void (*set_nonblock)(unsigned int fd);
	/* Let @fd refer to @of in the caller's table. */
	void (*bind)(unsigned int fd, struct open_file *of);
};
void anon_set_fd_host(const struct fd_host *host);

/* The spare node's operations: a file which stands for nothing yet. */
extern const struct file_operations anon_spare_fops;

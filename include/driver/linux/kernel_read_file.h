/* SPDX-License-Identifier: MIT */
/* Files which a driver wants to have read, as its parameters name them.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_KERNEL_READ_FILE_H
#define _LINUX_KERNEL_READ_FILE_H

#include <linux/types.h>

/* What it is for. It makes no difference here. */
enum kernel_read_file_id {
	READING_UNKNOWN,
	READING_FIRMWARE,
	READING_MODULE,
	READING_KEXEC_IMAGE,
	READING_KEXEC_INITRAMFS,
	READING_POLICY,
	READING_X509_CERTIFICATE,
	READING_MAX_ID,
};

/**
 * kernel_read_file_from_path() - read a file into memory
 * @path:	the file, a regular one; a relative path begins where the daemon
 *		was started
 * @offset:	where to begin, in bytes; 0 unless there is a buffer and
 *		@file_size is asked for
 * @buf:	in: NULL, or where to; out: the memory, which is to be given to
 *		vfree() if it was NULL
 * @buf_size:	how much to read at most, in bytes
 * @file_size:	receives how large the file is; may be NULL: the file must fit
 * @id:		what it is for
 *
 * It is read with the daemon's own rights. The whole in-band stage waits for
 * it, so it must not be one of the daemon's own nodes.
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: until it is read.
 *
 * Return: how many bytes were read, or
 *   -EINVAL	it is no regular file, or empty; there is no path; or @offset is
 *		not possible
 *   -EFBIG	it is larger than @buf_size, or than 2^31 - 1
 *   -ENOMEM
 *   -EIO	it became shorter meanwhile
 *   -ENOENT, -EACCES and others of open(2) and read(2)
 */
ssize_t kernel_read_file_from_path(const char *path, loff_t offset, void **buf,
				   size_t buf_size, size_t *file_size,
				   enum kernel_read_file_id id);

#endif /* _LINUX_KERNEL_READ_FILE_H */

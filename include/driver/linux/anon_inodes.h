/* SPDX-License-Identifier: MIT */
/*
 * Files of no node, which a driver makes as it goes.
 *
 * Source: seed-2, driver-api 5.2
 */
#ifndef _LINUX_ANON_INODES_H
#define _LINUX_ANON_INODES_H

#include <linux/file.h>

/**
 * anon_inode_getfile() - make a file
 * @name:	of its kind, for people to look at
 * @fops:	its operations; open is not called
 * @priv:	its private_data
 * @flags:	O_RDONLY, O_WRONLY or O_RDWR, and O_NONBLOCK
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the file, for fd_install() or fput(); or, as ERR_PTR()
 *   -ENOMEM	not enough memory
 *   -EPERM	not in-band
 */
struct file *anon_inode_getfile(const char *name,
				const struct file_operations *fops, void *priv,
				int flags);

/**
 * anon_inode_getfd() - make a file and a descriptor of the caller on it
 * @name, @fops, @priv: as above
 * @flags:	as above, and O_CLOEXEC
 *
 * The file takes no out-of-band requests: for one that does, make it with
 * anon_inode_getfile(), call evl_open_file(), then fd_install().
 *
 * Stage, Blocks: as get_unused_fd_flags().
 *
 * Return: the number, or -errno as of all three calls above.
 */
int anon_inode_getfd(const char *name, const struct file_operations *fops,
		     void *priv, int flags);

#endif /* _LINUX_ANON_INODES_H */

/* SPDX-License-Identifier: MIT */
/*
 * Files, inodes and the operations a character device implements, with the
 * members drivers use. struct file_operations grows at its end only: a driver
 * records the size it was built with (linux/module.h).
 *
 * Source: driver-api 2.1, 2.2, 5.2; seed-0, seed-1, seed-3
 */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/kdev_t.h>
#include <linux/list.h>
#include <linux/types.h>
#include <sys/types.h>

struct module;
struct cdev;
struct file;
struct inode;
struct poll_table_struct;
struct oob_poll_wait;
struct vm_area_struct;

#ifndef __poll_t_defined
#define __poll_t_defined
typedef unsigned int __poll_t;
#endif
typedef void *fl_owner_t;
typedef unsigned int fmode_t;

#define FMODE_READ   ((fmode_t)0x1)
#define FMODE_WRITE  ((fmode_t)0x2)
#define FMODE_NDELAY ((fmode_t)0x40)
#define FMODE_STREAM ((fmode_t)0x200000)

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *, loff_t, int);
	ssize_t (*read)(struct file *, char __user *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char __user *, size_t, loff_t *);
	__poll_t (*poll)(struct file *, struct poll_table_struct *);
	long (*unlocked_ioctl)(struct file *, unsigned int, unsigned long);
	long (*compat_ioctl)(struct file *, unsigned int, unsigned long);
	int (*mmap)(struct file *, struct vm_area_struct *);
	int (*open)(struct inode *, struct file *);
	int (*flush)(struct file *, fl_owner_t id);
	int (*release)(struct inode *, struct file *);
	ssize_t (*oob_read)(struct file *, char __user *, size_t);
	ssize_t (*oob_write)(struct file *, const char __user *, size_t);
	long (*oob_ioctl)(struct file *, unsigned int, unsigned long);
	long (*compat_oob_ioctl)(struct file *, unsigned int, unsigned long);
	__poll_t (*oob_poll)(struct file *, struct oob_poll_wait *);
};

struct inode {
	__kernel_dev_t i_rdev;
	umode_t i_mode;
	struct cdev *i_cdev;
	void *i_private;
};

struct file {
	const struct file_operations *f_op;
	unsigned int f_flags;
	fmode_t f_mode;
	loff_t f_pos;
	void *private_data;
	struct inode *f_inode;
	/*
	 * Set by evl_open_file(); non-NULL tells that out-of-band requests are
	 * possible. One pointer, under each name it had over time.
	 */
	union {
		void *oob_data;
		void *f_oob_ctx;
		struct {
			void *data;
		} f_oob_state;
	};
};

static inline struct inode *file_inode(const struct file *filp)
{
	return filp->f_inode;
}

static inline unsigned int iminor(const struct inode *inode)
{
	return MINOR(inode->i_rdev);
}

static inline unsigned int imajor(const struct inode *inode)
{
	return MAJOR(inode->i_rdev);
}

/* Ready-made handlers. All of them in-band, none blocks. */
int stream_open(struct inode *inode, struct file *filp);
int nonseekable_open(struct inode *inode, struct file *filp);
loff_t no_llseek(struct file *filp, loff_t offset, int whence);
loff_t noop_llseek(struct file *filp, loff_t offset, int whence);
/* Its private_data is what the inode's i_private is, if that is not NULL. */
int simple_open(struct inode *inode, struct file *filp);
/* Sizes beyond 2 GiB are no matter here: 0. */
int generic_file_open(struct inode *inode, struct file *filp);

/*
 * More llseek handlers. A driver's llseek is never called from outside (the kernel
 * seeks, or refuses to, by itself), but they are as there: @filp's f_pos is moved and
 * returned; -EINVAL, with f_pos as it was, for what would be negative or beyond the
 * size, and for another @whence than theirs.
 */

/* A device's own size is 0: SEEK_END counts from there, SEEK_DATA and SEEK_HOLE are
 * -ENXIO. As far as numbers go. */
loff_t default_llseek(struct file *filp, loff_t offset, int whence);
loff_t generic_file_llseek(struct file *filp, loff_t offset, int whence);
/* Up to @size, which is the end: SEEK_SET, SEEK_CUR, SEEK_END. */
loff_t fixed_size_llseek(struct file *filp, loff_t offset, int whence,
			 loff_t size);
/* SEEK_SET and SEEK_CUR alone; the second function: up to @size. */
loff_t no_seek_end_llseek(struct file *filp, loff_t offset, int whence);
loff_t no_seek_end_llseek_size(struct file *filp, loff_t offset, int whence,
			       loff_t size);

/**
 * generic_file_llseek_size() - seek in what has a size
 * @filp:	the file, whose f_pos is moved
 * @offset:	in bytes, from where @whence says
 * @whence:	SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE
 * @maxsize:	the largest f_pos there may be
 * @eof:	where the end is, and the only hole
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: f_pos, or
 *   -EINVAL	it would be negative or beyond @maxsize; no such @whence
 *   -ENXIO	SEEK_DATA, SEEK_HOLE: @offset is not before @eof
 */
loff_t generic_file_llseek_size(struct file *filp, loff_t offset, int whence,
				loff_t maxsize, loff_t eof);

/* f_pos becomes @offset, which is returned; -EINVAL if it is negative or beyond
 * @maxsize. */
loff_t vfs_setpos(struct file *filp, loff_t offset, loff_t maxsize);

/* Character device numbers; 0 or -errno (-EBUSY: the range is taken,
 * -ENOSPC: no major is left). */
int alloc_chrdev_region(__kernel_dev_t *dev, unsigned int baseminor,
			unsigned int count, const char *name);
int register_chrdev_region(__kernel_dev_t from, unsigned int count,
			   const char *name);
void unregister_chrdev_region(__kernel_dev_t from, unsigned int count);

/* Region, cdev and registration of 256 minors in one call; @major 0 picks one
 * and returns it. */
int register_chrdev(unsigned int major, const char *name,
		    const struct file_operations *fops);
void unregister_chrdev(unsigned int major, const char *name);

/* What comes along in a kernel, so that drivers came to use it without asking. */
#ifdef __KERNEL__
#include <linux/capability.h>
#include <linux/kref.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>
#endif

#endif /* _LINUX_FS_H */

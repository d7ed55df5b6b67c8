/* SPDX-License-Identifier: MIT */
/*
 * Ready-made llseek and open handlers. They move filp->f_pos as a kernel's do, for
 * which a device's own size is 0: nobody calls a driver's llseek from outside, but its
 * own handlers may.
 */
#include "kapi/export.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <unistd.h>

EXPORT loff_t vfs_setpos(struct file *filp, loff_t offset, loff_t maxsize)
{
	if (offset < 0 || offset > maxsize)
		return -EINVAL;
	filp->f_pos = offset;

	return offset;
}

static loff_t seek_from(struct file *filp, loff_t base, loff_t offset,
			loff_t maxsize)
{
	loff_t pos;

	if (__builtin_add_overflow(base, offset, &pos))
		return -EINVAL;

	return vfs_setpos(filp, pos, maxsize);
}

EXPORT loff_t generic_file_llseek_size(struct file *filp, loff_t offset,
				       int whence, loff_t maxsize, loff_t eof)
{
	switch (whence) {
	case SEEK_SET:
		return vfs_setpos(filp, offset, maxsize);
	case SEEK_CUR:
		/* Even where it is beyond @maxsize: this asks. */
		return offset ? seek_from(filp, filp->f_pos, offset, maxsize)
			      : filp->f_pos;
	case SEEK_END:
		return seek_from(filp, eof, offset, maxsize);
	case SEEK_DATA:
	case SEEK_HOLE: /* the only one is at the end */
		if (offset < 0 || offset >= eof)
			return -ENXIO;
		return vfs_setpos(filp, whence == SEEK_HOLE ? eof : offset,
				  maxsize);
	default:
		return -EINVAL;
	}
}

EXPORT loff_t generic_file_llseek(struct file *filp, loff_t offset, int whence)
{
	return generic_file_llseek_size(filp, offset, whence, LLONG_MAX, 0);
}

EXPORT loff_t default_llseek(struct file *filp, loff_t offset, int whence)
{
	return generic_file_llseek(filp, offset, whence);
}

static bool is_plain(int whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR || whence == SEEK_END;
}

EXPORT loff_t fixed_size_llseek(struct file *filp, loff_t offset, int whence,
				loff_t size)
{
	if (!is_plain(whence))
		return -EINVAL;

	return generic_file_llseek_size(filp, offset, whence, size, size);
}

EXPORT loff_t no_seek_end_llseek_size(struct file *filp, loff_t offset,
				      int whence, loff_t size)
{
	if (!is_plain(whence) || whence == SEEK_END)
		return -EINVAL;

	return generic_file_llseek_size(filp, offset, whence, size, 0);
}

EXPORT loff_t no_seek_end_llseek(struct file *filp, loff_t offset, int whence)
{
	return no_seek_end_llseek_size(filp, offset, whence, LLONG_MAX);
}

EXPORT int simple_open(struct inode *inode, struct file *filp)
{
	if (inode->i_private)
		filp->private_data = inode->i_private;

	return 0;
}

EXPORT int generic_file_open(struct inode *inode, struct file *filp)
{
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Files which drivers have read. */
#include <linux/kernel_read_file.h>

#include "base/cleanup.h"
#include "kapi/export.h"
#include "kapi/golden-rule.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/minmax.h>
#include <linux/vmalloc.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to @size bytes, less only where the file ends. */
static ssize_t read_all(int fd, char *buf, size_t size, loff_t offset)
{
	size_t done = 0;
	ssize_t len;

	while (done < size) {
		len = pread(fd, buf + done, size - done, offset + (loff_t)done);
		if (len == 0)
			break;
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len > 0)
			done += (size_t)len;
	}

	return (ssize_t)done;
}

/* @size of an open file that can be read, or -errno. */
static int check(int fd, loff_t *r_size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return -EINVAL;
	if (st.st_size > INT_MAX)
		return -EFBIG;
	*r_size = st.st_size;

	return 0;
}

/* The part of it which is wanted, into *@buf or memory made for it. */
static ssize_t read_part(int fd, loff_t offset, void **buf, size_t size)
{
	void *made = NULL;
	ssize_t len;

	if (*buf == NULL)
		*buf = made = vmalloc(size);
	if (*buf == NULL)
		return -ENOMEM;

	len = read_all(fd, *buf, size, offset);
	if (len >= 0 && offset == 0 && (size_t)len < size)
		len = -EIO;
	if (len < 0 && made) {
		vfree(made);
		*buf = NULL;
	}

	return len;
}

EXPORT ssize_t kernel_read_file_from_path(const char *path, loff_t offset,
					  void **buf, size_t buf_size,
					  size_t *file_size,
					  enum kernel_read_file_id id)
{
	_cleanup_fd_ int fd = -1;
	loff_t size = 0;
	int ret;

	if (path == NULL || *path == '\0' || offset < 0 ||
	    (offset && (*buf == NULL || file_size == NULL)))
		return -EINVAL;

	golden_rule_note(BREACH_WAIT, "kernel_read_file_from_path");
	/* Nor does a fifo which nobody writes to hold us up. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	ret = check(fd, &size);
	if (ret)
		return ret;
	if (file_size)
		*file_size = (size_t)size;
	else if ((size_t)size > buf_size)
		return -EFBIG;

	return read_part(fd, offset, buf,
			 min(buf_size, (size_t)max(size - offset, (loff_t)0)));
}

/* SPDX-License-Identifier: MIT */
#include <linux/uaccess.h>

#include "kapi/export.h"
#include "kapi/task.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * How much of @n bytes at @addr lies in the first @size bytes of @win; where,
 * in *@r_mem.
 */
static size_t in_window(const struct user_window *win, unsigned long addr,
			size_t n, size_t size, char **r_mem)
{
	size_t offset = addr - win->base;

	if (addr < win->base || offset >= size)
		return 0;

	*r_mem = win->mem + offset;

	return n < size - offset ? n : size - offset;
}

/*
 * A number may come to stand for another process, or for another program in
 * the same one. Where that would be somebody else's, ->mem_fd is to be used: it
 * goes on to mean the memory it was opened on. It is slower above a page.
 */
static size_t fetch_remote(const struct task_struct *task, void *to,
			   unsigned long from, size_t n)
{
	struct iovec local = { .iov_base = to, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)from, .iov_len = n };
	ssize_t ret = -1;

	if (task->by_mem)
		ret = pread(task->mem_fd, to, n, (off_t)from);
	else if (task->pid > 0)
		ret = process_vm_readv(task->pid, &local, 1, &remote, 1, 0);

	return ret < 0 ? 0 : (size_t)ret;
}

static size_t store_remote(const struct task_struct *task, unsigned long to,
			   const void *from, size_t n)
{
	struct iovec local = { .iov_base = (void *)from, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)to, .iov_len = n };
	ssize_t ret = -1;

	if (task->by_mem)
		ret = pwrite(task->mem_fd, from, n, (off_t)to);
	else if (task->pid > 0)
		ret = process_vm_writev(task->pid, &local, 1, &remote, 1, 0);

	return ret < 0 ? 0 : (size_t)ret;
}

EXPORT unsigned long copy_from_user(void *to, const void __user *from,
				    unsigned long n)
{
	struct task_struct *task = task_current();
	unsigned long addr = (unsigned long)from;
	size_t done;
	char *mem;

	done = in_window(&task->window, addr, n, task->window.readable, &mem);
	if (done)
		memcpy(to, mem, done);
	if (done < n)
		done += fetch_remote(task, (char *)to + done, addr + done,
				     n - done);
	if (done < n)
		memset((char *)to + done, 0, n - done);

	return n - done;
}

EXPORT unsigned long copy_to_user(void __user *to, const void *from,
				  unsigned long n)
{
	struct task_struct *task = task_current();
	struct user_window *win = &task->window;
	unsigned long addr = (unsigned long)to;
	size_t done, end;
	char *mem;

	done = in_window(win, addr, n, win->writable, &mem);
	if (done) {
		memcpy(mem, from, done);
		end = addr + done - win->base;
		if (end > win->written)
			win->written = end;
	}
	if (done < n)
		done += store_remote(task, addr + done,
				     (const char *)from + done, n - done);

	return n - done;
}

EXPORT unsigned long clear_user(void __user *to, unsigned long n)
{
	static const char zeroes[1024];
	unsigned long chunk, left;

	for (; n; n -= chunk, to = (char __user *)to + chunk) {
		chunk = n < sizeof(zeroes) ? n : sizeof(zeroes);
		left = copy_to_user(to, zeroes, chunk);
		if (left)
			return n - chunk + left;
	}

	return 0;
}

EXPORT long strncpy_from_user(char *to, const char __user *from, long count)
{
	long len;

	/* Byte by byte: the string may end right before an unmapped page. */
	for (len = 0; len < count; len++) {
		if (copy_from_user(to + len, from + len, 1))
			return -EFAULT;
		if (to[len] == '\0')
			break;
	}

	return len;
}

EXPORT void *memdup_user(const void __user *from, size_t n)
{
	void *copy = kmalloc(n, GFP_KERNEL);

	if (copy == NULL)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, from, n)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}

	return copy;
}

EXPORT char *strndup_user(const char __user *from, long n)
{
	char *copy = kmalloc((size_t)n + 1, GFP_KERNEL);
	long len;

	if (copy == NULL)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(copy, from, n);
	if (len < 0 || len == n) {
		kfree(copy);
		return ERR_PTR(len < 0 ? -EFAULT : -EINVAL);
	}

	return copy;
}

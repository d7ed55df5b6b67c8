/* SPDX-License-Identifier: MIT */
#include "kapi/uaccess.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/guard.h"
#include "kapi/task.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"

#include <limits.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <stdint.h>
#include <string.h>

#define PAGE_SIZE 4096ul /* or a fraction of one */

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

static const struct user_reach *inband_reach;

void user_set_reach(const struct user_reach *reach)
{
	inband_reach = reach;
}

/*
 * Reaching further than the window means to wait for the caller: its pages may
 * come from wherever it likes. So the fiber sleeps, and the thread goes on.
 * NULL: there is nobody to wait for, or it must not be waited here.
 */
static const struct user_reach *reach_of(const struct task_struct *task)
{
	static struct ratelimit_state limit;
	const struct user_reach *reach = task->reach;

	if (reach == NULL && stage_self && !stage_self->oob)
		reach = inband_reach;
	if (reach == NULL || fiber_current() == NULL)
		return NULL;
	if (pi_mutex_depth == 0)
		return reach;

	if (__ratelimit(&limit))
		log_err("driver %s copies from or to its caller's memory with "
			"a spin lock held: only what came with the request can "
			"be had there",
			guard_driver());

	return NULL;
}

static size_t next_piece(const struct user_reach *reach, size_t n)
{
	return n < reach->most ? n : reach->most;
}

static size_t fetch_remote(struct task_struct *task, char *to,
			   unsigned long from, size_t n)
{
	const struct user_reach *reach = reach_of(task);
	size_t done = 0, piece, moved;

	if (reach == NULL)
		return 0;
	do {
		piece = next_piece(reach, n - done);
		moved = reach->fetch(task, to + done, from + done, piece);
		done += moved;
	} while (moved == piece && done < n);

	return done;
}

static size_t store_remote(struct task_struct *task, unsigned long to,
			   const char *from, size_t n)
{
	const struct user_reach *reach = reach_of(task);
	size_t done = 0, piece, moved;

	if (reach == NULL)
		return 0;
	do {
		piece = next_piece(reach, n - done);
		moved = reach->store(task, to + done, from + done, piece);
		done += moved;
	} while (moved == piece && done < n);

	return done;
}

/* For the guard, which may have to tell whose a pointer is. */
static void note_copy(struct task_struct *task, const void *to, size_t n)
{
	struct task_copy *copy =
		&task->copies[task->nr_copies++ % TASK_NR_COPIES];

	copy->to = to;
	copy->n = n;
	copy->word = 0;
	if (n == sizeof(uint64_t))
		memcpy(&copy->word, to, sizeof(uint64_t));
	else if (n == sizeof(uint32_t))
		memcpy(&copy->word, to, sizeof(uint32_t));
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
	note_copy(task, to, n);

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

EXPORT bool user_access_ok(const void __user *addr, unsigned long size)
{
	const struct task_struct *task = task_current();
	const struct user_window *win = &task->window;
	unsigned long start = (unsigned long)addr, limit = LONG_MAX;
	size_t came =
		win->readable > win->writable ? win->readable : win->writable;

	/* The buffer of read(2) is not where the caller has its own. */
	if (start >= win->base && size <= came &&
	    start - win->base <= came - size)
		return true;

	/* The upper half is the kernel's. */
	if (task->compat)
		limit = UINT32_MAX;

	return start <= limit && size <= limit - start;
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

/* How much of @count bytes at @addr lies in one page: a string may end right
 * before one which is not there. */
static size_t in_page(const char __user *addr, size_t count)
{
	size_t room = PAGE_SIZE - ((unsigned long)addr & (PAGE_SIZE - 1));

	return count < room ? count : room;
}

EXPORT long strncpy_from_user(char *to, const char __user *from, long count)
{
	size_t chunk, left, len = 0;
	const char *end;

	if (count <= 0)
		return 0;

	for (; len < (size_t)count; len += chunk) {
		chunk = in_page(from + len, (size_t)count - len);
		left = copy_from_user(to + len, from + len, chunk);
		end = memchr(to + len, '\0', chunk - left);
		if (end)
			return end - to;
		if (left)
			return -EFAULT;
	}

	return count;
}

EXPORT long strnlen_user(const char __user *str, long count)
{
	char bytes[256];
	size_t chunk, left, len = 0;
	const char *end;

	if (count <= 0)
		return 0;

	for (; len < (size_t)count; len += chunk) {
		chunk = in_page(str + len, (size_t)count - len);
		if (chunk > sizeof(bytes))
			chunk = sizeof(bytes);
		left = copy_from_user(bytes, str + len, chunk);
		end = memchr(bytes, '\0', chunk - left);
		if (end)
			return (long)len + (end - bytes) + 1;
		if (left)
			return 0;
	}

	return count + 1;
}

EXPORT int copy_struct_from_user(void *to, size_t ksize,
				 const void __user *from, size_t usize)
{
	size_t size = usize < ksize ? usize : ksize;
	const char __user *u_rest = (const char __user *)from + size;
	char byte;

	for (size_t i = 0; i < usize - size; i++) {
		if (copy_from_user(&byte, u_rest + i, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}

	if (copy_from_user(to, from, size))
		return -EFAULT;
	memset((char *)to + size, 0, ksize - size);

	return 0;
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

EXPORT void *memdup_user_nul(const void __user *from, size_t n)
{
	char *copy = kmalloc(n + 1, GFP_KERNEL);

	if (copy == NULL)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, from, n)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	copy[n] = '\0';

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

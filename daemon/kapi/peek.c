/* SPDX-License-Identifier: MIT */
/*
 * Looks at a caller's memory from a signal handler: no allocation, no stdio,
 * and no page that would have to be fetched from somewhere first. /proc says
 * what is mapped, and what is there.
 */
#include "kapi/uaccess.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE_SIZE 4096ul
#define PRESENT	  (UINT64_C(1) << 63)

static int open_proc(const struct task_struct *task, const char *what)
{
	char path[48];

	if (task->pid <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/%s", task->pid, what);

	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A hexadecimal number, and what comes after it. */
static const char *parse_hex(const char *text, unsigned long *r_value)
{
	unsigned long value = 0;

	for (;; text++) {
		if (*text >= '0' && *text <= '9')
			value = value * 16 + (unsigned long)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			value = value * 16 + (unsigned long)(*text - 'a' + 10);
		else
			break;
	}
	*r_value = value;

	return text;
}

/* "7f00-8f00 rw-p ..." */
static bool covers(const char *line, unsigned long addr)
{
	unsigned long start, end;

	line = parse_hex(line, &start);
	if (*line != '-')
		return false;
	line = parse_hex(line + 1, &end);

	return addr >= start && addr < end && strncmp(line, " ---", 4) != 0;
}

bool user_is_mapped(const struct task_struct *task, unsigned long addr)
{
	char buf[512], line[64] = "";
	bool found = false;
	size_t len = 0;
	ssize_t got;
	int fd;

	fd = open_proc(task, "maps");
	while (fd >= 0 && !found && (got = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < got && !found; i++) {
			/* What begins a line is all we want of it. */
			if (len < sizeof(line) - 1)
				line[len] = buf[i];
			len++;
			if (buf[i] != '\n')
				continue;
			line[len < sizeof(line) ? len : sizeof(line) - 1] = 0;
			found = covers(line, addr);
			len = 0;
		}
	if (fd >= 0)
		close(fd);

	return found;
}

/* Is the page of @addr in memory? */
static bool is_present(int pagemap, unsigned long addr)
{
	uint64_t entry;

	return pread(pagemap, &entry, sizeof(entry),
		     (off_t)(addr / PAGE_SIZE * sizeof(entry))) ==
		       sizeof(entry) &&
	       entry & PRESENT;
}

static size_t peek_remote(const struct task_struct *task, unsigned long addr,
			  char *buf, size_t n)
{
	struct iovec local, remote;
	size_t done = 0, piece;
	int fd;

	fd = open_proc(task, "pagemap");
	while (fd >= 0 && done < n && is_present(fd, addr + done)) {
		piece = PAGE_SIZE - ((addr + done) & (PAGE_SIZE - 1));
		if (piece > n - done)
			piece = n - done;
		local = (struct iovec){ buf + done, piece };
		remote = (struct iovec){ (void *)(addr + done), piece };
		if (process_vm_readv(task->pid, &local, 1, &remote, 1, 0) !=
		    (ssize_t)piece)
			break;
		done += piece;
	}
	if (fd >= 0)
		close(fd);

	return done;
}

size_t user_peek(const struct task_struct *task, unsigned long addr, void *buf,
		 size_t n)
{
	const struct user_window *win = &task->window;
	size_t offset = addr - win->base;

	if (addr < win->base || offset >= win->readable)
		return peek_remote(task, addr, buf, n);

	if (n > win->readable - offset)
		n = win->readable - offset;
	memcpy(buf, win->mem + offset, n);

	return n;
}

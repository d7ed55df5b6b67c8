/* SPDX-License-Identifier: MIT */
/*
 * A program which was not linked with libevlclient, and is run with it
 * preloaded: test-inherit starts it with the path of the node "who". Exit
 * status 0, or which step failed.
 */
#include "drivers/who.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int (*ioctl_oob)(int efd, unsigned long request, ...);

static long reached(int fd)
{
	__u64 number = 0;

	return ioctl_oob(fd, WHO_GET, &number) ? -errno : (long)number;
}

int main(int argc, char **argv)
{
	int (*attach)(int flags, const char *fmt, ...);
	int fd, other;
	long number;

	*(void **)&attach = dlsym(RTLD_DEFAULT, "evl_attach_thread");
	*(void **)&ioctl_oob = dlsym(RTLD_DEFAULT, "oob_ioctl");
	if (argc != 2 || attach == NULL || ioctl_oob == NULL)
		return 1;
	if (attach(0, "preloaded-%d", getpid()) < 0)
		return 2;

	fd = open(argv[1], O_RDWR);
	number = reached(fd);
	if (number <= 0)
		return 3;
	other = dup(fd);
	close(fd);
	if (reached(fd) != -EBADF || reached(other) != number)
		return 4;
	if (dup2(STDIN_FILENO, other) != other || reached(other) != -EBADF)
		return 5;

	return 0;
}

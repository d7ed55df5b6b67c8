/* SPDX-License-Identifier: MIT */
#include "isolate/process.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* SIGPIPE and others are ignored by us, and would be by it: it does the same. */
static int spawn(const char *name, int sock, pid_t *r_pid)
{
	char called[64];
	char *argv[] = { called, PROCESS_ARGUMENT, NULL };
	posix_spawn_file_actions_t actions;
	int ret;

	snprintf(called, sizeof(called), "evl-cused: %s", name);
	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&actions, sock, PROCESS_SOCK);
	if (ret == 0)
		ret = posix_spawn(r_pid, "/proc/self/exe", &actions, NULL, argv,
				  environ);
	posix_spawn_file_actions_destroy(&actions);

	return -ret;
}

int process_start(const char *name, pid_t *r_pid, int *r_sock, int *r_pid_fd)
{
	int ends[2], ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return err_origin(-errno);

	ret = spawn(name, ends[1], &pid);
	fd_close(ends[1]);
	if (ret) {
		fd_close(ends[0]);
		return err_origin(ret);
	}

	*r_pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (*r_pid_fd < 0) {
		ret = err_origin(-errno);
		fd_close(ends[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return ret;
	}
	fcntl(*r_pid_fd, F_SETFD, FD_CLOEXEC);
	*r_pid = pid;
	*r_sock = ends[0];

	return 0;
}

void process_reap(pid_t pid, char *text, size_t size)
{
	int status = 0, sig;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sig = WTERMSIG(status);
	if (WIFSIGNALED(status))
		snprintf(text, size, "signal %d: %s", sig, sigdescr_np(sig));
	else
		snprintf(text, size, "status %d", WEXITSTATUS(status));
}

int process_memory(unsigned int nr_lanes, size_t *r_size)
{
	size_t size = sizeof(struct isolate_shared) +
		      nr_lanes * sizeof(struct isolate_lane);
	int fd, ret;

	fd = memfd_create("evl-isolate", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_origin(-errno);
	/* Whoever touches a page which it has taken off would be killed. */
	if (ftruncate(fd, (off_t)size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		ret = err_origin(-errno);
		fd_close(fd);
		return ret;
	}
	*r_size = size;

	return fd;
}

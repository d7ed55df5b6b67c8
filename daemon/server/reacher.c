/* SPDX-License-Identifier: MIT */
#include "server/reacher.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FDS 2

static int nursery_fd = -1; /* owned, to the first one */

/*
 * In the processes.
 */

static ssize_t move(const struct reacher_job *job, int mem_fd, void *mem)
{
	struct iovec local = { .iov_base = mem, .iov_len = job->len };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)job->addr,
				.iov_len = job->len };
	bool fetch = job->op == REACHER_FETCH;

	if (mem_fd >= 0)
		return fetch ? pread(mem_fd, mem, job->len, (off_t)job->addr)
			     : pwrite(mem_fd, mem, job->len, (off_t)job->addr);

	return fetch ? process_vm_readv(job->pid, &local, 1, &remote, 1, 0)
		     : process_vm_writev(job->pid, &local, 1, &remote, 1, 0);
}

static void serve(int sock, void *mem)
{
	struct reacher_job job;
	int fds[MAX_FDS];
	int32_t moved = getpid();

	if (send(sock, &moved, sizeof(moved), MSG_NOSIGNAL) < 0)
		return;
	while (packet_receive(sock, &job, sizeof(job), fds, MAX_FDS, 0) ==
	       sizeof(job)) {
		moved = (int32_t)move(&job, fds[0], mem);
		if (moved < 0)
			moved = 0;
		fd_close(fds[0]);
		if (send(sock, &moved, sizeof(moved), MSG_NOSIGNAL) < 0)
			break;
	}
}

static void be_reacher(int fds[MAX_FDS])
{
	void *mem;

	nursery_fd = fd_close(nursery_fd);
	mem = mmap(NULL, REACHER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fds[1], 0);
	fd_close(fds[1]);
	if (mem != MAP_FAILED)
		serve(fds[0], mem);
	_exit(EXIT_SUCCESS);
}

/* What a terminal sends is meant for the daemon. */
static void ignore_signals(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	/* Nobody waits for the others. */
	signal(SIGCHLD, SIG_IGN);
}

static void close_all_but(int keep)
{
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
		if (fd != keep)
			fd_close(fd);
}

static void be_nursery(int sock)
{
	int fds[MAX_FDS];
	char byte;

	prctl(PR_SET_NAME, "evl-reach", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ignore_signals();
	close_all_but(sock);
	nursery_fd = sock;

	while (packet_receive(sock, &byte, 1, fds, MAX_FDS, 0) == 1) {
		if (fds[1] >= 0 && fork() == 0)
			be_reacher(fds);
		fd_close(fds[0]);
		fd_close(fds[1]);
	}
	_exit(EXIT_SUCCESS);
}

/*
 * In the daemon.
 */

int reacher_prepare(void)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return err_origin(-errno);

	pid = fork();
	if (pid == 0)
		be_nursery(ends[1]);
	fd_close(ends[1]);
	if (pid < 0) {
		fd_close(ends[0]);
		return err_origin(-errno);
	}
	nursery_fd = ends[0];

	return 0;
}

int reacher_new(int *r_fd, void **r_mem)
{
	void *mem = MAP_FAILED;
	int ends[2] = { -1, -1 }, memfd, fds[MAX_FDS], ret;
	const char byte = 0;

	memfd = memfd_create("evl-reach", MFD_CLOEXEC);
	if (memfd < 0 || ftruncate(memfd, REACHER_SIZE) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		goto fail;
	mem = mmap(NULL, REACHER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   memfd, 0);
	if (mem == MAP_FAILED)
		goto fail;

	fds[0] = ends[1];
	fds[1] = memfd;
	ret = packet_send(nursery_fd, &byte, 1, fds, 2, 0);
	if (ret) {
		errno = -ret;
		goto fail;
	}

	fd_close(ends[1]);
	fd_close(memfd);
	*r_fd = ends[0];
	*r_mem = mem;

	return 0;
fail:
	ret = err_origin(-errno);
	if (mem != MAP_FAILED)
		munmap(mem, REACHER_SIZE);
	fd_close(ends[0]);
	fd_close(ends[1]);
	fd_close(memfd);

	return ret;
}

void reacher_free(int fd, void *mem)
{
	munmap(mem, REACHER_SIZE);
	fd_close(fd);
}

int reacher_ask(int fd, const struct reacher_job *job, int mem_fd)
{
	return packet_send(fd, job, sizeof(*job), &mem_fd, mem_fd >= 0, 0);
}

void reacher_quit(void)
{
	nursery_fd = fd_close(nursery_fd);
}

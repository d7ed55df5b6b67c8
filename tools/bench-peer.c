/* SPDX-License-Identifier: MIT */
/*
 * Partners of our own: forked processes, which go when we go. They are made
 * before the process has anything to do with a daemon.
 */
#include "bench.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int peer_start(pid_t *r_pid, void (*serve)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid;

	pid = fork();
	if (pid < 0)
		return -errno;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Keys pressed are our parent's business. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		signal(SIGPIPE, SIG_IGN);
		if (getppid() == parent)
			serve(arg);
		_exit(0);
	}

	*r_pid = pid;

	return 0;
}

void peer_stop(pid_t *pid)
{
	if (*pid <= 0)
		return;

	/* To die it must run, which a worker may not let it. */
	place_here(*pid);
	kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

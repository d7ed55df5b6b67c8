/* SPDX-License-Identifier: MIT */
#include "tool.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 80

static void start(struct tool_run *run, va_list ap)
{
	const char *argv[MAX_ARGS] = { getenv("EVL_DRIVER_TOOL") };
	int argc = 1;

	while (argc < MAX_ARGS - 1 && (argv[argc] = va_arg(ap, const char *)))
		argc++;

	run->fd = memfd_create("tool", MFD_CLOEXEC);
	run->pid = fork();
	ck_assert_int_ge(run->pid, 0);
	if (run->pid)
		return;

	dup2(run->fd, STDOUT_FILENO);
	dup2(run->fd, STDERR_FILENO);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(argv[0], (char **)argv);
	_exit(127);
}

int tool_wait(struct tool_run *run)
{
	ssize_t len;
	int status;

	ck_assert_int_eq(waitpid(run->pid, &status, 0), run->pid);
	run->pid = 0;
	run->status = WIFEXITED(status) ? WEXITSTATUS(status)
					: 128 + WTERMSIG(status);
	len = pread(run->fd, run->text, sizeof(run->text) - 1, 0);
	run->text[len > 0 ? len : 0] = '\0';
	close(run->fd);

	return run->status;
}

void tool_start(struct tool_run *run, ...)
{
	va_list ap;

	va_start(ap, run);
	start(run, ap);
	va_end(ap);
}

int tool_run(struct tool_run *run, ...)
{
	va_list ap;

	va_start(ap, run);
	start(run, ap);
	va_end(ap);

	return tool_wait(run);
}

void tool_expect(int status, const char *text, ...)
{
	struct tool_run run;
	va_list ap;

	va_start(ap, text);
	start(&run, ap);
	va_end(ap);
	tool_wait(&run);
	ck_assert_msg(run.status == status, "status %d: %s", run.status,
		      run.text);
	if (text)
		ck_assert_msg(strstr(run.text, text) != NULL, "no '%s' in: %s",
			      text, run.text);
	else
		ck_assert_str_eq(run.text, "");
}

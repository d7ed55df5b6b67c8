/* SPDX-License-Identifier: MIT */
#include "tool.h"

#include <check.h>
#include <signal.h>
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

/* The exit status, or 128 + signal. */
static int await(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* All that was written to @fd, which is closed. */
static void take_text(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
}

int tool_wait(struct tool_run *run)
{
	run->status = await(run->pid);
	run->pid = 0;
	take_text(run->fd, run->text, sizeof(run->text));

	return run->status;
}

int tool_run_apart(struct tool_output *output, const char *program,
		   const char *const *args)
{
	const char *argv[MAX_ARGS] = { program };
	int out = memfd_create("out", MFD_CLOEXEC);
	int err = memfd_create("err", MFD_CLOEXEC);
	pid_t pid;

	for (int i = 0; args[i] && i < MAX_ARGS - 2; i++)
		argv[i + 1] = args[i];
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	output->status = await(pid);
	take_text(out, output->out, sizeof(output->out));
	take_text(err, output->err, sizeof(output->err));

	return output->status;
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

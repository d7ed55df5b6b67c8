/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include "daemon.h"
#include "replayer.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 16

struct recorder recorder;

char recorder_path[64];

void recorder_setup(void)
{
	strcpy(recorder_path, "/tmp/evl-rec-XXXXXX");
	close(mkstemp(recorder_path));
	recorder.in = open("/dev/null", O_RDONLY);
}

void recorder_teardown(void)
{
	unlink(recorder_path);
	if (test_daemon.dir[0])
		replayer_teardown();
}

static void exec_it(const char **argv, int out, int err)
{
	struct rlimit limit = { recorder.room, recorder.room };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (recorder.room)
		setrlimit(RLIMIT_FSIZE, &limit);
	dup2(recorder.in, STDIN_FILENO);
	dup2(recorder.other_out ? recorder.other_out : out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	setenv("LC_ALL", "C", 1);
	execv(argv[0], (char **)argv);
	_exit(127);
}

void recorder_start(const char *first, ...)
{
	const char *argv[ARGS_MAX] = { getenv("EVL_RECORD"), first };
	int argc = 2, out[2], err[2];
	va_list ap;

	va_start(ap, first);
	while (argc < ARGS_MAX - 1 && (argv[argc] = va_arg(ap, const char *)))
		argc++;
	va_end(ap);
	/* Large enough for all that is said, and no files: see ->room. */
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
	recorder.out = out[0];
	recorder.err = err[0];
	recorder.pid = fork();
	ck_assert_int_ge(recorder.pid, 0);
	if (recorder.pid == 0)
		exec_it(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
}

static void take(int fd, char *buf, size_t size)
{
	size_t done = 0;
	ssize_t len;

	while ((len = read(fd, buf + done, size - 1 - done)) > 0)
		done += (size_t)len;
	buf[done] = '\0';
	close(fd);
}

void recorder_ends(int status, const char *text)
{
	int wstatus;

	ck_assert_int_eq(waitpid(recorder.pid, &wstatus, 0), recorder.pid);
	take(recorder.out, recorder.printed, sizeof(recorder.printed));
	take(recorder.err, recorder.said, sizeof(recorder.said));
	ck_assert_msg(WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == status,
		      "status %#x: %s", wstatus, recorder.said);
	if (text)
		ck_assert_msg(strstr(recorder.said, text) != NULL,
			      "no '%s' in: %s", text, recorder.said);
}

void recorder_write(const char *text)
{
	int fd = open(recorder_path, O_WRONLY | O_TRUNC);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

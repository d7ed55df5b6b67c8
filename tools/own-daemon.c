/* SPDX-License-Identifier: MIT */
#include "own-daemon.h"

#include "complain.h"
#include "control-query.h"
#include "self-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_PATIENCE_NS UINT64_C(10000000000)
#define STOP_PATIENCE_NS  UINT64_C(10000000000)
#define NAP_US		  10000

static char dir[] = "/tmp/evl-daemon.XXXXXX";
static char socket_path[64], lock_path[64], mount_path[64], log_path[64];
static bool dir_made, started;
static const volatile sig_atomic_t *stop_signal; /* borrowed, or NULL */
static pid_t daemon_pid;			 /* 0: none */
static int daemon_status; /* once it has ended, as waitpid() tells */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Are we to stop? */
static bool is_over(void)
{
	return stop_signal && *stop_signal;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

const char *own_daemon_find_near(const char *const *places,
				 char found[PATH_MAX])
{
	char self[PATH_MAX];
	int len;

	self_dir(self);

	for (; *places; places++) {
		len = **places == '/' ? snprintf(found, PATH_MAX, "%s", *places)
				      : snprintf(found, PATH_MAX, "%s/%s", self,
						 *places);
		if (len < PATH_MAX && is_file(found))
			return found;
	}

	return NULL;
}

static const char *find_daemon(void)
{
	static const char *const places[] = { "evl-cused", "../sbin/evl-cused",
					      "../../sbin/evl-cused",
					      "../daemon/evl-cused", NULL };
	static char found[PATH_MAX];

	return own_daemon_find_near(places, found) ? found : "evl-cused";
}

static int make_paths(void)
{
	if (dir_made)
		return 0;
	if (mkdtemp(dir) == NULL) {
		complain("%s: %s", dir, strerrordesc_np(errno));
		return TOOL_EXIT_FAILURE;
	}
	dir_made = true;

	snprintf(socket_path, sizeof(socket_path), "%s/control", dir);
	snprintf(lock_path, sizeof(lock_path), "%s/control.lock", dir);
	snprintf(mount_path, sizeof(mount_path), "%s/dev", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);

	return setenv(CONTROL_SOCKET_ENV, socket_path, 1) ? TOOL_EXIT_FAILURE
							  : 0;
}

static unsigned int count_args(const char *const *args)
{
	unsigned int nr = 0;

	while (args && args[nr])
		nr++;

	return nr;
}

/* In the child. What is wrong goes into @failed. */
static void exec_daemon(const char *program, const char *const *extra,
			int failed)
{
	unsigned int nr = count_args(extra), argc = 0;
	char **argv = calloc(nr + 8, sizeof(*argv));
	int fd;

	if (argv == NULL)
		_exit(127);
	argv[argc++] = (char *)program;
	argv[argc++] = (char *)"--socket";
	argv[argc++] = socket_path;
	argv[argc++] = (char *)"--mount";
	argv[argc++] = mount_path;
	for (unsigned int i = 0; i < nr; i++)
		argv[argc++] = (char *)extra[i];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* Ctrl-C is for the tool, which then stops us. */
	setpgid(0, 0);
	fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
	execvp(program, argv);
	(void)!write(failed, &errno, sizeof(errno));
	_exit(127);
}

static void show_log(void)
{
	char line[512];
	FILE *log = fopen(log_path, "re");

	if (log == NULL)
		return;
	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
	fclose(log);
}

/* Has it ended? Then it is nobody's business any more. */
bool own_daemon_has_ended(void)
{
	if (daemon_pid &&
	    waitpid(daemon_pid, &daemon_status, WNOHANG) == daemon_pid)
		daemon_pid = 0;

	return daemon_pid == 0;
}

/* By itself, before we wanted it to. */
static void say_how_it_ended(void)
{
	if (WIFSIGNALED(daemon_status))
		complain("evl-cused ended by signal %d:",
			 WTERMSIG(daemon_status));
	else
		complain("evl-cused ended with status %d:",
			 WEXITSTATUS(daemon_status));
	show_log();
}

/* The last thing it said is why; the first, if its arguments are wrong. */
static void say_why_not_ready(void)
{
	bool is_first = WEXITSTATUS(daemon_status) == TOOL_EXIT_USAGE;
	char line[512] = "it says nothing";
	FILE *log = fopen(log_path, "re");

	while (log && fgets(line, sizeof(line), log) && !is_first)
		;
	if (log)
		fclose(log);
	line[strcspn(line, "\n")] = '\0';
	complain("no evl-cused could be started: %s",
		 printable(line, sizeof(line)));
}

static int wait_until_ready(void)
{
	uint64_t deadline = now_ns() + START_PATIENCE_NS;
	struct query query;

	while (now_ns() < deadline && !is_over()) {
		if (query_open(&query) == 0) {
			query_close(&query);
			return 0;
		}
		if (own_daemon_has_ended())
			break;
		usleep(NAP_US);
	}

	if (daemon_pid && !is_over()) {
		complain("evl-cused does not answer:");
		show_log();
	} else if (WIFEXITED(daemon_status) && !is_over()) {
		say_why_not_ready();
		started = false;
	}

	return TOOL_EXIT_NO_DAEMON; /* by a signal: own_daemon_stop() says so */
}

/* 0, or the errno of who could not become evl-cused: @failed closes if it did. */
static int read_failure(int failed)
{
	int error = 0;
	ssize_t len;

	while ((len = read(failed, &error, sizeof(error))) < 0 &&
	       errno == EINTR)
		;

	return len == (ssize_t)sizeof(error) ? error : 0;
}

/* 0, or -errno; then there is no child. */
static int spawn_daemon(const char *program, const char *const *args)
{
	int fds[2], error;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;

	daemon_status = 0;
	daemon_pid = fork();
	if (daemon_pid == 0)
		exec_daemon(program, args, fds[1]);
	error = daemon_pid < 0 ? errno : 0;
	close(fds[1]);
	if (error == 0)
		error = read_failure(fds[0]);
	close(fds[0]);
	if (error && daemon_pid > 0)
		while (waitpid(daemon_pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (error)
		daemon_pid = 0;

	return -error;
}

int own_daemon_start(const struct own_daemon_options *options)
{
	const char *program =
		options->program ? options->program : find_daemon();
	int ret;

	stop_signal = options->signal;
	ret = make_paths();
	if (ret)
		return ret;

	ret = spawn_daemon(program, options->args);
	if (ret) {
		complain("%s: %s: name the evl-cused to start, with --daemon",
			 program, strerrordesc_np(-ret));
		return TOOL_EXIT_NO_DAEMON;
	}
	started = true;

	return wait_until_ready();
}

/* One that was killed leaves its mount, which answers nobody. */
static void unmount(void)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-uzq", mount_path,
			 NULL };
	pid_t pid;

	if (umount2(mount_path, MNT_DETACH) == 0 || errno == EINVAL ||
	    errno == ENOENT)
		return;
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void own_daemon_kill(void)
{
	if (!own_daemon_has_ended()) {
		kill(daemon_pid, SIGKILL);
		while (waitpid(daemon_pid, &daemon_status, 0) < 0 &&
		       errno == EINTR)
			;
		daemon_pid = 0;
	}
	unmount();
	started = false;
}

const char *own_daemon_log(void)
{
	return log_path;
}

void own_daemon_stop(void)
{
	uint64_t deadline = now_ns() + STOP_PATIENCE_NS;

	if (started && own_daemon_has_ended() && !is_over())
		say_how_it_ended();
	if (!own_daemon_has_ended()) {
		kill(daemon_pid, SIGTERM);
		while (!own_daemon_has_ended() && now_ns() < deadline)
			usleep(NAP_US);
	}
	if (daemon_pid) {
		complain("evl-cused does not end: killed");
		own_daemon_kill();
	}
	started = false;

	if (dir_made) {
		if (daemon_status)
			unmount();
		unlink(log_path);
		rmdir(mount_path);
		unlink(socket_path);
		unlink(lock_path); /* that of one that was killed */
		rmdir(dir);
	}
	dir_made = false;
}

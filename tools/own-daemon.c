/* SPDX-License-Identifier: MIT */
/*
 * A daemon of our own: private socket and mount point in a directory in /tmp,
 * found through EVL_CUSED_SOCKET, gone when we are.
 */
#include "bench.h"
#include "control-query.h"
#include "self-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_PATIENCE_NS UINT64_C(10000000000)
#define STOP_PATIENCE_NS  UINT64_C(10000000000)
#define NAP_US		  10000

static char dir[] = "/tmp/evl-bench.XXXXXX";
static char socket_path[64], mount_path[64], log_path[64];
static bool dir_made, started;
static pid_t daemon_pid;  /* 0: none */
static int daemon_status; /* once it has ended, as waitpid() tells */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The first of @places, below the directory we are in, that has a file. */
static const char *find_near(const char *const *places, char found[PATH_MAX])
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

static const char *find_daemon(const struct bench_options *options)
{
	static const char *const places[] = { "evl-cused", "../sbin/evl-cused",
					      "../daemon/evl-cused", NULL };
	static char found[PATH_MAX];

	if (options->daemon)
		return options->daemon;

	return find_near(places, found) ? found : "evl-cused"; /* in PATH */
}

static const char *find_driver(const struct bench_options *options)
{
	static const char *const places[] = { "loopback.so",
					      "../drivers/loopback.so",
					      DRIVER_DIR "/loopback.so", NULL };
	static char found[PATH_MAX];

	return options->driver ? options->driver : find_near(places, found);
}

static int make_paths(void)
{
	if (mkdtemp(dir) == NULL) {
		fprintf(stderr, "evl-bench: %s: %s\n", dir,
			strerrordesc_np(errno));
		return TOOL_EXIT_FAILURE;
	}
	dir_made = true;

	snprintf(socket_path, sizeof(socket_path), "%s/control", dir);
	snprintf(mount_path, sizeof(mount_path), "%s/dev", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);

	return setenv(CONTROL_SOCKET_ENV, socket_path, 1) ? TOOL_EXIT_FAILURE
							  : 0;
}

static unsigned int count_args(char **args)
{
	unsigned int nr = 0;

	while (args && args[nr])
		nr++;

	return nr;
}

/* In the child. */
static void exec_daemon(const char *program, const char *driver, char **extra)
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
	argv[argc++] = (char *)"--driver";
	argv[argc++] = (char *)driver;
	for (unsigned int i = 0; i < nr; i++)
		argv[argc++] = extra[i];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* Ctrl-C is for evl-bench, which then stops us. */
	setpgid(0, 0);
	fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
	execvp(program, argv);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerrordesc_np(errno));
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
static bool has_ended(void)
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
		fprintf(stderr, "evl-bench: evl-cused ended by signal %d:\n",
			WTERMSIG(daemon_status));
	else
		fprintf(stderr, "evl-bench: evl-cused ended with status %d:\n",
			WEXITSTATUS(daemon_status));
	show_log();
}

static int wait_until_ready(void)
{
	uint64_t deadline = bench_now() + START_PATIENCE_NS;
	struct query query;

	while (bench_now() < deadline && !bench_signal) {
		if (query_open(&query) == 0) {
			query_close(&query);
			return 0;
		}
		if (has_ended())
			break;
		usleep(NAP_US);
	}

	if (daemon_pid && !bench_signal) {
		fprintf(stderr, "evl-bench: evl-cused does not answer:\n");
		show_log();
	}

	return TOOL_EXIT_NO_DAEMON; /* one that ended: daemon_stop() says so */
}

int daemon_start(const struct bench_options *options)
{
	const char *program = find_daemon(options);
	const char *driver = find_driver(options);
	int ret;

	if (driver == NULL) {
		fprintf(stderr, "evl-bench: there is no loopback.so beside us, "
				"nor in " DRIVER_DIR ": say --driver\n");
		return BENCH_EXIT_NO_DRIVER;
	}

	ret = make_paths();
	if (ret)
		return ret;

	daemon_pid = fork();
	if (daemon_pid < 0) {
		daemon_pid = 0;
		perror("evl-bench: fork");
		return TOOL_EXIT_FAILURE;
	}
	if (daemon_pid == 0)
		exec_daemon(program, driver, options->daemon_args);
	started = true;

	return wait_until_ready();
}

void daemon_stop(void)
{
	uint64_t deadline = bench_now() + STOP_PATIENCE_NS;

	if (started && has_ended() && !bench_signal)
		say_how_it_ended();
	if (!has_ended()) {
		kill(daemon_pid, SIGTERM);
		while (!has_ended() && bench_now() < deadline)
			usleep(NAP_US);
	}
	if (daemon_pid) {
		fprintf(stderr, "evl-bench: evl-cused does not end: killed\n");
		kill(daemon_pid, SIGKILL);
		waitpid(daemon_pid, NULL, 0);
		daemon_pid = 0;
	}

	if (dir_made) {
		unlink(log_path);
		rmdir(mount_path);
		unlink(socket_path);
		rmdir(dir);
	}
	dir_made = false;
}

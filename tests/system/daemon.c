/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 64

struct test_daemon test_daemon;
bool daemon_rules_broken;

bool daemon_on_cuse(void)
{
	const char *front = getenv("EVL_TEST_FRONT");

	return front && strcmp(front, "cuse") == 0;
}

bool daemon_can_watch(void)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		return true;
	printf("skipped: seccomp(2) has no user notification here: %s\n",
	       strerror(errno));

	return false;
}

static void make_dir(struct test_daemon *daemon)
{
	if (daemon->dir[0])
		return;

	strcpy(daemon->dir, "/tmp/evl-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(daemon->dir));
	snprintf(daemon->socket, sizeof(daemon->socket), "%s/control",
		 daemon->dir);
	snprintf(daemon->log, sizeof(daemon->log), "%s/log", daemon->dir);
	if (daemon_on_cuse())
		strcpy(daemon->devdir, "/dev");
	else
		snprintf(daemon->devdir, sizeof(daemon->devdir), "%s/dev",
			 daemon->dir);
}

/* The socket on which the daemon says that it is ready. */
static void listen_for_notice(struct test_daemon *daemon)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify",
		 daemon->dir);
	unlink(addr.sun_path);
	daemon->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(daemon->notify_fd, 0);
	ck_assert_int_eq(
		bind(daemon->notify_fd, (struct sockaddr *)&addr, sizeof(addr)),
		0);
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
}

/*
 * Not SCHED_FIFO under ThreadSanitizer, which makes everything slow enough to
 * meet two things it does badly: the locks in TSan's runtime spin, and know no
 * priorities; and a worker never runs while that of another daemon, on the same
 * CPU and as urgent, is busy without end.
 */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define OOB_PRIORITY "0"
#else
#define OOB_PRIORITY "90"
#endif

static void run_daemon(struct test_daemon *daemon, const char *const *args)
{
	const char *binary = getenv("EVL_CUSED");
	const char *argv[MAX_ARGS] = {
		binary,
		"--socket",
		daemon->socket,
		"--front",
		daemon_on_cuse() ? "cuse" : "fuse",
		"--mount",
		daemon->devdir,
		"--oob-priority",
		OOB_PRIORITY,
		"--config",
		"/dev/null", /* not the machine's own */
	};
	int argc = 11, log;

	while (args && *args && argc < MAX_ARGS - 2) {
		argv[argc++] = *args++;
		if (getenv("EVL_TEST_ISOLATE") &&
		    strcmp(argv[argc - 2], "--driver") == 0)
			argv[argc++] = "isolate=yes";
	}

	log = open(daemon->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execv(binary, (char **)argv);
	_exit(127);
}

/* Ready, or ended? A pidfd would say the latter on newer kernels only. */
static bool await_ready(struct test_daemon *daemon, int *r_status)
{
	struct pollfd pfd = { .fd = daemon->notify_fd, .events = POLLIN };
	char state[64];
	ssize_t len;

	for (;;) {
		if (poll(&pfd, 1, 20) > 0) {
			len = recv(daemon->notify_fd, state, sizeof(state), 0);
			if (len >= 7 && memcmp(state, "READY=1", 7) == 0)
				return true;
		}
		if (waitpid(daemon->pid, r_status, WNOHANG) == daemon->pid)
			return false;
	}
}

int daemon_start(struct test_daemon *daemon, const char *const *args,
		 int *r_status)
{
	bool ready;

	ck_assert_ptr_nonnull(getenv("EVL_CUSED"));
	make_dir(daemon);
	listen_for_notice(daemon);
	setenv("EVL_CUSED_SOCKET", daemon->socket, 1);

	daemon->pid = fork();
	ck_assert_int_ge(daemon->pid, 0);
	if (daemon->pid == 0)
		run_daemon(daemon, args);

	ready = await_ready(daemon, r_status);
	close(daemon->notify_fd);
	unsetenv("NOTIFY_SOCKET");
	if (!ready)
		daemon->pid = 0;

	return ready ? 0 : -1;
}

int daemon_stop(struct test_daemon *daemon)
{
	int status;

	kill(daemon->pid, SIGTERM);
	ck_assert_int_eq(waitpid(daemon->pid, &status, 0), daemon->pid);
	daemon->pid = 0;

	return status;
}

void daemon_kill(struct test_daemon *daemon)
{
	kill(daemon->pid, SIGKILL);
	waitpid(daemon->pid, NULL, 0);
	daemon->pid = 0;
}

static void show_log(const struct test_daemon *daemon)
{
	char buf[4096];
	ssize_t len;
	int fd = open(daemon->log, O_RDONLY);

	while ((len = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDERR_FILENO, buf, (size_t)len) < 0)
			break;
	close(fd);
}

void daemon_clean(struct test_daemon *daemon)
{
	char path[192];

	ck_assert_msg(access(daemon->socket, F_OK) && errno == ENOENT,
		      "the socket was left behind");
	unlink(daemon->log);
	snprintf(path, sizeof(path), "%s/notify", daemon->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/dev", daemon->dir);
	rmdir(path);
	ck_assert_msg(rmdir(daemon->dir) == 0, "%s: %s: something is left",
		      daemon->dir, strerror(errno));
	daemon->dir[0] = '\0';
}

void daemon_setup(void)
{
	daemon_setup_driver("EVL_LOOPBACK");
}

void daemon_setup_with(const char *const *args)
{
	int status;

	if (daemon_start(&test_daemon, args, &status)) {
		show_log(&test_daemon);
		ck_abort_msg("the daemon did not start: status %#x", status);
	}
}

void daemon_setup_driver(const char *name)
{
	const char *driver = getenv(name);

	daemon_setup_with(
		(const char *[]){ driver ? "--driver" : NULL, driver, NULL });
}

void daemon_teardown(void)
{
	int status;

	if (test_daemon.pid) {
		status = daemon_stop(&test_daemon);
		if (status) {
			show_log(&test_daemon);
			ck_abort_msg("the daemon ended with status %#x",
				     status);
		}
	}
	/* Of its children nobody sees the status. */
	if (daemon_said(&test_daemon, "WARNING: ThreadSanitizer") ||
	    daemon_said(&test_daemon, "ERROR: LeakSanitizer")) {
		show_log(&test_daemon);
		ck_abort_msg("a sanitizer complained");
	}
	if (!daemon_rules_broken &&
	    daemon_said(&test_daemon, "golden rule: driver")) {
		show_log(&test_daemon);
		ck_abort_msg("it took somebody for a breaker of rules");
	}
	daemon_clean(&test_daemon);
}

void daemon_bury(void)
{
	int status;

	if (test_daemon.pid == 0 && daemon_start(&test_daemon, NULL, &status)) {
		show_log(&test_daemon);
		ck_abort_msg("the next daemon did not start: status %#x",
			     status);
	}
	daemon_teardown();
}

unsigned int daemon_nr_said(const struct test_daemon *daemon, const char *text)
{
	static char buf[65536];
	int fd = open(daemon->log, O_RDONLY);
	ssize_t len = read(fd, buf, sizeof(buf) - 1);
	unsigned int count = 0;

	close(fd);
	buf[len > 0 ? len : 0] = '\0';
	for (char *p = buf; (p = strstr(p, text)); p++)
		count++;

	return count;
}

pid_t daemon_host_of(const char *name)
{
	char path[64], line[64], want[64];
	pid_t pid = 0;
	FILE *kids, *file;
	int child;

	snprintf(want, sizeof(want), "evl-cused: %s", name);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		 test_daemon.pid, test_daemon.pid);
	kids = fopen(path, "r");
	ck_assert_ptr_nonnull(kids);
	while (fscanf(kids, "%d", &child) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		/* Up to the first 0. */
		if (fgets(line, sizeof(line), file) && strcmp(line, want) == 0)
			pid = child;
		fclose(file);
	}
	fclose(kids);

	return pid;
}

bool daemon_said(const struct test_daemon *daemon, const char *text)
{
	return daemon_nr_said(daemon, text) > 0;
}

const char *node_path(const char *path)
{
	static _Thread_local char bufs[4][256];
	static _Thread_local unsigned int next;
	char *buf = bufs[next++ % 4];

	snprintf(buf, sizeof(bufs[0]), "%s/%s", test_daemon.devdir, path);

	return buf;
}

static unsigned int count_entries(pid_t pid, const char *what)
{
	unsigned int count = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);

	return count - 2;
}

/* The number behind @key in /proc/@pid/@name, or 0. */
static long read_field(pid_t pid, const char *name, const char *key)
{
	size_t len = strlen(key);
	char path[64], line[512];
	long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, len) == 0)
			value = strtol(line + len, NULL, 10);
	fclose(file);

	return value;
}

struct daemon_usage daemon_usage(const struct test_daemon *daemon)
{
	struct daemon_usage usage = { 0 };
	char path[64], line[512];
	FILE *file;

	usage.nr_fds = count_entries(daemon->pid, "fd");
	usage.nr_threads = count_entries(daemon->pid, "task");
	usage.rss_kb = read_field(daemon->pid, "status", "VmRSS:");
	/* Exact, as what "status" says is not. */
	usage.anon_kb = read_field(daemon->pid, "smaps_rollup", "Anonymous:");

	snprintf(path, sizeof(path), "/proc/%d/maps", daemon->pid);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		usage.nr_maps++;
	fclose(file);

	return usage;
}

long daemon_nr_switches(const struct test_daemon *daemon)
{
	char path[64];
	struct dirent *entry;
	long nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", daemon->pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "task/%.16s/status",
			 entry->d_name);
		nr += read_field(daemon->pid, path, "voluntary_ctxt_switches:");
		nr += read_field(daemon->pid, path,
				 "nonvoluntary_ctxt_switches:");
	}
	closedir(dir);

	return nr;
}

/* False: it is not of that name. */
static bool read_status(const char *path, const char *name, const char *field,
			long *r_value)
{
	char line[256], comm[32] = "";
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "Name: %31s", comm);
		if (strncmp(line, field, strlen(field)) == 0)
			*r_value = strtol(line + strlen(field), NULL, 10);
	}
	fclose(file);

	return strcmp(comm, name) == 0;
}

static bool find_status(pid_t pid, const char *name, const char *field,
			long *r_value)
{
	char path[300];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while (!found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid,
			 entry->d_name);
		found = read_status(path, name, field, r_value);
	}
	closedir(dir);

	return found;
}

/* A thread names itself once it runs. */
long thread_status(pid_t pid, const char *name, const char *field)
{
	long value = -1;

	while (!find_status(pid, name, field, &value))
		sched_yield();

	return value;
}

pid_t child_start(int (*func)(void *arg), void *arg)
{
	pid_t pid = fork();

	/* No assertion in the child: another thread may have held Check's
	 * lock. */
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(func(arg));
	}
	ck_assert_int_ge(pid, 0);

	return pid;
}

int child_wait(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void wait_until_asleep(pid_t pid, pid_t tid)
{
	char path[64], line[512], *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	for (;;) {
		file = fopen(path, "r");
		ck_assert_msg(file != NULL, "%s: it ended", path);
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
		fclose(file);
		state = strrchr(line, ')');
		if (state && (state[2] == 'S' || state[2] == 'D'))
			return;
		ck_assert_msg(!state || state[2] != 'Z', "%s: it ended", path);
		sched_yield();
	}
}

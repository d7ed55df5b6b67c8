/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char dir[64];

void launch_setup(void)
{
	strcpy(dir, "/tmp/evl-start-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* Other users have business in there. */
	chmod(dir, 0755);
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("JOURNAL_STREAM");
}

void launch_teardown(void)
{
	ck_assert(!launch_mounted(dir));
	ck_assert(!launch_listening(dir));
	ck_assert_str_eq(launch_list(dir), "");
	ck_assert_int_eq(rmdir(dir), 0);
}

const char *launch_path(const char *name)
{
	static char bufs[32][256];
	static unsigned int next;
	char *buf = bufs[next++ % 32];

	snprintf(buf, sizeof(bufs[0]), "%s/%s", dir, name);

	return buf;
}

/* Where the daemon says that it is ready: no file is needed for it. */
static int listen_for_notice(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	char name[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	/* An address of the kernel's choice, as "@00000". */
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(name, sizeof(name), "@%.*s",
		 (int)(len - sizeof(sa_family_t) - 1), addr.sun_path + 1);
	setenv("NOTIFY_SOCKET", name, 1);

	return fd;
}

static void run_daemon(const struct launch *l)
{
	const char *argv[LAUNCH_ARGS + 2] = { getenv("EVL_CUSED") };

	memcpy(argv + 1, l->args, sizeof(l->args));
	dup2(l->log_fd, STDOUT_FILENO);
	dup2(l->log_fd, STDERR_FILENO);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	if (l->become)
		l->become();
	/* After that: a change of user resets it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execv(argv[0], (char **)argv);
	_exit(127);
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool await_ready(struct launch *l, int notify_fd)
{
	struct pollfd pfd = { .fd = notify_fd, .events = POLLIN };
	char state[64];
	int status;

	for (;;) {
		if (poll(&pfd, 1, 20) > 0 &&
		    recv(notify_fd, state, sizeof(state), 0) >= 7 &&
		    memcmp(state, "READY=1", 7) == 0)
			return true;
		if (waitpid(l->pid, &status, WNOHANG) == l->pid) {
			l->status = exit_status(status);
			l->pid = 0;
			return false;
		}
	}
}

bool launch(struct launch *l)
{
	int notify_fd = listen_for_notice();
	bool ready;

	ck_assert_ptr_nonnull(getenv("EVL_CUSED"));
	l->log_fd = memfd_create("log", MFD_CLOEXEC);
	l->pid = fork();
	ck_assert_int_ge(l->pid, 0);
	if (l->pid == 0)
		run_daemon(l);

	ready = await_ready(l, notify_fd);
	close(notify_fd);
	unsetenv("NOTIFY_SOCKET");

	return ready;
}

static const char *read_log(const struct launch *l)
{
	static char text[65536];
	ssize_t len = pread(l->log_fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';

	return text;
}

void launch_refused(struct launch *l, int status, const char *thing,
		    const char *remedy)
{
	bool ready = launch(l);

	ck_assert_msg(!ready, "it started:\n%s", read_log(l));
	ck_assert_msg(l->status == status, "status %d:\n%s", l->status,
		      read_log(l));
	ck_assert_msg(launch_said(l, thing, remedy),
		      "no line with \"%s\" and \"%s\":\n%s", thing, remedy,
		      read_log(l));
	launch_close(l);
}

int launch_end(struct launch *l, int sig)
{
	int status;

	kill(l->pid, sig);
	ck_assert_int_eq(waitpid(l->pid, &status, 0), l->pid);
	l->pid = 0;

	return exit_status(status);
}

void launch_close(struct launch *l)
{
	close(l->log_fd);
}

bool launch_said(const struct launch *l, const char *thing, const char *other)
{
	char *rest = (char *)read_log(l), *line;

	while ((line = strsep(&rest, "\n")))
		if ((thing == NULL || strstr(line, thing)) &&
		    (other == NULL || strstr(line, other)))
			return true;

	return false;
}

bool launch_said_before(const struct launch *l, const char *thing,
			const char *other)
{
	const char *text = read_log(l);
	const char *first = strstr(text, thing), *second = strstr(text, other);

	return first && second && first < second;
}

unsigned int launch_nr_lines(const struct launch *l)
{
	unsigned int count = 0;

	for (const char *c = read_log(l); *c; c++)
		count += *c == '\n';

	return count;
}

/* Does a line of @file contain @text? */
static bool file_has(const char *file, const char *text)
{
	char line[1024];
	bool found = false;
	FILE *stream = fopen(file, "re");

	ck_assert_ptr_nonnull(stream);
	while (!found && fgets(line, sizeof(line), stream))
		found = strstr(line, text) != NULL;
	fclose(stream);

	return found;
}

bool launch_mounted(const char *path)
{
	char mount[300];

	snprintf(mount, sizeof(mount), " %s", path);

	return file_has("/proc/self/mountinfo", mount);
}

bool launch_listening(const char *path)
{
	return file_has("/proc/net/unix", path);
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

const char *launch_list(const char *path)
{
	static char text[16384];
	struct dirent **entries;
	int count = scandir(path, &entries, not_dots, alphasort);

	ck_assert_int_ge(count, 0);
	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		strcat(text, entries[i]->d_name);
		strcat(text, " ");
		free(entries[i]);
	}
	free(entries);

	return text;
}

static void make_device(const char *path, unsigned int nr_major,
			unsigned int nr_minor, mode_t mode)
{
	ck_assert_int_eq(
		mknod(path, S_IFCHR | mode, makedev(nr_major, nr_minor)), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

void launch_private_dev(mode_t fuse_mode)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
			 0);
	ck_assert_int_eq(mount("dev", "/dev", "tmpfs", 0, "mode=755"), 0);
	ck_assert_int_eq(mount("run", "/run", "tmpfs", 0, "mode=755"), 0);
	make_device("/dev/null", 1, 3, 0666);
	make_device("/dev/zero", 1, 5, 0666);
	make_device("/dev/urandom", 1, 9, 0666);
	if (fuse_mode)
		make_device("/dev/fuse", 10, 229, fuse_mode);
}

void launch_become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(126);
}

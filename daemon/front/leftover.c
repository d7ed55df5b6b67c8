/* SPDX-License-Identifier: MIT */
#include "front/leftover.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "front/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNTINFO "/proc/self/mountinfo"
#define FSTYPE	  "fuse.evl-cused"

/* A daemon which does not answer for so long is stopped, not dead. */
#define PATIENCE_MS 1000

/* One line of /proc/self/mountinfo, pointing into it. */
struct mounted {
	dev_t dev;
	char *root;    /* what of the file system */
	char *path;    /* where, as we see it */
	char *type;    /* "fuse.evl-cused" */
	char *options; /* of the file system */
};

/* Blanks and their like are written as in "\040". */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		*to = *text;
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to = (char)((text[1] - '0') << 6 |
				     (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		}
		to++;
	}
	*to = '\0';
}

static bool parse(char *line, struct mounted *r_mounted)
{
	unsigned int nr_major, nr_minor;
	char *fields[6], *tag;

	for (int i = 0; i < 6; i++) {
		fields[i] = strsep(&line, " ");
		if (fields[i] == NULL)
			return false;
	}
	do
		tag = strsep(&line, " ");
	while (tag && strcmp(tag, "-") != 0);

	r_mounted->root = fields[3];
	r_mounted->path = fields[4];
	r_mounted->type = strsep(&line, " ");
	strsep(&line, " "); /* the source */
	r_mounted->options = line;
	if (line == NULL ||
	    sscanf(fields[2], "%u:%u", &nr_major, &nr_minor) != 2)
		return false;
	r_mounted->dev = makedev(nr_major, nr_minor);
	unescape(r_mounted->path);

	return true;
}

static bool is_of_user(char *options, uid_t uid)
{
	unsigned int value;
	char *option;

	while ((option = strsep(&options, ",")))
		if (sscanf(option, "user_id=%u", &value) == 1)
			return value == uid;

	return false;
}

/* Is it what @mounted->path leads to, and not below another mount? */
static bool is_on_top(const struct mounted *mounted)
{
	struct statx stx;

	/* As the kernel remembers it: nobody is asked who may not answer. */
	return statx(AT_FDCWD, mounted->path,
		     AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW, STATX_TYPE,
		     &stx) == 0 &&
	       makedev(stx.stx_dev_major, stx.stx_dev_minor) == mounted->dev;
}

/* In a process of its own: whoever waits for a daemon which is stopped cannot
 * be woken. */
static void ask_and_exit(const char *path)
{
	struct statfs fs;

	_exit(statfs(path, &fs) ? errno : 0);
}

/* Wait for the end of @pid, which closes @fd; returns its exit status, or
 * ETIMEDOUT. */
static int await(pid_t pid, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int status, ret;

	do
		ret = poll(&pfd, 1, PATIENCE_MS);
	while (ret < 0 && errno == EINTR);
	if (ret <= 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, WNOHANG);
		return ETIMEDOUT;
	}

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;

	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* Nobody is there who could answer. */
static bool is_dead(const char *path)
{
	int fds[2], error;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid == 0)
		ask_and_exit(path);

	fd_close(fds[1]);
	error = pid < 0 ? EAGAIN : await(pid, fds[0]);
	fd_close(fds[0]);

	return error == ENOTCONN || error == ECONNABORTED;
}

/* The links first: killed in between, we leave something to be found by. */
static void remove_mount(const char *path)
{
	int ret;

	log_info("%s: taking off the mount of a daemon that died", path);
	links_clean(path);
	ret = mount_point_detach(path);
	if (ret)
		log_warn("%s: a dead mount is there: %s: unmount it (umount -l "
			 "%s)",
			 path, strerrordesc_np(-ret), path);
}

static bool is_ours(const struct mounted *mounted)
{
	return strcmp(mounted->type, FSTYPE) == 0 &&
	       strcmp(mounted->root, "/") == 0 &&
	       is_of_user(mounted->options, geteuid());
}

static char *read_mounts(void)
{
	FILE *file = fopen(MOUNTINFO, "re");
	char *text = NULL;
	size_t size = 0;

	if (file == NULL)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);

	return text;
}

void leftover_remove(const char *linked)
{
	_cleanup_free_ char *text = read_mounts();
	bool in_use = text == NULL; /* @linked, by a daemon that lives */
	char *next = text, *line;
	struct mounted mounted;

	while ((line = strsep(&next, "\n"))) {
		if (!parse(line, &mounted) || !is_ours(&mounted) ||
		    !is_on_top(&mounted))
			continue;
		if (is_dead(mounted.path))
			remove_mount(mounted.path);
		else
			in_use |= strcmp(mounted.path, linked) == 0;
	}

	/* Where it was unmounted by hand they lead nowhere. */
	if (!in_use)
		links_clean(linked);
}

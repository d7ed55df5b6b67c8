/* SPDX-License-Identifier: MIT */
#include "front/mount.h"

#include "base/error.h"
#include "front/why.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* As many dead mounts may lie on top of each other. */
#define MAX_DEAD_MOUNTS 16

#define LINK_PATH_MAX	(sizeof("/dev/") + NAME_MAX)

static char mount_path[MOUNT_PATH_MAX];
static bool made_point, made_parent;

const char *mount_point_path(void)
{
	return mount_path;
}

/* Root's is for everybody, a user's for the user. */
static int make_directory(const char *path)
{
	/* Never open to more people than in the end, whatever the umask. */
	if (mkdir(path, 0700) < 0)
		return -errno;
	if (geteuid() == 0 && chmod(path, 0755) < 0)
		return -errno;

	return 0;
}

/* All of @path but its last component. */
static int make_parents(const char *path)
{
	char part[MOUNT_PATH_MAX];
	const char *slash = path;
	int ret;

	made_parent = false;
	while ((slash = strchr(slash + 1, '/'))) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		ret = make_directory(part);
		if (ret && ret != -EEXIST)
			return ret;
		made_parent = ret == 0;
	}

	return 0;
}

static int run_fusermount(const char *path)
{
	char *argv[] = { "fusermount3", "-u",	      "-q", "-z",
			 "--",		(char *)path, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return -ENOENT;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;

	return status == 0 ? 0 : -EBUSY;
}

int mount_point_detach(const char *path)
{
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;

	return errno == EPERM ? run_fusermount(path) : -errno;
}

static bool is_empty(const char *path)
{
	const struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir;

	dir = opendir(path);
	if (dir == NULL)
		return false;
	/* concurrency-mt-unsafe does not know that a DIR has one user. */
	while ((entry = readdir(dir))) /* NOLINT(concurrency-mt-unsafe) */
		nr += strcmp(entry->d_name, ".") != 0 &&
		      strcmp(entry->d_name, "..") != 0;
	closedir(dir);

	return nr == 0;
}

/* Is @path, on @st, another file system than what is above it? */
static bool is_mounted(const char *path, const struct stat *st)
{
	char parent[MOUNT_PATH_MAX + 3];
	struct stat above;

	snprintf(parent, sizeof(parent), "%s/..", path);

	return stat(parent, &above) == 0 && above.st_dev != st->st_dev;
}

/* Could somebody else put another directory in the place of @path? */
static bool is_in_foreign_hands(const char *path)
{
	char parent[MOUNT_PATH_MAX];
	struct stat st;

	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	if (parent[0] == '\0' || stat(parent, &st) < 0)
		return false;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return true;

	return (st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX);
}

/* A directory of ours in which nobody else has something. */
static int check_point(const char *path, const struct stat *st,
		       const char **r_why)
{
	if (!S_ISDIR(st->st_mode))
		return why(r_why, -ENOTDIR,
			   "%s: is not a directory: choose another --mount",
			   path);
	if (st->st_uid != geteuid() && geteuid() != 0)
		return why(r_why, -EACCES,
			   "%s: belongs to user %u: choose another --mount",
			   path, st->st_uid);
	if (is_mounted(path, st))
		return why(r_why, -EBUSY,
			   "%s: something is mounted there: stop the evl-cused "
			   "which serves it, or choose another --mount",
			   path);
	if (!is_empty(path))
		return why(r_why, -EBUSY,
			   "%s: is not empty: empty it, or choose another "
			   "--mount",
			   path);

	return 0;
}

/* What is at @path, not as the kernel remembers it: attributes may be cached,
 * so that the mount of a daemon which died just now still has some. */
static int look_at(const char *path, struct stat *r_st)
{
	struct statfs fs;

	if (statfs(path, &fs) || lstat(path, r_st))
		return -errno;

	return 0;
}

/* 0: a directory may be there. A daemon that was killed has left ENOTCONN. */
static int remove_dead_mounts(const char *path, struct stat *r_st,
			      const char **r_why)
{
	int ret = 0;

	for (int i = 0; i < MAX_DEAD_MOUNTS; i++) {
		ret = look_at(path, r_st);
		if (ret != -ENOTCONN && ret != -ECONNABORTED)
			return ret;

		log_info("%s: taking off the mount of a daemon that died",
			 path);
		ret = mount_point_detach(path);
		if (ret)
			break;
	}

	return why(r_why, ret ? ret : -EBUSY,
		   "%s: a dead mount is there: unmount it (umount -l %s)", path,
		   path);
}

static int prepare(const char *path, const char **r_why)
{
	struct stat st = { 0 };
	int ret;

	ret = make_parents(path);
	if (ret)
		return why(r_why, ret,
			   "%s: cannot make the directory it is in: "
			   "%s: choose another --mount",
			   path, strerrordesc_np(-ret));

	if (is_in_foreign_hands(path))
		return why(r_why, -EACCES,
			   "%s: the directory it is in is not safe from other "
			   "users: choose another --mount",
			   path);

	*r_why = NULL;
	ret = remove_dead_mounts(path, &st, r_why);
	if (ret == 0)
		return check_point(path, &st, r_why);
	if (*r_why)
		return ret;

	if (ret == -ENOENT) {
		ret = make_directory(path);
		made_point = ret == 0;
	}
	if (ret)
		return why(r_why, ret, "%s: %s: choose another --mount", path,
			   strerrordesc_np(-ret));

	return 0;
}

/* Without symbolic links: it shall mean the same later, and in /dev. */
static int resolve(const char *path, const char **r_why)
{
	char *real;
	bool fits;

	real = realpath(path, NULL);
	if (real == NULL)
		return why(r_why, -errno, "%s: %s", path,
			   strerrordesc_np(errno));

	fits = strlen(real) < sizeof(mount_path);
	if (fits)
		memcpy(mount_path, real, strlen(real) + 1);
	free(real);
	if (!fits)
		return why(r_why, -ENAMETOOLONG,
			   "%s: too long: choose another --mount", path);

	return 0;
}

int mount_point_open(const char *path, const char **r_why)
{
	size_t len = strlen(path);
	int ret;

	made_point = made_parent = false;
	if (path[0] != '/' || path[1] == '\0')
		return why(r_why, -EINVAL,
			   "--mount=%s: give the absolute path of a directory",
			   path);
	if (len >= sizeof(mount_path))
		return why(r_why, -ENAMETOOLONG,
			   "--mount=%s: too long: choose another one", path);

	memcpy(mount_path, path, len + 1);
	while (len > 1 && mount_path[len - 1] == '/')
		mount_path[--len] = '\0';

	ret = prepare(mount_path, r_why);
	if (ret == 0)
		ret = resolve(path, r_why);
	if (ret)
		mount_point_close();

	return ret;
}

void mount_point_close(void)
{
	char *slash;

	/* Other things in there, the control socket say, keep them. */
	if (made_point)
		rmdir(mount_path);
	slash = strrchr(mount_path, '/');
	if (made_parent && slash && slash != mount_path) {
		*slash = '\0';
		rmdir(mount_path);
	}
	made_point = made_parent = false;
	mount_path[0] = '\0';
}

/* Is @path a link to something in @dir? */
static bool leads_into(const char *path, const char *dir)
{
	char target[MOUNT_PATH_MAX + 1] = ""; /* the beginning will do */
	size_t len = strlen(dir);

	return len < sizeof(target) &&
	       readlink(path, target, sizeof(target)) > (ssize_t)len &&
	       strncmp(target, dir, len) == 0 && target[len] == '/';
}

static bool is_our_link(const char *path)
{
	return leads_into(path, mount_path);
}

static void link_path(const char *name, char *path)
{
	snprintf(path, LINK_PATH_MAX, "/dev/%s", name);
}

void links_clean(const char *point)
{
	const struct dirent *entry;
	char path[LINK_PATH_MAX];
	DIR *dir;

	dir = opendir("/dev");
	if (dir == NULL)
		return;
	/* concurrency-mt-unsafe does not know that a DIR has one user. */
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
		link_path(entry->d_name, path);
		if (leads_into(path, point))
			unlink(path);
	}
	closedir(dir);
}

static int make_link(const char *path, const char *name)
{
	char *target;
	int ret = 0;

	if (asprintf(&target, "%s/%s", mount_path, name) < 0)
		return -ENOMEM;
	if (symlink(target, path) < 0)
		ret = -errno;
	free(target);

	return ret;
}

int link_add(const char *name)
{
	char path[LINK_PATH_MAX];
	int ret;

	link_path(name, path);
	ret = make_link(path, name);
	if (ret == -EEXIST && is_our_link(path))
		return 0;

	if (ret == -EEXIST)
		log_err("%s: something else is there already: remove it, or "
			"name the node otherwise",
			path);
	else if (ret)
		log_err("%s: cannot make a link to %s: %s", path, mount_path,
			strerrordesc_np(-ret));

	return ret;
}

void link_remove(const char *name)
{
	char path[LINK_PATH_MAX];

	link_path(name, path);
	if (is_our_link(path))
		unlink(path);
}

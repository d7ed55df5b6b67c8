/* SPDX-License-Identifier: MIT */
/*
 * Where a driver's name leads: what evl-cused and the tools do alike. Whatever
 * has a slash in it, or ends in .so, is a path and not a name.
 */
#ifndef _EVL_WIRE_DRIVER_FIND_H
#define _EVL_WIRE_DRIVER_FIND_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_PATH_ENV "EVL_DRIVER_PATH" /* "DIR:DIR", asked first */
#define DRIVER_DIRS_MAX (4 * PATH_MAX)

static inline bool driver_is_path(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') ||
	       (len > 3 && strcmp(name + len - 3, ".so") == 0);
}

/* In a build tree the drivers are beside the folder that the program is in. */
static inline void driver_build_dir(char *dir, size_t size)
{
	char self[PATH_MAX - 32], mark[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	dir[0] = '\0';
	for (int i = 0; i < 2 && len > 0; i++) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		len = slash ? slash - self : 0;
	}
	if (len <= 0)
		return;

	self[len] = '\0';
	snprintf(mark, sizeof(mark), "%s/build.ninja", self);
	if (access(mark, F_OK) == 0)
		snprintf(dir, size, "%s/drivers", self);
}

/* The directories with drivers, "DIR:DIR". @installed is the one they are
 * installed in. */
static inline void driver_dirs(char dirs[DRIVER_DIRS_MAX],
			       const char *installed)
{
	const char *env = secure_getenv(DRIVER_PATH_ENV);
	char build[PATH_MAX];

	driver_build_dir(build, sizeof(build));
	snprintf(dirs, DRIVER_DIRS_MAX, "%s%s%s%s%s", env ? env : "",
		 env && *env ? ":" : "", build, build[0] ? ":" : "", installed);
}

/* Is there a file of that name? '-' and '_' are alike. */
static inline bool driver_try(const char *dir, int dir_len, const char *name,
			      char path[PATH_MAX])
{
	static const char from[] = "--_", to[] = "-_-";
	char *base;

	for (int i = 0; i < 3; i++) {
		if (snprintf(path, PATH_MAX, "%.*s/%s.so", dir_len, dir,
			     name) >= PATH_MAX)
			return false;
		base = path + dir_len + 1;
		for (char *c = base; *c; c++)
			if (*c == from[i])
				*c = to[i];
		if (access(path, F_OK) == 0)
			return true;
	}

	return false;
}

/* The file of driver @name in @dirs, into @path. False: there is none. */
static inline bool driver_find(const char *dirs, const char *name,
			       char path[PATH_MAX])
{
	size_t len;

	for (const char *dir = dirs; *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		if (len && driver_try(dir, (int)len, name, path))
			return true;
	}

	return false;
}

#endif

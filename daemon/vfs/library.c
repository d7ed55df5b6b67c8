/* SPDX-License-Identifier: MIT */
#include "vfs/library.h"

#include "vfs/complaint.h"
#include "vfs/object.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "$ORIGIN/lib", or the same in braces, for the driver's directory. */
static void expand(char *path, const struct object *obj, const char *dir,
		   const char *name)
{
	int len = (int)(strrchr(obj->path, '/') - obj->path);
	const char *rest = dir;

	if (strncmp(dir, "$ORIGIN", 7) == 0)
		rest = dir + 7;
	else if (strncmp(dir, "${ORIGIN}", 9) == 0)
		rest = dir + 9;

	snprintf(path, PATH_MAX, "%.*s%s/%s", rest == dir ? 0 : len, obj->path,
		 rest, name);
}

/* In a directory which the driver names. */
static void *open_near(const struct object *obj, const char *name)
{
	char *list = strdup(object_library_path(obj)), *rest = list, *dir;
	char *path = malloc(PATH_MAX);
	void *handle = NULL;

	while (list && path && !handle && (dir = strsep(&rest, ":"))) {
		if (*dir == '\0')
			continue;
		expand(path, obj, dir, name);
		handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	free(path);
	free(list);

	return handle;
}

static void *open_library(const struct object *obj, const char *name)
{
	void *handle = NULL;

	if (strchr(name, '/') == NULL)
		handle = open_near(obj, name);

	return handle ? handle : dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

int library_open(struct libraries *libs, const struct object *obj,
		 const char *name)
{
	const char *why;
	void *handle;

	if (libs->nr == LIBRARIES_MAX) {
		complain("driver %s: linked with more than %d libraries",
			 obj->path, LIBRARIES_MAX);
		return -ENOEXEC;
	}

	handle = open_library(obj, name);
	if (handle == NULL) {
		why = dlerror();
		if (why == NULL)
			why = name;
		complain("driver %s: %s: %s", obj->path, why,
			 remedy(why, "install what is missing"));
		return -ENOEXEC;
	}
	if (dlsym(handle, EVL_DRIVER_SYMBOL)) {
		complain(
			"driver %s: it was linked with %s, a driver: load that "
			"first",
			obj->path, name);
		return -ENOEXEC;
	}
	libs->handles[libs->nr++] = handle;

	return 0;
}

void *library_symbol(const struct libraries *libs, const char *symbol)
{
	void *addr = NULL;

	for (size_t i = 0; i < libs->nr && addr == NULL; i++)
		addr = dlsym(libs->handles[i], symbol);

	return addr;
}

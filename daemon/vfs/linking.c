/* SPDX-License-Identifier: MIT */
#include "vfs/linking.h"

#include "vfs/complaint.h"
#include "vfs/library.h"
#include "vfs/loaded.h"
#include "vfs/object.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LOOKED_AT 256 /* files, for who has a missing symbol */

static const char *dirs = "";

void linking_set_dirs(const char *new_dirs)
{
	dirs = new_dirs;
}

/* A list in words, as long as there is room. */
struct text {
	char bytes[COMPLAINT_SIZE / 2];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text,
						      const char *fmt, ...)
{
	size_t room = sizeof(text->bytes) - text->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text->bytes + text->len, room, fmt, ap);
	va_end(ap);
	if (len > 0)
		text->len += (size_t)len < room ? (size_t)len : room - 1;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A symbol which @obj needs and @other exports, or the name of @other's file
 * if it was linked with that; NULL: neither. */
static const char *needed_of(const struct object *obj,
			     const struct object *other)
{
	const char *name;
	bool weak;

	for (size_t i = 0; (name = object_library(obj, i)); i++)
		if (strcmp(base_of(name), base_of(other->path)) == 0)
			return base_of(name);
	for (size_t i = 0; i < obj->nr_symbols; i++) {
		name = object_needs(obj, i, &weak);
		if (name && object_exports(other, name))
			return name;
	}

	return NULL;
}

/* Somebody else whom @objs[i] needs; @nr: nobody. */
static size_t needed_by(struct object *const *objs, size_t nr, size_t i,
			const char **r_what)
{
	for (size_t other = 0; other < nr; other++) {
		if (other == i || objs[other] == NULL)
			continue;
		*r_what = needed_of(objs[i], objs[other]);
		if (*r_what)
			return other;
	}

	return nr;
}

/* From any of them on, each needs another: after @nr steps we are in a ring. */
static int complain_of_ring(struct object *const *objs, size_t nr, size_t i)
{
	struct text text = { .len = 0 };
	const char *what;
	size_t start, next;

	for (size_t step = 0; step < nr; step++)
		i = needed_by(objs, nr, i, &what);

	start = i;
	do {
		next = needed_by(objs, nr, i, &what);
		add(&text, "%s%s needs %s of %s", text.len ? ", " : "",
		    objs[i]->name, what, objs[next]->name);
		i = next;
	} while (i != start);
	complain("drivers need each other: %s: make one driver of them",
		 text.bytes);

	return -ELOOP;
}

int linking_first(struct object *const *objs, size_t nr, size_t *r_first)
{
	size_t any = nr;
	const char *what;

	for (size_t i = 0; i < nr; i++) {
		if (objs[i] == NULL)
			continue;
		if (needed_by(objs, nr, i, &what) == nr) {
			*r_first = i;
			return 0;
		}
		any = i;
	}

	return complain_of_ring(objs, nr, any);
}

/* Of a driver, nobody else may have the same. */
static int check_exports(const struct object *obj)
{
	const struct loaded *other;
	const void *addr;
	const char *name;
	size_t at = 0;

	while ((name = object_info(obj, "export", &at))) {
		other = loaded_exporter(name, &addr);
		if (other == NULL && dlsym(RTLD_DEFAULT, name) == NULL)
			continue;
		complain(
			"driver %s: it exports %s, as %s does: give it another "
			"name",
			obj->path, name,
			other ? other->name : "evl-cused or its C library");
		return -ENOEXEC;
	}

	return 0;
}

static int complain_of_isolated(const struct object *obj, const char *what,
				const struct loaded *other, bool itself)
{
	complain("driver %s: it uses %s of driver %s, and %s has a process of "
		 "its own: isolate neither",
		 obj->path, what, other->name, itself ? "itself" : "that");

	return -ENOEXEC;
}

static int link_libraries(struct object *obj, struct loaded *drv,
			  struct libraries *libs)
{
	struct loaded *other;
	const char *name;
	int ret = 0;

	for (size_t i = 0; (name = object_library(obj, i)) && ret == 0; i++) {
		other = loaded_by_file(base_of(name));
		if (other == NULL) {
			ret = library_open(libs, obj, name);
			continue;
		}
		if (other->isolated)
			return complain_of_isolated(obj, base_of(name), other,
						    false);
		ret = loaded_use(drv, other);
		object_drop_library(obj, i);
	}

	return ret;
}

int linking_check_alone(const struct object *obj)
{
	const struct loaded *other;
	const char *name;
	const void *addr;
	bool weak;

	for (size_t i = 0; (name = object_library(obj, i)); i++) {
		other = loaded_by_file(base_of(name));
		if (other)
			return complain_of_isolated(obj, base_of(name), other,
						    true);
	}
	for (size_t i = 0; i < obj->nr_symbols; i++) {
		name = object_needs(obj, i, &weak);
		other = name && !weak ? loaded_exporter(name, &addr) : NULL;
		if (other)
			return complain_of_isolated(obj, name, other, true);
	}

	return 0;
}

/* Whoever has it comes before anything of a driver's, in this order. */
static bool is_elsewhere(const struct libraries *libs, const char *name)
{
	return dlsym(RTLD_DEFAULT, name) || library_symbol(libs, name);
}

static bool file_exports(const char *path, const char *symbol)
{
	struct object *obj;
	bool found;

	complaint_hush(true);
	found = object_read(path, &obj) == 0;
	complaint_hush(false);
	if (!found)
		return false;

	found = object_exports(obj, symbol);
	object_free(obj);

	return found;
}

static bool find_in_dir(const char *name, const char *symbol,
			char path[PATH_MAX])
{
	DIR *dir = opendir(name);
	unsigned int looked = 0;
	const struct dirent *entry;
	bool found = false;
	const char *end;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the directory is ours */
	while (dir && !found && looked < MAX_LOOKED_AT &&
	       (entry = readdir(dir))) {
		end = strrchr(entry->d_name, '.');
		if (end == NULL || strcmp(end, ".so") != 0 ||
		    snprintf(path, PATH_MAX, "%s/%s", name, entry->d_name) >=
			    PATH_MAX)
			continue;
		looked++;
		found = file_exports(path, symbol);
	}
	if (dir)
		closedir(dir);

	return found;
}

/* The file of a driver which would have @symbol, if we know of one. */
static bool find_exporter(const struct object *obj, const char *symbol,
			  char path[PATH_MAX])
{
	char *rest, *list, *dir;
	bool found = false;

	if (asprintf(&list, "%.*s:%s",
		     (int)(strrchr(obj->path, '/') - obj->path), obj->path,
		     dirs) < 0)
		return false;
	rest = list;
	while (!found && (dir = strsep(&rest, ":")))
		found = find_in_dir(dir, symbol, path);
	free(list);

	return found;
}

static void add_missing(struct text *text, const struct object *obj,
			const char *name, unsigned int count)
{
	char *path = count < 4 ? malloc(PATH_MAX) : NULL;

	if (path && find_exporter(obj, name, path))
		add(text, "%s%s (load %s first)", count ? ", " : "", name,
		    path);
	else if (count < 8)
		add(text, "%s%s", count ? ", " : "", name);
	free(path);
}

static int link_symbols(struct object *obj, struct loaded *drv,
			const struct libraries *libs)
{
	struct text missing = { .len = 0 };
	unsigned int nr_missing = 0;
	struct loaded *other;
	const void *addr;
	const char *name;
	bool weak;
	int ret;

	for (size_t i = 0; i < obj->nr_symbols; i++) {
		name = object_needs(obj, i, &weak);
		if (name == NULL || is_elsewhere(libs, name))
			continue;
		other = loaded_exporter(name, &addr);
		if (other && other->isolated)
			return complain_of_isolated(obj, name, other, false);
		if (other) {
			ret = loaded_use(drv, other);
			if (ret)
				return ret;
			object_bind(obj, i, addr);
		} else if (!weak) {
			add_missing(&missing, obj, name, nr_missing++);
		}
	}
	if (nr_missing == 0)
		return 0;
	if (nr_missing > 8)
		add(&missing, " and %u more", nr_missing - 8);

	complain("driver %s: undefined symbol: %s: this evl-cused has no such "
		 "service, and no driver that is loaded exports it",
		 obj->path, missing.bytes);

	return -ENOEXEC;
}

int linking_resolve(struct object *obj, struct loaded *drv)
{
	struct libraries libs = { .nr = 0 };
	int ret;

	ret = check_exports(obj);
	if (ret == 0)
		ret = link_libraries(obj, drv, &libs);
	if (ret == 0)
		ret = link_symbols(obj, drv, &libs);
	if (ret && ret != -ENOEXEC)
		complain("driver %s: %s", obj->path, strerrordesc_np(-ret));

	return ret;
}

void linking_note_exports(struct loaded *drv)
{
	for (size_t i = 0; i < drv->nr_exports; i++)
		drv->exports[i].addr = dlsym(drv->handle, drv->exports[i].name);
}

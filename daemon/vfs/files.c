/* SPDX-License-Identifier: MIT */
#include "vfs/files.h"

#include "base/error.h"
#include "vfs/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FD_LIMIT (1u << 20) /* numbers beyond this are refused */

static LIST_HEAD(all_files);

int files_new(pid_t tgid, struct files_struct **r_files)
{
	struct files_struct *files;

	files = calloc(1, sizeof(*files));
	if (files == NULL)
		return err_origin(-ENOMEM);

	pi_mutex_init(&files->file_lock);
	files->tgid = tgid;
	list_add(&files->link, &all_files);
	*r_files = files;

	return 0;
}

struct files_struct *files_free(struct files_struct *files)
{
	if (files == NULL)
		return NULL;

	files_unbind(files, 0, UINT32_MAX);
	list_del(&files->link);
	free(files->table);
	free(files);

	return NULL;
}

struct files_struct *files_find(pid_t tgid)
{
	struct files_struct *files;

	list_for_each_entry(files, &all_files, link)
		if (files->tgid == tgid)
			return files;

	return NULL;
}

/* Make room for @fd. The old table is freed after the lock was dropped. */
static int grow(struct files_struct *files, unsigned int fd)
{
	struct files_binding **table, **old = files->table;
	unsigned int size = files->size ? files->size : 64;

	while (size <= fd)
		size *= 2;

	table = calloc(size, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;

	if (files->size)
		memcpy(table, old, files->size * sizeof(*table));
	pi_lock(&files->file_lock);
	files->table = table;
	files->size = size;
	pi_unlock(&files->file_lock);
	free(old);

	return 0;
}

/* Put @binding, or nothing, at @fd. What was there is freed. */
static void replace(struct files_struct *files, unsigned int fd,
		    struct files_binding *binding)
{
	struct files_binding *old = files->table[fd];

	pi_lock(&files->file_lock);
	files->table[fd] = binding;
	pi_unlock(&files->file_lock);

	if (binding)
		files->nr_bound++;
	if (old) {
		files->nr_bound--;
		list_del(&old->link);
		free(old);
	}
}

int files_bind(struct files_struct *files, unsigned int fd,
	       struct open_file *file, unsigned int max)
{
	struct files_binding *binding;
	int ret;

	if (fd >= FD_LIMIT)
		return -EBADF;

	if (fd >= files->size) {
		ret = grow(files, fd);
		if (ret)
			return ret;
	}

	if (files->table[fd] && files->table[fd]->file == file)
		return 0;
	if (files->table[fd] == NULL && files->nr_bound >= max)
		return -EMFILE;

	binding = malloc(sizeof(*binding));
	if (binding == NULL)
		return -ENOMEM;

	binding->files = files;
	binding->file = file;
	binding->fd = fd;
	list_add(&binding->link, &file->bindings);
	replace(files, fd, binding);

	return 0;
}

void files_unbind(struct files_struct *files, unsigned int first,
		  unsigned int last)
{
	for (unsigned int fd = first; fd < files->size && fd <= last; fd++)
		if (files->table[fd])
			replace(files, fd, NULL);
}

void files_unbind_file(struct open_file *file)
{
	struct files_binding *binding;

	while (!list_empty(&file->bindings)) {
		binding = list_first_entry(&file->bindings,
					   struct files_binding, link);
		replace(binding->files, binding->fd, NULL);
	}
}

/* SPDX-License-Identifier: MIT */
#include "vfs/files.h"

#include "base/error.h"
#include "base/map.h"
#include "vfs/file.h"

#include <errno.h>
#include <stdlib.h>

static struct map by_tgid;   /* struct files_struct */
static struct map by_number; /* struct files_binding, see files_key() */
static uint64_t last_id;

/* Of a core which does not care. */

__attribute__((weak)) void install_inband_fd(unsigned int fd, struct file *file,
					     struct files_struct *files)
{
	(void)fd, (void)file, (void)files;
}

__attribute__((weak)) void replace_inband_fd(unsigned int fd, struct file *file,
					     struct files_struct *files)
{
	(void)fd, (void)file, (void)files;
}

__attribute__((weak)) void uninstall_inband_fd(unsigned int fd,
					       struct file *file,
					       struct files_struct *files)
{
	(void)fd, (void)file, (void)files;
}

int files_new(pid_t tgid, struct files_struct **r_files)
{
	struct files_struct *files;

	files = calloc(1, sizeof(*files));
	if (files == NULL)
		return err_origin(-ENOMEM);

	/* Of several with one number, as exec() leaves it for a moment, the
	 * last is the living one. */
	if (map_set(&by_tgid, (uint64_t)tgid, files)) {
		free(files);
		return err_origin(-ENOMEM);
	}

	pi_mutex_init(&files->file_lock);
	INIT_LIST_HEAD(&files->bindings);
	files->id = ++last_id;
	files->tgid = tgid;
	*r_files = files;

	return 0;
}

struct files_struct *files_free(struct files_struct *files)
{
	if (files == NULL)
		return NULL;

	files_unbind(files, 0, UINT32_MAX);
	if (files_find(files->tgid) == files)
		map_remove(&by_tgid, (uint64_t)files->tgid);
	free(files);

	return NULL;
}

struct files_struct *files_find(pid_t tgid)
{
	return map_find(&by_tgid, (uint64_t)tgid);
}

static struct files_binding *find(const struct files_struct *files,
				  unsigned int fd)
{
	return fd < FILES_FD_LIMIT ? map_find(&by_number, files_key(files, fd))
				   : NULL;
}

struct open_file *files_lookup(struct files_struct *files, unsigned int fd)
{
	const struct files_binding *binding = find(files, fd);

	return binding ? binding->file : NULL;
}

static void install(struct files_binding *binding)
{
	struct files_struct *files = binding->files;

	pi_lock(&files->file_lock);
	install_inband_fd(binding->fd, &binding->file->filp, files);
	pi_unlock(&files->file_lock);
}

static void replace(struct files_binding *binding, struct open_file *file)
{
	struct files_struct *files = binding->files;

	binding->file = file;
	list_move(&binding->link, &file->bindings);
	pi_lock(&files->file_lock);
	replace_inband_fd(binding->fd, &file->filp, files);
	pi_unlock(&files->file_lock);
}

static void uninstall(struct files_binding *binding)
{
	struct files_struct *files = binding->files;

	map_remove(&by_number, files_key(files, binding->fd));
	list_del(&binding->link);
	list_del(&binding->files_link);
	files->nr_bound--;
	pi_lock(&files->file_lock);
	uninstall_inband_fd(binding->fd, &binding->file->filp, files);
	pi_unlock(&files->file_lock);
	free(binding);
}

static int add(struct files_struct *files, unsigned int fd,
	       struct open_file *file, uint32_t age)
{
	struct files_binding *binding;

	binding = malloc(sizeof(*binding));
	if (binding == NULL)
		return -ENOMEM;
	if (map_set(&by_number, files_key(files, fd), binding)) {
		free(binding);
		return -ENOMEM;
	}

	binding->files = files;
	binding->file = file;
	binding->fd = fd;
	binding->age = age;
	list_add(&binding->link, &file->bindings);
	list_add(&binding->files_link, &files->bindings);
	files->nr_bound++;
	install(binding);

	return 0;
}

/* One half of all ages is younger than one, the other is older. */
static bool is_older(uint32_t age, uint32_t than)
{
	return age && than && (age - than) % FILES_MAX_AGE > FILES_MAX_AGE / 2;
}

int files_bind_aged(struct files_struct *files, unsigned int fd,
		    struct open_file *file, unsigned int max, uint32_t age)
{
	struct files_binding *binding = find(files, fd);

	if (fd >= FILES_FD_LIMIT)
		return -EBADF;
	if (binding == NULL)
		return files->nr_bound < max ? add(files, fd, file, age)
					     : -EMFILE;
	if (is_older(age, binding->age))
		return -ESTALE;

	binding->age = age;
	if (binding->file != file)
		replace(binding, file);

	return 0;
}

int files_bind(struct files_struct *files, unsigned int fd,
	       struct open_file *file, unsigned int max)
{
	return files_bind_aged(files, fd, file, max, 0);
}

void files_unbind(struct files_struct *files, unsigned int first,
		  unsigned int last)
{
	struct files_binding *binding, *tmp;

	if (first == last) {
		binding = find(files, first);
		if (binding)
			uninstall(binding);
		return;
	}

	list_for_each_entry_safe(binding, tmp, &files->bindings, files_link)
		if (binding->fd >= first && binding->fd <= last)
			uninstall(binding);
}

void files_unbind_file(struct open_file *file)
{
	struct files_binding *binding, *tmp;

	list_for_each_entry_safe(binding, tmp, &file->bindings, link)
		uninstall(binding);
}

void files_install_again(struct open_file *file)
{
	struct files_binding *binding;

	list_for_each_entry(binding, &file->bindings, link)
		install(binding);
}

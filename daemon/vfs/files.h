/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of one client process which refer to our files: its
 * files_struct. The numbers are the client's; each is bound by an ioctl on the
 * descriptor itself (server/bind.c) and unbound before it is closed. A binding
 * does not keep a file open: when the kernel says its last reference is gone,
 * what is left is removed.
 *
 * Changed in-band only, under @file_lock because the workers look things up.
 */
#pragma once

#include "stage/pi-mutex.h"

#include <linux/list.h>
#include <stdint.h>
#include <sys/types.h>

struct open_file;

struct files_binding {
	struct files_struct *files;
	struct open_file *file;
	unsigned int fd;
	struct list_head link; /* among the bindings of @file */
};

struct files_struct {
	struct pi_mutex file_lock;
	struct files_binding **table; /* by fd, under the lock */
	unsigned int size;
	unsigned int nr_bound; /* in-band */
	pid_t tgid;
	struct list_head link; /* all of them; in-band */
};

int files_new(pid_t tgid, struct files_struct **r_files);
/* Unbinds everything. Takes NULL; always returns NULL. */
struct files_struct *files_free(struct files_struct *files);
/* That of process @tgid, borrowed, or NULL. In-band. */
struct files_struct *files_find(pid_t tgid);

/*
 * Let @fd refer to @file; whatever it referred to before is gone. In-band.
 * -EBADF: a number no process can have; -EMFILE: @max are bound; -ENOMEM.
 */
int files_bind(struct files_struct *files, unsigned int fd,
	       struct open_file *file, unsigned int max);
/* Forget descriptors @first to @last. In-band. */
void files_unbind(struct files_struct *files, unsigned int first,
		  unsigned int last);
/* @file is going: forget every descriptor on it, in all processes. In-band. */
void files_unbind_file(struct open_file *file);

/* What @fd refers to, NULL if nothing of ours. @file_lock held. Any stage. */
static inline struct open_file *files_lookup_locked(struct files_struct *files,
						    unsigned int fd)
{
	if (fd >= files->size || files->table[fd] == NULL)
		return NULL;

	return files->table[fd]->file;
}

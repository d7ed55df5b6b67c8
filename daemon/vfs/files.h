/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of one client process which refer to our files: its
 * files_struct. The numbers are the client's; each is bound by an ioctl on the
 * descriptor itself (server/bind.c) and unbound before it is closed. A binding
 * does not keep a file open: when the kernel says its last reference is gone,
 * what is left is removed.
 *
 * Stage: in-band, all of it. Who needs to know on another stage keeps an index
 * of its own, fed by the hooks below.
 */
#pragma once

#include "stage/pi-mutex.h"

#include <linux/list.h>
#include <stdint.h>
#include <sys/types.h>

struct file;
struct open_file;

#define FILES_FD_LIMIT (1u << 20) /* numbers from here on are refused */
#define FILES_MAX_AGE  (1u << 15) /* then comes 1 again */

struct files_struct {
	struct pi_mutex file_lock; /* held around the hooks */
	uint64_t id;		   /* never reused */
	pid_t tgid;
	unsigned int nr_bound;
	struct list_head bindings; /* struct files_binding */
};

/* One word for a number of a process's: of no other, and no process that comes
 * later. */
static inline uint64_t files_key(const struct files_struct *files,
				 unsigned int fd)
{
	return files->id * FILES_FD_LIMIT + fd;
}

struct files_binding {
	struct files_struct *files;
	struct open_file *file;
	unsigned int fd;
	uint32_t age;		     /* up to FILES_MAX_AGE, 0: not known */
	struct list_head link;	     /* among the bindings of @file */
	struct list_head files_link; /* among those of @files */
};

int files_new(pid_t tgid, struct files_struct **r_files);
/* Unbinds everything. Takes NULL; always returns NULL. */
struct files_struct *files_free(struct files_struct *files);
/* That of process @tgid, borrowed, or NULL. */
struct files_struct *files_find(pid_t tgid);

/*
 * Let @fd refer to @file; whatever it referred to before is gone. Harmless to
 * repeat. -EBADF: a number no process can have; -EMFILE: @max are bound;
 * -ENOMEM.
 */
int files_bind(struct files_struct *files, unsigned int fd,
	       struct open_file *file, unsigned int max);
/* The same for a client which says how often the number had changed hands.
 * -ESTALE: less often than at the last time, so this comes late. */
int files_bind_aged(struct files_struct *files, unsigned int fd,
		    struct open_file *file, unsigned int max, uint32_t age);
/* Forget descriptors @first to @last. */
void files_unbind(struct files_struct *files, unsigned int first,
		  unsigned int last);
/* @file is going: forget every descriptor on it, in all processes. */
void files_unbind_file(struct open_file *file);
/* What @fd refers to, NULL if nothing of ours. */
struct open_file *files_lookup(struct files_struct *files, unsigned int fd);
/* @file has become one a companion core cares for: install what refers to it
 * once more. */
void files_install_again(struct open_file *file);

/*
 * What a companion core is told about descriptors. The vfs has weak functions
 * which do nothing; the core overrides them. Each is called from one place:
 *
 *	install		@fd now refers to @file, which is fully open. Again for
 *			one that is there: @file has been marked since
 *	replace		@fd referred to another file until now, and refers to
 *			@file. There is no uninstall for the old one
 *	uninstall	@fd no longer refers to @file, which is open still: its
 *			release handler has not begun. The number may be used
 *			again only after this returned
 *
 * They run in-band, with files->file_lock held: they may take locks of the
 * core's and allocate memory, but neither sleep nor change descriptors. Nothing
 * else takes that lock, so no worker ever waits for them.
 *
 * Whose descriptor it is says @files alone. uninstall in particular runs in
 * foreign contexts: when the process is gone, or when another one's release
 * takes all descriptors of a file along; current and current->files are
 * whatever they are. Each install or replace is followed by one uninstall, or
 * by a replace, before @files goes.
 */
void install_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files);
void replace_inband_fd(unsigned int fd, struct file *file,
		       struct files_struct *files);
void uninstall_inband_fd(unsigned int fd, struct file *file,
			 struct files_struct *files);

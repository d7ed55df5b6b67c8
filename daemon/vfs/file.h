/* SPDX-License-Identifier: MIT */
/*
 * An open file: the struct file a driver sees, and what the daemon keeps about
 * it. Made by open(2) reaching us, ended by the kernel's RELEASE. Bindings
 * (vfs/files.h) do not keep it open; RELEASE removes what is left of them.
 *
 * Stage: in-band, but for what filp->oob_data points to (core/file.h).
 */
#pragma once

#include "vfs/node.h"

#include "stage/wait.h"

#include <evl/crossing.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <stdint.h>
#include <sys/types.h>

struct file_side;

struct open_file {
	struct file filp;     /* what the driver sees */
	struct node *node;    /* one reference */
	struct module *owner; /* one reference; NULL: the daemon's own */
	uint64_t id;	      /* never reused */
	struct tally *tally;  /* of the driver behind it */
	void *front_data; /* the front's own, from the request that opened it */
	pid_t opener;	  /* thread id, 0 if unknown */
	/* Owned: what requests on this one mean; NULL: itself. See anon.h. */
	struct open_file *stands_for;
	unsigned int spent_cmd; /* an ioctl it does once: -EBUSY; 0: none */
	char anon_name[32]; /* of one that no node was opened for; else "" */
	bool releasing;	    /* RELEASE came; its handler may still run */
	unsigned int nr_handlers;   /* in-band handlers inside the driver */
	struct wait_queue leave;    /* RELEASE waits for them to leave */
	struct wait_queue released; /* open_file_wait_release() */
	unsigned int nr_waiters;    /* fibers in there */
	struct list_head bindings;  /* struct files_binding, see files.h */
	struct list_head mappings;  /* struct mapping, see mapping.h */
	/* The core's, see core/file.h. */
	struct evl_crossing oob_users;
	bool oob_left;
	struct file_side *side; /* one of ->files; NULL: it has no evl_file */
	struct list_head side_link;
	struct list_head poll_entries; /* wait queues the driver's poll named */
	void *poll_handle;	   /* owned: the front's, for the next event */
	struct irq_work poll_work; /* an event came: notify */
	struct list_head link;	   /* all open files, by id */
};

static inline struct open_file *open_file_of(struct file *filp)
{
	return container_of(filp, struct open_file, filp);
}

/* FMODE_* of O_RDONLY, O_WRONLY or O_RDWR. */
fmode_t open_file_mode(unsigned int flags);

/* For request.c. New: of @node, not open yet, served by driver @owner, if by any.
 * -ENOMEM; -ENXIO: that driver is going. Free: after release. */
int open_file_new(struct node *node, struct module *owner,
		  struct open_file **r_of);
void open_file_free(struct open_file *of);

/*
 * From now on @of is not a file of the node it was opened by, but of @node, or,
 * if that is NULL, of something that has no name. Its owner and mode, as the
 * front shows and changes them, are those of what it is a file of. -ENOMEM.
 */
int open_file_become(struct open_file *of, struct node *node);

/* Around a call of the driver's, but for open and release: RELEASE waits for
 * those inside. */
void open_file_enter(struct open_file *of);
void open_file_leave(struct open_file *of);
/* Until they have left. From a fiber. */
void open_file_await_empty(struct open_file *of);

/* The driver's poll handler, its wait queues watched from now on. @handle, if
 * any, is notified on the next event. */
__poll_t open_file_poll(struct open_file *of, void *handle);
/* Stop watching, drop the handle. */
void open_file_unwatch(struct open_file *of);

/* NULL: there is none of that id. */
struct open_file *open_file_find(uint64_t id);
/* The one after @of, the first if that is NULL; NULL at the end. */
struct open_file *open_file_next(const struct open_file *of);
/* The open file with the smallest id above @id, NULL at the end. */
struct open_file *open_file_after(uint64_t id);
unsigned int open_file_count(void);

/*
 * Sleep, if RELEASE of file @id has been received, until its handler ended.
 * Returns at once if the file is open still, or gone.
 *
 * Stage: in-band, from a fiber. Blocks: as long as the driver's release.
 */
void open_file_wait_release(uint64_t id);

/* How an event reaches those who poll(2); the front registers. */
struct poll_host {
	void (*notify)(struct open_file *of, void *handle);
	void (*drop)(void *handle);
};
void open_file_set_poll_host(const struct poll_host *host);

/* SPDX-License-Identifier: MIT */
/*
 * A node is a name users can open: its path below /dev, the operations behind
 * it, and its owner and mode. The table of nodes belongs to the in-band stage.
 * A node is reference-counted: the table holds one while the node is there,
 * every open file and every front entry holds another.
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/fs.h>
#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NODE_PATH_MAX 256 /* with the final 0 */

struct node {
	char path[NODE_PATH_MAX]; /* "loopback", "evl/xbuf/clone" */
	struct inode inode; /* what drivers see: i_rdev, i_cdev, i_private */
	const struct file_operations *fops; /* borrowed from the driver */
	const char *driver;   /* who made it, for people; borrowed */
	struct module *owner; /* the driver it is of, NULL: the daemon's own */
	mode_t mode;	      /* permission bits */
	uid_t uid;
	gid_t gid;
	unsigned int nr_open; /* open files */
	void *front_data;     /* the front's own */
	/* Called when the last reference goes; may be NULL. */
	void (*destroy)(struct node *node);
	unsigned int refs;
	bool listed;
	struct list_head link; /* in the table */
	uint64_t serial;       /* goes up with every node_add() */
};

/* Where nodes are shown; registered by the front. */
struct node_host {
	int (*add)(struct node *node);
	void (*remove)(struct node *node);
	/* The file with that front_data (vfs/file.h) is one of @node from now
	 * on; NULL: of nothing that has a name. */
	int (*move_file)(void *front_data, struct node *node);
	/* Take in every request the kernel has queued by now. */
	void (*drain)(void);
};

/* Owner and mode of nodes that do not say otherwise: --mode, --group. */
void node_set_defaults(mode_t mode, uid_t uid, gid_t gid);
/* NULL takes it back. Nodes already listed are added to it. */
int node_set_host(const struct node_host *host);

/*
 * Fill a node that is embedded somewhere or calloc'ed by the caller: path,
 * defaults, one reference. -EINVAL: a path no file system would take (empty,
 * absolute, "..", control characters); -ENAMETOOLONG.
 */
int node_init(struct node *node, const char *path,
	      const struct file_operations *fops, const char *driver);

/* List and show it. Blocks: until the front has it. -EEXIST: the path is
 * taken, or leads to others. -ENOTDIR: it leads through another. Takes a
 * reference of its own. */
int node_add(struct node *node);
/* Hide it; idempotent. Open files go on. */
void node_remove(struct node *node);

/* Tell the host, see open_file_become(). */
int node_move_file(void *front_data, struct node *node);

/* Take in what the kernel has queued by now: RELEASE of a file whose close(2)
 * returned is among it. From a fiber. */
void node_drain(void);

void node_get(struct node *node);
void node_put(struct node *node);

/* Borrowed, NULL if there is none. */
struct node *node_find(const char *path);
/* The listed node with the smallest serial above @serial, NULL at the end. */
struct node *node_after(uint64_t serial);
unsigned int node_count(void);

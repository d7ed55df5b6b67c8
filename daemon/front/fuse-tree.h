/* SPDX-License-Identifier: MIT */
/*
 * The names on the FUSE mount: a file for each node, and the directories its
 * path asks for. An *entry* is a name; an *inode* is what the kernel holds of
 * it. A directory has one inode. A file has a fresh one for every lookup,
 * because the kernel locks inodes: private elements made through one clone
 * node must not wait for each other. st_ino is the entry's, and stays the same.
 * What was opened as a clone node and became an element is another entry from
 * then on: the element's node, or, if that is private, one without a name.
 *
 * Stage: in-band.
 */
#pragma once

#include "front/session.h"

#include <stdbool.h>
#include <sys/stat.h>

struct node;

/* Directories belong to whoever runs the daemon. */
void tree_init(void);
/* The kernel forgot everything; every node has been removed. */
void tree_clear(void);

/* -EEXIST: the name is taken, -ENOTDIR: a file is on the way, -ENOMEM. */
int tree_add(struct node *node);
void tree_remove(struct node *node);
/* Is @name in the root? */
bool tree_has(const char *name);
unsigned int tree_count(void);

/* What the kernel calls @ino. NULL: a directory, or a node that is gone. */
struct node *tree_node(fuse_ino_t ino);

/* What the kernel calls @ino, for tree_move(). Lives as long as a file that was
 * opened by it. */
void *tree_inode(fuse_ino_t ino);
/* Let @inode be @node's; NULL: nobody's, with the owner and mode it has now.
 * -ENOMEM. */
int tree_move(void *inode, struct node *node);

/* Operations of the file system. */
void tree_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void tree_forget(fuse_ino_t ino, uint64_t nlookup);
void tree_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void tree_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		  struct fuse_file_info *fi);
void tree_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		  struct fuse_file_info *fi);

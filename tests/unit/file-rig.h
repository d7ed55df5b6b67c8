/* SPDX-License-Identifier: MIT */
/*
 * References on files, stepped by hand: a driver with an evl_file for each of
 * its files, or a single one for all, and the descriptors of a process.
 */
#pragma once

#include "vfs/files.h"
#include "vfs/request.h"

#include <evl/file.h>
#include <stdbool.h>

#define RIG_NR_FILES 3

/* How the driver under test treats its evl_file. */
enum manners {
	GOOD,
	HASTY,	/* frees it, and does not call evl_release_file() */
	CLEARS, /* clears it, then calls evl_release_file() */
	WIPES,	/* the other way round */
	TWICE,	/* opens and releases it twice */
};

extern enum manners rig_manners;
extern bool rig_shared; /* one evl_file for all: */
extern struct evl_file rig_the_one;
extern int rig_open_result; /* of a handler which has set it up */
extern bool rig_gives_back; /* ... and calls evl_release_file() then */

extern struct files_struct *rig_files; /* of the process, which is 1000 */
/* By their numbers, which are those of their descriptors. */
extern struct open_file *rig_ofs[RIG_NR_FILES];
extern struct vfs_request rig_requests[RIG_NR_FILES];
extern bool rig_ended[RIG_NR_FILES]; /* the request on that file */

/* Fixtures. */
void rig_setup(void);
void rig_teardown(void);

/* In-band until nothing is left to do. */
void rig_step(void);
void rig_submit(int i, enum vfs_op op);
void rig_open_file(int i);
/* True: its release is through. */
bool rig_close_file(int i);
struct evl_file *rig_efilp_of(struct file *filp);

/* evl_get_file() in a handler. */
struct rig_get {
	unsigned int fd;
	struct files_struct *files;
	void (*before)(void), (*after)(void); /* in the handler, too */
	struct evl_file *efilp;
};

void rig_do_get(void *arg);
struct evl_file *rig_get(unsigned int fd);
void rig_put(struct evl_file *efilp);

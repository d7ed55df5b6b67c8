/* SPDX-License-Identifier: MIT */
/*
 * Polling sets stepped by hand: files of a driver made for the test, the
 * descriptors of a process, and waits, each on a fiber of its own.
 */
#pragma once

#include "suite.h"

#include "kapi/task.h"
#include "vfs/files.h"

#include <evl/file.h>
#include <evl/poll.h>
#include <uapi/evl/poll.h>

#define PENDING	    1000 /* no call returns that */
#define NO_LIMIT    ((struct __evl_timespec){ 0 })
#define MAX_RESULTS 8

/* A file, and what its handler says. */
struct rig_file {
	struct open_file *of;
	struct evl_file efile;
	struct evl_poll_head head;
	unsigned int ready;
	unsigned int nr_asked;
	/* Called by the handler instead of watching @head; may be NULL. */
	void (*watch)(struct rig_file *file, struct oob_poll_wait *wait);
};

/* An EVL_POLIOC_WAIT. */
struct rig_wait {
	int set_fd;
	struct evl_poll_waitreq req;
	struct __evl_timespec timeout;
	struct evl_poll_event results[MAX_RESULTS];
	long ret;
	struct files_struct *files;
	struct fiber *fiber;
};

/* The process most tests are about, and another one. */
extern struct files_struct *rig_mine, *rig_others;

/* Fixtures. Teardown checks that nothing is watched or referred to. */
void rig_setup(void);
void rig_teardown(void);

/* Both stages until nothing is left to do. */
void rig_step(void);

/* A file of a driver with an oob_poll handler, or without; in rig_mine. */
struct rig_file *rig_file(unsigned int fd, bool handler);
/* @fd of @files refers to what @file is. */
void rig_bind(struct files_struct *files, unsigned int fd,
	      struct rig_file *file);
/* A new set, in rig_mine. */
void rig_set(unsigned int fd);
void rig_close(struct files_struct *files, unsigned int fd);
/* The kernel's RELEASE of what @fd of rig_mine is. Returns at once; true: it is
 * through. */
bool rig_release(unsigned int fd);
void rig_set_nonblock(unsigned int fd);

/* EVL_POLIOC_CTL in rig_mine. */
long rig_ctl(unsigned int set_fd, unsigned int action, unsigned int fd,
	     unsigned int events);
#define rig_add(set_fd, fd, events) rig_ctl(set_fd, EVL_POLL_CTLADD, fd, events)
/* A new file, in the set. */
struct rig_file *rig_watched(unsigned int set_fd, unsigned int fd,
			     unsigned int events);
/* Its driver says so: an edge, for who waits. */
void rig_signal(struct rig_file *file, int events);
/* Any oob_ioctl, on a fiber. */
long rig_ioctl(unsigned int set_fd, unsigned int cmd, void *arg);

/* Wait without limit and step until it sleeps or ends. */
void rig_poll(struct rig_wait *wait, int set_fd, int nrset);
/* The same with everything filled in by the caller. */
void rig_start(struct rig_wait *wait, int prio);
/* It ended with one entry. */
void rig_expect(const struct rig_wait *wait, unsigned int fd,
		unsigned int events);

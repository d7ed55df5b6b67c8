/* SPDX-License-Identifier: MIT */
/*
 * The polling set: what an open file of /dev/evl/poll is. Its items are
 * descriptor numbers; what they refer to is found out at each wait, in the
 * table of who waits. A wait works on a copy of the items, and does not notice
 * changes.
 *
 * Made and disposed of in-band, used out-of-band.
 */
#pragma once

#include "core/poll-head.h"

#include <bsd/sys/cdefs.h>
#include <bsd/sys/tree.h>
#include <evl/file.h>
#include <uapi/evl/poll.h>

struct poll_item {
	struct list_head link; /* first, as struct pool_block has it */
	RB_ENTRY(poll_item) entry;
	unsigned int fd;
	unsigned int events;
	uid_t uid; /* of who added it */
	union evl_value pollval;
};

RB_HEAD(poll_tree, poll_item);

struct poll_set {
	struct evl_file efile;
	struct pi_mutex lock; /* all below; before a waiter's */
	struct poll_tree by_fd;
	struct list_head items; /* struct poll_item, the last added first */
	unsigned int nr_items;
	struct list_head waiters; /* struct poll_waiter */
	bool closing;
};

/* The set behind @filp, NULL if it is none. */
struct poll_set *poll_set_behind(struct file *filp);

/* The item with the lowest descriptor from @fd on, NULL at the end. Locked. */
struct poll_item *poll_set_item_from(struct poll_set *set, unsigned int fd);

/*
 * Does @inner, which is about to be added to @set, contain it, or is it nested
 * too deep? What its items refer to is seen through the caller's descriptors.
 *
 * Stage: out-of-band, from a fiber. Blocks: no, but gives way.
 * Return: 0 or -ELOOP.
 */
int poll_set_check_nesting(struct poll_set *set, struct poll_set *inner);

/* EVL_POLIOC_WAIT. */
long poll_set_wait(struct poll_set *set, bool nonblock,
		   struct evl_poll_waitreq __user *u_req);

/* Sets, and the device that makes them. @tell_all: see poll_tell_all(). */
int poll_init(bool tell_all);
void poll_exit(void);

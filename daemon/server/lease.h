/* SPDX-License-Identifier: MIT */
/*
 * A client's lease of a driver's memory: a mapping (vfs/mapping.h), and the
 * lifeline which tells us when no process has it any more. That is a pipe: the
 * client has the end to read, which forked children inherit and which is closed
 * with the mapping; we hold the end to write, and never do. So a lease may
 * outlive its client, but not the file.
 *
 * Stage: in-band, from fibers.
 */
#pragma once

#include "wire/control.h"

#define MAX_LEASES     256  /* of one client */
#define MAX_ALL_LEASES 8192 /* each takes a descriptor of ours */

struct client;

/* Answer the requests of wire/control.h. Descriptors to go along with the reply
 * are the caller's from then on; -1: none. */
int lease_begin(struct client *client, const struct control_mmap *request,
		struct control_mapping *r_mapping, int r_fds[2]);
int lease_segment(struct client *client, struct control_segment *segment,
		  int r_fds[2]);
int lease_end(struct client *client, const struct control_munmap *request);

/* @client is gone. What it shares with its children goes on. */
void lease_leave_all(struct client *client);

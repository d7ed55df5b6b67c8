/* SPDX-License-Identifier: MIT */
/*
 * A server in this one process: the test is client and daemon in turns, and
 * steps the loop by hand. No front, no worker.
 */
#pragma once

#include "suite.h"
#include "wire/control.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_MAX_CLIENTS 3
#define SERVER_MAX_FDS	   4
#define SERVER_RDEV	   7 /* the character device which is the front's */

/* A private directory, the control socket in it, and how often the front was
 * asked for what the kernel has queued. */
extern char server_dir[], server_path[];
extern unsigned int server_nr_drained;

/* Checked fixture. */
void server_setup(void);
void server_teardown(void);

/* The client's end. */
struct peer {
	int fd;
	struct control_welcome welcome;
};

int peer_dial(void);
/* What the daemon says next, 0: it hung up. Serves until it does. */
size_t peer_receive(int fd, void *buf, size_t size);
bool peer_was_hung_up_on(const struct peer *peer);

/* What the welcome says. */
int peer_say_hello(struct peer *peer, const struct control_hello *hello);
int peer_join(struct peer *peer, bool tool);
void peer_leave(struct peer *peer);

/* A request of @size bytes and its reply, both in @msg: the result. */
int peer_ask(const struct peer *peer, uint32_t type, size_t size,
	     struct control_message *msg);
int peer_query(const struct peer *peer, uint32_t table, uint64_t cursor,
	       struct control_message *msg);

/* SPDX-License-Identifier: MIT */
/*
 * This process as a client of the daemon.
 *
 *	offline		no connection: at start, and in a child after fork()
 *	live		connected
 *	dead		the daemon went away. For good: the descriptors which
 *			the application holds died with it
 *
 * offline -> live by client_connect(); live -> dead by the control thread when
 * the connection breaks; any -> offline by fork(), in the child.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <wire/control.h>
#include "socket.h"

enum client_state {
	CLIENT_OFFLINE,
	CLIENT_LIVE,
	CLIENT_DEAD,
};

extern _Atomic(uint32_t) client_state;
extern struct socket_hello client_hello; /* constant while not offline */

/*
 * Connect if this was not done yet. @r_hello, if not NULL, tells about the
 * last attempt on error. Prints nothing, locks no memory.
 *
 * Blocks: until the daemon answers.
 *
 * Return: 0, or what socket_connect() returns, or
 *   -EAGAIN	no thread could be made
 *   -EMFILE	too many descriptors in this process
 *   -ENODEV	there was a daemon, and it is gone
 */
int client_connect(struct socket_hello *r_hello);

/* The same, but not in a child between vfork() and exec(), which would do it in
 * its parent's memory. */
int client_connect_here(void);

/* True: nobody has connected yet. A hint. */
static inline bool client_offline(void)
{
	/* Relaxed: client_connect() looks again. */
	return atomic_load_explicit(&client_state, memory_order_relaxed) ==
	       CLIENT_OFFLINE;
}

/* True: connected. A hint, the daemon may go at any time. */
static inline bool client_live(void)
{
	/* Relaxed: whoever needs the hello calls client_is_us(). */
	return atomic_load_explicit(&client_state, memory_order_relaxed) ==
	       CLIENT_LIVE;
}

/* The same, and not a child between vfork() and exec(), which shares our
 * memory but not our descriptors. */
bool client_is_us(void);

/* That child. Our table tells nothing about its descriptors. */
bool client_is_vfork_child(void);

/* True: the daemon was there, and is gone. */
static inline bool client_dead(void)
{
	return atomic_load_explicit(&client_state, memory_order_relaxed) ==
	       CLIENT_DEAD;
}

/*
 * What the caller is to know of @ret, which the kernel answered for one of the
 * daemon's files: -ENODEV where the daemon is gone, in the words of either
 * front, and though the control thread may not have seen it yet.
 */
int client_error(int ret);

/*
 * Where a path below /dev is for this daemon: @path itself, or one built in
 * @buf. NULL: too long.
 */
const char *client_path(const char *path, char *buf, size_t size);

/* Paths below this one are nodes; room for any that client_path() builds. */
#define CLIENT_EVL_DIR	"/dev/evl/"
#define CLIENT_PATH_MAX (2 * CONTROL_PATH_MAX)

/* True: connected, and the nodes are not in /dev: a user's own daemon has them on
 * its mount. */
bool client_nodes_elsewhere(void);

/*
 * The kernel says that there is no @path, and so has read it: where the daemon
 * would have it, built in @buf of CLIENT_PATH_MAX, or NULL. Connects, if need be,
 * for one below /dev/evl. errno is ENOENT afterwards.
 */
const char *client_find_missing(const char *path, char *buf);

/* In the child after fork(). */
void client_reset(void);

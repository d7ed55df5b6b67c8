/* SPDX-License-Identifier: MIT */
/*
 * A look into a running evl-cused: the tables it tells on its control socket.
 * A tool makes one connection and asks one thing at a time. What comes back is
 * checked for its size only: names in it are users' and pass printable()
 * before they reach a terminal.
 */
#pragma once

#include "wire/control-find.h"
#include "wire/control.h"

#include <stddef.h>

/* Exit statuses all tools share. */
enum tool_exit {
	TOOL_EXIT_FAILURE = 1,
	TOOL_EXIT_USAGE = 2,
	TOOL_EXIT_NO_DAEMON = 3, /* none there, or not for us */
};

struct query {
	int fd; /* owned, -1: not connected */
	struct control_welcome welcome;
	char path[CONTROL_SOCKET_MAX]; /* the socket */
};

/*
 * Connect to the daemon a libevlclient would find. 0 or -errno, with
 * @query->path saying where it was looked for.
 */
int query_open(struct query *query);
void query_close(struct query *query);

/*
 * All records of @table (enum control_table), each of @size bytes, as one
 * array: free() it. 0 or -errno.
 */
int query_table(struct query *query, uint32_t table, size_t size,
		void *r_records, size_t *r_nr);

/*
 * Have a driver loaded or unloaded (@type is CONTROL_DRIVER_*). Waits as long as
 * the driver's init or exit function. 0 or -errno; then *@r_result is the
 * daemon's.
 */
int query_order(struct query *query, uint32_t type,
		const struct control_driver_order *order,
		struct control_driver_answer *r_answer, int *r_result);

/* One line on stderr about what went wrong, and what to do. Returns the exit
 * status that goes with it. */
int query_complain(const struct query *query, int ret);

/* In place: what a terminal might take for a command becomes '?'. */
char *printable(char *string, size_t size);

const char *query_front_name(uint32_t front);

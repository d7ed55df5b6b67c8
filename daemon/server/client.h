/* SPDX-License-Identifier: MIT */
/*
 * A client is a process connected to the control socket: its descriptors, its
 * channels, its secret. It lives as long as the connection and the process, and
 * then as long as its channels take to drain.
 *
 * Stage: in-band.
 */
#pragma once

#include "server/server.h"
#include "wire/control.h"

#include <ev.h>
#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct channel;
struct files_struct;

struct client {
	int fd; /* owned, -1 once gone */
	pid_t pid;
	uid_t uid;
	int mem_fd; /* owned, see client_open_memory(); -1: not open */
	int pidfd;  /* owned; -1: the kernel, or a sandbox, gives none */
	char comm[16];
	uint32_t index; /* in the table of clients */
	bool welcome;	/* it said hello */
	bool tool;
	bool compat; /* a 32-bit process */
	uint8_t secret[CONTROL_SECRET_SIZE];
	struct files_struct *files; /* owned, NULL for a tool */
	struct list_head channels;  /* struct channel, by index */
	unsigned int nr_channels;   /* not yet freed */
	struct list_head leases;    /* struct lease */
	unsigned int nr_leases;
	unsigned int nr_jobs;	 /* control requests under way */
	unsigned int nr_errands; /* sent, and not done yet */
	ev_io io;
	ev_io end;	   /* of the process, on ->pidfd */
	ev_timer patience; /* until it says hello */
	struct list_head link;
};

int client_new(int fd, struct client **r_client);
/* The connection is gone, or has to go: drops what it has. Idempotent. The
 * client is freed when the last job and channel are done. */
void client_leave(struct client *client);
/*
 * Another user's process could execute a privileged program, in which we would
 * read and write in its stead: open the memory it has now, and no other will be
 * touched. Without it nothing but windows is. No effect on our own user's.
 */
void client_open_memory(struct client *client);
bool client_is_foreign(const struct client *client);
/* For those who end last. */
void client_maybe_free(struct client *client);

/* Who has that secret, or NULL. */
struct client *client_by_secret(const uint8_t *secret);

/* Whose table @files is, as long as it is connected; NULL: nobody's. */
struct client *client_of(const struct files_struct *files);

/* All clients; NULL is before the first and after the last. */
struct client *client_next(const struct client *client);
unsigned int client_count(void);
void client_leave_all(void);
void client_table_free(void);

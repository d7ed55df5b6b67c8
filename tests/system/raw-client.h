/* SPDX-License-Identifier: MIT */
/*
 * A client that speaks the wire protocol by hand, well or badly. What every
 * client may do asserts that it works; the rest returns what the daemon said.
 * Nothing here goes through libevlclient or its interposers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wire/channel.h>
#include <wire/control.h>

struct raw_client {
	int fd; /* owned, -1: none */
	uint32_t seq;
	struct control_welcome welcome;
};

struct raw_channel {
	uint32_t index;
	int memfd, bell_fd; /* owned */
	void *base;	    /* owned mapping */
};

/* A slot this thread is attached to. */
struct raw_slot {
	struct raw_channel *ch; /* borrowed */
	struct channel_slot *shared;
	void *window;
	int efd; /* owned, the thread's element */
	struct control_slot where;
	uint32_t seq;	/* last one posted */
	uint32_t chore; /* last one done */
};

/* Connected to the test's daemon, nothing said yet. */
int raw_connect(void);
void raw_send(int fd, const void *msg, size_t size);
/* The next message, 0: hung up. Descriptors go to @r_fds (-1: none). */
size_t raw_receive(int fd, void *buf, size_t size, int r_fds[2]);
/* Messages may still come; then the daemon has closed the connection. */
void raw_await_hangup(int fd);

/* Connect and say hello; what the welcome says: 0 or -errno. */
int raw_try_join(struct raw_client *client, bool tool);
/* Connect and be welcomed, as a client or as a tool. */
void raw_join(struct raw_client *client, bool tool);
void raw_leave(struct raw_client *client);
/* Send a request, await its reply: its result. @r_reply may be NULL. */
int raw_call(struct raw_client *client, uint32_t type, const void *body,
	     size_t size, struct control_message *r_reply);
/* The same for one which comes with descriptors (-1: none). */
int raw_call_fds(struct raw_client *client, uint32_t type, const void *body,
		 size_t size, struct control_message *r_reply, int r_fds[2]);
/* The same in two steps: @type's number within the conversation. */
uint32_t raw_ask(struct raw_client *client, uint32_t type, const void *body,
		 size_t size);

/* -EAGAIN and such from CHANNEL_NEW; mapped, but not READY yet. */
int raw_channel_new(struct raw_client *client, struct raw_channel *r_ch);
int raw_channel_ready(struct raw_client *client, struct raw_channel *ch);
/* Let go of our end. */
void raw_channel_free(struct raw_channel *ch);

/* open(2), below the daemon's directory of nodes. */
int raw_open(const char *path, int flags);
/* ioctl(2), where the library does not see it. -errno. */
int raw_inband(int fd, unsigned long cmd, void *arg);
/* A new element: its descriptor, or -errno. Public if @name is not empty. */
int raw_clone(const char *class, const char *name, const void *attrs,
	      size_t size);
int raw_xbuf(const char *name, uint32_t in, uint32_t out);
/* Bind @fd as number @nr, with the client's secret. */
int raw_bind(const struct raw_client *client, int fd, int nr);

/* Attach the calling thread with an element of its own. */
void raw_attach(struct raw_client *client, struct raw_channel *ch,
		struct raw_slot *r_slot);
/* Connect, make a channel and attach to it: the whole way in. */
void raw_enter(struct raw_client *client, struct raw_channel *ch,
	       struct raw_slot *slot);
/* And out again. */
void raw_exit(struct raw_client *client, struct raw_channel *ch,
	      struct raw_slot *slot);

/* Set the slot's bit in the doorbell, kick the eventfd. */
void raw_ring(struct raw_slot *slot);
/* Fill the request line and ring; the next sequence number. */
void raw_post(struct raw_slot *slot, const struct channel_request *rq);
/* Is there a chore to do? Its number, or 0. */
uint32_t raw_chore(const struct raw_slot *slot);
/* Do it as a client does; say that it is done. */
void raw_do_chore(struct raw_slot *slot);
void raw_end_chore(struct raw_slot *slot, uint32_t moved);
/* Do what comes of them until @fd has something to read. */
void raw_do_chores(struct raw_slot *slot, int fd);
/* Sleep until that request is answered, and do its chores. */
int64_t raw_wait(struct raw_slot *slot);
int64_t raw_request(struct raw_slot *slot, const struct channel_request *rq);

/* What the daemon tells of driver @name. What a worker has said before, it has
 * logged when this returns. */
struct control_driver_info raw_driver_info(const char *name);
struct control_daemon_info raw_daemon_info(void);
/* As a tool is told: the record of @table which is called so, at that offset of
 * it; the first one, if @name is NULL. */
struct control_message raw_record(uint32_t table, size_t name_at,
				  const char *name);

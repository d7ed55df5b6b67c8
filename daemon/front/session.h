/* SPDX-License-Identifier: MIT */
/*
 * A session is one connection to the kernel: the FUSE mount, or one device made
 * through CUSE. It reads what the kernel asks and has libfuse call the front's
 * operations, which make requests (request.h) of it.
 *
 * Embedded in what the front keeps about the connection.
 *
 * Stage: in-band, on the loop or on a fiber.
 */
#pragma once

#define FUSE_USE_VERSION 314

#include <ev.h>
#include <fuse_lowlevel.h>
#include <linux/list.h>
#include <stdbool.h>

/* The largest read or write the kernel may hand over in one piece. */
#define SESSION_IO_MAX (1u << 20)

struct session {
	struct fuse_session *se; /* owned */
	struct ev_io watcher;	 /* of its descriptor, while connected */
	bool connected;
	bool doomed; /* to be freed once nothing is under way */
	/* RELEASE is answered before the driver's handler runs. */
	bool early_release;
	unsigned int depth;	   /* how often inside libfuse's dispatch */
	struct list_head requests; /* unanswered, by struct request.link */
	struct list_head closers;  /* one per open file, by the same */
	/* The kernel closed the connection; may be NULL. */
	void (*lost)(struct session *session);
	/* Doomed, and nothing is under way: frees what embeds it. */
	void (*free)(struct session *session);
};

/* Serve @se, which becomes the session's and has a descriptor; on failure too.
 * The members before set are the callbacks and @early_release. */
int session_open(struct session *session, struct fuse_session *se);

/* Take in what the kernel has queued by now. May free a doomed session. */
void session_drain(struct session *session);

/* Free it as soon as nothing is under way, perhaps at once. */
void session_doom(struct session *session);

/* For request.c: after something ended. May free the session. */
void session_settle(struct session *session);
/* For request.c: doomed and nothing left, so settling will free it. */
bool session_is_over(const struct session *session);

/* Nothing more goes to the kernel, nor comes from it: the descriptor becomes
 * one of /dev/null. With CUSE the device is gone when this returns. */
void session_disconnect(struct session *session);

/* After session_disconnect(), with nothing under way. */
void session_close(struct session *session);

/* Before the first session, after the last. 0 or -errno. */
int session_setup(void);
void session_cleanup(void);
/* The last thing libfuse complained of. It goes to our log, too. */
const char *session_last_message(void);

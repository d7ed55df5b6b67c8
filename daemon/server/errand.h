/* SPDX-License-Identifier: MIT */
/*
 * Errands: what only a client can do for itself, and its library does on its
 * control thread when we ask. A handler's fiber sleeps meanwhile. A client may
 * never answer: it keeps its own handler waiting, until it is interrupted or
 * the client gone.
 *
 * Above them, the descriptors of <linux/file.h>: the client opens our spare
 * node, and the ioctl BIND_IOC_SPARE brings us the file and its number.
 *
 * Stage: in-band.
 */
#pragma once

#include "wire/control.h"

struct bind_request;
struct client;
struct open_file;

/* The spare node, and serving vfs/anon.h. */
int errand_init(void);
void errand_exit(void);

/* From the client: */
void errand_done(struct client *client, const struct control_errand_done *done);
/* -ENOENT: nobody waits for it. */
int errand_spare(struct client *client, const struct bind_request *req,
		 struct open_file *of);
/* It left: nobody will do its errands. */
void errand_client_left(struct client *client);

/* SPDX-License-Identifier: MIT */
/*
 * Spares: descriptors which a client makes for a driver that asks for one
 * (<linux/file.h>, vfs/anon.h). The client opens our spare node, on an errand,
 * and the ioctl BIND_IOC_SPARE brings us the file and its number.
 *
 * Stage: in-band.
 */
#pragma once

struct bind_request;
struct client;
struct open_file;

/* The spare node, and serving vfs/anon.h. */
int spare_init(void);
void spare_exit(void);

/* From the client: @of is what it has opened. -ENOENT: nobody waits for it. */
int spare_offer(struct client *client, const struct bind_request *req,
		struct open_file *of);
/* It left, and has none any more. */
void spare_client_left(struct client *client);

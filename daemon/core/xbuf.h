/* SPDX-License-Identifier: MIT */
/*
 * Cross-buffers: two rings between the stages. Inbound: oob_write() feeds what
 * read(2) drains. Outbound: write(2) feeds what oob_read() drains.
 */
#pragma once

#include "core/element.h"
#include "core/ring.h"

#include <evl/poll.h>
#include <linux/wait.h>

struct evl_xbuf {
	struct evl_element element; /* first */
	struct ring inbound;
	struct ring outbound;
	wait_queue_head_t pollers;	/* in-band poll(2) */
	struct evl_poll_head poll_head; /* evl_poll() */
};

/* @max_of_user cross-buffers a user, half as many more over all users;
 * @max_bytes of ring memory over all of them. */
int xbuf_init(unsigned int max_of_user, size_t max_bytes);
void xbuf_exit(void);

/* SPDX-License-Identifier: MIT */
/*
 * Errands: what only a client can do for itself, and its library does on its
 * control thread when we ask. A handler's fiber sleeps meanwhile. A client may
 * never answer: it keeps its own handler waiting, until that is interrupted or
 * the client gone. So there are no more than fibers; what is too much for the
 * client's socket waits until others are done.
 *
 * Stage: in-band, but for errand_bind().
 */
#pragma once

#include "wire/control.h"

#include <stdint.h>

struct client;
struct open_file;

/* Have the calling process do it, and wait. -EOPNOTSUPP: it has no library;
 * -EINTR; or what it says. */
int errand_run(const struct control_errand *body);

/*
 * Have the calling process bind its descriptor @fd, if that is one of our
 * files. Nobody else is to wait for one who does not answer: it gives up when
 * the file whose handler this is goes, and at @deadline.
 *
 * Stage: any, from a fiber which holds nothing. Blocks: until then.
 * Return: 0 it says it has, -EIDRM that file goes, -EINTR, -EBADF it has not.
 */
int errand_bind(unsigned int fd, uint64_t deadline);

/* From the client: */
void errand_done(struct client *client, const struct control_errand_done *done);
/* It has opened @fd, as errand @number asked. -ENOENT: nobody waits for it. */
int errand_opened(struct client *client, uint32_t number, int fd);
/* It left: nobody will do its errands. */
void errand_client_left(struct client *client);

/* @of goes: handlers at work on it do not wait for answers any longer. */
void errand_end_in(const struct open_file *of);

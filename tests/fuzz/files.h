/* SPDX-License-Identifier: MIT */
/*
 * The files which the random clients have open, all in one process: any client
 * binds any of them. They never block: there is nobody to wake us.
 */
#pragma once

#include "actor.h"

#define NR_FILES 8

extern int files[NR_FILES]; /* -1: none */

/* All the daemon may write to, whatever we ask it for. */
extern char scratch[1 << 17];

int any_file(void);
void open_file(void);
void close_file(int i);
/* @fd, which most likely is one of them, for @actor. */
void bind_file(const struct actor *actor, int fd);
/* Something in-band. */
void use_file(const struct actor *actor);

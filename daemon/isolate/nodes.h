/* SPDX-License-Identifier: MIT */
/*
 * The nodes of an isolated driver, as its host announces them.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct isolate_message;
struct remote;

/* Show the one that @msg tells of, and answer. Does not block. False: @msg makes no
 * sense. */
bool nodes_add(struct remote *remote, const struct isolate_message *msg);
void nodes_remove(struct remote *remote, uint64_t id);
void nodes_remove_all(struct remote *remote);

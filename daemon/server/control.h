/* SPDX-License-Identifier: MIT */
/*
 * The conversation with one client over its control connection, as
 * wire/control.h has it. Every request runs on an in-band fiber of its own.
 *
 * Stage: in-band.
 */
#pragma once

struct client;

/* Read what @client sends from now on. */
void control_watch(struct client *client);

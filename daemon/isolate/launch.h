/* SPDX-License-Identifier: MIT */
/*
 * The start of an isolated driver's process: memory, lanes, and the first message.
 *
 * Stage: in-band.
 */
#pragma once

struct remote;

/* Start that of @remote, which is alive then, and tell it what to run. 0 or -errno;
 * it may be alive all the same, and is killed then. */
int launch(struct remote *remote);

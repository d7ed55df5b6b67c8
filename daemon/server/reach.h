/* SPDX-License-Identifier: MIT */
/*
 * How in-band handlers reach what a request of the kernel's does not bring
 * along of its caller's memory: by processes of ours (reacher.h), while the
 * handler's fiber sleeps. A caller whose memory does not come keeps nobody but
 * its own request, and that not for ever.
 *
 * Stage: in-band.
 */
#pragma once

void reach_start(void);
/* Whoever waits is told that nothing was there. */
void reach_stop(void);
/* How many processes are at it, or stuck. */
unsigned int reach_count(void);

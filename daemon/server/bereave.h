/* SPDX-License-Identifier: MIT */
/*
 * Death of a client while its threads are inside a driver. The kernel closes
 * the descriptors of a process in the order of their numbers, so the release of
 * a file may come before the control connection breaks. On EVL a dying process
 * leaves its out-of-band handlers first; drivers rely on it, and free what they
 * wait for. In-band.
 */
#pragma once

/* Have the vfs call us before each release handler: requests of threads that
 * are dying leave the file first. */
void bereave_init(void);
/* A channel was buried: whoever waits for that looks again. */
void bereave_look_again(void);

/* SPDX-License-Identifier: MIT */
/*
 * The in-band stage on the test's own thread, with its real loop: fibers of
 * handlers, and time that passes.
 */
#pragma once

#include "../helpers.h"
#include "stage/inband.h"

#include <stdbool.h>

#define RIG_FIBERS 16 /* there are no more */

/* Checked fixtures. Teardown asserts that no fiber sleeps on. */
void inband_setup(void);
void inband_teardown(void);

/* Everything that can be done now. */
void inband_step(void);
/* Until *@flag, waiting for what comes. */
void inband_await(const bool *flag);

/* Run @entry(@arg) on a fiber, when the stage is next stepped. */
struct fiber *inband_fiber(void (*entry)(void *arg), void *arg);

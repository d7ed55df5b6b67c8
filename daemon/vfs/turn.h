/* SPDX-License-Identifier: MIT */
/*
 * Drivers are loaded and unloaded one at a time: whose turn that is. In-band, from
 * fibers.
 */
#pragma once

/*
 * Wait for those before us. Blocks: while one of them is loaded or unloaded, but no
 * longer than 10 s.
 * Return: 0, or -EBUSY: one does not end; complain() has told which.
 */
int turn_take(void);
/* It is about this driver. @name is borrowed until the turn ends, or the next. */
void turn_about(const char *name);
void turn_give(void);

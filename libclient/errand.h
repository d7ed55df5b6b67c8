/* SPDX-License-Identifier: MIT */
/*
 * What the daemon asks of us: descriptors which a driver makes in this process,
 * or was given by it and does not know. On the control thread.
 */
#pragma once

#include <wire/control.h>

/* Do it, and tell. Blocks: until the daemon has served an open or an ioctl. */
void errand_do(uint32_t number, const struct control_errand *errand);

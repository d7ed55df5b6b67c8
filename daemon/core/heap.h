/* SPDX-License-Identifier: MIT */
#pragma once

/* The core's own heap, evl_alloc(): in-band, before drivers are loaded and
 * after they have gone. 0 or -ENOMEM. */
int heap_start(void);
void heap_stop(void);

/* SPDX-License-Identifier: MIT */
/* The calls of <evl/work.h>, as the rest of the daemon sees them. */
#pragma once

/* At start, before drivers: their calls are known to be theirs. In-band. */
void works_init(void);

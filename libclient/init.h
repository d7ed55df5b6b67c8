/* SPDX-License-Identifier: MIT */
#pragma once

/* In the child after fork(): evl_init() has not run. */
void init_reset(void);

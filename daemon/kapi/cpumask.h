/* SPDX-License-Identifier: MIT */
#pragma once

/* The in-band stage counts as running on a CPU without a worker, if there is
 * one. In-band, at start, when workers are there. */
void smp_place_inband(void);

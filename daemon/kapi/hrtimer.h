/* SPDX-License-Identifier: MIT */
#pragma once

/* Somebody has set a clock: timers on such are looked at again. In-band. */
void hrtimers_clock_set(void);

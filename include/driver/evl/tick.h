/* SPDX-License-Identifier: MIT */
/* The tick is the worker's own; what drivers see of it are clocks and timers.
 * Source: driver-api 6 */
#ifndef _EVL_TICK_H
#define _EVL_TICK_H

#include <evl/clock.h>
#include <evl/timer.h>

#endif /* _EVL_TICK_H */

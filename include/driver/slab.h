/* SPDX-License-Identifier: MIT */
/* The short name that examples in EVL's documents use.
 * Source: driver-api 5.1; seed-2 */
#include <linux/slab.h>

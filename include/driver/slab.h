/* SPDX-License-Identifier: MIT */
/* The short name that examples in EVL's documents use. */
#include <linux/slab.h>

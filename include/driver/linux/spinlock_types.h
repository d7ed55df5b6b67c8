/* SPDX-License-Identifier: MIT */
/* They come along with their calls. */
#ifndef _LINUX_SPINLOCK_TYPES_H
#define _LINUX_SPINLOCK_TYPES_H

#include <linux/spinlock.h>

#endif /* _LINUX_SPINLOCK_TYPES_H */

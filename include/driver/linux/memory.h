/* SPDX-License-Identifier: MIT */
/* Drivers include it for what is in linux/mm.h. Source: driver-api 5.1 */
#ifndef _LINUX_MEMORY_H
#define _LINUX_MEMORY_H

#include <linux/mm.h>

#endif /* _LINUX_MEMORY_H */

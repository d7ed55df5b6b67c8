/* SPDX-License-Identifier: MIT */
/* __init and __exit are in linux/compiler.h.
 * Source: driver-api 5.2 */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>

#endif /* _LINUX_INIT_H */

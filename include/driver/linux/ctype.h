/* SPDX-License-Identifier: MIT */
/* The C library's. */
#ifndef _EVL_CUSED_LINUX_CTYPE_H
#define _EVL_CUSED_LINUX_CTYPE_H

#include <ctype.h>

#endif /* _EVL_CUSED_LINUX_CTYPE_H */

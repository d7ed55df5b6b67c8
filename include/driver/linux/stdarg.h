/* SPDX-License-Identifier: MIT */
/* The compiler's.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_STDARG_H
#define _LINUX_STDARG_H

#include <stdarg.h>

#endif /* _LINUX_STDARG_H */

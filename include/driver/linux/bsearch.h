/* SPDX-License-Identifier: MIT */
/* A sorted array is searched by the C library.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_BSEARCH_H
#define _LINUX_BSEARCH_H

#include <stdlib.h>

#endif /* _LINUX_BSEARCH_H */

/* SPDX-License-Identifier: MIT */
/* do_div().
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _ASM_DIV64_H
#define _ASM_DIV64_H

#include <linux/math64.h>

#endif /* _ASM_DIV64_H */

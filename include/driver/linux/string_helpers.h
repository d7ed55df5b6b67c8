/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_STRING_HELPERS_H
#define _LINUX_STRING_HELPERS_H

#include <linux/ctype.h>
#include <linux/string.h>
#include <linux/string_choices.h>

#endif /* _LINUX_STRING_HELPERS_H */

/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_DOVETAIL_H
#define _LINUX_DOVETAIL_H

#include <evl/sched.h>

#endif /* _LINUX_DOVETAIL_H */

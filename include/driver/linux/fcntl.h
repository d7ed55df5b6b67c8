/* SPDX-License-Identifier: MIT */
#ifndef _EVL_CUSED_LINUX_FCNTL_H
#define _EVL_CUSED_LINUX_FCNTL_H

#include <fcntl.h>

#endif /* _EVL_CUSED_LINUX_FCNTL_H */

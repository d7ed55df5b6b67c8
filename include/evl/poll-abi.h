/* SPDX-License-Identifier: MIT */
/* The name newer releases of libevl have for this header. */
#ifndef _EVL_POLL_ABI_H
#define _EVL_POLL_ABI_H

#include <uapi/evl/poll.h>

#endif /* _EVL_POLL_ABI_H */

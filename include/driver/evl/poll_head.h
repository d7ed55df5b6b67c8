/* SPDX-License-Identifier: MIT */
/* Where some trees have poll heads. Source: driver-api 6 */
#ifndef _EVL_POLL_HEAD_H
#define _EVL_POLL_HEAD_H

#include <evl/poll.h>

#endif /* _EVL_POLL_HEAD_H */

/* SPDX-License-Identifier: MIT */
/* What a GPIO driver keeps for the out-of-band side of its files.
 * Source: driver-api 6 */
#ifndef _EVL_DEVICES_GPIO_H
#define _EVL_DEVICES_GPIO_H

#include <evl/file.h>
#include <evl/poll.h>
#include <evl/wait.h>

struct lineevent_oob_state {
	struct evl_file efile;
	struct evl_poll_head poll_head;
	struct evl_wait_queue wait;
	hard_spinlock_t lock;
};

struct linehandle_oob_state {
	struct evl_file efile;
};

#endif /* _EVL_DEVICES_GPIO_H */

/* SPDX-License-Identifier: MIT */
/*
 * A call of an isolated driver's: made by the fiber which serves whoever asks, in a
 * slot of its stage's lane.
 *
 * Stage: any, from a fiber.
 */
#pragma once

#include "isolate/wire.h"

struct remote;

/*
 * Call the driver on behalf of who calls, with the window which came with that.
 * @rq holds op, file, and what the operation has.
 *
 * Blocks: as long as the driver's handler.
 * Return: what the handler did, *@r_answer is filled then; or
 *   -EAGAIN	there are too many calls
 *   -ENODEV	its process is gone
 */
long remote_call(struct remote *remote, struct isolate_request *rq,
		 struct isolate_answer *r_answer);
/* The same for an MMAP, with room for all of its segments. */
long remote_call_segments(struct remote *remote, struct isolate_request *rq,
			  struct isolate_answer *r_answer,
			  struct isolate_segment *segs);

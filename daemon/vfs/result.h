/* SPDX-License-Identifier: MIT */
/*
 * What a driver's handler returned, as its caller may see it: a value, or an
 * errno that user space knows. Both stages pass their results through here;
 * what only one operation or one front cannot have is their own to deal with.
 *
 * Stage: any.
 */
#pragma once

#include <sys/types.h>

#define RESULT_MAX_ERRNO 511 /* what is above stays in the kernel */

/* The rarer part of result_sane(): @ret is less than -RESULT_MAX_ERRNO. */
ssize_t result_translate(ssize_t ret);

/* Values, those of ioctls too, go through as they are. */
static inline ssize_t result_sane(ssize_t ret)
{
	return ret >= -RESULT_MAX_ERRNO ? ret : result_translate(ret);
}

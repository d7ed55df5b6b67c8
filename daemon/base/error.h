/* SPDX-License-Identifier: MIT */
/*
 * Faults: errors of the daemon's own making or environment, as opposed to
 * answers meant for a client. A fault is noted where it is born and at every
 * function it passes, which --verbose shows.
 */
#pragma once

#include "base/log.h"

#include <string.h>

static inline int error_note(int ret, const char *what, const char *func,
			     const char *file, int line)
{
	/* strerrordesc_np: no locale, no allocation. */
	log_debug("%s %s() %s:%d: %s", what, func, file, line,
		  strerrordesc_np(-ret) ? strerrordesc_np(-ret) : "?");

	return ret;
}

#define err_origin(ret) \
	error_note((ret), "fault in", __func__, __FILE__, __LINE__)
#define err_trace(ret) \
	error_note((ret), "through", __func__, __FILE__, __LINE__)

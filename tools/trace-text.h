/* SPDX-License-Identifier: MIT */
/* A record of a trace as the line which drivers/replay/trace.h reads. */
#pragma once

#include "replay/trace.h"

#define TRACE_LINE_MAX (2 * TRACE_DATA_MAX + 64)

/* Its length, with the newline and without a final 0. */
size_t trace_format(const struct trace_record *record,
		    char line[static TRACE_LINE_MAX]);

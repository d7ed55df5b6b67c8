/* SPDX-License-Identifier: MIT */
#pragma once

#include "bench.h"

/* Measure and report. Returns an exit status; what went wrong was said. */
int bench_rtt(const struct bench_options *options);

/* SPDX-License-Identifier: MIT */
#pragma once

/* Trace points of drivers leave notes from now on, which are printed every now
 * and then, as debug lines. In-band. */
void trace_start(void);
/* In-band, when no driver runs any more, while stages are there. */
void trace_stop(void);
/* Print what is there. In-band. */
void trace_flush(void);

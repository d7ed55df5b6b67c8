/* SPDX-License-Identifier: MIT */
/*
 * Clients which cannot leave, since a handler that works for them does not end.
 */
#pragma once

/* Name those handlers in the log. In-band, once everybody was told to leave. */
void stuck_report(void);

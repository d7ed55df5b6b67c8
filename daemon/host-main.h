/* SPDX-License-Identifier: MIT */
/* What we are if we are the process of an isolated driver (isolate/). */
#pragma once

/* The exit status. */
int be_host(void);

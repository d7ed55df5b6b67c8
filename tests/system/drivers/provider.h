/* SPDX-License-Identifier: MIT */
#pragma once

/* One more each time. */
int provider_count(void);

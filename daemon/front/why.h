/* SPDX-License-Identifier: MIT */
/* Why a front cannot be used: one line that names the thing and the remedy. */
#pragma once

/* Format the line into *r_why, which is good until the next call. Returns
 * @ret. In-band. */
int why(const char **r_why, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* SPDX-License-Identifier: MIT */
/*
 * Why a driver is not loaded, or not unloaded: one line, for the log and for
 * who asked. There is one at a time, that of whoever holds the loader's lock.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>

#define COMPLAINT_SIZE 1024

void complaint_clear(void);
/* In the log now, and what complaint() returns until the next one. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, but it is in the log already. */
void complaint_set(const char *line);
/* Not until further notice: somebody looks at files which nobody named. */
void complaint_hush(bool hush);
/* "" if there was none. */
const char *complaint(void);
/* What is to be done about @why: about descriptors if they ran out, which has
 * nothing to do with the driver, else @usual. */
const char *remedy(const char *why, const char *usual);

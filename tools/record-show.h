/* SPDX-License-Identifier: MIT */
/* What is in a trace: in numbers, and over its time as a picture. */
#pragma once

#include <stdbool.h>

/* The exit status; stderr says what is wrong. */
int record_show(const char *path, bool json);

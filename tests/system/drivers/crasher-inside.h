/* SPDX-License-Identifier: MIT */
/* What the pieces of the driver have of each other. */
#pragma once

#include "crasher.h"

#include <linux/device.h>

/* As enum crasher_how says; 0 if that is survived. */
int crash_now(unsigned long how);
/* The same, if @place is the one which was armed. */
int crasher_here(enum crasher_place place);

/* Have the function at @place, no operation of a file, called. */
long crasher_call(enum crasher_place place);
int crasher_call_init(void);
void crasher_call_exit(void);

/* The node whose operations crash, and its attributes. */
int crasher_file_init(void);
void crasher_file_exit(void);
extern const struct attribute_group *crasher_groups[];

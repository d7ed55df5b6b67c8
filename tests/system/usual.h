/* SPDX-License-Identifier: MIT */
/*
 * A launch as most are: the FUSE front, its mount point and the socket in the
 * launch's private directory. Further arguments go up to NULL; the last one of
 * a kind holds.
 */
#pragma once

#include "launch.h"

/* Checked fixtures. */
void usual_setup(void);
void usual_teardown(void);

void usual_start(struct launch *l, ...);
/* It ends with @status, and its log has a line with both @thing and @remedy. */
void usual_refused(int status, const char *thing, const char *remedy, ...);
/* It is there for clients. */
void usual_check_service(void);
void usual_stop(struct launch *l);

/* SPDX-License-Identifier: MIT */
/*
 * The ordinary libraries a driver was linked with. They are opened before it
 * is, by us: its copy has no directory for $ORIGIN to mean.
 *
 * Stage: in-band.
 */
#pragma once

#include <stddef.h>

struct object;

#define LIBRARIES_MAX 32 /* of one driver */

/* Open for good, as is the driver. */
struct libraries {
	void *handles[LIBRARIES_MAX];
	size_t nr;
};

/* Open @name, as @obj has it. -ENOEXEC, after a complaint. */
int library_open(struct libraries *libs, const struct object *obj,
		 const char *name);
/* Does one of them have it? */
void *library_symbol(const struct libraries *libs, const char *symbol);

/* SPDX-License-Identifier: MIT */
/*
 * What drivers need of each other: symbols, and the order that follows. Drivers
 * find what those export which are loaded, and nothing else of theirs.
 *
 * Stage: in-band.
 */
#pragma once

#include <stddef.h>

struct loaded;
struct object;

/* Directories with drivers, "a:b": where to look for who has what is missing.
 * Borrowed. */
void linking_set_dirs(const char *dirs);

/*
 * The first of @nr objects which needs nothing of the others; NULLs are passed
 * over. -ELOOP, after a complaint: there is none.
 */
int linking_first(struct object *const *objs, size_t nr, size_t *r_first);

/* For a driver which is to have a process of its own, where nobody is whose symbols
 * it could use. -ENOEXEC, after a complaint: it does use them. */
int linking_check_alone(const struct object *obj);

/*
 * Give @obj all it needs, before it is mapped; @drv holds on to whose it is.
 * -ENOEXEC, after a complaint, if something is missing, or there twice.
 */
int linking_resolve(struct object *obj, struct loaded *drv);
/* It is mapped: where are its exported symbols? */
void linking_note_exports(struct loaded *drv);

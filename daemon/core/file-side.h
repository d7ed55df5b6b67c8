/* SPDX-License-Identifier: MIT */
/*
 * What the core keeps of a struct evl_file: which open files have it, and how
 * many references drivers hold on it. Usually that is one file; some drivers
 * have one evl_file for all their files, and then it goes with the last of
 * them. None of this is in the evl_file itself: drivers clear it, free it or
 * set it up again whenever they like, so it is found by its address.
 *
 * References of the core's own are on open files, see core/file.h.
 */
#pragma once

#include <stdbool.h>

struct evl_file;
struct open_file;

/* @of has @efilp from now on, and no other. -ENOMEM. In-band. */
int file_side_join(struct open_file *of, struct evl_file *efilp);
/*
 * @of has none any more. If it was the last which had it, drivers put their
 * references first. efilp->filp does not name @of afterwards; if no other file
 * has it, that takes @alive: the evl_file is there.
 *
 * Stage: in-band, from a fiber. Blocks: see above; nothing else ends it.
 */
void file_side_leave(struct open_file *of, bool alive);

/* One of those which have @efilp, the one which joined last; NULL: none has.
 * In-band. */
struct open_file *file_side_latest(const struct evl_file *efilp);

/* A reference for a driver on what @of has, which is not leaving; NULL: it has
 * none. Any stage, as all that follows. */
struct evl_file *file_side_get(struct open_file *of);
/* Harmless if no open file has @efilp. */
void file_side_ref(const struct evl_file *efilp);
void file_side_put(const struct evl_file *efilp);
/* How many there are, for people to look at. */
unsigned int file_side_refs(const struct open_file *of);

/* SPDX-License-Identifier: MIT */
/*
 * What one user may have of something that is limited and that all users share:
 * two thirds of it, but one at least, so that nobody keeps the others out. Root
 * and the user we run as may have it all.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Root, or ourselves. */
bool share_is_all(uid_t uid);
size_t share_of(size_t limit, uid_t uid);

#define SHARE_USERS 1024 /* users whose ids differ by this count as one */

/* How much each user has, for what comes and goes too often to be counted when
 * it is asked for. Any stage, if it has a lock. */
struct share {
	unsigned int limit; /* of all users */
	unsigned int nr[SHARE_USERS];
};

/* One more for @uid; false: it has its share. Who may have all is not told here
 * when there is no more. */
bool share_take(struct share *share, uid_t uid);
void share_give(struct share *share, uid_t uid);
/* @count more, or none. */
bool share_take_some(struct share *share, uid_t uid, unsigned int count);
void share_give_some(struct share *share, uid_t uid, unsigned int count);

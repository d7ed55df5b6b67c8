/* SPDX-License-Identifier: MIT */
#include "base/share.h"

#include <assert.h>
#include <unistd.h>

static size_t two_thirds(size_t limit)
{
	return limit < 2 ? 1 : limit / 3 * 2 + limit % 3 * 2 / 3;
}

bool share_is_all(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

size_t share_of(size_t limit, uid_t uid)
{
	return share_is_all(uid) ? limit : two_thirds(limit);
}

bool share_take_some(struct share *share, uid_t uid, unsigned int count)
{
	unsigned int *nr = &share->nr[uid % SHARE_USERS];

	/* The system call is for those few who have that much. */
	if ((size_t)*nr + count > two_thirds(share->limit) &&
	    !share_is_all(uid))
		return false;
	*nr += count;

	return true;
}

bool share_take(struct share *share, uid_t uid)
{
	return share_take_some(share, uid, 1);
}

void share_give_some(struct share *share, uid_t uid, unsigned int count)
{
	assert(share->nr[uid % SHARE_USERS] >= count);
	share->nr[uid % SHARE_USERS] -= count;
}

void share_give(struct share *share, uid_t uid)
{
	share_give_some(share, uid, 1);
}

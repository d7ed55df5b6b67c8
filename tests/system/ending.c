/* SPDX-License-Identifier: MIT */
#include "ending.h"

#include <check.h>
#include <unistd.h>

struct ending_way {
	bool (*call)(const struct ending *ending);
	bool wants_stream;
};

static bool end_by_close(const struct ending *ending)
{
	return close(ending->fd) == 0;
}

static bool end_by_fclose(const struct ending *ending)
{
	return fclose(ending->stream) == 0;
}

static bool end_by_freopen(const struct ending *ending)
{
	return freopen("/dev/null", "r", ending->stream) != NULL;
}

static bool end_by_close_range(const struct ending *ending)
{
	unsigned int fd = (unsigned int)ending->fd;

	return close_range(fd, fd, 0) == 0;
}

static bool end_by_dup2(const struct ending *ending)
{
	return dup2(ending->other, ending->fd) == ending->fd;
}

static bool end_by_dup3(const struct ending *ending)
{
	return dup3(ending->other, ending->fd, 0) == ending->fd;
}

static const struct ending_way ways[] = {
	{ end_by_close, false },  { end_by_fclose, true },
	{ end_by_freopen, true }, { end_by_close_range, false },
	{ end_by_dup2, false },	  { end_by_dup3, false },
};

_Static_assert(sizeof(ways) / sizeof(ways[0]) == NR_ENDINGS, "in the header");

void ending_init(struct ending *ending, unsigned int n, int fd, int other)
{
	ck_assert_uint_lt(n, NR_ENDINGS);
	*ending = (struct ending){ .fd = fd, .other = other, .way = &ways[n] };
	if (!ending->way->wants_stream)
		return;

	ending->stream = fdopen(fd, "r+");
	ck_assert_ptr_nonnull(ending->stream);
}

bool ending_call(const struct ending *ending)
{
	return ending->way->call(ending);
}

bool ending_by_dup(const struct ending *ending)
{
	return ending->way->call == end_by_dup2 ||
	       ending->way->call == end_by_dup3;
}

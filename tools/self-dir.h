/* SPDX-License-Identifier: MIT */
/* Where the running program lies: what belongs to it is beside or near it. */
#pragma once

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The directory, without a slash at its end; "" if it cannot be told. */
static inline void self_dir(char dir[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", dir, PATH_MAX - 1);
	char *slash;

	dir[len > 0 ? len : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
}

/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <stdio.h>

/* Exact, as what /proc/PID/status says is not. */
int64_t daemon_memory(const struct bench_run *run)
{
	int64_t ret = -ENODATA;
	char line[256];
	long long kb;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%u/smaps_rollup", run->daemon_pid);
	file = fopen(line, "re");
	if (file == NULL)
		return -errno;

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Anonymous: %lld kB", &kb) == 1)
			ret = kb * 1024;
	fclose(file);

	return ret;
}

/* SPDX-License-Identifier: MIT */
/*
 * A daemon for one run, with the driver it asks.
 */
#include "bench.h"
#include "complain.h"
#include "control-query.h"
#include "own-daemon.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char *find_driver(const struct bench_options *options)
{
	static const char *const dirs[] = { ".", "../drivers", DRIVER_DIR };
	static char found[PATH_MAX];
	char place[PATH_MAX];
	const char *const places[] = { place, NULL };

	if (options->driver)
		return options->driver;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(place, sizeof(place), "%s/%s.so", dirs[i],
			 options->device);
		if (own_daemon_find_near(places, found))
			return found;
	}

	return NULL;
}

int daemon_start(const struct bench_options *options)
{
	struct own_daemon_options own = { .program = options->daemon,
					  .signal = &bench_signal };
	const char *driver = find_driver(options);
	unsigned int nr = 0, nr_args = 0;
	char max_threads[16];
	const char **args;
	int ret;

	if (driver == NULL) {
		complain("there is no %s.so beside us, nor in " DRIVER_DIR
			 ": say --driver",
			 options->device);
		return BENCH_EXIT_NO_DRIVER;
	}

	while (options->daemon_args && options->daemon_args[nr])
		nr++;
	args = calloc(nr + 5, sizeof(*args));
	if (args == NULL)
		return TOOL_EXIT_FAILURE;
	args[nr_args++] = "--driver";
	args[nr_args++] = driver;
	if (options->max_threads) {
		snprintf(max_threads, sizeof(max_threads), "%u",
			 options->max_threads);
		args[nr_args++] = "--max-threads";
		args[nr_args++] = max_threads;
	}
	for (unsigned int i = 0; i < nr; i++)
		args[nr_args++] = options->daemon_args[i];

	own.args = args;
	ret = own_daemon_start(&own);
	free(args);

	return ret;
}

void daemon_stop(void)
{
	own_daemon_stop();
}

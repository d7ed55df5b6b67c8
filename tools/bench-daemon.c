/* SPDX-License-Identifier: MIT */
/*
 * A daemon for one run, with the loopback driver.
 */
#include "bench.h"
#include "control-query.h"
#include "own-daemon.h"

#include <stdio.h>
#include <stdlib.h>

static const char *find_driver(const struct bench_options *options)
{
	static const char *const places[] = { "loopback.so",
					      "../drivers/loopback.so",
					      DRIVER_DIR "/loopback.so", NULL };
	static char found[PATH_MAX];

	return options->driver ? options->driver
			       : own_daemon_find_near(places, found);
}

int daemon_start(const struct bench_options *options)
{
	struct own_daemon_options own = { .program = options->daemon,
					  .signal = &bench_signal };
	const char *driver = find_driver(options);
	unsigned int nr = 0;
	const char **args;
	int ret;

	if (driver == NULL) {
		fprintf(stderr, "evl-bench: there is no loopback.so beside us, "
				"nor in " DRIVER_DIR ": say --driver\n");
		return BENCH_EXIT_NO_DRIVER;
	}

	while (options->daemon_args && options->daemon_args[nr])
		nr++;
	args = calloc(nr + 3, sizeof(*args));
	if (args == NULL)
		return TOOL_EXIT_FAILURE;
	args[0] = "--driver";
	args[1] = driver;
	for (unsigned int i = 0; i < nr; i++)
		args[i + 2] = options->daemon_args[i];

	own.args = args;
	ret = own_daemon_start(&own);
	free(args);

	return ret;
}

void daemon_stop(void)
{
	own_daemon_stop();
}

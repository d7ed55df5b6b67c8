/* SPDX-License-Identifier: MIT */
#include "host-main.h"

#include "base/log.h"
#include "bus/platform.h"
#include "config.h"
#include "ground.h"
#include "isolate/isolate.h"

#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the daemon is, but: */
static void adapt(struct config *config)
{
	/* A worker of ours is never in the way of the daemon's on its CPU. */
	if (config->priority > 0)
		config->priority--;
	/* The daemon's, and behind pointers of its own. */
	config->nr_drivers = 0;
	config->nr_devices = 0;
	platform_devices_are_elsewhere();
	/* Where it may run, rather than where its thread did which began us. */
	sched_setaffinity(0, sizeof(config->affinity), &config->affinity);
}

static int serve(const struct config *config)
{
	int ret;

	ret = ground_start_stages(config, NULL);
	if (ret == 0)
		ret = ground_start_core(config);
	if (ret)
		log_err("cannot start: %s", strerrordesc_np(-ret));
	else
		host_run(ground_stacks());
	ground_end_core();
	if (!ground_end_stages(host_free_fibers))
		_exit(EXIT_OTHER);

	return ret ? EXIT_OTHER : 0;
}

int be_host(void)
{
	static struct config config;

	umask(0022);
	if (host_prepare(&config, sizeof(config)))
		return EXIT_OTHER;
	log_init(config.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, NULL);
	adapt(&config);

	return serve(&config);
}

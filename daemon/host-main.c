/* SPDX-License-Identifier: MIT */
#include "host-main.h"

#include "base/log.h"
#include "bus/platform.h"
#include "config-share.h"
#include "config.h"
#include "devices.h"
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
	/* Behind pointers of the daemon's, as its devices are. */
	config->nr_drivers = 0;
	/* Where it may run, rather than where its thread did which began us. */
	sched_setaffinity(0, sizeof(config->affinity), &config->affinity);
}

/* What the daemon has of them, as far as they can be told from here. */
static int make_devices(struct config *config, int fd)
{
	int ret = config_receive_devices(config, fd);

	platform_devices_are_elsewhere();
	host_devices_start();

	return ret ? ret : devices_make(config);
}

static int serve(struct config *config, int devices)
{
	int ret;

	ret = ground_start_stages(config, NULL);
	if (ret == 0)
		ret = ground_start_core(config);
	if (ret == 0)
		ret = make_devices(config, devices);
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
	int devices = -1;

	umask(0022);
	if (host_prepare(&config, sizeof(config), &devices))
		return EXIT_OTHER;
	log_init(config.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, NULL);
	adapt(&config);

	return serve(&config, devices);
}

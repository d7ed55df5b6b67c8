/* SPDX-License-Identifier: MIT */
#include "devices.h"

#include "base/log.h"
#include "bus/platform.h"
#include "config.h"
#include "stage/inband.h"

#include <string.h>

struct devices_call {
	const struct config *config;
	int ret;
};

static int make(const struct config_device *dev)
{
	const struct platform_order order = {
		.name = dev->name,
		.driver = dev->driver,
		.resources = dev->res,
		.nr_resources = dev->nr_res,
		.props = dev->props,
		.nr_props = dev->nr_props,
	};
	int ret = platform_configure(&order);

	if (ret)
		log_err("device %s: cannot be made: %s: check its name and "
			"what it has",
			dev->name, strerrordesc_np(-ret));

	return ret;
}

static void run(void *arg)
{
	struct devices_call *call = arg;

	for (unsigned int i = 0; i < call->config->nr_devices; i++) {
		call->ret = make(&call->config->devices[i]);
		if (call->ret)
			return;
	}
}

int devices_make(const struct config *config)
{
	struct devices_call call = { .config = config };
	int ret = inband_call(run, &call);

	return ret ? ret : call.ret;
}

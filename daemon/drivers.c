/* SPDX-License-Identifier: MIT */
#include "drivers.h"

#include "base/log.h"
#include "config.h"
#include "server/order.h"
#include "vfs/linking.h"
#include "vfs/module.h"
#include "wire/driver-find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char dirs[DRIVER_DIRS_MAX];

void drivers_init(void)
{
	driver_dirs(dirs, DRIVER_DIR);
	linking_set_dirs(dirs);
	order_set_dirs(dirs);
}

/* Yours; NULL: there is none, the log says so. */
static char *find_file(const struct config_driver *drv)
{
	char *path;

	if (drv->path)
		return strdup(drv->path);
	if (driver_is_path(drv->name))
		return strdup(drv->name);

	path = malloc(PATH_MAX);
	if (path && driver_find(dirs, drv->name, path))
		return path;
	free(path);
	log_err("driver %s: there is no %s.so in %s: give its path", drv->name,
		drv->name, dirs);

	return NULL;
}

int drivers_load(const struct config *config)
{
	struct module_order orders[CONFIG_MAX_DRIVERS] = { { .path = NULL } };
	char *paths[CONFIG_MAX_DRIVERS];
	unsigned int nr;
	int ret = 0;

	for (nr = 0; nr < config->nr_drivers && ret == 0; nr++) {
		paths[nr] = find_file(&config->drivers[nr]);
		if (paths[nr] == NULL)
			ret = -ENOENT;
		orders[nr] = (struct module_order){
			.path = paths[nr],
			.params = config->drivers[nr].params,
			.nr_params = config->drivers[nr].nr_params,
			.isolate = config->drivers[nr].isolate,
		};
	}
	if (ret == 0)
		ret = module_load_all(orders, nr);
	while (nr)
		free(paths[--nr]);

	return ret;
}

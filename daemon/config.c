/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "config-file.h"
#include "config-value.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

/* Where argp looks for it. */
__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-cused " PROJECT_VERSION;

static const char args_doc[] = "[--driver=NAME|PATH [PARAMETER=VALUE...]]... "
			       "[--device=NAME [KEY=VALUE...]]...";

static const char doc[] =
	"Serve EVL device drivers from user space: their nodes through CUSE or "
	"FUSE, their out-of-band operations through shared memory."
	"\vExit status: 0 after SIGTERM or SIGINT; 2 bad usage or "
	"configuration; 3 neither CUSE nor FUSE to be had; 4 a driver cannot be "
	"loaded; 5 another evl-cused serves the socket; 1 any other failure. "
	"See evl-cused(8), evl-cused.conf(5).";

enum option_key {
	OPT_MOUNT = 256,
	OPT_DEVICE,
	OPT_OOB_CPUS,
	OPT_OOB_PRIORITY,
	OPT_SPIN,
	OPT_SPIN_US,
	OPT_POLL_WAKE,
	OPT_GOLDEN_RULE,
	OPT_WATCHDOG_MS,
	OPT_GROUP,
	OPT_MODE,
	OPT_FOREGROUND,
	OPT_MAX_CLIENTS,
	OPT_MAX_THREADS,
	OPT_MAX_XBUFS,
};

static const struct argp_option options[] = {
	{ "config", 'c', "FILE", 0,
	  "Read this instead of /etc/evl-cused.conf or the user's own", 1 },
	{ "front", 'f', "auto|cuse|fuse", 0,
	  "How nodes reach the kernel (auto: cuse if /dev/cuse is there)", 1 },
	{ "mount", OPT_MOUNT, "DIR", 0, "Where the FUSE front mounts", 1 },
	{ "socket", 's', "PATH", 0, "The control socket", 1 },
	{ "group", OPT_GROUP, "NAME", 0, "Group of nodes and socket", 1 },
	{ "mode", OPT_MODE, "OCTAL", 0, "Mode of nodes and socket", 1 },
	{ "driver", 'd', "NAME|PATH", 0,
	  "Load this driver, with the parameters that follow (repeatable)", 2 },
	{ "device", OPT_DEVICE, "NAME", 0,
	  "There is such a device, with the driver=, irq=, reg= and properties "
	  "that follow (repeatable)",
	  2 },
	{ "oob-cpus", OPT_OOB_CPUS, "LIST", 0,
	  "One real-time worker on each of these CPUs, as 2,3 or 4-7", 3 },
	{ "oob-priority", OPT_OOB_PRIORITY, "N", 0,
	  "SCHED_FIFO priority of the workers, 0: none (default 90)", 3 },
	{ "spin", OPT_SPIN, "never|adaptive|always", 0,
	  "Wait for requests by spinning (default adaptive)", 3 },
	{ "spin-us", OPT_SPIN_US, "N", 0,
	  "Spin no longer than this many microseconds (default 200)", 3 },
	{ "poll-wake", OPT_POLL_WAKE, "one|all", 0,
	  "How many that poll a file are told of an event (default one)", 3 },
	{ "golden-rule", OPT_GOLDEN_RULE, "off|warn|enforce", 0,
	  "System calls and in-band services of out-of-band handlers: let them "
	  "be, tell of them, or have them fail (default warn)",
	  3 },
	{ "watchdog-ms", OPT_WATCHDOG_MS, "N", 0,
	  "Tell of handlers that keep a worker for so long, 0: do not (default "
	  "1000)",
	  3 },
	{ "max-clients", OPT_MAX_CLIENTS, "N", 0,
	  "Processes that may be connected (default 1024)", 4 },
	{ "max-threads", OPT_MAX_THREADS, "N", 0,
	  "Threads that may be attached, over all (default 1024); of these "
	  "and of clients one user but root may have two thirds",
	  4 },
	{ "max-xbufs", OPT_MAX_XBUFS, "N", 0,
	  "Cross-buffers one user may have (default 16, as EVL has)", 4 },
	{ "foreground", OPT_FOREGROUND, NULL, 0,
	  "Stay in the foreground (the default, and all there is)", 5 },
	{ "verbose", 'v', NULL, 0, "Say more", 5 },
	{ 0 },
};

static const char *option_name(int key)
{
	for (const struct argp_option *opt = options; opt->name; opt++)
		if (opt->key == key)
			return opt->name;

	return NULL;
}

/* While the command line is read. */
struct command_line {
	struct config *config;
	struct config_driver *last; /* whose parameters follow; or */
	struct config_device *dev;  /* whose keys do */
};

/* One which the file has got already keeps what the file says of it. */
static void take_driver(struct command_line *line, const struct origin *origin,
			const char *arg)
{
	struct config *config = line->config;
	struct config_driver *drv;

	line->dev = NULL;
	for (unsigned int i = 0; i < config->nr_of_file; i++) {
		drv = &config->drivers[i];
		if (!config_is_driver(drv, arg))
			continue;
		line->last = drv;
		if (strcmp(drv->name, arg) == 0)
			return;
		/* A path: there it is. */
		free(drv->path);
		drv->path = config_absolute(origin, "driver", arg);
		return;
	}

	line->last = config_add_driver(config, origin, arg);
}

/* One of the file has what follows beside, or instead of, what it has there. */
static void take_device(struct command_line *line, const struct origin *origin,
			const char *name)
{
	line->last = NULL;
	line->dev = config_find_device(line->config, name);
	if (line->dev == NULL)
		line->dev = config_add_device(line->config, origin, name);
}

/* "key=value", or a key alone. */
static void take_key(struct command_line *line, const struct origin *origin,
		     const char *arg)
{
	size_t len = strcspn(arg, "=");
	char *key = strndup(arg, len);

	if (key)
		config_set_device(line->config, origin, line->dev, key,
				  arg[len] ? arg + len + 1 : "");
	free(key);
}

static void take_arg(struct command_line *line, const struct origin *origin,
		     const char *arg)
{
	if (line->dev)
		take_key(line, origin, arg);
	else if (line->last)
		config_add_param(line->last, arg);
	else
		origin_complain(origin,
				"%s: what is that for? Parameters follow their "
				"--driver, keys their --device",
				arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const struct origin origin = { .state = state };
	struct command_line *line = state->input;
	const char *name;

	switch (key) {
	case 'c':
	case OPT_FOREGROUND:
		return 0;
	case 'd':
		take_driver(line, &origin, arg);
		return 0;
	case OPT_DEVICE:
		take_device(line, &origin, arg);
		return 0;
	case 'v':
		line->config->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		take_arg(line, &origin, arg);
		return 0;
	default:
		name = option_name(key);
		if (name && config_set(line->config, &origin, name, arg))
			return 0;
		return ARGP_ERR_UNKNOWN;
	}
}

/* Nothing but the file's name. */
static error_t parse_config(int key, char *arg, struct argp_state *state)
{
	const char **file = state->input;

	if (key == 'c')
		*file = arg;

	return 0;
}

void config_parse(struct config *config, int argc, char **argv)
{
	static const struct argp first = {
		.options = options,
		.parser = parse_config,
		.args_doc = args_doc,
		.doc = doc,
	};
	static const struct argp second = {
		.options = options,
		.parser = parse_option,
		.args_doc = args_doc,
		.doc = doc,
	};
	struct command_line line = { .config = config };
	const char *file = NULL;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&first, argc, argv, ARGP_IN_ORDER, NULL, &file);
	config_init(config);
	config_file_read(config, file);
	config->nr_of_file = config->nr_drivers;
	argp_parse(&second, argc, argv, ARGP_IN_ORDER, NULL, &line);
}

/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "stage/placement.h"

#include <argp.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where argp looks for it. */
__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-cused " PROJECT_VERSION;

static const char doc[] =
	"Serve EVL device drivers from user space: their nodes through CUSE or "
	"FUSE, their out-of-band operations through shared memory."
	"\vExit status: 0 after SIGTERM or SIGINT; 2 bad usage; 3 neither CUSE "
	"nor FUSE to be had; 4 a driver cannot be loaded; 5 another evl-cused "
	"serves the socket; 1 any other failure. See evl-cused(8).";

enum option_key {
	OPT_MOUNT = 256,
	OPT_OOB_CPUS,
	OPT_OOB_PRIORITY,
	OPT_SPIN,
	OPT_SPIN_US,
	OPT_POLL_WAKE,
	OPT_GROUP,
	OPT_MODE,
	OPT_FOREGROUND,
	OPT_MAX_CLIENTS,
	OPT_MAX_THREADS,
	OPT_MAX_XBUFS,
};

static const struct argp_option options[] = {
	{ "front", 'f', "auto|cuse|fuse", 0,
	  "How nodes reach the kernel (auto: cuse if /dev/cuse is there)", 1 },
	{ "mount", OPT_MOUNT, "DIR", 0, "Where the FUSE front mounts", 1 },
	{ "socket", 's', "PATH", 0, "The control socket", 1 },
	{ "group", OPT_GROUP, "NAME", 0, "Group of nodes and socket", 1 },
	{ "mode", OPT_MODE, "OCTAL", 0, "Mode of nodes and socket", 1 },
	{ "driver", 'd', "PATH", 0,
	  "Load the driver in this shared object (repeatable)", 2 },
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

/* NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet */
static unsigned long number(struct argp_state *state, const char *arg,
			    unsigned long max, int base, const char *what)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, base);
	if (errno || end == arg || *end || arg[0] == '-' || value > max)
		argp_error(state, "%s: not a valid %s", arg, what);

	return value;
}

/* Zero of something would be a daemon that serves nobody. */
static unsigned int limit(struct argp_state *state, const char *arg,
			  const char *what)
{
	unsigned long value = number(state, arg, 1u << 20, 10, what);

	if (value == 0)
		argp_error(state, "%s=%s: give at least 1", what, arg);

	return (unsigned int)value;
}

static const char *one_of(struct argp_state *state, const char *arg,
			  const char *const *words, const char *what)
{
	for (; *words; words++)
		if (strcmp(arg, *words) == 0)
			return *words;

	argp_error(state, "%s: not a valid %s", arg, what);

	return NULL;
}

static enum oob_spin spin_mode(struct argp_state *state, const char *arg)
{
	if (strcmp(arg, "never") == 0)
		return OOB_SPIN_NEVER;
	if (strcmp(arg, "always") == 0)
		return OOB_SPIN_ALWAYS;
	if (strcmp(arg, "adaptive") != 0)
		argp_error(state, "%s: not a valid --spin", arg);

	return OOB_SPIN_ADAPTIVE;
}

static gid_t group_id(struct argp_state *state, const char *arg)
{
	const struct group *group = getgrnam(arg);

	if (group)
		return group->gr_gid;
	if (arg[0] < '0' || arg[0] > '9')
		argp_error(state, "%s: no such group", arg);

	return (gid_t)number(state, arg, 0x7fffffff, 10, "--group");
}

static void add_cpu(struct argp_state *state, struct config *config,
		    unsigned long cpu)
{
	if (!placement_cpu_usable((int)cpu))
		argp_error(state, "--oob-cpus: there is no CPU %lu for us",
			   cpu);
	for (unsigned int i = 0; i < config->nr_cpus; i++)
		if (config->cpus[i] == (int)cpu)
			argp_error(state,
				   "--oob-cpus: CPU %lu is there twice: name "
				   "each one once",
				   cpu);
	if (config->nr_cpus == CONFIG_MAX_CPUS)
		argp_error(state, "--oob-cpus: at most %d", CONFIG_MAX_CPUS);

	config->cpus[config->nr_cpus++] = (int)cpu;
}

/* The kernel's list format: 0,2-3 */
static void cpu_list(struct argp_state *state, struct config *config, char *arg)
{
	static const char what[] = "CPU for --oob-cpus";
	unsigned long first, last;
	char *item, *dash, *rest = arg;

	if (arg[0] == '\0')
		argp_error(state, "--oob-cpus: no CPU is named: give some, as "
				  "2,3 or 4-7");

	while ((item = strsep(&rest, ","))) {
		dash = strchr(item, '-');
		if (dash)
			*dash++ = '\0';
		first = number(state, item, 8191, 10, what);
		last = dash ? number(state, dash, 8191, 10, what) : first;
		if (first > last)
			argp_error(state,
				   "--oob-cpus: %lu-%lu: no CPU is in "
				   "that range",
				   first, last);
		for (; first <= last; first++)
			add_cpu(state, config, first);
	}
}

static void add_driver(struct argp_state *state, struct config *config,
		       const char *arg)
{
	if (arg[0] == '\0')
		argp_error(state, "--driver: an empty path: give that of a "
				  "driver's shared object");
	if (config->nr_drivers == CONFIG_MAX_DRIVERS)
		argp_error(state, "--driver: at most %d", CONFIG_MAX_DRIVERS);
	config->drivers[config->nr_drivers++] = arg;
}

static char *absolute(struct argp_state *state, const char *arg,
		      const char *what)
{
	char *path = NULL, *here = NULL;

	if (arg[0] == '\0')
		argp_error(state, "%s: an empty path", what);
	else if (arg[0] == '/')
		path = strdup(arg);
	else if ((here = getcwd(NULL, 0)) &&
		 asprintf(&path, "%s/%s", here, arg) < 0)
		path = NULL;
	if (path == NULL)
		argp_failure(state, EXIT_OTHER, errno,
			     "%s: %s: give an absolute path", what, arg);
	free(here);

	return path;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const char *const fronts[] = { "auto", "cuse", "fuse", NULL };
	static const char *const wakes[] = { "one", "all", NULL };
	struct config *config = state->input;

	switch (key) {
	case 'f':
		config->front = one_of(state, arg, fronts, "--front");
		break;
	case OPT_MOUNT:
		free(config->mount);
		config->mount = absolute(state, arg, "--mount");
		break;
	case 's':
		free(config->socket);
		config->socket = absolute(state, arg, "--socket");
		break;
	case OPT_GROUP:
		config->gid = group_id(state, arg);
		break;
	case OPT_MODE:
		config->mode = (mode_t)number(state, arg, 0777, 8, "--mode");
		break;
	case 'd':
		add_driver(state, config, arg);
		break;
	case OPT_OOB_CPUS:
		cpu_list(state, config, arg);
		break;
	case OPT_OOB_PRIORITY:
		config->priority = (int)number(state, arg, 99, 10,
					       "--oob-priority (0 to 99)");
		break;
	case OPT_SPIN:
		config->spin = spin_mode(state, arg);
		break;
	case OPT_SPIN_US:
		config->spin_us = (unsigned int)number(state, arg, 1000000, 10,
						       "--spin-us");
		break;
	case OPT_POLL_WAKE:
		config->poll_wake_all =
			one_of(state, arg, wakes, "--poll-wake") == wakes[1];
		break;
	case OPT_MAX_CLIENTS:
		config->max_clients = limit(state, arg, "--max-clients");
		break;
	case OPT_MAX_THREADS:
		config->max_threads = limit(state, arg, "--max-threads");
		break;
	case OPT_MAX_XBUFS:
		config->max_xbufs = limit(state, arg, "--max-xbufs");
		break;
	case OPT_FOREGROUND:
		break;
	case 'v':
		config->verbose = true;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: what is that for?", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

void config_parse(struct config *config, int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = doc,
	};

	*config = (struct config){
		.front = "auto",
		.priority = 90,
		.spin = OOB_SPIN_ADAPTIVE,
		.spin_us = 200,
		.mode = geteuid() == 0 ? 0660 : 0600,
		.gid = (gid_t)-1,
		.max_clients = 1024,
		.max_threads = 1024,
		.max_xbufs = 16,
	};
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, config);
}
/* NOLINTEND(concurrency-mt-unsafe) */

/* SPDX-License-Identifier: MIT */
/*
 * evl-bench: the command line.
 */
#include "bench.h"
#include "command-line.h"
#include "complain.h"
#include "control-query.h"
#include "json-put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_SAMPLES 100
#define MAX_SAMPLES 1000000
#define MAX_COUNT   1000000

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-bench " PROJECT_VERSION;

static const char summary[] =
	"measure round trips, descriptors, processes, wake-ups and sleepers";

static const char args_doc[] = "rtt\nfiles\nprocesses\nwakeup\nsleepers";

static const char doc[] =
	"Measure round trips, what descriptors, processes or kernel threads "
	"cost, or how late they wake up, all in one run, in rounds that take "
	"turns."
	"\v"
	"rtt, round trips:\n"
	"floor_spin     two processes spinning on a pair of shared words\n"
	"floor_futex    the same, sleeping on them with futexes\n"
	"pipe           8 bytes through a pipe, and back through another\n"
	"seqpacket      the same through a pair of SOCK_SEQPACKET sockets\n"
	"inband_ioctl   ioctl(2), the loopback driver's no-op\n"
	"oob_ioctl      the same by oob_ioctl()\n"
	"oob_read_64    oob_read() of 64 bytes that are there, from a private "
	"cross-buffer\n"
	"oob_write_64   oob_write() of 64 bytes into one which has room\n"
	"\n"
	"files, and their descriptors:\n"
	"close, dup     of a descriptor that is none of ours; bare_close, "
	"bare_dup: by a bare system call\n"
	"open_node, close_node   the loopback driver's node\n"
	"bind, unbind   dup(2) of a bound descriptor up to --count of them, and "
	"close(2)\n"
	"oob_alone      oob_ioctl() with one descriptor bound; oob_first, "
	"oob_last: on the first and the last of --count\n"
	"\n"
	"processes, with one bound descriptor each:\n"
	"oob_alone      oob_ioctl() without them; oob_among: with --count\n"
	"\n"
	"wakeup, how long after its date runs\n"
	"bare_thread    a thread in clock_nanosleep(2), with the worker's CPU "
	"and priority\n"
	"timer_handler  a timer's function in the daemon\n"
	"kthread        a driver's thread in evl_sleep_until()\n"
	"\n"
	"sleepers, from the call that wakes a kernel thread until it runs\n"
	"flag_few, sem_few, queue_few   the most urgent of 10 who share a flag, "
	"a semaphore, a wait queue\n"
	"alone_few      one which has a flag to itself, while those sleep\n"
	"flag_many ...  the same with --count of them\n"
	"\n"
	"Exit status: 0; 1 a measurement failed; 2 bad usage; 3 no evl-cused; "
	"4 no such driver; 128 and its number after a signal.";

/* What can be measured. */
static const struct command {
	const char *name;
	int (*run)(const struct bench_options *options);
	const char *device;
	unsigned int nr_samples; /* by default */
	bool has_count;
} commands[] = {
	{ "rtt", bench_rtt, "loopback", 20000, false },
	{ "files", bench_files, "loopback", 5000, true },
	{ "processes", bench_processes, "loopback", 20000, true },
	{ "wakeup", bench_wakeup, "wakeup", 5000, false },
	{ "sleepers", bench_sleepers, "sleepers", 20000, true },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *command; /* as given */

enum long_option {
	OPT_JSON = 256,
	OPT_FLOOR_ONLY,
	OPT_COUNT,
	OPT_NODE,
	OPT_START,
	OPT_DAEMON,
	OPT_DAEMON_ARG,
	OPT_DRIVER,
};

static const struct argp_option options[] = {
	{ "samples", 'n', "N", 0,
	  "Of each kind (default 20000, for files and wakeup 5000)", 1 },
	{ "count", OPT_COUNT, "N", 0,
	  "How many descriptors or sleepers (default 10000), or processes "
	  "(default 1000)",
	  1 },
	{ "json", OPT_JSON, NULL, 0, "Write JSON", 1 },
	{ "spin-floor-only", OPT_FLOOR_ONLY, NULL, 0,
	  "Only floor_spin of rtt; needs no evl-cused", 1 },
	{ "driver-node", OPT_NODE, "PATH", 0,
	  "The driver's node (default: where evl-cused has it)", 1 },
	{ "start", OPT_START, NULL, 0,
	  "Start an evl-cused for this run, stop it afterwards", 2 },
	{ "daemon", OPT_DAEMON, "PATH", 0,
	  "The evl-cused to start (default: beside us, or in PATH)", 2 },
	{ "daemon-arg", OPT_DAEMON_ARG, "ARG", 0,
	  "Give it this argument, as --spin=never (repeatable)", 2 },
	{ "driver", OPT_DRIVER, "PATH", 0,
	  "The loopback.so, wakeup.so or sleepers.so it loads (default: beside us, or as "
	  "installed)",
	  2 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static void choose(const char *name)
{
	if (command)
		command_line_error("%s: one thing at a time", name);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	if (command == NULL)
		command_line_error(
			"%s: there are rtt, files, processes, wakeup "
			"and sleepers",
			name);
}

static void check(struct bench_options *given)
{
	if (command == NULL)
		command_line_error("what to measure? There are rtt, files, "
				   "processes, wakeup and sleepers");
	if (!given->start &&
	    (given->daemon || given->daemon_args || given->driver))
		command_line_error(
			"--daemon, --daemon-arg and --driver go with "
			"--start");
	if (given->floor_only && command->run != bench_rtt)
		command_line_error("--spin-floor-only goes with rtt");
	if (given->count && !command->has_count)
		command_line_error(
			"--count goes with files, processes and sleepers");
	given->device = command->device;
	if (given->nr_samples == 0)
		given->nr_samples = command->nr_samples;
}

static void add_daemon_arg(struct bench_options *given, char *arg)
{
	unsigned int nr = 0;
	char **args;

	while (given->daemon_args && given->daemon_args[nr])
		nr++;
	args = realloc(given->daemon_args, (nr + 2) * sizeof(*args));
	if (args == NULL) {
		complain("out of memory");
		exit(TOOL_EXIT_FAILURE);
	}
	args[nr] = arg;
	args[nr + 1] = NULL;
	given->daemon_args = args;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_options *given = state->input;

	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case 'n':
		given->nr_samples = (unsigned int)command_line_number(
			"--samples", arg, MIN_SAMPLES, MAX_SAMPLES);
		break;
	case OPT_JSON:
		given->json = true;
		break;
	case OPT_FLOOR_ONLY:
		given->floor_only = true;
		break;
	case OPT_COUNT:
		given->count = (unsigned int)command_line_number("--count", arg,
								 1, MAX_COUNT);
		break;
	case OPT_NODE:
		given->node = arg;
		break;
	case OPT_START:
		given->start = true;
		break;
	case OPT_DAEMON:
		given->daemon = arg;
		break;
	case OPT_DAEMON_ARG:
		add_daemon_arg(given, arg);
		break;
	case OPT_DRIVER:
		given->driver = arg;
		break;
	case ARGP_KEY_ARG:
		choose(arg);
		break;
	case ARGP_KEY_END:
		check(given);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = args_doc,
		.doc = doc,
	};
	struct bench_options given = { .nr_samples = 0 };
	int status;

	command_line_parse(&argp, argc, argv, &given);
	status = command->run(&given);
	free(given.daemon_args);

	return given.json && status < BENCH_EXIT_SIGNAL ? json_failure(status)
							: status;
}

/* SPDX-License-Identifier: MIT */
/*
 * evl test-driver: the command line, and in what order things are checked.
 */
#include "command-line.h"
#include "complain.h"
#include "own-daemon.h"
#include "test-driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEFAULT_PATIENCE_S 10
#define MAX_PATIENCE_S	   3600
#define MAX_SIZE	   65536

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-test-driver " PROJECT_VERSION;

static const char summary[] = "check that a driver does what drivers must";

static const char args_doc[] = "NAME|PATH [PARAMETER=VALUE...]";

static const char doc[] =
	"Check a driver, in an evl-cused that is started for it: do its calls "
	"sleep, and stop sleeping, as they must; are bad pointers and unknown "
	"commands told; do files and the driver itself end."
	"\vA line for each check: passed, failed (why, and what to do), or not "
	"applicable; then their numbers."
	"\n\nExit status: 0; 1 a check failed; 2 bad usage; 3 no evl-cused could "
	"be started; 128 and its number after a signal.";

struct test_options wanted;
volatile sig_atomic_t test_signal;

static const char *params[MAX_ARGS], *daemon_args[MAX_ARGS];
static struct words helpers[MAX_ARGS], devices[MAX_ARGS];

/* Shared with the children. */
static struct subject *nodes;
static unsigned int nr_nodes;

/* What the driver's out-of-band code did against the golden rule. */
static struct {
	uint64_t nr_syscalls, nr_memory, nr_waits, nr_hogs;
	uint32_t watched; /* enum control_watch */
	char line[512];	  /* of the log, about the first one */
} rule;

enum long_option {
	OPT_NODE = 256,
	OPT_WITH,
	OPT_DEVICE,
	OPT_SIZE,
	OPT_PATIENCE,
	OPT_DAEMON,
	OPT_DAEMON_ARG,
};

static const struct argp_option options[] = {
	{ "node", OPT_NODE, "NAME", 0,
	  "Check only this node of the driver's, as it is named in /dev", 1 },
	{ "with", OPT_WITH, "'NAME|PATH [PARAMETER=VALUE...]'", 0,
	  "Load this driver before (repeatable)", 1 },
	{ "device", OPT_DEVICE, "'NAME [KEY=VALUE...]'", 0,
	  "There is this device, for platform drivers (repeatable)", 1 },
	{ "size", OPT_SIZE, "BYTES", 0,
	  "Read and write so much (default: what it takes)", 1 },
	{ "patience", OPT_PATIENCE, "SECONDS", 0,
	  "How long a call may take before it hangs (default 10)", 1 },
	{ "json", 'j', NULL, 0, "Write JSON", 1 },
	{ "daemon", OPT_DAEMON, "PATH", 0,
	  "The evl-cused to start (default: where it is installed, or in PATH)",
	  2 },
	{ "daemon-arg", OPT_DAEMON_ARG, "ARG", 0,
	  "Give it this argument, as --front=cuse (repeatable)", 2 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static void add(const char **list, unsigned int *nr, const char *arg)
{
	if (*nr == MAX_ARGS)
		command_line_error("%s: at most %d of these", arg, MAX_ARGS);
	list[(*nr)++] = arg;
}

static void add_words(struct words *list, unsigned int *nr, const char *option,
		      const char *arg)
{
	if (*nr == MAX_ARGS)
		command_line_error("%s=%s: at most %d of these", option, arg,
				   MAX_ARGS);
	list[(*nr)++] = words_split(option, arg);
}

/* The driver first, then what it is given. */
static void add_arg(const char *arg)
{
	if (*arg == '\0')
		command_line_error("a driver, or a parameter, is empty");
	if (wanted.driver == NULL)
		wanted.driver = arg;
	else if (wanted.nr_params == CONTROL_DRIVER_PARAMS)
		command_line_error("%s: at most %d parameters", arg,
				   CONTROL_DRIVER_PARAMS);
	else
		add(params, &wanted.nr_params, arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case OPT_NODE:
		wanted.node = strncmp(arg, "/dev/", 5) == 0 ? arg + 5 : arg;
		break;
	case OPT_WITH:
		add_words(helpers, &wanted.nr_helpers, "--with", arg);
		break;
	case OPT_DEVICE:
		add_words(devices, &wanted.nr_devices, "--device", arg);
		break;
	case OPT_SIZE:
		wanted.size = command_line_number("--size", arg, 1, MAX_SIZE);
		break;
	case OPT_PATIENCE:
		wanted.patience_ns = command_line_number("--patience", arg, 1,
							 MAX_PATIENCE_S) *
				     UINT64_C(1000000000);
		break;
	case 'j':
		wanted.json = true;
		break;
	case OPT_DAEMON:
		wanted.daemon = arg;
		break;
	case OPT_DAEMON_ARG:
		add(daemon_args, &wanted.nr_daemon_args, arg);
		break;
	case ARGP_KEY_ARG:
		add_arg(arg);
		break;
	case ARGP_KEY_NO_ARGS:
		command_line_error("which driver? Give the path of its .so");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

static void take_note(int signo)
{
	test_signal = signo;
}

static void watch_signals(void)
{
	struct sigaction action = { .sa_handler = take_note };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Each driver is watched from when it is loaded: after an unload these begin
 * anew, so they are taken after each check. */
static void take_counts(long mark, struct control_driver_info *last)
{
	struct control_driver_info now;

	if (rule.line[0] == '\0')
		rig_log_find(mark, "golden rule: driver", NULL, rule.line);
	if (rig_driver(&now))
		return;
	if (last->generation != now.generation)
		memset(last, 0, sizeof(*last));
	rule.watched = now.watched;
	rule.nr_syscalls += now.nr_syscalls - last->nr_syscalls;
	rule.nr_memory += now.nr_memory - last->nr_memory;
	rule.nr_waits += now.nr_waits - last->nr_waits;
	rule.nr_hogs += now.nr_hogs - last->nr_hogs;
	*last = now;
}

static struct control_driver_info counted;

/* After the daemon had to go. An exit status; what is wrong was said. */
static int start_again(void)
{
	struct outcome outcome;
	int ret;

	own_daemon_kill();
	memset(&counted, 0, sizeof(counted));
	ret = rig_start();
	if (ret)
		return ret;
	if (trial_run(&load_check, nodes, &outcome) &&
	    outcome.verdict == VERDICT_PASSED)
		return 0;
	complain("it cannot be loaded again: %s", outcome.reason);

	return TOOL_EXIT_FAILURE;
}

/* Who has ended leaves nothing open, whatever came out. */
static bool is_clean(struct outcome *outcome)
{
	if (rig_wait_closed())
		return true;
	if (outcome->verdict != VERDICT_FAILED)
		outcome_set(outcome, VERDICT_FAILED,
			    "have every handler return when its sleep is "
			    "broken, and release() when they have left",
			    "a file is open after its process has ended: a "
			    "handler, or release(), does not end");

	return false;
}

/* An exit status: the next check can come. */
static int run(const struct check *check, struct subject *subject,
	       const char *node)
{
	struct outcome outcome = { .verdict = VERDICT_NONE };
	long mark = rig_log_mark();
	bool good = true;

	if ((subject->ops & check->ops) != check->ops) {
		outcome_set(&outcome, VERDICT_NOT_APPLICABLE, NULL,
			    "there is no such operation");
	} else {
		good = trial_run(check, subject, &outcome);
		if (test_signal)
			return 0;
		take_counts(mark, &counted);
		good = good && is_clean(&outcome);
	}
	report_add(node, check->name, &outcome);
	/* Where that fails, all others would. */
	if (check == io_checks)
		subject->openable = outcome.verdict == VERDICT_PASSED;

	return good ? 0 : start_again();
}

static int run_all(const struct check *checks, struct subject *subject,
		   const char *node)
{
	int ret = 0;

	for (; checks->name && ret == 0 && test_signal == 0; checks++)
		ret = run(checks, subject, node);

	return ret;
}

static int run_node(struct subject *subject)
{
	const char *name = nr_nodes > 1 || wanted.json ? subject->name : NULL;
	int ret;

	ret = run(io_checks, subject, name);
	if (ret || !subject->openable)
		return ret;
	ret = run_all(io_checks + 1, subject, name);
	if (ret == 0)
		ret = run_all(pointer_checks, subject, name);
	if (ret == 0)
		ret = run_all(poll_checks, subject, name);

	return ret ? ret : run_all(end_checks, subject, name);
}

/* What is not zero, "2 of this, 3 of that". */
static void describe_rule(char *text, size_t size)
{
	const struct {
		uint64_t nr;
		const char *what;
	} counts[] = {
		{ rule.nr_syscalls, "system calls" },
		{ rule.nr_memory, "uses of memory services" },
		{ rule.nr_waits, "in-band waits" },
		{ rule.nr_hogs, "turns which kept a worker too long" },
	};
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].nr && at < size)
			at += (size_t)snprintf(
				text + at, size - at, "%s%" PRIu64 " %s",
				at ? ", " : "", counts[i].nr, counts[i].what);
}

static void report_rule(void)
{
	struct outcome outcome = { .verdict = VERDICT_PASSED };
	char text[256];

	describe_rule(text, sizeof(text));
	if (text[0])
		outcome_set(&outcome, VERDICT_FAILED,
			    "use EVL's services only, out-of-band",
			    "out-of-band code did what it must not: %s%s%.200s",
			    text, rule.line[0] ? ": " : "", rule.line);
	else if ((rule.watched & CONTROL_WATCH_SERVICES) == 0)
		outcome_set(&outcome, VERDICT_NOT_APPLICABLE, NULL,
			    "it is not watched");
	report_add(NULL, "golden-rule", &outcome);
}

/* Which nodes are to be checked. */
static void report_nodes(void)
{
	struct outcome outcome = { .verdict = VERDICT_PASSED };

	rig_nodes(nodes, &nr_nodes);
	if (nr_nodes == 0 && wanted.node)
		outcome_set(
			&outcome, VERDICT_FAILED,
			"evl devices lists nodes of a driver that is loaded",
			"the driver has no node %s", wanted.node);
	else if (nr_nodes == 0)
		outcome_set(&outcome, VERDICT_NOT_APPLICABLE, NULL,
			    "it makes no node");
	report_add(NULL, "node", &outcome);
}

static int check_driver(void)
{
	struct outcome outcome;
	int ret = 0;
	bool good;

	good = trial_run(&load_check, nodes, &outcome);
	if (test_signal)
		return 0;
	take_counts(0, &counted);
	report_add(NULL, load_check.name, &outcome);
	if (!good || outcome.verdict != VERDICT_PASSED) {
		report_not_loaded(&outcome);
		if (!good)
			own_daemon_kill();
		return 0;
	}

	if (probe_look(&outcome))
		report_add(NULL, "probe", &outcome);
	report_nodes();
	for (unsigned int i = 0; i < nr_nodes && ret == 0; i++)
		ret = run_node(&nodes[i]);
	if (ret == 0)
		ret = run_all(unload_checks, nodes, NULL);
	if (ret == 0 && test_signal == 0)
		report_rule();

	return ret;
}

static int test_driver(void)
{
	int ret, nr_failed;

	nodes = mmap(NULL, MAX_NODES * sizeof(*nodes), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ret = nodes == MAP_FAILED ? -errno : trial_init();
	if (ret) {
		complain("%s", strerrordesc_np(-ret));
		return TOOL_EXIT_FAILURE;
	}

	report_begin();
	ret = rig_start();
	if (ret == 0)
		ret = check_driver();
	nr_failed = report_end();
	if (ret == 0 && nr_failed)
		ret = TOOL_EXIT_FAILURE;
	/* It may well be waiting for an exit function now. */
	if (nr_failed)
		own_daemon_kill();
	own_daemon_stop();

	return test_signal ? TEST_EXIT_SIGNAL + test_signal : ret;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = args_doc,
		.doc = doc,
	};

	wanted.params = params;
	wanted.helpers = helpers;
	wanted.devices = devices;
	wanted.daemon_args = daemon_args;
	wanted.patience_ns = DEFAULT_PATIENCE_S * UINT64_C(1000000000);
	command_line_parse(&argp, argc, argv, NULL);
	watch_signals();

	return test_driver();
}

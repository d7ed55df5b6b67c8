/* SPDX-License-Identifier: MIT */
/*
 * evl record: write down what a device does, for the replay driver, and show
 * what was written down.
 */
#include "command-line.h"
#include "json-put.h"
#include "record-run.h"
#include "record-show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-record " PROJECT_VERSION;

static const char summary[] = "record what a device does, for replay";

static const char doc[] =
	"Write down what DEVICE gives, and when, to FILE; the replay driver "
	"serves it again. Stops on a signal, or when the device ends."
	"\vDEVICE is whatever can be read. FILE is text, and overwritten."
	"\n\nExit status: 0; 1 a failure; 2 bad usage; 3 no evl-cused to attach "
	"to (--oob).";

static struct record_job job;
static bool show, json;

static const struct argp_option options[] = {
	{ "oob", 'o', NULL, 0, "Read out-of-band", 1 },
	{ "pass", 'p', NULL, 0,
	  "Pass stdin on to DEVICE, and DEVICE on to stdout, and record both",
	  1 },
	{ "ioctl", 'i', "COMMAND[:SIZE]", 0,
	  "Ask that first (repeatable), and record so many bytes of the answer, "
	  "16384 at most; if SIZE is not given, as many as the command says",
	  1 },
	{ "duration", 'd', "SECONDS", 0, "Stop after that time", 2 },
	{ "count", 'n', "NUMBER", 0, "Stop after so many reads", 2 },
	{ "size", 's', "BYTES", 0, "Stop when so much was read", 2 },
	{ "quiet", 'q', NULL, 0, "Say nothing but what is wrong", 3 },
	{ "show", 'S', NULL, 0, "Show what is in FILE, and record nothing", 4 },
	{ "json", 'j', NULL, 0, "Show it as JSON", 4 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

/* A positive number. */
static uint64_t parse_number(const char *arg)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 0);
	if (end == arg || *end || errno || value == 0 || *arg == '-')
		command_line_error("%s: no positive number", arg);

	return value;
}

static uint64_t parse_seconds(const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !(value >= 1e-6 && value < 1e9))
		command_line_error("%s: no time in seconds", arg);

	return (uint64_t)(value * 1e9);
}

static void parse_ioctl(const char *arg)
{
	struct record_ioctl *which = &job.ioctls[job.nr_ioctls];
	unsigned long cmd, size;
	char *end;

	if (job.nr_ioctls == RECORD_IOCTLS_MAX)
		command_line_error("more than %d ioctls", RECORD_IOCTLS_MAX);
	cmd = strtoul(arg, &end, 0);
	size = _IOC_SIZE(cmd);
	if (end > arg && *end == ':' && end[1])
		size = strtoul(end + 1, &end, 0);
	else if (_IOC_DIR(cmd) & _IOC_WRITE)
		command_line_error(
			"%s: this command is told something, which would be "
			"zeroes: if that is what you want, say SIZE",
			arg);
	if (end == arg || *end || cmd > UINT32_MAX || *arg == '-' ||
	    size > 16384)
		command_line_error("%s: no command, or no size up to 16384",
				   arg);

	which->cmd = (unsigned int)cmd;
	which->size = (uint32_t)size;
	job.nr_ioctls++;
}

static void parse_arg(char *arg)
{
	if (job.device == NULL)
		job.device = arg;
	else if (job.path == NULL)
		job.path = arg;
	else
		command_line_error("%s: one device, one file", arg);
}

static void check_args(void)
{
	if (show && (job.device == NULL || job.path))
		command_line_error("--show wants one file");
	if (!show && job.path == NULL)
		command_line_error(
			"a device and a file to record to are wanted");
	if (json && !show)
		command_line_error("--json goes with --show");
	if (job.oob && job.pass)
		command_line_error("--oob and --pass do not go together: stdin "
				   "and stdout are in-band");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case 'o':
		job.oob = true;
		break;
	case 'p':
		job.pass = true;
		break;
	case 'i':
		parse_ioctl(arg);
		break;
	case 'd':
		job.duration = parse_seconds(arg);
		break;
	case 'n':
		job.count = parse_number(arg);
		break;
	case 's':
		job.size = parse_number(arg);
		break;
	case 'q':
		job.quiet = true;
		break;
	case 'S':
		show = true;
		break;
	case 'j':
		json = true;
		break;
	case ARGP_KEY_ARG:
		parse_arg(arg);
		break;
	case ARGP_KEY_END:
		check_args();
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
		.args_doc = "DEVICE FILE\n--show FILE",
		.doc = doc,
	};
	int status;

	command_line_parse(&argp, argc, argv, NULL);

	if (!show)
		return record_run(&job);
	status = record_show(job.device, json);

	return json ? json_failure(status) : status;
}

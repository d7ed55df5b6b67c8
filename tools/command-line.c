/* SPDX-License-Identifier: MIT */
#include "command-line.h"

#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static argp_parser_t parser; /* the tool's */
static FILE *saved;	     /* stderr, while getopt writes to @line */
static char *line;	     /* owned */
static size_t line_size;

static void hush_stderr(void)
{
	FILE *apart = open_memstream(&line, &line_size);

	saved = stderr;
	if (apart)
		stderr = apart;
}

static void restore_stderr(void)
{
	if (stderr == saved)
		return;
	fclose(stderr);
	stderr = saved;
}

/* getopt says what is wrong with an option; argp's second line goes nowhere. */
static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_INIT)
		state->err_stream = NULL;

	return parser(key, arg, state);
}

/* What getopt said, without our name in front of it, as we were called. */
static const char *said(const char *name)
{
	size_t len = strlen(name);

	if (line == NULL)
		return "bad usage";
	line[strcspn(line, "\n")] = '\0';

	return strncmp(line, name, len) == 0 && line[len] == ':'
		       ? line + len + 2
		       : line;
}

void command_line_parse(const struct argp *argp, int argc, char **argv,
			void *input)
{
	struct argp quiet = *argp;
	error_t ret;

	parser = argp->parser;
	quiet.parser = parse;
	hush_stderr();
	ret = argp_parse(&quiet, argc, argv, 0, NULL, input);
	restore_stderr();
	if (ret)
		command_line_error("%s", said(argv[0]));
	free(line);
	line = NULL;
}

void command_line_error(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (saved)
		restore_stderr();
	free(line);
	line = NULL;
	complain("%s; see --help", text);
	exit(TOOL_EXIT_USAGE);
}

uint64_t command_line_number(const char *option, const char *arg, uint64_t min,
			     uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 10);
	if (*end || *arg < '0' || *arg > '9' || errno || value < min ||
	    value > max)
		command_line_error("%s: %s is not from %" PRIu64 " to %" PRIu64,
				   option, arg, min, max);

	return value;
}

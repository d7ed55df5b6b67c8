/* SPDX-License-Identifier: MIT */
/*
 * The command line of a tool, by argp, with one line for what is wrong with it:
 * argp alone adds where help is to be had.
 */
#pragma once

#include <argp.h>
#include <stdint.h>

/* As argp_parse(), but that it returns only if all is well: else the program
 * ends with TOOL_EXIT_USAGE. */
void command_line_parse(const struct argp *argp, int argc, char **argv,
			void *input);

/* For parsers, which have argp_error() say nothing. */
_Noreturn void command_line_error(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* A decimal number of an option's, from @min to @max. */
uint64_t command_line_number(const char *option, const char *arg, uint64_t min,
			     uint64_t max);

/* SPDX-License-Identifier: MIT */
/*
 * Every call which ends a descriptor: it goes, or its number becomes another
 * file.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct ending {
	int fd;
	int other;    /* what a dup2() puts there */
	FILE *stream; /* over @fd, for those which end streams */
	const struct ending_way *way;
};

#define NR_ENDINGS 6u

/* For way @n, from 0 on; nothing has ended yet. Asserts. */
void ending_init(struct ending *ending, unsigned int n, int fd, int other);
/* Allocates nothing, asserts nothing. True: it succeeded. */
bool ending_call(const struct ending *ending);
/* Afterwards the number is that of @other's file. */
bool ending_by_dup(const struct ending *ending);

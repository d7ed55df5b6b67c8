/* SPDX-License-Identifier: MIT */
/*
 * What the cases of the 32-bit client have in common, and those which are about
 * the names that calls have in programs with times of 64 bits.
 */
#pragma once

#include <errno.h>
#include <evl/evl.h>

#define check(cond) ((cond) ? (void)0 : fail(__FILE__, __LINE__, #cond, errno))
#define check_fails(call, error) \
	(errno = 0, check((call) == -1), check(errno == (error)))

_Noreturn void fail(const char *file, int line, const char *cond, int error);

/* Of the daemon under test. */
int open_node(const char *name, int flags);
void attach(void);

/* client32-names.c */
void sets_nonblock_by_any_name(void);
void finds_nodes_in_dev(void);
void receives_descriptors(void);
void duplicates_by_any_name(void);

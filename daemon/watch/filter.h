/* SPDX-License-Identifier: MIT */
/*
 * Which system calls of a worker are the daemon's own: a seccomp filter which
 * lets those pass, and has whoever installed it told of any other.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>

/* Can they be told apart, in this build? */
bool filter_possible(void);

/* *@r_program is the caller's: filter_free(). -ENOMEM ... */
int filter_new(struct sock_fprog *r_program);
void filter_free(struct sock_fprog *program);

/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct module;
struct module_order;
struct object;

/*
 * Of what is ordered for the driver in @path: its own parameters, in @params, which
 * has room for all, and whether it is to have a process of its own. -EINVAL, after a
 * line in the log: it does not say yes or no. In-band.
 */
int param_sort(const char *path, const struct module_order *order,
	       char **params, unsigned int *r_nr, bool *r_isolate);

/*
 * Set parameters of @mod's, whose file is @obj: @nr strings "name=value"; for a bool "name" will
 * do. -EINVAL, after a line in the log which names it and what there is. In-band.
 */
int param_set_all(const struct module *mod, const struct object *obj,
		  char *const params[], unsigned int nr);

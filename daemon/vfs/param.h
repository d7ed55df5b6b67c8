/* SPDX-License-Identifier: MIT */
#pragma once

struct module;

/*
 * Set parameters of @mod's: @nr strings "name=value"; for a bool "name" will
 * do. -EINVAL, after a line in the log which names it and what there is. In-band.
 */
int param_set_all(const struct module *mod, char *const params[],
		  unsigned int nr);

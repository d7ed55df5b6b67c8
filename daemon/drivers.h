/* SPDX-License-Identifier: MIT */
/*
 * From what a configuration, or a tool, calls a driver to a file, and to the
 * loader.
 *
 * Stage: in-band.
 */
#pragma once

struct config;

/* Where names are looked for. Once, at start. */
void drivers_init(void);
/* Load all those of @config. -errno, after a line in the log. */
int drivers_load(const struct config *config);

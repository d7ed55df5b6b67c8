/* SPDX-License-Identifier: MIT */
/* The configuration file, as evl-cused.conf(5) has it. */
#pragma once

struct config;

/* Read @file into @config; NULL: the one in its usual place, if there is one.
 * Exits with status 2 if anything in it cannot be understood. */
void config_file_read(struct config *config, const char *file);

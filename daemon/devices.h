/* SPDX-License-Identifier: MIT */
/*
 * The devices of a configuration, for drivers that are loaded then or later.
 *
 * Stage: in-band, from the loop's own ground.
 */
#pragma once

struct config;

/* Make them all. -errno, after a line in the log. */
int devices_make(const struct config *config);

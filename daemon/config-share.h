/* SPDX-License-Identifier: MIT */
/*
 * What was configured of devices, for processes of ours that are started later:
 * they get it as it was said, and read it as if it were said to them.
 */
#pragma once

struct config;

/* A descriptor, which nobody can write to. Yours; -1: there are no devices, or,
 * after a line in the log, that cannot be had. */
int config_share_devices(const struct config *config);
/* The other end: what @config has are these, from @fd, which may be -1 and is owned
 * from now on. What it had is not looked at. 0 or -errno. */
int config_receive_devices(struct config *config, int fd);

/* SPDX-License-Identifier: MIT */
/*
 * Who keeps a driver from being unloaded: open files, other drivers, and those
 * who called try_module_get().
 *
 * Stage: in-band.
 */
#pragma once

struct loaded;
struct module;

/* Sleep until every file of @mod's whose last descriptor is closed has been
 * released. From a fiber. */
void holders_await_releases(const struct module *mod);
/* Say who they are. */
void holders_complain(const struct loaded *drv);

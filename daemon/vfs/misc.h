/* SPDX-License-Identifier: MIT */
#pragma once

struct module;

/* Deregister every misc device of @mod's. Returns how many. In-band. */
unsigned int misc_drop(const struct module *mod);

/* SPDX-License-Identifier: MIT */
/*
 * Classes of elements, <evl/factory.h>: the core's own and those of drivers.
 *
 * Stage: in-band.
 */
#pragma once

struct evl_factory;
struct module;

/* At start: what drivers leave behind is deleted. */
void factories_init(void);

/* An element of a class, deleted perhaps, is gone. */
void factory_settle(struct evl_factory *fac);

/* Delete what @mod has created and not deleted. Returns how many. */
unsigned int factory_drop(struct module *mod);

/* SPDX-License-Identifier: MIT */
/*
 * A class "thing" of a driver's, whose elements have a number, in-band, with
 * callers whose memory is the test's own.
 */
#pragma once

#include "core/element.h"
#include "core/factory.h"
#include "vfs/loaded.h"

#include <linux/completion.h>
#include <linux/module.h>
#include <stdbool.h>

#define NR_THINGS 4

struct thing {
	struct evl_element element;
	int value;
};

extern struct loaded rig_loaded;
extern struct module rig_driver;
extern const struct file_operations rig_fops; /* ioctl gives the value */
extern const struct evl_factory rig_proto;    /* has these: */
struct evl_element *rig_build(struct evl_factory *fac,
			      const char __user *u_name, void __user *u_attrs,
			      int clone_flags, u32 *state_offp);
void rig_dispose(struct evl_element *e);
extern struct evl_factory rig_fac; /* as that says */

/* What the class does, and has done. */
extern bool rig_building_fails;
extern bool rig_building_waits; /* for this: */
extern struct completion rig_go;
extern int rig_attrs_value; /* what the last one was made of; -1: nothing */
extern int rig_nr_disposed;
extern const void *rig_disposer; /* the fiber on which the last one was */

/* Fixtures: they make the class, and find nothing of it left. */
void rig_setup(void);
void rig_teardown(void);

/* Make the class, from a fiber. */
void rig_create(void);
/* An element of it which nobody has asked for. */
struct thing *rig_new_thing(void);
/* Run a step of a test on a fiber which works for the test itself. */
void rig_on_a_fiber(void (*func)(void));

/* SPDX-License-Identifier: MIT */
/*
 * An in-band stage on which drivers of the test's own are loaded, and a look at
 * what the loader says.
 */
#pragma once

#include <check.h>

struct module;

/* Checked fixtures: the in-band stage, stderr in a file; all drivers ended. */
void rig_setup(void);
void rig_teardown(void);

/* The file of driver @name, in one of eight buffers. */
const char *rig_path(const char *name);
/* module_load() of it, without parameters. */
int rig_load(const char *name);
/* module_load_all() of two, in this order. */
int rig_load_both(const char *first, const char *second);
/* The @n'th that is loaded is @name. */
void rig_assert_loaded(unsigned int n, const char *name);
/* One line was logged since we last looked, and it has @text in it. */
void rig_said(const char *text);
/* Forget what was said so far. */
void rig_forget(void);

/* The driver of that name, NULL if there is none. */
const struct module *rig_find(const char *name);
/* Call its exported int func(void). */
int rig_call(const char *driver, const char *func);

/* SPDX-License-Identifier: MIT */
/*
 * A driver's file: what it tells of itself before anything of it runs, and a
 * private copy of it, which is what gets mapped. So the same file can be mapped
 * again, and what it may link to is decided here:
 *
 * - what it defines and does not export is hidden, in the copy, from everybody
 *   else, and bound to itself: as though it were static;
 * - what another driver exports is given an address in the copy, as the kernel's
 *   loader does, rather than looked up by name: no other driver is in any scope
 *   of the dynamic linker's, nor is a former generation of one.
 *
 * Stage: in-band.
 */
#pragma once

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object {
	char *path;  /* owned, absolute */
	char *name;  /* owned: what the driver is called */
	char *bytes; /* owned: the copy */
	size_t size;
	Elf *elf; /* owned, of the copy */
	/* The dynamic symbols, somewhere in @bytes: */
	char *symbols;
	size_t nr_symbols;
	size_t names; /* section of their names */
	/* Strings "tag=text", each with its 0: */
	const char *info;
	size_t info_size;
};

/*
 * Read the driver in file @path. -errno, after a complaint: that of the system
 * if the file cannot be read, or -ENOEXEC: it is no driver.
 */
int object_read(const char *path, struct object **r_obj);
struct object *object_free(struct object *obj);

/* The text of the next line of @tag's: begin with *@at 0. NULL: no other one. */
const char *object_info(const struct object *obj, const char *tag, size_t *at);
bool object_exports(const struct object *obj, const char *symbol);

/* The @i'th of @nr_symbols, if it is to come from elsewhere; else NULL. */
const char *object_needs(const struct object *obj, size_t i, bool *r_weak);
/* It is at @addr. */
void object_bind(struct object *obj, size_t i, const void *addr);

/* The name of the @i'th library or driver it was linked with, NULL at the end;
 * and: it is none which the dynamic linker is to look for. */
const char *object_library(const struct object *obj, size_t i);
void object_drop_library(struct object *obj, size_t i);
/* Where it wants libraries to be looked for, "" if it does not say. */
const char *object_library_path(const struct object *obj);

/* Map the copy, run its constructors. -ENOEXEC, after a complaint. */
int object_map(struct object *obj, void **r_handle);

/* SPDX-License-Identifier: MIT */
/*
 * What is mapped where: the shared objects of this process, those of drivers
 * with their functions' names, for who has an address and asks whose it is. An
 * image is added in-band and is there for good, as code is never unmapped; it
 * is looked up on any stage, in signal handlers too: no lock, no allocation.
 */
#pragma once

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

/* A function of an image. */
struct image_symbol {
	uintptr_t addr;
	size_t size;
	const char *name;
};

struct image {
	struct image *next; /* an older one */
	char name[64];	    /* "loopback.so" */
	uintptr_t start, end;
	uintptr_t bias;	      /* an address less this is as in the file */
	struct module *owner; /* the driver it is, NULL: none */
	struct image_symbol *symbols; /* owned, by address */
	size_t nr_symbols;
	char *names; /* owned: theirs */
};

/*
 * Add the object of @elf, mapped at @bias. In-band. -ENOMEM; without symbols
 * it is added, too.
 */
int image_add(const char *name, Elf *elf, uintptr_t bias, struct module *owner);
/* This program, and the objects that came with it or since: those which are
 * not there yet, without their functions but this program's. In-band. */
void image_add_others(void);

/* NULL: nothing is known to be there. */
const struct image *image_at(uintptr_t addr);
/* Is @addr driver @mod's? */
bool image_is_of(const void *addr, const struct module *mod);
/* "loopback.so+0x1234 (read_one+0x12)", as much of it as is known. @is_return:
 * @addr is behind a call, whose function is meant. */
void image_describe(char *text, size_t size, uintptr_t addr, bool is_return);

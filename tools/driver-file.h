/* SPDX-License-Identifier: MIT */
/*
 * What a driver's file tells of itself, without loading it: the lines
 * "tag=text" of its .modinfo section.
 */
#pragma once

#include <libelf.h>
#include <stddef.h>

struct driver_file {
	Elf *elf; /* owned */
	int fd;	  /* owned */
	const char *info;
	size_t size;
};

/* 0, -errno, or -ENOEXEC: it is no driver of a kind we know. */
int driver_file_open(struct driver_file *file, const char *path);
void driver_file_close(struct driver_file *file);

/* The next line, begin with *@at 0; NULL: none. *r_len: of its tag. */
const char *driver_file_line(const struct driver_file *file, size_t *at,
			     size_t *r_len);
/* The text of the next line of @tag's whose text begins with @prefix, without
 * that; NULL: none. */
const char *driver_file_find(const struct driver_file *file, const char *tag,
			     const char *prefix, size_t *at);

/* SPDX-License-Identifier: MIT */
/*
 * The program headers of a driver's file: the dynamic linker takes them at
 * their word, and a damaged one has it write, or die, anywhere in the daemon.
 *
 * Stage: in-band.
 */
#pragma once

#include <stddef.h>

/* What is wrong with those of @size bytes at @bytes, aligned, a shared object
 * of our machine's kind by its first 64; NULL if nothing is. */
const char *segments_wrong(const char *bytes, size_t size);

/* SPDX-License-Identifier: MIT */
/*
 * What is wrong, said in one line on stderr: the program's name, the thing, and
 * the remedy. The first of them is kept, for who writes JSON.
 */
#pragma once

void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The first one, without the program's name; "": there was none. */
const char *complaint(void);

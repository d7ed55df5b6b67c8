/* SPDX-License-Identifier: MIT */
/*
 * A client which asks for the memory of the driver of drivers/mapped.c by hand,
 * well or badly. For a daemon with that driver (mapper.h).
 */
#pragma once

#include "raw-client.h"

#include <stdint.h>

/* Joins and leaves as the test wants. */
extern struct raw_client lessee;

/* The device, open and bound. */
int lessee_open(int flags);
/* What is right, for a test to make worse. */
struct control_mmap lessee_request(int fd, unsigned int region);
/* 0, with the lifeline and the memory in @fds, or -errno. */
int lessee_ask(const struct control_mmap *request,
	       struct control_mapping *r_mapping, int fds[2]);
void lessee_expect(const struct control_mmap *request, int error);
/* One that is granted: its id. */
uint64_t lessee_take(const struct control_mmap *request, int fds[2]);
void lessee_close(const int fds[2]);

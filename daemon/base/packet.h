/* SPDX-License-Identifier: MIT */
/* Packets on sockets of ours, with descriptors in them. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define PACKET_MAX_FDS 160

/* One of @size bytes, and @nr_fds descriptors; @flags as of send(2). 0 or -errno. */
int packet_send(int sock, const void *data, size_t size, const int *fds,
		unsigned int nr_fds, int flags);
/* The size of the next one, whose @flags are as of recv(2); 0: there is no other
 * end; or -errno. Those of @max_fds descriptors which came are owned, the others
 * -1. */
ssize_t packet_receive(int sock, void *data, size_t size, int *fds,
		       unsigned int max_fds, int flags);

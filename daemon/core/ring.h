/* SPDX-License-Identifier: MIT */
/*
 * One direction of a cross-buffer: a ring of bytes with atomic writes. Whoever
 * reads or writes first reserves its part under the lock, copies without it,
 * then commits; so a slow copy (from another process) delays nobody's access,
 * and order is that of the reservations. Readers and writers may be of any
 * stage; they sleep here.
 */
#pragma once

#include "stage/pi-mutex.h"
#include "stage/wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ring {
	struct pi_mutex lock;
	char *mem; /* owned */
	size_t size, fill;
	size_t read_off, read_rsvd;    /* next byte to read; being copied out */
	size_t write_off, write_rsvd;  /* next byte to fill; being copied in */
	unsigned int readers, writers; /* copying right now */
	struct wait_queue readable, writable;
	/* Called after bytes came (or went), any stage. @edge: there was none
	 * (no room) before. May be NULL. */
	void (*changed)(struct ring *ring, bool came, bool edge);
};

/* How a call treats what is there. */
enum ring_mode {
	RING_BLOCK, /* wait; @size of it all, but for the deadlock rule */
	RING_SHORT, /* never wait; take what is there */
	RING_EXACT, /* never wait; take all or nothing */
};

/* The other end of a copy. Return: bytes NOT copied. */
struct ring_io {
	unsigned long (*in)(char *to, void *from, size_t n);
	unsigned long (*out)(void *to, const char *from, size_t n);
};

extern const struct ring_io ring_io_user; /* the caller's memory */
extern const struct ring_io ring_io_kernel;

/* @size 0: a ring nobody can use. Memory is touched beforehand, up to a limit.
 * In-band. 0 or -ENOMEM. */
int ring_init(struct ring *ring, size_t size,
	      void (*changed)(struct ring *ring, bool came, bool edge));
void ring_deinit(struct ring *ring);

/*
 * Take up to @count bytes / put all @count bytes.
 *
 * Stage: any; from a fiber if @mode is RING_BLOCK. Blocks: with RING_BLOCK,
 * until all @count bytes are there (a short read if a writer is stuck) or fit.
 * Return: the count, or
 *   -ENOBUFS	the ring has no memory
 *   -EINVAL	@count can never be met: it exceeds the ring (RING_SHORT reads
 *		take what is there)
 *   -EAGAIN	not now
 *   -EINTR	the wait was broken
 *   -EIDRM	ring_flush()
 *   -EFAULT	@buf is bad; what was read is lost, what was to be written is
 *		there, zeroes in place of what could not be copied
 */
ssize_t ring_read(struct ring *ring, const struct ring_io *io, void *buf,
		  size_t count, enum ring_mode mode);
ssize_t ring_write(struct ring *ring, const struct ring_io *io, const void *buf,
		   size_t count, enum ring_mode mode);

/* What a poll wants to know; a hint the moment it is returned. */
size_t ring_fill(struct ring *ring);

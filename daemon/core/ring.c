/* SPDX-License-Identifier: MIT */
#include "core/ring.h"

#include "base/error.h"
#include "kapi/guard.h"
#include "stage/stage.h"

#include <errno.h>
#include <linux/uaccess.h>
#include <string.h>
#include <sys/mman.h>

/* Rings up to this size never take a page fault; bigger ones take them the
 * first time round, rather than delay everybody when they are made. */
#define PREFAULT_MAX (16u << 20)

/* Everybody else on this thread waits while we copy: not longer than this
 * takes, some 10 us. */
#define SLICE_SIZE (64u << 10)

/* Clients' memory is copied from fibers only, with no lock held. */
static unsigned long in_user(char *to, void *from, size_t n)
{
	const char __user *u_from = from;
	unsigned long left;

	for (; n > SLICE_SIZE; n -= SLICE_SIZE) {
		left = copy_from_user(to, u_from, SLICE_SIZE);
		if (left)
			return n - SLICE_SIZE + left;
		to += SLICE_SIZE;
		u_from += SLICE_SIZE;
		fiber_yield();
	}

	return copy_from_user(to, u_from, n);
}

static unsigned long out_user(void *to, const char *from, size_t n)
{
	char __user *u_to = to;
	unsigned long left;

	for (; n > SLICE_SIZE; n -= SLICE_SIZE) {
		left = copy_to_user(u_to, from, SLICE_SIZE);
		if (left)
			return n - SLICE_SIZE + left;
		u_to += SLICE_SIZE;
		from += SLICE_SIZE;
		fiber_yield();
	}

	return copy_to_user(u_to, from, n);
}

/* Held: the ring could not be used any more if its caller were given up between
 * reserving and committing. */
static unsigned long in_kernel(char *to, void *from, size_t n)
{
	guard_hold();
	memcpy(to, from, n);
	guard_drop();

	return 0;
}

static unsigned long out_kernel(void *to, const char *from, size_t n)
{
	guard_hold();
	memcpy(to, from, n);
	guard_drop();

	return 0;
}

const struct ring_io ring_io_user = { .in = in_user, .out = out_user };
const struct ring_io ring_io_kernel = { .in = in_kernel, .out = out_kernel };

int ring_init(struct ring *ring, size_t size,
	      void (*changed)(struct ring *ring, bool came, bool edge))
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	*ring = (struct ring){ .size = size, .changed = changed };
	wait_queue_init(&ring->readable, WAIT_PRIO);
	wait_queue_init(&ring->writable, WAIT_PRIO);
	if (size == 0)
		return 0;

	if (size <= PREFAULT_MAX)
		flags |= MAP_POPULATE;
	ring->mem = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (ring->mem == MAP_FAILED) {
		ring->mem = NULL;
		return -ENOMEM;
	}

	return 0;
}

void ring_deinit(struct ring *ring)
{
	if (ring->mem)
		munmap(ring->mem, ring->size);
	ring->mem = NULL;
}

static size_t advance(const struct ring *ring, size_t offset, size_t n)
{
	offset += n;

	return offset >= ring->size ? offset - ring->size : offset;
}

/* Copy out @n bytes from @offset on, in one or two pieces. */
static bool copy_out(struct ring *ring, const struct ring_io *io, char *to,
		     size_t offset, size_t n)
{
	size_t head = ring->size - offset;

	if (head > n)
		head = n;
	if (io->out(to, ring->mem + offset, head))
		return false;

	return head == n || io->out(to + head, ring->mem, n - head) == 0;
}

/* Copy in @n bytes to @offset. What cannot be copied becomes zeroes. */
static bool copy_in(struct ring *ring, const struct ring_io *io, char *from,
		    size_t offset, size_t n)
{
	size_t head = ring->size - offset;
	unsigned long left;

	if (head > n)
		head = n;
	left = io->in(ring->mem + offset, from, head);
	if (left) {
		memset(ring->mem + offset + head - left, 0, left);
		memset(ring->mem, 0, n - head);
		return false;
	}
	if (head == n)
		return true;

	left = io->in(ring->mem, from + head, n - head);
	memset(ring->mem + n - head - left, 0, left);

	return left == 0;
}

static bool sleepers_on(struct wait_queue *wq)
{
	bool active;

	pi_lock(&wq->lock);
	active = wait_queue_active_locked(wq);
	pi_unlock(&wq->lock);

	return active;
}

/* Sleep on @wq of @ring; the ring's lock is dropped meanwhile. */
static int sleep_on(struct ring *ring, struct wait_queue *wq)
{
	bool partial = ring->fill > ring->read_rsvd;
	int ret;

	wait_queue_join(wq);
	pi_unlock(&ring->lock);
	/* A reader asleep on part of a message while we wait for room would
	 * wait for ever: it may take what is there now. */
	if (wq == &ring->writable && partial)
		wait_queue_flush(&ring->readable, 0);
	ret = wait_queue_commit(DEADLINE_NONE);
	pi_lock(&ring->lock);

	return ret;
}

/*
 * How many bytes may be taken now, sleeping until there are any to take; or
 * -errno. Locked.
 */
static ssize_t await_bytes(struct ring *ring, size_t count, enum ring_mode mode)
{
	size_t avail;
	int ret;

	if (count > ring->size && mode != RING_SHORT)
		return -EINVAL;

	for (;;) {
		avail = ring->fill - ring->read_rsvd;
		if (avail >= count)
			return (ssize_t)count;
		if (mode == RING_EXACT || (mode == RING_SHORT && avail == 0))
			return -EAGAIN;
		if (mode == RING_SHORT)
			return (ssize_t)avail;
		if (avail > 0 && sleepers_on(&ring->writable))
			return (ssize_t)avail;
		ret = sleep_on(ring, &ring->readable);
		if (ret)
			return ret;
	}
}

/* The last of several who copy at the same time makes room for all. Takes and
 * drops the lock. */
static void commit_read(struct ring *ring)
{
	bool last, was_full;

	pi_lock(&ring->lock);
	was_full = ring->fill == ring->size;
	last = --ring->readers == 0;
	if (last) {
		ring->fill -= ring->read_rsvd;
		ring->read_rsvd = 0;
	}
	pi_unlock(&ring->lock);
	if (!last)
		return;

	/* All of them: each waits for room for its own message. */
	wait_queue_flush(&ring->writable, 0);
	if (ring->changed)
		ring->changed(ring, false, was_full);
}

ssize_t ring_read(struct ring *ring, const struct ring_io *io, void *buf,
		  size_t count, enum ring_mode mode)
{
	size_t offset;
	ssize_t len;
	bool good;

	if (count == 0)
		return 0;
	if (ring->size == 0)
		return -ENOBUFS;

	pi_lock(&ring->lock);
	len = await_bytes(ring, count, mode);
	if (len < 0) {
		pi_unlock(&ring->lock);
		return len;
	}

	offset = ring->read_off;
	ring->read_off = advance(ring, offset, (size_t)len);
	ring->read_rsvd += (size_t)len;
	ring->readers++;
	pi_unlock(&ring->lock);

	good = copy_out(ring, io, buf, offset, (size_t)len);

	commit_read(ring);

	return good ? len : -EFAULT;
}

/* 0 once @count bytes fit, or -errno. Locked. */
static int await_room(struct ring *ring, size_t count, enum ring_mode mode)
{
	int ret;

	if (count > ring->size)
		return -EINVAL;

	while (ring->fill + ring->write_rsvd + count > ring->size) {
		if (mode != RING_BLOCK)
			return -EAGAIN;
		ret = sleep_on(ring, &ring->writable);
		if (ret)
			return ret;
	}

	return 0;
}

/* As commit_read(), the other way. */
static void commit_write(struct ring *ring)
{
	bool last, was_empty;

	pi_lock(&ring->lock);
	was_empty = ring->fill == 0;
	last = --ring->writers == 0;
	if (last) {
		ring->fill += ring->write_rsvd;
		ring->write_rsvd = 0;
	}
	pi_unlock(&ring->lock);
	if (!last)
		return;

	wait_queue_flush(&ring->readable, 0);
	if (ring->changed)
		ring->changed(ring, true, was_empty);
}

ssize_t ring_write(struct ring *ring, const struct ring_io *io, const void *buf,
		   size_t count, enum ring_mode mode)
{
	size_t offset;
	bool good;
	int ret;

	if (count == 0)
		return 0;
	if (ring->size == 0)
		return -ENOBUFS;

	pi_lock(&ring->lock);
	ret = await_room(ring, count, mode);
	if (ret) {
		pi_unlock(&ring->lock);
		return ret;
	}

	offset = ring->write_off;
	ring->write_off = advance(ring, offset, count);
	ring->write_rsvd += count;
	ring->writers++;
	pi_unlock(&ring->lock);

	good = copy_in(ring, io, (char *)buf, offset, count);

	commit_write(ring);

	return good ? (ssize_t)count : -EFAULT;
}

size_t ring_fill(struct ring *ring)
{
	size_t fill;

	pi_lock(&ring->lock);
	fill = ring->fill;
	pi_unlock(&ring->lock);

	return fill;
}

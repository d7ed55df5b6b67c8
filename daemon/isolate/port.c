/* SPDX-License-Identifier: MIT */
#include "isolate/port.h"

#include "stage/own-call.h"

#include <errno.h>

static void ring_bell(int fd)
{
	const uint64_t one = 1;

	/* Full: then it rings. */
	while (own_write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

bool port_say(struct isolate_port *port, uint32_t word)
{
	struct isolate_ring *ring = port->out;
	uint32_t head;

	/* Acquire: it is through with the word which was there, port_hear(). */
	head = atomic_load_explicit(&ring->head, memory_order_acquire);
	if (port->tail - head >= ISOLATE_RING)
		return false;

	ring->words[port->tail++ % ISOLATE_RING] = word;
	/*
	 * Sets @tail, then looks at @armed; port_arm() sets @armed, then looks at
	 * @tail. All four are seq_cst, so that one side sees the other's. It
	 * publishes the word, and the slot, to port_hear().
	 */
	atomic_store_explicit(&ring->tail, port->tail, memory_order_seq_cst);
	if (atomic_load_explicit(&ring->armed, memory_order_seq_cst))
		ring_bell(port->out_bell);

	return true;
}

int port_hear(struct isolate_port *port, uint32_t *r_word)
{
	struct isolate_ring *ring = port->in;
	uint32_t tail;

	/* Acquire: pairs with port_say(). */
	tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	if (tail == port->head)
		return 0;
	if (tail - port->head > ISOLATE_RING)
		return -EPROTO;

	*r_word =
		*(volatile uint32_t *)&ring->words[port->head++ % ISOLATE_RING];
	/* Release: the word was read, to port_say(). */
	atomic_store_explicit(&ring->head, port->head, memory_order_release);

	return 1;
}

bool port_arm(struct isolate_port *port)
{
	struct isolate_ring *ring = port->in;

	/* seq_cst, both: pairs with port_say(). */
	atomic_store_explicit(&ring->armed, 1, memory_order_seq_cst);
	if (atomic_load_explicit(&ring->tail, memory_order_seq_cst) ==
	    port->head)
		return true;
	port_disarm(port);

	return false;
}

void port_disarm(struct isolate_port *port)
{
	/* Relaxed: at worst a bell rings which nobody needs. */
	atomic_store_explicit(&port->in->armed, 0, memory_order_relaxed);
}

void port_quiet(struct isolate_port *port)
{
	uint64_t count;

	while (own_read(port->in_bell, &count, sizeof(count)) < 0 &&
	       errno == EINTR)
		;
}

/* SPDX-License-Identifier: MIT */
#include "actor.h"

#include "daemon.h"
#include "dice.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw_channel *actor_channel(struct actor *actor)
{
	struct raw_channel *ch = &actor->channels[below(ACTOR_CHANNELS)];

	return ch->base ? ch : NULL;
}

void actor_drop_channels(struct actor *actor)
{
	for (int i = 0; i < ACTOR_CHANNELS; i++) {
		if (actor->channels[i].base)
			raw_channel_free(&actor->channels[i]);
		actor->channels[i].base = NULL;
	}
}

static void drop_memory(struct actor *actor)
{
	for (int i = 0; i < ACTOR_MEMORY; i++) {
		if (actor->memory[i] > 0)
			close(actor->memory[i]);
		actor->memory[i] = 0;
	}
}

void actor_disconnect(struct actor *actor)
{
	if (actor->fd >= 0)
		close(actor->fd);
	actor->fd = -1;
	actor->nr_channels = 0;
	drop_memory(actor);
	/* What it has mapped it may go on writing to for a while. */
	if (one_in(2))
		actor_drop_channels(actor);
}

static void keep_channel(struct actor *actor, const int fds[2])
{
	struct raw_channel *ch = &actor->channels[below(ACTOR_CHANNELS)];

	if (ch->base)
		raw_channel_free(ch);
	ch->memfd = fds[0];
	ch->bell_fd = fds[1];
	ch->base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			ch->memfd, 0);
	if (ch->base == MAP_FAILED) {
		/* READY already: it came too late for us. */
		close(ch->memfd);
		close(ch->bell_fd);
		ch->base = NULL;
	}
	/* Its eventfd may be left full and blocking by somebody else of us. */
	else
		fcntl(ch->bell_fd, F_SETFL, O_NONBLOCK);
	actor->nr_channels++;
}

/* Lifelines, and what is to be mapped, some of each. */
static void keep_memory(struct actor *actor, const int fds[2])
{
	int i;

	for (int n = 0; n < 2 && fds[n] >= 0; n++) {
		i = (int)below(ACTOR_MEMORY);
		if (actor->memory[i] > 0)
			close(actor->memory[i]);
		actor->memory[i] = fds[n];
	}
}

static void take_fds(struct actor *actor, const char *buf, const int fds[2])
{
	const struct control_header *header = (const void *)buf;

	if (fds[0] < 0)
		return;

	if (header->type == CONTROL_CHANNEL_NEW)
		keep_channel(actor, fds);
	else
		keep_memory(actor, fds);
}

static void note_errand(struct actor *actor, const char *buf, size_t size)
{
	const struct control_message *msg = (const void *)buf;

	if (size != CONTROL_SIZE(errand) || msg->header.type != CONTROL_ERRAND)
		return;

	actor->errand_number = msg->header.seq;
	actor->errand = msg->u.errand;
}

void actor_listen(struct actor *actor)
{
	char buf[sizeof(struct control_welcome) +
		 sizeof(struct control_driver_message)];
	struct control_welcome *welcome = (void *)buf;
	int fds[2], avail;

	while (recv(actor->fd, &avail, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
		size_t size = raw_receive(actor->fd, buf, sizeof(buf), fds);

		if (size == 0) {
			actor_disconnect(actor);
			return;
		}
		take_fds(actor, buf, fds);
		note_errand(actor, buf, size);
		if (size == sizeof(*welcome) && welcome->magic == CONTROL_MAGIC)
			memcpy(actor->secret, welcome->secret,
			       sizeof(actor->secret));
	}
}

void actor_say(struct actor *actor, const void *msg, size_t size)
{
	/* A full queue is the daemon's way to say "later". */
	send(actor->fd, msg, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void actor_connect(struct actor *actor)
{
	struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.tool = one_in(16),
	};
	size_t size = sizeof(hello);

	if (one_in(8))
		((uint32_t *)&hello)[below(sizeof(hello) / 4)] = number();
	if (one_in(16))
		size = below(sizeof(hello) + 1);
	actor->fd = raw_connect();
	actor_say(actor, &hello, size);
}

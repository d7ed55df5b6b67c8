/* SPDX-License-Identifier: MIT */
/*
 * What the kernel offers for the same: a message of eight bytes there and
 * another one back, through two pipes or a pair of SOCK_SEQPACKET sockets.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors of one end; owned. */
struct end {
	int in, out;
};

struct pair {
	struct end ours, theirs;
};

#define NO_PAIR                \
	{                      \
		{ -1, -1 },    \
		{              \
			-1, -1 \
		}              \
	}

static struct pair pipes = NO_PAIR, sockets = NO_PAIR;

static void close_end(struct end *end)
{
	if (end->in >= 0)
		close(end->in);
	if (end->out >= 0 && end->out != end->in)
		close(end->out);
	end->in = end->out = -1;
}

static void serve_pair(void *arg)
{
	struct pair *pair = arg;
	uint64_t message;

	close_end(&pair->ours);
	while (read(pair->theirs.in, &message, sizeof(message)) > 0)
		if (write(pair->theirs.out, &message, sizeof(message)) < 0)
			break;
}

static int pair_trip(void *arg)
{
	const struct pair *pair = arg;
	uint64_t message = 0;
	ssize_t size;

	size = write(pair->ours.out, &message, sizeof(message));
	if (size > 0)
		size = read(pair->ours.in, &message, sizeof(message));
	if (size < 0)
		return -errno;

	return size ? 0 : -EPIPE;
}

static int start_peer(struct measure *measure, struct pair *pair)
{
	int ret = peer_start(&measure->peer, serve_pair, pair);

	/* Theirs alone: when they go, we see it. */
	close_end(&pair->theirs);

	return ret;
}

static int setup_pipe(struct measure *measure)
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC))
		return -errno;
	pipes.theirs.in = there[0];
	pipes.ours.out = there[1];
	if (pipe2(back, O_CLOEXEC))
		return -errno;
	pipes.ours.in = back[0];
	pipes.theirs.out = back[1];

	return start_peer(measure, &pipes);
}

static int run_pipe(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	return time_each(pair_trip, &pipes, samples, nr);
}

static void cleanup_pipe(struct measure *measure)
{
	peer_stop(&measure->peer);
	close_end(&pipes.ours);
	close_end(&pipes.theirs);
}

const struct measure measure_pipe = {
	.name = "pipe",
	.setup = setup_pipe,
	.run = run_pipe,
	.cleanup = cleanup_pipe,
};

static int setup_seqpacket(struct measure *measure)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	sockets.ours = (struct end){ fds[0], fds[0] };
	sockets.theirs = (struct end){ fds[1], fds[1] };

	return start_peer(measure, &sockets);
}

static int run_seqpacket(struct measure *measure, uint32_t *samples,
			 unsigned int nr)
{
	return time_each(pair_trip, &sockets, samples, nr);
}

static void cleanup_seqpacket(struct measure *measure)
{
	peer_stop(&measure->peer);
	close_end(&sockets.ours);
	close_end(&sockets.theirs);
}

const struct measure measure_seqpacket = {
	.name = "seqpacket",
	.setup = setup_seqpacket,
	.run = run_seqpacket,
	.cleanup = cleanup_seqpacket,
};

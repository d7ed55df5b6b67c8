/* SPDX-License-Identifier: MIT */
#include "server/quota.h"

#include "base/log.h"
#include "base/share.h"
#include "server/client.h"
#include "stage/clock.h"
#include "wire/channel.h"

#include <errno.h>
#include <sys/resource.h>

#define MAX_CHANNELS 16 /* of one connection */
#define MIN_PROCESS  4	/* connections a process may have anyway */
#define MAX_RESERVED 8	/* places for root and tools */
#define SAY_EVERY_NS 10000000000ull

/* Descriptors: its connection and its memory; an eventfd and, until the client
 * has mapped it, a memfd. */
#define FDS_OF_CLIENT  3
#define FDS_OF_CHANNEL 2

struct usage {
	unsigned int nr_clients, nr_channels; /* of the user */
	unsigned int nr_connections;	      /* of the process */
};

static struct usage usage_of(const struct client *client)
{
	struct usage usage = { .nr_clients = 0 };

	for (struct client *c = client_next(NULL); c; c = client_next(c)) {
		if (c->uid != client->uid)
			continue;
		usage.nr_clients++;
		usage.nr_channels += c->nr_channels;
		usage.nr_connections += c->pid == client->pid;
	}

	return usage;
}

/* Of many refusals the log tells a few. */
static int refuse(const struct client *client, int ret, const char *what)
{
	static uint64_t said_ns;
	uint64_t now = clock_ns();

	if (said_ns == 0 || now - said_ns > SAY_EVERY_NS) {
		log_warn("pid %d (%s) of user %u was refused: %s, see LIMITS "
			 "in evl-cused(8)",
			 client->pid, client->comm, client->uid, what);
		said_ns = now;
	}

	return ret;
}

/* Without descriptors nobody can connect any more. */
static bool has_descriptors(const struct client *client,
			    const struct usage *usage)
{
	size_t nr = (size_t)usage->nr_clients * FDS_OF_CLIENT +
		    (size_t)usage->nr_channels * FDS_OF_CHANNEL;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return true;

	return nr + FDS_OF_CHANNEL <= share_of(limit.rlim_cur, client->uid);
}

/* libevlclient needs one. A pid of 0 is one that we cannot see from here. */
static unsigned int process_share(void)
{
	unsigned int share = server_config()->max_clients / 4;

	return share < MIN_PROCESS ? MIN_PROCESS : share;
}

/* Of a single one none can be kept. */
static unsigned int nr_reserved(void)
{
	unsigned int max = server_config()->max_clients, nr = max / 16;

	if (nr == 0)
		return max > 1;

	return nr > MAX_RESERVED ? MAX_RESERVED : nr;
}

static size_t user_share(const struct client *client)
{
	return share_of(server_config()->max_clients, client->uid);
}

static int refuse_user(const struct client *client)
{
	return refuse(client, -EDQUOT,
		      "the user has two thirds of --max-clients");
}

int quota_connect(const struct client *client)
{
	struct usage usage = usage_of(client);

	if (client->pid && usage.nr_connections >= process_share())
		return refuse(client, -EDQUOT,
			      "the process has a quarter of --max-clients");
	if (share_is_all(client->uid))
		return 0;
	/* It may be a tool, to see who has all those of this user. */
	if (usage.nr_clients >= user_share(client) + nr_reserved())
		return refuse_user(client);
	if (!has_descriptors(client, &usage))
		return refuse(client, -EDQUOT,
			      "the user has two thirds of RLIMIT_NOFILE");

	return 0;
}

int quota_join(const struct client *client, bool tool)
{
	if (tool || client->uid == 0)
		return 0;
	if (usage_of(client).nr_clients > user_share(client))
		return refuse_user(client);
	if (client_count() > server_config()->max_clients - nr_reserved())
		return refuse(client, -EAGAIN,
			      "what is left of --max-clients is for root and "
			      "tools");

	return 0;
}

/* What all clients need at most, with one each and one for each 64 threads. */
static unsigned int max_channels(void)
{
	return server_config()->max_clients +
	       server_config()->max_threads / CHANNEL_SLOTS;
}

int quota_channel(const struct client *client)
{
	struct usage usage = usage_of(client);

	if (client->nr_channels >= MAX_CHANNELS)
		return -EAGAIN;
	if (share_is_all(client->uid))
		return 0;
	if (usage.nr_channels >= share_of(max_channels(), client->uid))
		return refuse(client, -EDQUOT,
			      "the user has two thirds of all channels");
	if (!has_descriptors(client, &usage))
		return refuse(client, -EDQUOT,
			      "the user has two thirds of RLIMIT_NOFILE");

	return 0;
}

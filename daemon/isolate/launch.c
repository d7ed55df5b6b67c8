/* SPDX-License-Identifier: MIT */
#include "isolate/launch.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/packet.h"
#include "isolate/isolate.h"
#include "isolate/process.h"
#include "isolate/remote.h"
#include "stage/oob.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

static size_t add_text(char *at, const char *text)
{
	size_t len = strlen(text) + 1;

	memcpy(at, text, len);

	return len;
}

static size_t texts_size(const struct remote *remote)
{
	size_t size = strlen(remote->name) + strlen(remote->path) + 2;

	for (unsigned int i = 0; i < remote->nr_params; i++)
		size += strlen(remote->params[i]) + 1;

	return size;
}

static int send_init_with(struct remote *remote, const int *fds,
			  unsigned int nr_fds)
{
	struct isolate_message *msg;
	struct isolate_init init = {
		.nr_lanes = remote->nr_lanes,
		.nr_params = remote->nr_params,
		.texts_size = (uint32_t)texts_size(remote),
	};
	const void *blob = isolate_blob(&init.blob_size);
	size_t size =
		sizeof(*msg) + sizeof(init) + init.blob_size + init.texts_size;
	char *packet, *at;
	int ret;

	if (size > ISOLATE_PACKET)
		return -E2BIG;
	msg = calloc(1, size);
	if (msg == NULL)
		return -ENOMEM;

	msg->type = ISOLATE_INIT;
	packet = (char *)msg;
	memcpy(packet + sizeof(*msg), &init, sizeof(init));
	at = packet + sizeof(*msg) + sizeof(init);
	memcpy(at, blob, init.blob_size);
	at += init.blob_size;
	at += add_text(at, remote->name);
	at += add_text(at, remote->path);
	for (unsigned int i = 0; i < remote->nr_params; i++)
		at += add_text(at, remote->params[i]);
	ret = packet_send(remote->sock, packet, size, fds, nr_fds,
			  MSG_DONTWAIT);
	free(msg);

	return ret;
}

_Static_assert(2 + 2 * ISOLATE_LANES <= PACKET_MAX_FDS, "one packet");

static int send_init(struct remote *remote, int memfd)
{
	int fds[2 + 2 * ISOLATE_LANES];
	unsigned int nr = 0;

	fds[nr++] = memfd;
	for (unsigned int i = 0; i < remote->nr_lanes; i++) {
		fds[nr++] = remote->lanes[i].port.out_bell;
		fds[nr++] = remote->lanes[i].port.in_bell;
	}
	if (isolate_devices() >= 0)
		fds[nr++] = isolate_devices();

	return send_init_with(remote, fds, nr);
}

static int map_shared(struct remote *remote, int memfd)
{
	void *base;

	base = mmap(NULL, remote->shared_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, memfd, 0);
	if (base == MAP_FAILED)
		return err_origin(-errno);
	remote->shared = base;

	return 0;
}

static int make_lanes(struct remote *remote)
{
	int ret = 0;

	remote->lanes = calloc(remote->nr_lanes, sizeof(*remote->lanes));
	if (remote->lanes == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < remote->nr_lanes && ret == 0; i++)
		ret = lane_init(&remote->lanes[i], remote, i);

	return ret;
}

int launch(struct remote *remote)
{
	int memfd, ret;

	remote->nr_lanes = oob_nr_workers() + 1;
	memfd = process_memory(remote->nr_lanes, &remote->shared_size);
	if (memfd < 0)
		return memfd;

	ret = map_shared(remote, memfd);
	if (ret == 0)
		ret = make_lanes(remote);
	if (ret == 0)
		ret = process_start(remote->name, &remote->pid, &remote->sock,
				    &remote->pid_fd);
	if (ret == 0) {
		ret = remote_attach(remote);
		if (ret == 0)
			ret = send_init(remote, memfd);
		if (ret)
			kill(remote->pid, SIGKILL);
	}
	fd_close(memfd);

	return ret;
}

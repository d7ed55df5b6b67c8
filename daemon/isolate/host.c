/* SPDX-License-Identifier: MIT */
/*
 * The process of an isolated driver: a daemon without front and server, whose
 * requests come from another daemon. It lives for one driver: once that is
 * unloaded, or cannot be loaded, or the daemon is gone, it ends.
 */
#include "isolate/host.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/packet.h"
#include "bus/platform.h"
#include "isolate/isolate.h"
#include "isolate/process.h"
#include "kapi/tally.h"
#include "stage/inband.h"
#include "vfs/anon.h"
#include "vfs/complaint.h"
#include "vfs/module.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct isolate_shared *host_shared;
const char *host_name;

static struct isolate_init init;
static char *packet; /* owned: the first one, to whose texts we point */
static const char *path;
static char **params;		/* owned */
static struct host_lane *lanes; /* owned */
static ev_io sock_io;

bool isolate_is_host(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], PROCESS_ARGUMENT) == 0 &&
	       fcntl(PROCESS_SOCK, F_SETFD, FD_CLOEXEC) == 0;
}

struct host_lane *host_lane(unsigned int index)
{
	return &lanes[index];
}

void host_send(const struct isolate_message *msg)
{
	/* It always reads. */
	while (packet_send(PROCESS_SOCK, msg, sizeof(*msg), NULL, 0,
			   MSG_DONTWAIT) == -EAGAIN)
		usleep(1000);
}

/* What is sent to a group of processes is meant for the daemon, which tells us. */
static void ignore_signals(void)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM };

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
}

static int take_texts(char *at)
{
	static char part[64];
	char comm[64];

	host_name = at;
	at += strlen(at) + 1;
	path = at;
	params = calloc(init.nr_params + 1, sizeof(*params));
	if (params == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < init.nr_params; i++) {
		at += strlen(at) + 1;
		params[i] = at;
	}

	snprintf(comm, sizeof(comm), "evl:%s", host_name);
	prctl(PR_SET_NAME, comm, 0, 0, 0);
	snprintf(part, sizeof(part), "%.29s: ", host_name);
	log_set_part(part);

	return 0;
}

static int map_shared(int fd)
{
	size_t size = sizeof(struct isolate_shared) +
		      init.nr_lanes * sizeof(struct isolate_lane);
	void *base;

	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return err_origin(-errno);
	host_shared = base;

	return 0;
}

static int make_lanes(const int *bells)
{
	int ret = 0;

	lanes = calloc(init.nr_lanes, sizeof(*lanes));
	if (lanes == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < init.nr_lanes && ret == 0; i++)
		ret = host_lane_init(&lanes[i], i, bells[2 * i],
				     bells[2 * i + 1]);

	return ret;
}

int host_prepare(void *blob, uint32_t size, int *r_devices)
{
	int fds[2 + 2 * ISOLATE_LANES], ret;
	char *at;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ignore_signals();
	packet = malloc(ISOLATE_PACKET);
	if (packet == NULL)
		return err_origin(-ENOMEM);
	if (packet_receive(PROCESS_SOCK, packet, ISOLATE_PACKET, fds,
			   2 + 2 * ISOLATE_LANES, 0) <= 0)
		return -ENOTCONN;

	at = packet + sizeof(struct isolate_message);
	memcpy(&init, at, sizeof(init));
	at += sizeof(init);
	/* The same binary, as it should be. */
	if (init.blob_size != size)
		return err_origin(-EPROTO);
	memcpy(blob, at, size);
	ret = take_texts(at + size);
	if (ret == 0)
		ret = map_shared(fds[0]);
	fd_close(fds[0]);
	if (ret == 0)
		ret = make_lanes(fds + 1);
	*r_devices = fds[1 + 2 * init.nr_lanes];

	return ret;
}

static void tell(enum isolate_message_type type, int ret)
{
	struct isolate_message msg = { .type = type };

	msg.result = ret < -4095 || ret > 0 ? -EINVAL : ret;
	if (ret)
		snprintf(msg.text, sizeof(msg.text), "%s", complaint());
	host_send(&msg);
}

static void load(void *arg)
{
	int ret;

	tally_lend_sins(&host_shared->sins);
	ret = module_load(path, params, init.nr_params);
	if (ret == 0)
		platform_report();
	tell(ISOLATE_READY, ret);
}

static void unload(void *arg)
{
	bool force = arg != NULL;
	int ret = module_unload(host_name);

	/* What refuses to go is ended with the process. */
	if (ret == 0 || !force)
		tell(ISOLATE_ENDED, ret);
	if (ret == 0 || force)
		inband_break();
}

static void on_message(struct ev_loop *loop, ev_io *w, int revents)
{
	struct isolate_message msg;
	int fds[ISOLATE_RANGES];
	ssize_t len;

	len = packet_receive(PROCESS_SOCK, &msg, sizeof(msg), fds,
			     ISOLATE_RANGES, MSG_DONTWAIT);
	if (len == -EAGAIN)
		return;
	/* The daemon is gone, and all who could have asked for something. */
	if (len != sizeof(msg))
		_exit(EXIT_SUCCESS);

	if (msg.type != ISOLATE_END)
		host_answered(&msg, fds, ISOLATE_RANGES);
	else if (inband_spawn(unload, msg.force ? &init : NULL, NULL))
		inband_break();
}

/* Descriptors in the calling process are the daemon's to make. */
static int refuse_fd(unsigned int flags)
{
	static bool told;

	(void)flags;
	if (!told)
		log_err("driver %s: makes descriptors, which one with a process "
			"of its own cannot: load it without isolate",
			host_name);
	told = true;

	return -EOPNOTSUPP;
}

static struct open_file *claim_none(unsigned int fd)
{
	(void)fd;

	return NULL;
}

static void ignore_fd(unsigned int fd)
{
	(void)fd;
}

static const struct fd_host fd_host = {
	.reserve = refuse_fd,
	.claim = claim_none,
	.give_back = ignore_fd,
	.set_nonblock = ignore_fd,
};

static int start(void)
{
	int ret = 0;

	host_files_start();
	host_nodes_start();
	host_lanes_start();
	anon_set_fd_host(&fd_host);
	for (unsigned int i = 0; i < init.nr_lanes && ret == 0; i++)
		ret = host_lane_attach(&lanes[i]);
	if (ret)
		return ret;

	ev_io_init(&sock_io, on_message, PROCESS_SOCK, EV_READ);
	ev_io_start(inband_loop(), &sock_io);

	return inband_spawn(load, NULL, NULL);
}

bool host_free_fibers(void)
{
	bool all = true;

	/* Attached, or never were. */
	for (unsigned int i = 1; i < init.nr_lanes; i++)
		if (lanes[i].stage)
			all &= host_oob_free_lane(&lanes[i]);

	return all;
}

void host_run(struct stack_pool *stacks)
{
	int ret;

	host_oob_set_stacks(stacks);
	ret = start();

	if (ret) {
		complain("driver %s: cannot start its process: %s", path,
			 strerrordesc_np(-ret));
		tell(ISOLATE_READY, ret);
	}
	inband_run();
}

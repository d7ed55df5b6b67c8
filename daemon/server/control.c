/* SPDX-License-Identifier: MIT */
#include "server/control.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/packet.h"
#include "core/thread-element.h"
#include "server/attach.h"
#include "server/channel.h"
#include "server/client.h"
#include "server/errand.h"
#include "server/lease.h"
#include "server/order.h"
#include "server/query.h"
#include "server/quota.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_JOBS 1024 /* requests one client may have under way */

struct job {
	struct client *client;
	size_t size;
	int fds[2]; /* to go along with the reply; -1: none */
	bool owns_fds;
	/* The request, then the reply; there is room for both, no more. */
	union {
		struct control_message msg;
		struct control_driver_message driver;
	};
};

static void send_message(struct client *client, const void *msg, size_t size,
			 const int fds[2])
{
	unsigned int nr_fds = 0;

	while (fds && nr_fds < 2 && fds[nr_fds] >= 0)
		nr_fds++;

	/* A client that does not read its replies has itself to blame. */
	if (client->fd >= 0 &&
	    packet_send(client->fd, msg, size, fds, nr_fds, MSG_DONTWAIT)) {
		log_debug("pid %d does not take its replies: dropped",
			  client->pid);
		client_leave(client);
	}
}

void control_send(struct client *client, const struct control_message *msg,
		  size_t size)
{
	send_message(client, msg, size, NULL);
}

static bool hello_is_sane(const struct control_hello *hello, ssize_t size)
{
	return size == sizeof(*hello) && hello->magic == CONTROL_MAGIC &&
	       hello->tool <= 1 && hello->compat <= 1;
}

static int accept_client(struct client *client,
			 const struct control_hello *hello)
{
	int ret;

	if (hello->abi != CONTROL_ABI) {
		log_info("pid %d (%s) speaks control ABI %u, we speak %u: "
			 "refused; use the libevlclient of this version",
			 client->pid, client->comm, hello->abi, CONTROL_ABI);
		return -ENOEXEC;
	}

	for (unsigned int i = 0; i < 2; i++)
		if (hello->reserved[i])
			return -EINVAL;
	client->tool = hello->tool;
	/* To a daemon as narrow they are its own kind. */
	client->compat = hello->compat && sizeof(void *) > 4;
	ret = quota_join(client, client->tool);
	if (ret)
		return ret;

	return client->tool ? 0 : files_new(client->pid, &client->files);
}

static void fill_worker_cpus(uint64_t words[CONTROL_CPU_WORDS])
{
	int cpu;

	for (unsigned int i = 0; i < oob_nr_workers(); i++) {
		cpu = oob_worker_cpu(oob_worker(i));
		if (cpu >= 0 && cpu < CONTROL_CPU_WORDS * 64)
			words[cpu / 64] |= UINT64_C(1) << cpu % 64;
	}
}

static void say_welcome(struct client *client,
			const struct control_hello *hello)
{
	const struct server_front *front = &server_config()->front;
	struct control_welcome welcome = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.features = hello->features & CONTROL_FEATURES,
		.front = front->kind,
		.pid = getpid(),
		.mount_dev = front->mount_dev,
		.version = PROJECT_VERSION,
	};

	welcome.error = accept_client(client, hello);
	if (welcome.error == 0) {
		memcpy(welcome.secret, client->secret, sizeof(welcome.secret));
		fill_worker_cpus(welcome.worker_cpus);
		snprintf(welcome.devdir, sizeof(welcome.devdir), "%s",
			 front->devdir);
	}

	client->welcome = welcome.error == 0;
	ev_timer_stop(inband_loop(), &client->patience);
	client->nr_jobs++;
	send_message(client, &welcome, sizeof(welcome), NULL);
	if (welcome.error)
		client_leave(client);
	client->nr_jobs--;
	client_maybe_free(client);
}

static struct channel *channel_at(struct client *client, uint32_t index)
{
	struct channel *ch;

	list_for_each_entry(ch, &client->channels, link)
		if (ch->index == index)
			return ch;

	return NULL;
}

static int do_channel_new(struct job *job)
{
	struct channel *ch;
	int ret;

	ret = quota_channel(job->client);
	if (ret)
		return ret;
	ret = channel_new(job->client, &ch);
	if (ret)
		return ret;

	job->msg.u.channel = (struct control_channel){ .index = ch->index };
	job->size = CONTROL_SIZE(channel);
	job->fds[0] = ch->memfd;
	job->fds[1] = ch->source.fd;

	return 0;
}

static int do_channel_ready(struct job *job)
{
	const struct control_channel *body = &job->msg.u.channel;
	struct channel *ch = channel_at(job->client, body->index);

	return ch && body->reserved == 0 ? channel_go_live(ch) : -EINVAL;
}

static int do_attach(struct job *job)
{
	int ret = attach_thread(job->client, &job->msg.u.attach);

	if (ret == 0)
		job->size = CONTROL_SIZE(attach);

	return ret;
}

static int do_detach(struct job *job)
{
	return detach_thread(job->client, &job->msg.u.slot);
}

static int do_unbind(struct job *job)
{
	const struct control_unbind *unbind = &job->msg.u.unbind;
	struct files_struct *files = job->client->files;
	struct open_file *of;

	if (unbind->file_id) {
		of = files_lookup(files, unbind->first);
		if (unbind->first != unbind->last)
			return -EINVAL;
		if (of == NULL || of->id != unbind->file_id)
			return 0;
	}
	files_unbind(files, unbind->first, unbind->last);

	return 0;
}

static int do_sync(struct job *job)
{
	/* The RELEASE of a close(2) that returned is queued by now. */
	node_drain();
	open_file_wait_release(job->msg.u.sync.file_id);

	return 0;
}

static int do_rdev(struct job *job)
{
	return server_config()->front.owns_rdev(job->msg.u.rdev.rdev);
}

static int do_errand_done(struct job *job)
{
	errand_done(job->client, &job->msg.u.errand_done);

	return 0;
}

static int do_query(struct job *job)
{
	size_t size = 0;
	int ret;

	ret = query_table(&job->msg, &size);
	if (ret == 0)
		job->size = sizeof(struct control_header) + size;

	return ret;
}

static int do_mmap(struct job *job)
{
	const struct control_mmap request = job->msg.u.mmap;
	int ret;

	job->msg.u.mapping = (struct control_mapping){ .id = 0 };
	ret = lease_begin(job->client, &request, &job->msg.u.mapping, job->fds);
	job->owns_fds = true;
	if (ret == 0)
		job->size = CONTROL_SIZE(mapping);

	return ret;
}

static int do_segment(struct job *job)
{
	int ret = lease_segment(job->client, &job->msg.u.segment, job->fds);

	job->owns_fds = true;
	if (ret == 0)
		job->size = CONTROL_SIZE(segment);

	return ret;
}

static int do_munmap(struct job *job)
{
	return lease_end(job->client, &job->msg.u.munmap);
}

static int do_driver_load(struct job *job)
{
	job->size = sizeof(job->driver.header) + sizeof(job->driver.u.answer);

	return order_load(job->client, &job->driver);
}

static int do_driver_unload(struct job *job)
{
	job->size = sizeof(job->driver.header) + sizeof(job->driver.u.answer);

	return order_unload(job->client, &job->driver);
}

/* What a request must look like, and who answers it. */
static const struct verb {
	size_t size;
	bool for_tools;
	int (*answer)(struct job *job);
} verbs[] = {
	[CONTROL_CHANNEL_NEW] = { sizeof(struct control_header), false,
				  do_channel_new },
	[CONTROL_CHANNEL_READY] = { CONTROL_SIZE(channel), false,
				    do_channel_ready },
	[CONTROL_ATTACH] = { CONTROL_SIZE(attach), false, do_attach },
	[CONTROL_DETACH] = { CONTROL_SIZE(slot), false, do_detach },
	[CONTROL_UNBIND] = { CONTROL_SIZE(unbind), false, do_unbind },
	[CONTROL_SYNC] = { CONTROL_SIZE(sync), false, do_sync },
	[CONTROL_RDEV] = { CONTROL_SIZE(rdev), false, do_rdev },
	[CONTROL_ERRAND_DONE] = { CONTROL_SIZE(errand_done), false,
				  do_errand_done },
	[CONTROL_QUERY] = { CONTROL_SIZE(query), true, do_query },
	[CONTROL_MMAP] = { CONTROL_SIZE(mmap), false, do_mmap },
	[CONTROL_SEGMENT] = { CONTROL_SIZE(segment), false, do_segment },
	[CONTROL_MUNMAP] = { CONTROL_SIZE(munmap), false, do_munmap },
	[CONTROL_DRIVER_LOAD] = { sizeof(struct control_driver_message), true,
				  do_driver_load },
	[CONTROL_DRIVER_UNLOAD] = { sizeof(struct control_driver_message), true,
				    do_driver_unload },
};

static const struct verb *verb_of(const struct job *job)
{
	uint32_t type = job->msg.header.type;
	const struct verb *verb;

	if (type >= sizeof(verbs) / sizeof(verbs[0]))
		return NULL;
	verb = &verbs[type];
	if (verb->answer == NULL || job->size != verb->size ||
	    job->msg.header.result || job->msg.header.reserved ||
	    (job->client->tool && !verb->for_tools))
		return NULL;

	return verb;
}

static void run_job(void *arg)
{
	struct job *job = arg;
	struct client *client = job->client;
	const struct verb *verb = verb_of(job);

	/* A verb with more to say than its result sets the size. */
	job->size = sizeof(struct control_header);
	if (verb == NULL)
		job->msg.header.result = -EINVAL;
	else if (client->fd < 0)
		job->msg.header.result = -ENOTCONN;
	else
		job->msg.header.result = verb->answer(job);

	send_message(client, &job->msg, job->size, job->fds);
	if (job->owns_fds) {
		fd_close(job->fds[0]);
		fd_close(job->fds[1]);
	}
	client->nr_jobs--;
	vfs_give_fiber(client->uid);
	client_maybe_free(client);
	free(job);
}

/* The user has so much under way that there is to be no fiber for this. */
static void refuse_job(struct client *client,
		       const struct control_header *asked)
{
	const struct control_header answer = {
		.type = asked->type,
		.seq = asked->seq,
		.result = -EDQUOT,
	};

	client->nr_jobs++;
	send_message(client, &answer, sizeof(answer), NULL);
	client->nr_jobs--;
	client_maybe_free(client);
}

/* False: the client is out of line, or we are out of memory. */
static bool start_job(struct client *client, const struct control_message *msg,
		      size_t size)
{
	struct job *job;

	if (size < sizeof(msg->header) || client->nr_jobs >= MAX_JOBS ||
	    (size > sizeof(*msg) && size != sizeof(job->driver)))
		return false;
	if (!vfs_take_fiber(client->uid)) {
		refuse_job(client, &msg->header);
		return true;
	}
	job = calloc(1, offsetof(struct job, msg) +
				(size > sizeof(*msg) ? size : sizeof(*msg)));
	if (job == NULL) {
		vfs_give_fiber(client->uid);
		return false;
	}

	job->client = client;
	memcpy(&job->msg, msg, size);
	job->size = size;
	job->fds[0] = job->fds[1] = -1;
	client->nr_jobs++;
	if (inband_spawn(run_job, job, NULL)) {
		client->nr_jobs--;
		vfs_give_fiber(client->uid);
		free(job);
		return false;
	}

	return true;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *client = container_of(w, struct client, io);
	/* One byte more than any message has: what is longer shows. Without
	 * room for control data the kernel drops descriptors sent along. */
	static char buf[sizeof(struct control_driver_message) + 1]
		__attribute__((aligned(8)));
	ssize_t size;

	size = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;

	if (size <= 0 || size == sizeof(buf)) {
		client_leave(client);
		return;
	}

	if (client->welcome) {
		if (!start_job(client, (void *)buf, (size_t)size))
			client_leave(client);
		return;
	}

	if (hello_is_sane((void *)buf, size))
		say_welcome(client, (void *)buf);
	else
		client_leave(client);
}

void control_watch(struct client *client)
{
	ev_io_init(&client->io, on_readable, client->fd, EV_READ);
	ev_io_start(inband_loop(), &client->io);
}

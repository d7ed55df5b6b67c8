/* SPDX-License-Identifier: MIT */
#include "server/lease.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/map.h"
#include "base/share.h"
#include "kapi/memory.h"
#include "kapi/task.h"
#include "server/client.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/mapping.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <linux/container_of.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lease {
	struct mapping mapping;
	uint64_t id;
	struct client *client; /* borrowed; NULL: gone */
	struct list_head link; /* client->leases */
	uid_t uid;	       /* whose share it is of */
	bool bound;	       /* until unbind() */
	unsigned int fd;       /* the client's, which keeps the file open */
	struct fiber *fiber;   /* in the driver's mmap handler */
	int life_fd;	       /* owned, the end to write */
	ev_io life;
};

static struct map by_id;
static uint64_t last_id;
static unsigned int nr_leases;
static struct share users = { .limit = MAX_ALL_LEASES };

static struct lease *lease_of(struct mapping *mapping)
{
	return container_of(mapping, struct lease, mapping);
}

static void leave_client(struct lease *lease)
{
	if (lease->client == NULL)
		return;

	list_del(&lease->link);
	lease->client->nr_leases--;
	lease->client = NULL;
}

/* Takes half-built ones. */
static void lease_free(struct lease *lease)
{
	leave_client(lease);
	if (lease->id)
		map_remove(&by_id, lease->id);
	share_give(&users, lease->uid);
	fd_close(lease->life_fd);
	free(lease);
	if (--nr_leases == 0)
		map_deinit(&by_id);
}

static void mapping_ended(struct mapping *mapping)
{
	struct lease *lease = lease_of(mapping);

	ev_io_stop(inband_loop(), &lease->life);
	lease_free(lease);
}

/* Its descriptor served for nothing else. Once: the client may use the number
 * again, for the same file even, while its children go on with this lease. */
static void unbind(struct lease *lease)
{
	struct files_struct *files =
		lease->client ? lease->client->files : NULL;

	if (files && lease->bound && !lease->mapping.ending &&
	    files_lookup(files, lease->fd) == lease->mapping.file)
		files_unbind(files, lease->fd, lease->fd);
	lease->bound = false;
}

static void end_by_id(void *arg)
{
	const uint64_t *id = arg;
	struct lease *lease = map_find(&by_id, *id);

	free(arg);
	if (lease) {
		unbind(lease);
		mapping_end(&lease->mapping);
	}
}

/* Nobody has the other end any more. */
static void on_last_gone(struct ev_loop *loop, ev_io *w, int revents)
{
	struct lease *lease = container_of(w, struct lease, life);
	uint64_t *id = malloc(sizeof(*id));

	ev_io_stop(loop, w);
	if (id)
		*id = lease->id;
	/* Without a fiber it goes with the file. */
	if (id && inband_spawn(end_by_id, id, NULL))
		free(id);
}

static int check_limits(const struct client *client)
{
	if (client->nr_leases >= MAX_LEASES)
		return -ENOMEM;

	return nr_leases >= MAX_ALL_LEASES ? -ENFILE : 0;
}

/* One which leases nothing yet. -EDQUOT: the user has its share. */
static int lease_alloc(uid_t uid, struct lease **r_lease)
{
	struct lease *lease;

	if (!share_take(&users, uid))
		return -EDQUOT;

	lease = calloc(1, sizeof(*lease));
	if (lease == NULL) {
		share_give(&users, uid);
		return -ENOMEM;
	}

	nr_leases++;
	lease->life_fd = -1;
	lease->uid = uid;
	*r_lease = lease;

	return 0;
}

static int lease_new(struct client *client, unsigned int fd,
		     struct lease **r_lease, int *r_life_fd)
{
	int fds[2] = { -1, -1 }, ret;
	struct lease *lease;

	ret = lease_alloc(client->uid, &lease);
	if (ret)
		return ret;

	lease->mapping.ended = mapping_ended;
	lease->fd = fd;
	lease->bound = true;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
		ret = err_origin(-ENFILE);
		goto fail;
	}
	lease->life_fd = fds[1];
	ret = map_set(&by_id, ++last_id, lease);
	if (ret)
		goto fail;

	lease->id = last_id;
	lease->client = client;
	client->nr_leases++;
	list_add(&lease->link, &client->leases);
	*r_lease = lease;
	*r_life_fd = fds[0];

	return 0;
fail:
	fd_close(fds[0]);
	lease_free(lease);

	return ret;
}

/* Call the driver as one of the client's system calls would. */
static int ask_driver(struct lease *lease, struct open_file *of,
		      const struct control_mmap *request)
{
	const struct mapping_request rq = {
		.addr = request->addr,
		.length = request->length,
		.offset = request->offset,
		.prot = request->prot,
		.shared = request->shared,
	};
	const struct client *client = lease->client;
	struct task_struct task = {
		.pid = client->pid,
		.tgid = client->pid,
		.files = client->files,
		.uid = client->uid,
		.by_mem = client_is_foreign(client),
		.mem_fd = client->mem_fd,
		.identified = true,
		.filp = &of->filp,
	};
	int ret;

	memcpy(task.comm, client->comm, sizeof(task.comm));
	lease->fiber = fiber_current();
	task_set(lease->fiber, &task);
	ret = mapping_begin(&lease->mapping, of, &rq);
	task_set(lease->fiber, NULL);
	lease->fiber = NULL;

	return ret;
}

/* The descriptor, offset and length of segment @index, which there is. */
static int open_segment(const struct lease *lease, unsigned int index,
			uint64_t *r_offset, uint64_t *r_length)
{
	const struct area_segment *seg = &lease->mapping.area.segments[index];
	int fd = memory_open(seg->mem, mapping_writable(&lease->mapping));

	*r_offset = seg->offset;
	*r_length = seg->length;

	return fd;
}

static void describe(const struct lease *lease, struct control_mapping *mapping)
{
	mapping->id = lease->id;
	mapping->nr_segments = lease->mapping.area.nr_segments;
	mapping->prot = mapping_prot(&lease->mapping);
}

int lease_begin(struct client *client, const struct control_mmap *request,
		struct control_mapping *r_mapping, int r_fds[2])
{
	struct lease *lease;
	struct open_file *of;
	int ret, life_fd;

	if (request->fd < 0 || request->shared > 1 || request->reserved)
		return -EINVAL;
	of = files_lookup(client->files, (unsigned int)request->fd);
	if (of == NULL || of->releasing)
		return -EBADF;
	ret = check_limits(client);
	if (ret)
		return ret;

	client_open_memory(client);
	ret = lease_new(client, (unsigned int)request->fd, &lease, &life_fd);
	if (ret)
		return ret;
	ret = ask_driver(lease, of, request);
	if (ret) {
		fd_close(life_fd);
		lease_free(lease);
		return ret;
	}

	/* From here on whatever goes wrong closes the lifeline. */
	ev_io_init(&lease->life, on_last_gone, lease->life_fd, EV_READ);
	ev_io_start(inband_loop(), &lease->life);
	ret = open_segment(lease, 0, &r_mapping->offset, &r_mapping->length);
	if (ret < 0) {
		fd_close(life_fd);
		return -ENFILE;
	}

	describe(lease, r_mapping);
	r_fds[0] = life_fd;
	r_fds[1] = ret;

	return 0;
}

/* That of @client with this id. */
static struct lease *find(const struct client *client, uint64_t id)
{
	struct lease *lease = map_find(&by_id, id);

	return lease && lease->client == client && !lease->fiber &&
			       !lease->mapping.ending
		       ? lease
		       : NULL;
}

int lease_segment(struct client *client, struct control_segment *segment,
		  int r_fds[2])
{
	const struct lease *lease = find(client, segment->id);
	int fd;

	if (lease == NULL || segment->reserved || segment->offset ||
	    segment->length ||
	    segment->index >= lease->mapping.area.nr_segments)
		return -EINVAL;

	fd = open_segment(lease, segment->index, &segment->offset,
			  &segment->length);
	if (fd < 0)
		return -ENFILE;

	r_fds[0] = fd;

	return 0;
}

/* The kernel knows before the loop has seen it. */
static bool last_is_gone(const struct lease *lease)
{
	struct pollfd pfd = { .fd = lease->life_fd };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLERR;
}

int lease_end(struct client *client, const struct control_munmap *request)
{
	struct lease *lease = map_find(&by_id, request->id);

	if (lease == NULL || lease->client != client || lease->fiber)
		return -EINVAL;

	unbind(lease);
	if (last_is_gone(lease))
		mapping_end(&lease->mapping);

	return 0;
}

void lease_leave_all(struct client *client)
{
	struct lease *lease, *tmp;

	list_for_each_entry_safe(lease, tmp, &client->leases, link) {
		leave_client(lease);
		if (lease->fiber)
			fiber_break(lease->fiber);
	}
}

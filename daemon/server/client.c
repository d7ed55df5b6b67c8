/* SPDX-License-Identifier: MIT */
#include "server/client.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "server/channel.h"
#include "server/control.h"
#include "server/errand.h"
#include "server/lease.h"
#include "server/quota.h"
#include "server/spare.h"
#include "stage/inband.h"
#include "vfs/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE_S 10. /* to say hello */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static LIST_HEAD(clients);
static unsigned int nr_clients;
static struct client **table; /* by index, max_clients entries */

static int take_index(struct client *client)
{
	unsigned int max = server_config()->max_clients;

	if (table == NULL) {
		table = calloc(max, sizeof(*table));
		if (table == NULL)
			return err_origin(-ENOMEM);
	}

	for (unsigned int i = 0; i < max; i++) {
		if (table[i])
			continue;
		table[i] = client;
		client->index = i;
		return 0;
	}

	return -EAGAIN;
}

static void read_comm(struct client *client)
{
	struct task_struct task = { .pid = client->pid };

	task_identify(&task);
	memcpy(client->comm, task.comm, sizeof(client->comm));
}

/* Random, but for the index by which client_by_secret() finds us. */
static int make_secret(struct client *client)
{
	if (getrandom(client->secret, sizeof(client->secret), 0) !=
	    sizeof(client->secret))
		return err_origin(-EIO);
	memcpy(client->secret, &client->index, sizeof(client->index));

	return 0;
}

static void client_free(struct client *client)
{
	if (client->index != UINT32_MAX)
		table[client->index] = NULL;
	files_free(client->files);
	fd_close(client->mem_fd);
	fd_close(client->pidfd);
	fd_close(client->fd);
	free(client);
}

static void lose_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct client *client = container_of(w, struct client, patience);

	log_debug("pid %d connected and said nothing: dropped", client->pid);
	client_leave(client);
}

/* Others may have its connection still, and another process its pid. */
static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
	client_leave(container_of(w, struct client, end));
}

static int open_process(struct client *client, int fd)
{
	socklen_t len = sizeof(client->pidfd);

	/* The very one that connected, where the kernel says so (6.5). */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &client->pidfd, &len) == 0)
		return 0;

	client->pidfd = (int)syscall(SYS_pidfd_open, client->pid, 0);
	if (client->pidfd >= 0)
		return 0;

	/* Others say that there is no such thing here. */
	return errno == ESRCH || errno == EMFILE || errno == ENFILE ? -errno
								    : 0;
}

/* Before any request of who has its pid now. */
static void watch_process(struct client *client)
{
	if (client->pidfd < 0)
		return;

	ev_io_init(&client->end, on_end, client->pidfd, EV_READ);
	ev_set_priority(&client->end, EV_MAXPRI);
	ev_io_start(inband_loop(), &client->end);
}

int client_new(int fd, struct client **r_client)
{
	socklen_t len = sizeof(struct ucred);
	struct client *client;
	struct ucred cred;
	int ret;

	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return err_origin(-ENOMEM);

	client->fd = -1;
	client->mem_fd = -1;
	client->pidfd = -1;
	client->index = UINT32_MAX;
	INIT_LIST_HEAD(&client->channels);
	INIT_LIST_HEAD(&client->leases);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		ret = err_origin(-errno);
		goto fail;
	}

	client->pid = cred.pid;
	client->uid = cred.uid;
	ret = open_process(client, fd);
	if (ret)
		goto fail;
	read_comm(client);
	ret = quota_connect(client);
	if (ret)
		goto fail;
	ret = take_index(client);
	if (ret)
		goto fail;
	ret = make_secret(client);
	if (ret)
		goto fail;

	client->fd = fd;
	ev_timer_init(&client->patience, lose_patience, PATIENCE_S, 0.);
	ev_timer_start(inband_loop(), &client->patience);
	control_watch(client);
	watch_process(client);
	list_add_tail(&client->link, &clients);
	nr_clients++;
	*r_client = client;

	return 0;
fail:
	client_free(client);

	return ret;
}

void client_leave(struct client *client)
{
	struct channel *ch, *tmp;

	if (client->fd < 0)
		return;

	ev_io_stop(inband_loop(), &client->io);
	if (client->pidfd >= 0)
		ev_io_stop(inband_loop(), &client->end);
	ev_timer_stop(inband_loop(), &client->patience);
	client->fd = fd_close(client->fd);

	errand_client_left(client);
	spare_client_left(client);
	/* Held, or the last channel to be buried would take us along. */
	client->nr_jobs++;
	/* First: what is under way shall not end by what follows. */
	list_for_each_entry_safe(ch, tmp, &client->channels, link)
		channel_drain(ch);
	/* Nobody answers for its descriptors from now on. */
	if (client->files)
		files_unbind(client->files, 0, UINT32_MAX);
	lease_leave_all(client);
	client->nr_jobs--;
	client_maybe_free(client);
}

bool client_is_foreign(const struct client *client)
{
	return client->uid != geteuid();
}

void client_open_memory(struct client *client)
{
	char path[32];
	struct stat st;

	if (!client_is_foreign(client) || client->mem_fd >= 0)
		return;

	snprintf(path, sizeof(path), "/proc/%d/mem", client->pid);
	client->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	/* In this order. A process that has more rights than its user belongs
	 * to root here: whatever is there now, what we opened was the user's,
	 * or is gone. */
	*strrchr(path, '/') = '\0';
	if (client->mem_fd >= 0 &&
	    (stat(path, &st) || st.st_uid != client->uid))
		client->mem_fd = fd_close(client->mem_fd);
	if (client->mem_fd < 0)
		log_debug("pid %d: its memory is not for us to reach",
			  client->pid);
}

void client_maybe_free(struct client *client)
{
	if (client->fd >= 0 || client->nr_jobs || client->nr_channels)
		return;

	list_del(&client->link);
	nr_clients--;
	client_free(client);
}

struct client *client_by_secret(const uint8_t *secret)
{
	struct client *client;
	uint32_t index;

	memcpy(&index, secret, sizeof(index));
	if (table == NULL || index >= server_config()->max_clients)
		return NULL;

	client = table[index];
	if (client == NULL || client->fd < 0 ||
	    memcmp(client->secret, secret, sizeof(client->secret)) != 0)
		return NULL;

	return client;
}

struct client *client_next(const struct client *client)
{
	const struct list_head *next =
		client ? client->link.next : clients.next;

	return next == &clients ? NULL : list_entry(next, struct client, link);
}

struct client *client_of(const struct files_struct *files)
{
	struct client *client;

	list_for_each_entry(client, &clients, link)
		if (files && client->files == files && client->fd >= 0)
			return client;

	return NULL;
}

unsigned int client_count(void)
{
	return nr_clients;
}

void client_leave_all(void)
{
	struct client *client, *tmp;

	list_for_each_entry_safe(client, tmp, &clients, link)
		client_leave(client);
}

void client_table_free(void)
{
	free(table);
	table = NULL;
}

/* SPDX-License-Identifier: MIT */
#include "isolate/remote.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/packet.h"
#include "isolate/devices.h"
#include "isolate/launch.h"
#include "isolate/nodes.h"
#include "isolate/process.h"
#include "isolate/proxy.h"
#include "kapi/tally.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "vfs/complaint.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define PATIENCE_NS (5 * NS_PER_SEC) /* with one that is to end */

static LIST_HEAD(remotes);
static unsigned int nr_attached; /* lanes of all, the dead ones', too */

/*
 * Birth and death.
 */

static void remote_free(struct remote *remote)
{
	if (remote->lanes)
		for (unsigned int i = 0; i < remote->nr_lanes; i++)
			lane_deinit(&remote->lanes[i]);
	free(remote->lanes);
	if (remote->shared)
		munmap(remote->shared, remote->shared_size);
	fd_close(remote->sock);
	fd_close(remote->pid_fd);
	for (unsigned int i = 0; remote->params && i < remote->nr_params; i++)
		free(remote->params[i]);
	free(remote->params);
	free(remote->name);
	free(remote->path);
	free(remote);
}

void remote_get(struct remote *remote)
{
	remote->refs++;
}

void remote_put(struct remote *remote)
{
	if (--remote->refs == 0)
		remote_free(remote);
}

void remote_drop_stand_in(struct remote *remote)
{
	if (remote->stand_in == NULL)
		return;

	remote->stand_in->remote = NULL;
	remote->stand_in = NULL;
	remote_put(remote);
}

static void kill_now(struct irq_work *work)
{
	struct remote *remote = container_of(work, struct remote, kill_work);

	if (remote->pid > 0)
		kill(remote->pid, SIGKILL);
}

void remote_distrust(struct remote *remote, const char *what)
{
	/* Relaxed: once is enough. */
	if (remote_is_dead(remote) ||
	    atomic_exchange_explicit(&remote->distrusted, true,
				     memory_order_relaxed))
		return;

	log_err("driver %s: its process does not keep to the rules (%s): "
		"killed",
		remote->name, what);
	irq_work_queue(&remote->kill_work);
}

static int copy_texts(struct remote *remote, const char *name, const char *path,
		      char *const params[], unsigned int nr)
{
	remote->name = strdup(name);
	remote->path = strdup(path);
	remote->params = calloc(nr + 1, sizeof(*remote->params));
	if (remote->name == NULL || remote->path == NULL ||
	    remote->params == NULL)
		return -ENOMEM;

	for (; remote->nr_params < nr; remote->nr_params++) {
		remote->params[remote->nr_params] =
			strdup(params[remote->nr_params]);
		if (remote->params[remote->nr_params] == NULL)
			return -ENOMEM;
	}

	return 0;
}

struct remote *remote_new(const char *name, const char *path,
			  char *const params[], unsigned int nr)
{
	struct remote *remote = calloc(1, sizeof(*remote));

	if (remote == NULL)
		return NULL;

	remote->refs = 1;
	remote->sock = remote->pid_fd = -1;
	/* Until there is a process. */
	atomic_init(&remote->dead, true);
	init_irq_work(&remote->kill_work, kill_now);
	wait_queue_init(&remote->talk, WAIT_FIFO);
	pi_mutex_init(&remote->files_lock);
	INIT_LIST_HEAD(&remote->nodes);
	INIT_LIST_HEAD(&remote->link);
	if (copy_texts(remote, name, path, params, nr)) {
		remote_free(remote);
		return NULL;
	}
	devices_init(remote);

	return remote;
}

void remote_event(struct remote *remote, uint32_t index, bool inband)
{
	_Atomic(uint32_t) *word = inband ? &remote->shared->inband_events[index]
					 : &remote->shared->events[index];
	/* seq_cst: what comes from now on sets it again, host-events.c. */
	uint32_t events =
		atomic_exchange_explicit(word, 0, memory_order_seq_cst);

	/* The lock keeps the file, which may be on its way out. */
	pi_lock(&remote->files_lock);
	if (remote->files[index])
		proxy_event(remote->files[index], inband, events);
	pi_unlock(&remote->files_lock);
}

/* Who polls its files learns of it. */
static void tell_pollers(struct remote *remote)
{
	struct remote_file *rf;

	pi_lock(&remote->files_lock);
	for (unsigned int i = 0; i < ISOLATE_FILES; i++) {
		rf = remote->files[i];
		if (rf == NULL)
			continue;
		proxy_event(rf, true, 0);
		proxy_event(rf, false, POLLERR | POLLHUP);
	}
	pi_unlock(&remote->files_lock);
}

static void lane_gone(struct lane *lane)
{
	struct remote *remote = lane->remote;

	nr_attached--;
	remote_put(remote);
}

static void wake_talkers(struct remote *remote)
{
	wait_queue_flush(&remote->talk, 0);
}

static void say_goodbye(struct remote *remote, const char *how)
{
	if (remote->ended)
		return;
	if (!remote->ready)
		complain("driver %s: its process ended (%s) before its init "
			 "function did: mend that",
			 remote->name, how);
	else
		log_err("driver %s: its process ended (%s): its nodes are gone; "
			"load it again with evl driver load %s",
			remote->name, how, remote->path);
}

static void stop_listening(struct remote *remote)
{
	if (!ev_is_active(&remote->sock_io))
		return;
	ev_ref(inband_loop());
	ev_io_stop(inband_loop(), &remote->sock_io);
}

static void remote_died(struct remote *remote)
{
	unsigned int nr = remote->nr_attached;
	char how[96];

	/* seq_cst: pairs with take_slot(). */
	atomic_store_explicit(&remote->dead, true, memory_order_seq_cst);
	process_reap(remote->pid, how, sizeof(how));
	tally_set_sins(remote->name, NULL);
	remote->pid = 0;
	say_goodbye(remote, how);

	ev_ref(inband_loop());
	ev_io_stop(inband_loop(), &remote->pid_io);
	stop_listening(remote);
	list_del_init(&remote->link);
	if (remote->stand_in)
		module_died(&remote->stand_in->mod);
	nodes_remove_all(remote);
	devices_give_all(remote);
	for (unsigned int i = 0; i < nr; i++)
		lane_detach(&remote->lanes[i], lane_gone);
	tell_pollers(remote);
	wake_talkers(remote);
	remote_drop_stand_in(remote);
	remote_put(remote);
}

static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
	remote_died(container_of(w, struct remote, pid_io));
}

/*
 * What it says.
 */

static void take_result(struct remote *remote, bool *flag,
			const struct isolate_message *msg)
{
	*flag = true;
	remote->result = msg->result;
	memcpy(remote->text, msg->text, sizeof(remote->text));
	wake_talkers(remote);
}

static bool take_message(struct remote *remote,
			 const struct isolate_message *msg)
{
	if (memchr(msg->text, '\0', sizeof(msg->text)) == NULL ||
	    msg->result > 0 || msg->result < -4095)
		return false;

	switch (msg->type) {
	case ISOLATE_READY:
		if (remote->ready)
			return false;
		take_result(remote, &remote->ready, msg);
		return true;
	case ISOLATE_ENDED:
		take_result(remote, &remote->ended, msg);
		return true;
	case ISOLATE_NODE_ADD:
		return nodes_add(remote, msg);
	case ISOLATE_NODE_REMOVE:
		nodes_remove(remote, msg->node);
		return true;
	case ISOLATE_DEVICE_TAKE:
		return devices_take(remote, msg);
	case ISOLATE_DEVICE_GIVE:
		devices_give(remote, msg->text);
		return true;
	default:
		return false;
	}
}

static void on_message(struct ev_loop *loop, ev_io *w, int revents)
{
	struct remote *remote = container_of(w, struct remote, sock_io);
	struct isolate_message msg;
	ssize_t len;

	len = packet_receive(remote->sock, &msg, sizeof(msg), NULL, 0,
			     MSG_DONTWAIT);
	if (len == -EAGAIN)
		return;
	if (len == sizeof(msg) && take_message(remote, &msg))
		return;
	/* Its end is what we are told of. */
	if (len > 0)
		remote_distrust(remote, "a message which makes no sense");
	stop_listening(remote);
	if (remote->pid > 0)
		kill(remote->pid, SIGKILL);
}

/*
 * What is asked of it.
 */

int remote_attach(struct remote *remote)
{
	int ret = 0;

	remote_get(remote);
	list_add_tail(&remote->link, &remotes);
	/* Relaxed: nobody else knows it. */
	atomic_store_explicit(&remote->dead, false, memory_order_relaxed);
	ev_io_init(&remote->pid_io, on_end, remote->pid_fd, EV_READ);
	ev_io_start(inband_loop(), &remote->pid_io);
	ev_unref(inband_loop());
	ev_io_init(&remote->sock_io, on_message, remote->sock, EV_READ);
	ev_io_start(inband_loop(), &remote->sock_io);
	ev_unref(inband_loop());
	for (; remote->nr_attached < remote->nr_lanes && ret == 0;
	     remote->nr_attached++) {
		ret = lane_attach(&remote->lanes[remote->nr_attached]);
		if (ret)
			return ret;
		remote_get(remote);
		nr_attached++;
	}

	return 0;
}

static int await_talk(struct remote *remote, const bool *flag,
		      uint64_t deadline)
{
	int ret = 0;

	pi_lock(&remote->talk.lock);
	while (!*flag && !remote_is_dead(remote) && ret == 0)
		ret = wait_queue_sleep(&remote->talk, deadline);
	pi_unlock(&remote->talk.lock);

	return ret;
}

/* Until it is dead, which is a matter of moments now. */
static void await_death(struct remote *remote)
{
	pi_lock(&remote->talk.lock);
	while (!remote_is_dead(remote))
		wait_queue_sleep_uninterruptible(&remote->talk, DEADLINE_NONE);
	pi_unlock(&remote->talk.lock);
}

static void kill_and_await(struct remote *remote)
{
	if (remote->pid > 0)
		kill(remote->pid, SIGKILL);
	await_death(remote);
}

int remote_load(struct remote *remote)
{
	int ret = launch(remote);

	if (ret) {
		complain("driver %s: cannot have a process of its own: %s",
			 remote->path, strerrordesc_np(-ret));
		if (remote->pid > 0)
			remote->ended = true;
		await_death(remote);
		return ret;
	}

	tally_set_sins(remote->name, &remote->shared->sins);
	ret = await_talk(remote, &remote->ready, DEADLINE_NONE);
	if (ret == 0 && !remote->ready)
		ret = -ENODEV;
	else if (ret == 0)
		ret = remote->result;
	/* In the log already, by the host. */
	if (ret && remote->ready)
		complaint_set(remote->text);
	if (ret) {
		remote->ended = true;
		kill_and_await(remote);
	}

	return ret;
}

static int ask_to_end(struct remote *remote, bool force)
{
	const struct isolate_message msg = {
		.type = ISOLATE_END,
		.force = force,
	};
	uint64_t deadline = force ? clock_ns() + PATIENCE_NS : DEADLINE_NONE;
	int ret;

	remote->ended = false;
	ret = packet_send(remote->sock, &msg, sizeof(msg), NULL, 0,
			  MSG_DONTWAIT);
	if (ret == 0)
		ret = await_talk(remote, &remote->ended, deadline);

	return ret;
}

int remote_unload(struct remote *remote, bool force)
{
	int ret;

	if (remote_is_dead(remote))
		return 0;

	ret = ask_to_end(remote, force);
	if (ret == 0 && remote->ended)
		ret = remote->result;
	if (ret && !force) {
		complaint_set(remote->text);
		remote->ended = false;
		return ret;
	}
	if (ret)
		log_warn("driver %s: its exit function does not end: its "
			 "process is killed",
			 remote->name);
	/* It ends by itself, but for that. */
	if (ret)
		kill_and_await(remote);
	else
		await_death(remote);

	return 0;
}

/*
 * At the end of the daemon.
 */

static bool is_busy(const struct remote *remote)
{
	for (unsigned int i = 0; i < remote->nr_lanes; i++)
		if (lane_is_busy(&remote->lanes[i]))
			return true;

	return false;
}

void remote_kill_busy(void)
{
	struct remote *remote;

	list_for_each_entry(remote, &remotes, link) {
		if (remote->pid <= 0 || !is_busy(remote))
			continue;
		log_warn(
			"driver %s: a handler of its does not end: its process "
			"is killed",
			remote->name);
		kill(remote->pid, SIGKILL);
	}
}

static bool none_left(void)
{
	return list_empty(&remotes) && nr_attached == 0;
}

void remote_kill_all(void)
{
	struct remote *remote;

	list_for_each_entry(remote, &remotes, link)
		if (remote->pid > 0)
			kill(remote->pid, SIGKILL);
	inband_run_until(none_left, clock_ns() + PATIENCE_NS);
}

/* SPDX-License-Identifier: MIT */
#include "server/query.h"

#include "core/fd-index.h"
#include "core/file.h"
#include "core/kthread.h"
#include "core/thread-element.h"
#include "server/channel.h"
#include "server/client.h"
#include "server/reach.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "vfs/file.h"
#include "vfs/misc.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "watch/watch.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KTHREADS (UINT64_C(1) << 32) /* cursors from here on: minor + this */

static unsigned int count_channels(void)
{
	unsigned int count = 0;

	for (struct client *c = client_next(NULL); c; c = client_next(c))
		count += c->nr_channels;

	return count;
}

static unsigned int count_threads(void)
{
	unsigned int count = 0;
	struct channel *ch;

	for (struct client *c = client_next(NULL); c; c = client_next(c))
		list_for_each_entry(ch, &c->channels, link)
			count += channel_nr_threads(ch);

	return count;
}

static int query_daemon(struct control_daemon_info *info, uint64_t cursor)
{
	int cpu;

	if (cursor > 0)
		return -ENOENT;

	info->next = 1;
	info->pid = getpid();
	info->front = server_config()->front.kind;
	info->nr_clients = client_count();
	info->nr_channels = count_channels();
	info->nr_threads = count_threads();
	info->nr_files = open_file_count();
	info->nr_nodes = node_count();
	info->nr_bound = fd_index_count();
	info->nr_reaching = reach_count();
	info->nr_inband_fibers = inband_stage.nr_fibers;
	info->realtime = oob_is_realtime();
	info->priority = (uint32_t)oob_priority();
	info->uptime_ns = clock_ns() - server_start_ns();
	for (unsigned int i = 0; i < oob_nr_workers(); i++) {
		cpu = oob_worker_cpu(oob_worker(i));
		if (cpu >= 0 && cpu < CONTROL_CPU_WORDS * 64)
			info->worker_cpus[cpu / 64] |= UINT64_C(1) << cpu % 64;
	}
	snprintf(info->devdir, sizeof(info->devdir), "%s",
		 server_config()->front.devdir);
	snprintf(info->version, sizeof(info->version), "%s", PROJECT_VERSION);

	return 0;
}

/*
 * Cursors into clients' channels and slots count what was passed: with clients
 * coming and going between two queries one may be shown twice or missed.
 */
static struct channel *nth_channel(uint64_t n)
{
	struct channel *ch;

	for (struct client *c = client_next(NULL); c; c = client_next(c))
		list_for_each_entry(ch, &c->channels, link)
			if (n-- == 0)
				return ch;

	return NULL;
}

static void fill_thread(struct control_thread_info *info, struct slot *slot)
{
	const struct thread_element *thread = slot->thread;

	info->pid = thread->pid;
	info->tid = thread->tid;
	info->policy = thread->policy;
	info->prio = thread->prio;
	/* Relaxed, all of it: the worker goes on while we look. */
	info->cpu = atomic_load_explicit(&slot->cpu, memory_order_relaxed);
	info->busy_fd =
		atomic_load_explicit(&slot->busy_fd, memory_order_relaxed);
	info->busy = info->busy_fd != -1;
	info->busy_op =
		atomic_load_explicit(&slot->busy_op, memory_order_relaxed);
	info->busy_file =
		atomic_load_explicit(&slot->busy_file, memory_order_relaxed);
	info->nr_requests =
		atomic_load_explicit(&slot->nr_requests, memory_order_relaxed);
	info->nr_wakeups =
		atomic_load_explicit(&slot->nr_wakeups, memory_order_relaxed);
	info->stack_used = stack_high_water(slot->fiber->stack);
	info->slot.channel = slot->ch->index;
	info->slot.slot = slot->index;
	snprintf(info->name, sizeof(info->name), "%s", thread->element.name);
}

static enum control_kthread_state kthread_state(uint32_t state)
{
	if (state & EVL_T_ZOMBIE)
		return CONTROL_KTHREAD_ENDED;
	if (state & (EVL_T_SUSP | EVL_T_HALT))
		return CONTROL_KTHREAD_HELD;
	if (state & EVL_T_DORMANT)
		return CONTROL_KTHREAD_NEW;
	if (state & EVL_T_PEND)
		return CONTROL_KTHREAD_WAITING;
	if (state & EVL_T_WAIT)
		return CONTROL_KTHREAD_PERIODIC;
	if (state & EVL_T_DELAY)
		return CONTROL_KTHREAD_SLEEPING;

	return CONTROL_KTHREAD_READY;
}

/* Those of drivers, by their minors. */
static int query_kthread(struct control_thread_info *info, uint64_t cursor)
{
	struct kthread_info kthread;

	if (!kthread_query((unsigned int)(cursor & ~KTHREADS), &kthread))
		return -ENOENT;

	info->next = KTHREADS | (kthread.minor + 1);
	info->kernel = 1;
	info->policy = SCHED_FIFO;
	info->prio = kthread.prio;
	info->cpu = kthread.cpu;
	info->state = kthread_state(kthread.state);
	info->stack_used = kthread.stack_used;
	info->busy_fd = -1;
	snprintf(info->name, sizeof(info->name), "%s", kthread.name);
	snprintf(info->driver, sizeof(info->driver), "%s", kthread.driver);

	return 0;
}

static int query_thread(struct control_thread_info *info, uint64_t cursor)
{
	uint64_t n = cursor / CHANNEL_SLOTS, i = cursor % CHANNEL_SLOTS;
	struct channel *ch;

	if (cursor & KTHREADS)
		return query_kthread(info, cursor);

	for (; (ch = nth_channel(n)); n++, i = 0) {
		for (; i < CHANNEL_SLOTS; i++) {
			if (ch->slots[i].thread == NULL)
				continue;
			fill_thread(info, &ch->slots[i]);
			info->next = n * CHANNEL_SLOTS + i + 1;
			return 0;
		}
	}

	return query_kthread(info, KTHREADS);
}

static int query_channel(struct control_channel_info *info, uint64_t cursor)
{
	struct channel *ch = nth_channel(cursor);

	if (ch == NULL)
		return -ENOENT;

	info->next = cursor + 1;
	info->pid = ch->client->pid;
	info->index = ch->index;
	info->worker = oob_worker_index(ch->source.worker);
	info->nr_threads = channel_nr_threads(ch);
	/* Relaxed: the worker goes on while we look. */
	info->hot = atomic_load_explicit(&ch->source.hot, memory_order_relaxed);
	info->state = ch->state;
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		info->nr_requests += atomic_load_explicit(
			&ch->slots[i].nr_requests, memory_order_relaxed);
	memcpy(info->comm, ch->client->comm, sizeof(info->comm));

	return 0;
}

static uint32_t ops_of(const struct node *node)
{
	const struct file_operations *fops = misc_node_fops(node);

	return (fops->read ? CONTROL_OP_READ : 0) |
	       (fops->write ? CONTROL_OP_WRITE : 0) |
	       (fops->unlocked_ioctl ? CONTROL_OP_IOCTL : 0) |
	       (fops->poll ? CONTROL_OP_POLL : 0) |
	       (fops->mmap ? CONTROL_OP_MMAP : 0) |
	       (fops->oob_read ? CONTROL_OP_OOB * CONTROL_OP_READ : 0) |
	       (fops->oob_write ? CONTROL_OP_OOB * CONTROL_OP_WRITE : 0) |
	       (fops->oob_ioctl ? CONTROL_OP_OOB * CONTROL_OP_IOCTL : 0) |
	       (fops->oob_poll ? CONTROL_OP_OOB * CONTROL_OP_POLL : 0);
}

static int query_node(struct control_node_info *info, uint64_t cursor)
{
	const struct node *node = node_after(cursor);

	if (node == NULL)
		return -ENOENT;

	info->next = node->serial;
	info->major = MAJOR(node->inode.i_rdev);
	info->minor = MINOR(node->inode.i_rdev);
	info->mode = node->mode;
	info->uid = node->uid;
	info->gid = node->gid;
	info->nr_open = node->nr_open;
	info->ops = ops_of(node);
	info->oob = info->ops >= CONTROL_OP_OOB;
	snprintf(info->path, sizeof(info->path), "%s", node->path);
	snprintf(info->driver, sizeof(info->driver), "%s", node->driver);

	return 0;
}

static int query_file(struct control_file_info *info, uint64_t cursor)
{
	const struct open_file *of = open_file_after(cursor);
	struct list_head *pos;

	if (of == NULL)
		return -ENOENT;

	info->next = of->id;
	info->file_id = of->id;
	info->pid = of->opener;
	info->flags = of->filp.f_flags;
	list_for_each(pos, &of->bindings)
		info->nr_fds++;
	info->nr_refs = oob_file_users(of);
	info->oob = of->filp.oob_data != NULL;
	info->releasing = of->releasing;
	snprintf(info->path, sizeof(info->path), "%s", of->node->path);

	return 0;
}

static uint32_t what_is_watched(void)
{
	uint32_t watched = 0;

	if (golden_rule() != GOLDEN_RULE_OFF)
		watched |= CONTROL_WATCH_SERVICES;
	if (watch_syscalls())
		watched |= CONTROL_WATCH_SYSCALLS;
	if (watch_hogs())
		watched |= CONTROL_WATCH_HOGS;

	return watched;
}

static uint64_t nr_breaches(struct tally *tally, enum breach kind)
{
	/* Relaxed: for people to look at. */
	return atomic_load_explicit(&tally_sins(tally)->nr_breaches[kind],
				    memory_order_relaxed);
}

static uint64_t nr_served(const struct tally *tally)
{
	/* Relaxed: for people to look at. */
	uint64_t count =
		atomic_load_explicit(&tally->nr_oob, memory_order_relaxed);
	struct channel *ch;

	for (struct client *c = client_next(NULL); c; c = client_next(c))
		list_for_each_entry(ch, &c->channels, link)
			for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
				count += slot_nr_tallied(&ch->slots[i], tally);

	return count;
}

static void fill_tally(struct control_driver_info *info, struct tally *tally)
{
	info->watched = what_is_watched();
	info->nr_oob = nr_served(tally);
	/* Relaxed, both: for people to look at. */
	info->nr_inband =
		atomic_load_explicit(&tally->nr_inband, memory_order_relaxed);
	info->nr_hogs = atomic_load_explicit(&tally_sins(tally)->nr_hogs,
					     memory_order_relaxed);
	info->nr_syscalls = nr_breaches(tally, BREACH_SYSCALL);
	info->nr_memory = nr_breaches(tally, BREACH_MEMORY);
	info->nr_waits = nr_breaches(tally, BREACH_WAIT);
}

static int query_driver(struct control_driver_info *info, uint64_t cursor)
{
	const struct module *mod = NULL;
	struct module_facts facts;

	if (cursor < UINT32_MAX)
		mod = module_nth((unsigned int)cursor);
	if (mod == NULL)
		return -ENOENT;

	module_facts(mod, &facts);
	info->next = cursor + 1;
	info->nr_nodes = facts.nr_nodes;
	info->nr_files = facts.nr_files;
	info->nr_refs = facts.nr_refs;
	info->generation = facts.generation;
	fill_tally(info, tally_of(module_name(mod)));
	snprintf(info->state, sizeof(info->state), "%s", facts.state);
	module_uses(mod, info->uses, sizeof(info->uses));
	snprintf(info->name, sizeof(info->name), "%s", module_name(mod));
	snprintf(info->path, sizeof(info->path), "%s", module_path(mod));

	return 0;
}

int query_table(struct control_message *msg, size_t *r_size)
{
	struct control_query query = msg->u.query;

	if (query.reserved)
		return -EINVAL;
	memset(&msg->u, 0, sizeof(msg->u));

	switch (query.table) {
	case CONTROL_TABLE_DAEMON:
		*r_size = sizeof(msg->u.daemon_info);
		return query_daemon(&msg->u.daemon_info, query.cursor);
	case CONTROL_TABLE_THREADS:
		*r_size = sizeof(msg->u.thread_info);
		return query_thread(&msg->u.thread_info, query.cursor);
	case CONTROL_TABLE_CHANNELS:
		*r_size = sizeof(msg->u.channel_info);
		return query_channel(&msg->u.channel_info, query.cursor);
	case CONTROL_TABLE_NODES:
		*r_size = sizeof(msg->u.node_info);
		return query_node(&msg->u.node_info, query.cursor);
	case CONTROL_TABLE_FILES:
		*r_size = sizeof(msg->u.file_info);
		return query_file(&msg->u.file_info, query.cursor);
	case CONTROL_TABLE_DRIVERS:
		*r_size = sizeof(msg->u.driver_info);
		return query_driver(&msg->u.driver_info, query.cursor);
	default:
		return -EINVAL;
	}
}

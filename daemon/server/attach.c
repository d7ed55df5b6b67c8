/* SPDX-License-Identifier: MIT */
#include "server/attach.h"

#include "core/thread-element.h"
#include "server/channel.h"
#include "server/client.h"
#include "vfs/file.h"
#include "vfs/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The last number of a task's NSpid line: its id as it knows it itself. */
static pid_t innermost_tid(pid_t pid, pid_t tid)
{
	char path[64], line[256];
	pid_t inner = 0;
	FILE *status;
	int used, n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	status = fopen(path, "re");
	if (status == NULL)
		return 0;

	while (fgets(line, sizeof(line), status)) {
		used = 0;
		if (sscanf(line, "NSpid:%n", &used) == 0 && used)
			while (sscanf(line + used, "%d%n", &inner, &n) == 1)
				used += n;
	}
	fclose(status);

	return inner;
}

/*
 * The thread which calls itself @claimed in process @pid, as we see it; 0 if
 * there is none. A client in a pid namespace of its own has other numbers.
 */
static pid_t find_thread(pid_t pid, pid_t claimed)
{
	struct dirent *entry;
	char path[64];
	pid_t tid, found = 0;
	DIR *tasks;

	if (pid <= 0 || claimed <= 0)
		return 0;
	if (innermost_tid(pid, claimed) == claimed)
		return claimed;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (tasks == NULL)
		return 0;
	while (found == 0 && (entry = readdir(tasks))) {
		tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid > 0 && innermost_tid(pid, tid) == claimed)
			found = tid;
	}
	closedir(tasks);

	return found;
}

static unsigned int nr_threads(const struct client *client)
{
	const struct channel *ch;
	unsigned int count = 0;

	list_for_each_entry(ch, &client->channels, link)
		count += channel_nr_threads(ch);

	return count;
}

static struct slot *slot_of_thread(struct client *client, pid_t tid)
{
	struct channel *ch;

	list_for_each_entry(ch, &client->channels, link)
		for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
			if (ch->slots[i].thread &&
			    ch->slots[i].thread->tid == tid)
				return &ch->slots[i];

	return NULL;
}

static struct thread_element *thread_on_fd(struct client *client, int fd)
{
	struct open_file *of;

	if (fd < 0)
		return NULL;
	of = files_lookup(client->files, (unsigned int)fd);

	return of ? thread_behind(&of->filp) : NULL;
}

static int find_slot(struct client *client, struct thread_element *thread,
		     struct slot **r_slot)
{
	struct channel *ch;
	int ret = -ENOSPC;

	list_for_each_entry(ch, &client->channels, link) {
		if (ch->state != CHANNEL_LIVE)
			continue;
		ret = slot_attach(ch, thread, r_slot);
		if (ret != -ENOSPC)
			break;
	}

	return ret;
}

int attach_thread(struct client *client, struct control_attach *attach)
{
	struct thread_element *thread = thread_on_fd(client, attach->efd);
	struct slot *slot;
	pid_t tid;
	int ret;

	if (thread == NULL)
		return -EBADF;
	tid = find_thread(client->pid, attach->tid);
	if (tid == 0)
		return -ESRCH;
	if (slot_of_thread(client, tid))
		return -EBUSY;
	if (nr_threads(client) >= server_config()->max_threads)
		return -EAGAIN;

	client_open_memory(client);
	ret = thread_attach(thread, client->pid, tid);
	if (ret)
		return ret;
	ret = find_slot(client, thread, &slot);
	if (ret) {
		thread_abandon(thread);
		return ret;
	}

	attach->slot.channel = slot->ch->index;
	attach->slot.slot = slot->index;

	return 0;
}

int detach_thread(struct client *client, const struct control_slot *where)
{
	struct channel *ch;

	if (where->slot >= CHANNEL_SLOTS)
		return -EINVAL;

	list_for_each_entry(ch, &client->channels, link) {
		if (ch->index != where->channel)
			continue;
		if (ch->slots[where->slot].thread == NULL)
			return -EINVAL;
		slot_detach(&ch->slots[where->slot]);
		return 0;
	}

	return -EINVAL;
}

/* SPDX-License-Identifier: MIT */
/*
 * The channels of the process, in the order the daemon made them. Added by
 * threads which hold the attach lock, killed by the control thread, looked up
 * by anybody.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <wire/control.h>
#include "annotate.h"
#include "channel.h"
#include "control.h"
#include "fd-table.h"
#include "sys.h"

static _Atomic(struct channel *) channels[CHANNELS_MAX];

static bool geometry_valid(const struct channel_geometry *geometry)
{
	return geometry->magic == CHANNEL_MAGIC &&
	       geometry->abi == CHANNEL_ABI && geometry->size == CHANNEL_SIZE &&
	       geometry->nr_slots == CHANNEL_SLOTS &&
	       geometry->slot_size == sizeof(struct channel_slot) &&
	       geometry->window_size == CHANNEL_WINDOW_SIZE &&
	       geometry->spin <= CHANNEL_SPIN_ALWAYS;
}

int channel_init(struct channel *ch, void *base, uint32_t index, int kick_fd)
{
	memset(ch, 0, sizeof(*ch));
	ch->hdr = base;
	ch->geometry = ch->hdr->geometry;
	if (!geometry_valid(&ch->geometry))
		return -EPROTO;

	ch->index = index;
	ch->kick_fd = kick_fd;

	return 0;
}

/*
 * Map what the daemon sent. A forked child takes it off first thing, in
 * channel_reset(): two processes in one slot would fight over it. Not by
 * MADV_DONTFORK, with which user-mode-linux forgets the child's old pages and
 * shows them again where the child maps a channel of its own.
 */
static int memory_map(int memfd, void **r_base)
{
	struct stat st;
	void *base;

	if (fstat(memfd, &st) || st.st_size < (off_t)CHANNEL_SIZE)
		return -EPROTO;

	base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    memfd, 0);
	if (base == MAP_FAILED)
		return errno == EAGAIN ? -ENOMEM : -errno;

	*r_base = base;

	return 0;
}

static int channel_ready(uint32_t index)
{
	struct control_channel ready = { .index = index };
	struct control_reply reply;

	return control_call(CONTROL_CHANNEL_READY, &ready, sizeof(ready),
			    &reply);
}

/* From now on the control thread may see it. */
static void channel_publish(struct channel *ch)
{
	/*
	 * Seq_cst, as the store and the load in channel_kill_all()'s caller:
	 * it stores "dead", then looks for channels; we store the channel,
	 * then look for "dead". At least one of us sees the other.
	 */
	atomic_store_explicit(&channels[ch->index], ch, memory_order_seq_cst);
	if (control_dead())
		channel_kill(ch);
}

int channel_new(struct channel **r_channel)
{
	struct control_reply reply;
	void *base = MAP_FAILED;
	struct channel *ch;
	int ret;

	ch = calloc(1, sizeof(*ch));
	if (ch == NULL)
		return -ENOMEM;

	ret = control_call(CONTROL_CHANNEL_NEW, NULL, 0, &reply);
	if (ret < 0)
		goto fail_call;

	ret = -EPROTO;
	if (reply.nr_fds != 2 || reply.u.channel.index >= CHANNELS_MAX ||
	    channel_get(reply.u.channel.index))
		goto fail;

	ret = memory_map(reply.fds[0], &base);
	if (ret)
		goto fail;

	ret = control_keep_fd(reply.fds[1], &reply.fds[1]);
	if (ret)
		goto fail;

	ret = channel_init(ch, base, reply.u.channel.index, reply.fds[1]);
	if (ret)
		goto fail;

	ret = channel_ready(ch->index);
	if (ret < 0)
		goto fail;

	sys_close(reply.fds[0]);
	channel_publish(ch);
	*r_channel = ch;

	return 0;
fail:
	control_reply_deinit(&reply);
	if (base != MAP_FAILED)
		munmap(base, CHANNEL_SIZE);
fail_call:
	free(ch);

	return ret;
}

struct channel *channel_get(uint32_t index)
{
	if (index >= CHANNELS_MAX)
		return NULL;

	/* Acquire: pairs with channel_publish(). */
	return atomic_load_explicit(&channels[index], memory_order_acquire);
}

void channel_kick(struct channel *ch)
{
	const uint64_t one = 1;

	/* EAGAIN: the counter is at its end, the worker has been told. */
	(void)sys_write(ch->kick_fd, &one, sizeof(one));
}

void channel_kill(struct channel *ch)
{
	struct channel_slot *slot;
	unsigned int n;

	/*
	 * Before the words below, so that a thread which is about to sleep on
	 * one either sees this or finds its word changed. Pairs with
	 * answer_sleep() in slot.c.
	 */
	atomic_store_explicit(&ch->dead, true, memory_order_seq_cst);

	for (n = 0; n < CHANNEL_SLOTS; n++) {
		slot = channel_slot_at(ch->hdr, n);
		atomic_store_explicit(&slot->done, CHANNEL_SEQ_DEAD,
				      memory_order_seq_cst);
		(void)sys_futex(&slot->done, FUTEX_WAKE, INT_MAX);
	}
	note_given(ch);
}

void channel_kill_all(void)
{
	struct channel *ch;
	unsigned int n;

	for (n = 0; n < CHANNELS_MAX; n++) {
		/* Pairs with channel_publish(). */
		ch = atomic_load_explicit(&channels[n], memory_order_seq_cst);
		if (ch)
			channel_kill(ch);
	}
}

void channel_reset(void)
{
	struct channel *ch;
	unsigned int n;

	for (n = 0; n < CHANNELS_MAX; n++) {
		ch = atomic_exchange_explicit(&channels[n], NULL,
					      memory_order_relaxed);
		if (ch == NULL)
			continue;
		/* Whatever other threads did with it, fork() has ended. */
		note_taken(ch);
		munmap(ch->hdr, CHANNEL_SIZE);
		sys_close(ch->kick_fd);
		free(ch);
	}
}

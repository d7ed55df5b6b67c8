/* SPDX-License-Identifier: MIT */
/*
 * A lane, the host's end: calls come in, answers go out.
 */
#include "base/error.h"
#include "base/log.h"
#include "core/file.h"
#include "isolate/host.h"
#include "kapi/task.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "stage/stage.h"
#include "vfs/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct isolate_slot *host_slot(const struct host_call *call)
{
	return &call->lane->shared->slots[call->slot];
}

void host_say(struct host_lane *lane, enum isolate_word kind, uint32_t index)
{
	/* There is room for all that can be unread, wire.h. */
	if (!port_say(&lane->port, ISOLATE_WORD(kind, index)))
		_exit(EXIT_FAILURE);
}

void host_answer(struct host_call *call, long result, size_t written)
{
	struct isolate_answer *answer = &host_slot(call)->answer;

	answer->result = result;
	answer->written = (uint32_t)written;
	call->busy = false;
	host_say(call->lane, ISOLATE_DONE, call->slot);
}

/*
 * Chores: the daemon's fiber moves what its caller has, which may take a while.
 */

static uint32_t do_chore(struct host_call *call, enum isolate_chore_op op,
			 unsigned long addr, size_t n)
{
	struct isolate_chore *chore = &host_slot(call)->chore;

	chore->op = op;
	chore->addr = addr;
	chore->len = (uint32_t)n;
	pi_lock(&call->chore_wq.lock);
	call->chore = true;
	pi_unlock(&call->chore_wq.lock);
	host_say(call->lane, ISOLATE_CHORE, call->slot);

	pi_lock(&call->chore_wq.lock);
	while (call->chore)
		wait_queue_sleep_uninterruptible(&call->chore_wq,
						 DEADLINE_NONE);
	pi_unlock(&call->chore_wq.lock);

	return chore->moved;
}

static void end_chore(struct host_call *call)
{
	pi_lock(&call->chore_wq.lock);
	call->chore = false;
	wait_queue_flush_locked(&call->chore_wq, 0);
	pi_unlock(&call->chore_wq.lock);
}

static size_t fetch(struct host_call *call, void *to, unsigned long from,
		    size_t n)
{
	n = do_chore(call, ISOLATE_FETCH, from, n);
	memcpy(to, host_slot(call)->bounce, n);

	return n;
}

static size_t store(struct host_call *call, unsigned long to, const void *from,
		    size_t n)
{
	memcpy(host_slot(call)->bounce, from, n);

	return do_chore(call, ISOLATE_STORE, to, n);
}

static struct host_call *inband_call_of(struct task_struct *task)
{
	struct vfs_request *rq = container_of(task, struct vfs_request, task);

	return container_of(rq, struct host_call, rq);
}

static size_t inband_fetch(struct task_struct *task, void *to,
			   unsigned long from, size_t n)
{
	return fetch(inband_call_of(task), to, from, n);
}

static size_t inband_store(struct task_struct *task, unsigned long to,
			   const void *from, size_t n)
{
	return store(inband_call_of(task), to, from, n);
}

const struct user_reach host_inband_reach = {
	.most = ISOLATE_BOUNCE,
	.fetch = inband_fetch,
	.store = inband_store,
};

static size_t oob_fetch(struct task_struct *task, void *to, unsigned long from,
			size_t n)
{
	return fetch(container_of(task, struct host_call, task), to, from, n);
}

static size_t oob_store(struct task_struct *task, unsigned long to,
			const void *from, size_t n)
{
	return store(container_of(task, struct host_call, task), to, from, n);
}

const struct user_reach host_oob_reach = {
	.most = ISOLATE_BOUNCE,
	.fetch = oob_fetch,
	.store = oob_store,
};

/* The daemon knows what descriptors of the caller's refer to. */
static int find_file(unsigned int fd, struct file **r_filp)
{
	struct task_struct *task = task_current();
	struct host_call *call = NULL;
	uint32_t found;

	if (task->reach == &host_inband_reach)
		call = inband_call_of(task);
	else if (task->reach == &host_oob_reach)
		call = container_of(task, struct host_call, task);
	if (call == NULL)
		return -EBADF;

	found = do_chore(call, ISOLATE_FIND, fd, 0);
	/* It may be on its way out. */
	if (found == 0 || !host_file_get(host_file(found - 1)))
		return -EBADF;
	*r_filp = &host_file(found - 1)->of->filp;

	return 0;
}

void host_lanes_start(void)
{
	oob_file_set_finder(find_file);
}

/*
 * What the daemon says.
 */

static void start(struct host_call *call)
{
	call->busy = true;
	call->broken = false;
	call->fiber = NULL;
	call->chore = false;
	call->asked = host_slot(call)->request;
	wait_queue_init(&call->chore_wq, WAIT_FIFO);
	if (call->lane->index)
		host_oob_start(call);
	else
		host_inband_start(call);
}

static void break_sleep(struct host_call *call)
{
	if (!call->busy)
		return;
	call->broken = true;
	if (call->fiber)
		fiber_break(call->fiber);
	else if (call->lane->index == 0)
		vfs_break(&call->rq);
}

static void take_word(struct host_lane *lane, uint32_t word)
{
	uint32_t index = ISOLATE_INDEX(word);
	struct host_call *call = &lane->calls[index % ISOLATE_SLOTS];

	switch (ISOLATE_KIND(word)) {
	case ISOLATE_START:
		call->lane = lane;
		call->slot = index;
		start(call);
		break;
	case ISOLATE_BREAK:
		break_sleep(call);
		break;
	case ISOLATE_MOVED:
		end_chore(call);
		break;
	case ISOLATE_RAISED:
		host_device_raised(index);
		break;
	}
}

static unsigned int listen_to(struct host_lane *lane)
{
	unsigned int count = 0;
	uint32_t word;

	for (; port_hear(&lane->port, &word) > 0; count++)
		take_word(lane, word);

	return count;
}

static void on_bell(struct ev_loop *loop, ev_io *w, int revents)
{
	struct host_lane *lane = container_of(w, struct host_lane, io);

	port_quiet(&lane->port);
	port_disarm(&lane->port);
	do
		listen_to(lane);
	while (!port_arm(&lane->port));
}

static struct host_lane *lane_of(struct oob_source *source)
{
	return container_of(source, struct host_lane, source);
}

static unsigned int poll_lane(struct oob_source *source)
{
	return listen_to(lane_of(source));
}

static bool arm_lane(struct oob_source *source)
{
	return port_arm(&lane_of(source)->port);
}

static void disarm_lane(struct oob_source *source)
{
	port_disarm(&lane_of(source)->port);
}

/* The daemon's worker needs this CPU. */
static bool may_spin(struct oob_source *source)
{
	(void)source;

	return false;
}

int host_lane_init(struct host_lane *lane, unsigned int index, int in_bell,
		   int out_bell)
{
	lane->index = index;
	lane->shared = &host_shared->lanes[index];
	lane->port = (struct isolate_port){
		.out = &lane->shared->to_daemon,
		.in = &lane->shared->to_host,
		.in_bell = in_bell,
		.out_bell = out_bell,
	};
	lane->calls = calloc(ISOLATE_SLOTS, sizeof(*lane->calls));

	return lane->calls ? 0 : err_origin(-ENOMEM);
}

int host_lane_attach(struct host_lane *lane)
{
	int ret;

	if (lane->index == 0) {
		lane->stage = &inband_stage;
		ev_io_init(&lane->io, on_bell, lane->port.in_bell, EV_READ);
		ev_io_start(inband_loop(), &lane->io);
		if (!port_arm(&lane->port))
			ev_feed_fd_event(inband_loop(), lane->port.in_bell,
					 EV_READ);
		return 0;
	}

	lane->stage = oob_worker_stage(oob_worker(lane->index - 1));
	ret = host_oob_init_lane(lane);
	if (ret)
		return ret;
	lane->source = (struct oob_source){
		.fd = lane->port.in_bell,
		.poll = poll_lane,
		.arm = arm_lane,
		.disarm = disarm_lane,
		.may_spin = may_spin,
	};

	oob_worker_publish(oob_worker(lane->index - 1),
			   &lane->shared->presence);

	return oob_source_add(oob_worker(lane->index - 1), &lane->source);
}

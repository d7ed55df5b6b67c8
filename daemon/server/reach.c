/* SPDX-License-Identifier: MIT */
#include "server/reach.h"

#include "base/error.h"
#include "base/share.h"
#include "kapi/uaccess.h"
#include "server/reacher.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/wait.h"

#include <errno.h>
#include <ev.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_REACHERS 32u
#define MAX_IDLE     1u /* and always there, once there was one */
/* For a process, and for one piece; with a caller who got a signal, or was killed. */
#define PATIENCE_NS	  (10 * NS_PER_SEC)
#define PATIENCE_ENDED_NS (NS_PER_SEC / 2)

struct reacher;

/* What a fiber waits for, on its stack: for a process to be had, then for its
 * answer. */
struct job {
	struct wait_queue wq;
	bool done;
	size_t moved;
	uid_t uid;
	struct reacher *given;
	struct list_head link;
};

/*
 *	idle -> held		a fiber takes it
 *	held -> idle		it is done with it
 *	held -> stuck		it has waited long enough: the process is killed,
 *				which ends it unless it waits for who never
 *				answers; then it counts until that does
 *	any -> dead		the process is gone, or is not wanted; who holds
 *				it then frees it
 */
enum reacher_state {
	REACHER_IDLE,
	REACHER_HELD,
	REACHER_STUCK,
	REACHER_DEAD,
};

struct reacher {
	enum reacher_state state;
	pid_t pid; /* 0: not known yet */
	int fd;	   /* owned */
	void *mem; /* owned */
	ev_io io;
	struct job *job; /* borrowed; of who holds it, until it is done */
	uid_t uid;	 /* of whom, unless idle */
	struct list_head link;
};

static LIST_HEAD(reachers);
static LIST_HEAD(waiting); /* jobs whose user has its share, or all do */
static unsigned int nr_reachers, nr_idle;
static bool stopping;
static struct share busy_of = { .limit = MAX_REACHERS };

static void end_job(struct job *job)
{
	job->done = true;
	wait_queue_flush(&job->wq, 0);
}

static void finish(struct reacher *r, size_t moved)
{
	struct job *job = r->job;

	r->job = NULL;
	if (job == NULL)
		return;

	job->moved = moved;
	end_job(job);
}

static void free_reacher(struct reacher *r)
{
	reacher_free(r->fd, r->mem);
	free(r);
}

static void kill_reacher(struct reacher *r)
{
	if (r->pid > 0)
		kill(r->pid, SIGKILL);
}

static void on_answer(struct ev_loop *loop, ev_io *w, int revents);
static void serve_waiting(void);

static struct reacher *make(void)
{
	struct reacher *r;

	if (nr_reachers == MAX_REACHERS)
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	if (reacher_new(&r->fd, &r->mem)) {
		free(r);
		return NULL;
	}

	ev_io_init(&r->io, on_answer, r->fd, EV_READ);
	ev_io_start(inband_loop(), &r->io);
	list_add(&r->link, &reachers);
	nr_reachers++;
	nr_idle++;

	return r;
}

static void bury(struct reacher *r)
{
	enum reacher_state state = r->state;
	/* Not of one which could not be made in the first place. */
	bool replace = r->pid > 0 && !stopping;

	r->state = REACHER_DEAD;
	kill_reacher(r);
	ev_io_stop(inband_loop(), &r->io);
	list_del(&r->link);
	nr_reachers--;
	if (state == REACHER_IDLE)
		nr_idle--;
	else
		share_give(&busy_of, r->uid);

	finish(r, 0);
	if (state != REACHER_HELD)
		free_reacher(r);
	serve_waiting();
	if (nr_idle == 0 && replace)
		make();
}

/* It can be had for another job. */
static void rest(struct reacher *r)
{
	if (r->state == REACHER_DEAD) {
		free_reacher(r);
		return;
	}

	r->state = REACHER_IDLE;
	share_give(&busy_of, r->uid);
	nr_idle++;
	serve_waiting();
	if (r->state == REACHER_IDLE && nr_idle > MAX_IDLE)
		bury(r);
}

static void on_answer(struct ev_loop *loop, ev_io *w, int revents)
{
	struct reacher *r = container_of(w, struct reacher, io);
	int32_t moved;
	ssize_t len;

	len = recv(r->fd, &moved, sizeof(moved), MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Ended by itself, so that its number may be another's by now. */
	if (len != sizeof(moved))
		r->pid = 0;
	if (len != sizeof(moved) || r->state == REACHER_STUCK)
		bury(r);
	else if (r->pid == 0)
		r->pid = moved;
	else
		finish(r, moved > 0 ? (size_t)moved : 0);
}

static struct reacher *find_idle(void)
{
	struct reacher *r;

	list_for_each_entry(r, &reachers, link)
		if (r->state == REACHER_IDLE)
			return r;

	return NULL;
}

/* One for @uid alone; NULL: none is to be had. */
static struct reacher *take(uid_t uid)
{
	struct reacher *r;

	if (!share_take(&busy_of, uid))
		return NULL;
	r = find_idle();
	if (r == NULL)
		r = make();
	if (r == NULL) {
		share_give(&busy_of, uid);
		return NULL;
	}

	r->state = REACHER_HELD;
	r->uid = uid;
	nr_idle--;

	return r;
}

/* One has come back: who waits longest of those whose users may have it. */
static void serve_waiting(void)
{
	struct job *job;

	list_for_each_entry(job, &waiting, link) {
		job->given = take(job->uid);
		if (job->given == NULL)
			continue;
		list_del(&job->link);
		end_job(job);
		return;
	}
}

static void await(struct job *job)
{
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	int ret = 0;

	pi_lock(&job->wq.lock);
	while (!job->done && ret == 0)
		ret = wait_queue_sleep(&job->wq, deadline);
	/* A handler whose sleep was broken may still copy. */
	if (ret == -EINTR)
		ret = 0;
	deadline = clock_ns() + PATIENCE_ENDED_NS;
	while (!job->done && ret == 0)
		ret = wait_queue_sleep_uninterruptible(&job->wq, deadline);
	pi_unlock(&job->wq.lock);
}

static void job_init(struct job *job)
{
	*job = (struct job){ .done = false };
	wait_queue_init(&job->wq, WAIT_FIFO);
}

/* Many may ask at once: more than there are wait for those before them. */
static struct reacher *take_in_turn(uid_t uid)
{
	struct reacher *r = take(uid);
	struct job wait;

	/* Nobody will bring one back. */
	if (r || nr_reachers == nr_idle)
		return r;

	job_init(&wait);
	wait.uid = uid;
	list_add_tail(&wait.link, &waiting);
	await(&wait);
	if (!wait.done)
		list_del(&wait.link);

	return wait.given;
}

/* True: *@r_moved bytes were. False: the caller's memory does not come; @r is
 * not ours any more. */
static bool ask(const struct task_struct *task, struct reacher *r,
		enum reacher_op op, unsigned long addr, size_t n,
		size_t *r_moved)
{
	const struct reacher_job job = {
		.op = op,
		.pid = task->pid,
		.addr = addr,
		.len = n,
	};
	struct job wait;

	*r_moved = 0;
	if (reacher_ask(r->fd, &job, task->by_mem ? task->mem_fd : -1))
		return true; /* its end is on its way */

	job_init(&wait);
	r->job = &wait;
	await(&wait);
	if (!wait.done) {
		r->job = NULL;
		/* Buried meanwhile: ours to free. */
		if (r->state == REACHER_DEAD) {
			free_reacher(r);
		} else {
			r->state = REACHER_STUCK;
			kill_reacher(r);
		}
		return false;
	}
	*r_moved = wait.moved < n ? wait.moved : n;

	return true;
}

/* NULL: no process is to be had, or there is nothing for it to reach. */
static struct reacher *reacher_for(const struct task_struct *task)
{
	if (task->by_mem ? task->mem_fd < 0 : task->pid <= 0)
		return NULL;

	return take_in_turn(task->uid);
}

static size_t fetch(struct task_struct *task, void *to, unsigned long from,
		    size_t n)
{
	struct reacher *r = reacher_for(task);
	size_t moved;

	if (r == NULL || !ask(task, r, REACHER_FETCH, from, n, &moved))
		return 0;
	memcpy(to, r->mem, moved);
	rest(r);

	return moved;
}

static size_t store(struct task_struct *task, unsigned long to,
		    const void *from, size_t n)
{
	struct reacher *r = reacher_for(task);
	size_t moved;

	if (r == NULL)
		return 0;
	memcpy(r->mem, from, n);
	if (!ask(task, r, REACHER_STORE, to, n, &moved))
		return 0;
	rest(r);

	return moved;
}

static const struct user_reach inband_reach = {
	.most = REACHER_SIZE,
	.fetch = fetch,
	.store = store,
};

unsigned int reach_count(void)
{
	return nr_reachers - nr_idle;
}

void reach_start(void)
{
	user_set_reach(&inband_reach);
}

void reach_stop(void)
{
	struct job *job, *next;
	struct reacher *r, *tmp;

	stopping = true;
	user_set_reach(NULL);
	list_for_each_entry_safe(job, next, &waiting, link) {
		list_del(&job->link);
		end_job(job);
	}
	list_for_each_entry_safe(r, tmp, &reachers, link)
		bury(r);
	reacher_quit();
}

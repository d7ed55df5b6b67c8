/* SPDX-License-Identifier: MIT */
#include "watch/watch.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "stage/clock.h"
#include "stage/oob.h"
#include "stage/own-call.h"
#include "stage/pi-mutex.h"
#include "watch/filter.h"
#include "watch/patrol.h"
#include "watch/rule.h"
#include "watch/watched.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>

#define NOT_YET	 -2 /* ->listener, before the worker lets itself be watched */
#define NO_TIMER -1

static struct watched watched[OOB_MAX_WORKERS];
static unsigned int nr_watched;
static uint64_t limit_ns; /* 0: no watchdog */
static bool rule_wanted;

static pthread_t thread;
static bool running;
static _Atomic(bool) stopping;
static int wake_fd = -1;  /* owned, eventfd: the thread is to look */
static int ready_fd = -1; /* owned, eventfd: a worker lets itself be watched */

static void ring(int fd)
{
	uint64_t one = 1;

	while (own_write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void watch_wake(void)
{
	ring(wake_fd);
}

struct watched *watched_of(const struct stage *stage)
{
	for (unsigned int i = 0; stage && i < nr_watched; i++)
		if (watched[i].stage == stage)
			return &watched[i];

	return NULL;
}

static int listener_of(const struct watched *w)
{
	/* Acquire: pairs with enter(). */
	return atomic_load_explicit(&w->listener, memory_order_acquire);
}

/* Returns for how long, in ms. */
static int patrol(void)
{
	uint64_t pause, least = UINT64_MAX;

	if (limit_ns == 0)
		return NO_TIMER;

	for (unsigned int i = 0; i < nr_watched; i++) {
		if (listener_of(&watched[i]) == NOT_YET)
			continue;
		patrol_look(&watched[i], limit_ns);
		pause = patrol_pause(&watched[i], limit_ns);
		if (pause < least)
			least = pause;
	}

	return least == UINT64_MAX ? NO_TIMER : (int)(least / 1000000);
}

static void watch_once(int timeout)
{
	struct pollfd pfds[1 + OOB_MAX_WORKERS];
	uint64_t count;

	pfds[0] = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
	/* Where there is none the number is negative, and poll() skips it. */
	for (unsigned int i = 0; i < nr_watched; i++)
		pfds[1 + i] = (struct pollfd){
			.fd = listener_of(&watched[i]),
			.events = POLLIN,
		};

	if (poll(pfds, 1 + nr_watched, timeout) <= 0)
		return;

	if (pfds[0].revents && read(wake_fd, &count, sizeof(count)) < 0)
		return;
	for (unsigned int i = 0; i < nr_watched; i++) {
		if (pfds[1 + i].revents & POLLIN)
			rule_take(&watched[i]);
		else if (pfds[1 + i].revents)
			/* Relaxed: the thread has ended, and we alone look. */
			atomic_store_explicit(&watched[i].listener,
					      fd_close(pfds[1 + i].fd),
					      memory_order_relaxed);
	}
}

/* Above the workers, if that may be, or beside them: they are to be seen while
 * they run, and wait for us. */
static void rise(void)
{
	struct sched_param param = { .sched_priority = oob_priority() + 1 };

	if (!oob_is_realtime())
		return;
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0)
		return;
	param.sched_priority = oob_priority();
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
}

static void *watch(void *arg)
{
	(void)arg;
	pthread_setname_np(pthread_self(), "evl-watch");
	log_promptly_here();
	rise();

	/* Acquire: pairs with watch_stop(). */
	while (!atomic_load_explicit(&stopping, memory_order_acquire))
		watch_once(patrol());

	return NULL;
}

/* On its worker: from now on it is watched. */
struct entry {
	struct stage_item item;
	struct watched *w;
};

static void enter(struct stage_item *item)
{
	struct watched *w = container_of(item, struct entry, item)->w;
	int fd = -1;

	w->stage = stage_self;
	w->tid = (pid_t)pi_mutex_self();
	pthread_getcpuclockid(pthread_self(), &w->cpu_clock);
	if (rule_wanted) {
		fd = rule_install();
		w->error = fd < 0 ? fd : 0;
	}

	/* Release: all that, to listener_of(). From here on the system calls
	 * of this thread that are not our own wait for the other one. */
	atomic_store_explicit(&w->listener, fd < 0 ? -1 : fd,
			      memory_order_release);
	watch_wake();
	ring(ready_fd);
}

static void tell_refused(int error)
{
	log_warn("golden rule: system calls of drivers cannot be watched "
		 "(seccomp: %s): that takes Linux 5.5, no other watcher, and a "
		 "container which allows it; with --golden-rule=off this is "
		 "not asked for",
		 strerrordesc_np(-error));
}

/* Have all workers watched. */
static void enter_all(void)
{
	struct entry entry;
	uint64_t count;
	int error = 0;

	for (unsigned int i = 0; i < nr_watched; i++) {
		entry.item.func = enter;
		entry.w = &watched[i];
		stage_post(oob_worker_stage(oob_worker(i)), &entry.item);
		while (read(ready_fd, &count, sizeof(count)) < 0 &&
		       errno == EINTR)
			;
		if (watched[i].error)
			error = watched[i].error;
	}

	if (error)
		tell_refused(error);
}

/* True: there is something to install. */
static bool prepare_rule(enum golden_rule rule)
{
	int ret;

	if (rule == GOLDEN_RULE_OFF)
		return false;
	if (!filter_possible()) {
		log_debug("golden rule: in this build system calls of drivers "
			  "are not watched");
		return false;
	}

	ret = rule_start();
	if (ret)
		tell_refused(ret);

	return ret == 0;
}

static int start_thread(void)
{
	int ret;

	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ready_fd = eventfd(0, EFD_CLOEXEC);
	if (wake_fd < 0 || ready_fd < 0)
		return err_origin(-errno);

	nr_watched = oob_nr_workers();
	for (unsigned int i = 0; i < nr_watched; i++) {
		watched[i] = (struct watched){ .error = 0 };
		atomic_init(&watched[i].listener, NOT_YET);
	}

	ret = pthread_create(&thread, NULL, watch, NULL);
	running = ret == 0;

	return ret ? err_origin(-ret) : 0;
}

int watch_start(const struct watch_config *config)
{
	int ret;

	golden_rule_set(config->rule);
	limit_ns = config->watchdog_ms * UINT64_C(1000000);
	rule_wanted = prepare_rule(config->rule);
	if (!rule_wanted && limit_ns == 0)
		return 0;

	sighting_start();
	ret = start_thread();
	if (ret)
		return err_trace(ret);
	enter_all();

	return 0;
}

bool watch_syscalls(void)
{
	return nr_watched && listener_of(&watched[0]) >= 0;
}

bool watch_hogs(void)
{
	return limit_ns > 0;
}

void watch_stop(void)
{
	if (running) {
		/* Release: pairs with watch(). */
		atomic_store_explicit(&stopping, true, memory_order_release);
		watch_wake();
		pthread_join(thread, NULL);
		running = false;
	}

	for (unsigned int i = 0; i < nr_watched; i++)
		fd_close(listener_of(&watched[i]));
	nr_watched = 0;
	if (rule_wanted)
		rule_stop();
	sighting_stop();
	wake_fd = fd_close(wake_fd);
	ready_fd = fd_close(ready_fd);
}

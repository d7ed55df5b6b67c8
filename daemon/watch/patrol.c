/* SPDX-License-Identifier: MIT */
#include "watch/patrol.h"

#include "base/log.h"
#include "kapi/tally.h"
#include "stage/clock.h"
#include "stage/stage.h"
#include "watch/watched.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define ANSWER_NS \
	(100 * MS) /* a worker that has not told where it is by then
			      * cannot: it hangs in the kernel */

/* 'R' runs or would, 'S' asleep ...; 0: unknown. */
static char kernel_state(pid_t tid)
{
	char path[64], line[256], *name_end;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);

	line[len > 0 ? len : 0] = '\0';
	name_end = strrchr(line, ')');

	return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

static uint64_t cpu_time(const struct watched *w)
{
	struct timespec time = { 0 };

	clock_gettime(w->cpu_clock, &time);

	return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

static struct watchdog_sample take_sample(const struct watched *w)
{
	struct watchdog_sample sample = { .now_ns = clock_ns() };

	sample.busy = stage_look(w->stage, &sample.turn);
	if (!sample.busy)
		return sample;

	sample.cpu_ns = cpu_time(w);
	sample.state = kernel_state(w->tid);

	return sample;
}

static unsigned int ms_since(uint64_t then)
{
	return (unsigned int)((clock_ns() - then) / MS);
}

/* "driver foo: its oob_ioctl (command 0x1) for bar[123]" */
static void format_culprit(const struct sight *sight, char *text, size_t size)
{
	const struct guard_call *call = &sight->call;
	char op[GUARD_OP_SIZE], caller[48] = "";

	if (call->op == NULL) {
		snprintf(text, size, "something");
		return;
	}

	if (sight->tid)
		snprintf(caller, sizeof(caller), " for %.16s[%d]", sight->comm,
			 sight->tid);
	snprintf(text, size, "driver %.40s: its %s%s",
		 call->driver ? call->driver : "(unknown)",
		 guard_format_op(call, op), caller);
}

/* A function on no fiber, such as a timer's, must not sleep. */
static const char *remedy_for(const struct sight *sight)
{
	if (sight->call.op && !sight->call.may_sleep)
		return "have a thread or an irq_work do it";

	return "have it sleep, or, if it waits for what the same worker runs, "
	       "start with --oob-cpus and two CPUs";
}

static void tell_bark(struct watched *w)
{
	const struct guard_call *call = &w->culprit.call;
	char culprit[160], place[240];

	/* Relaxed: a mere count. */
	atomic_fetch_add_explicit(&tally_sins(tally_of(call->driver))->nr_hogs,
				  1, memory_order_relaxed);
	format_culprit(&w->culprit, culprit, sizeof(culprit));
	sight_format_place(&w->culprit, place, sizeof(place));
	log_warn("watchdog: %s has kept %s for %u ms: %s%s%s", culprit,
		 w->stage->name, ms_since(w->kept_since_ns),
		 remedy_for(&w->culprit), place[0] ? "; in " : "", place);
}

static void tell_over(const struct watched *w)
{
	char culprit[160];

	format_culprit(&w->culprit, culprit, sizeof(culprit));
	log_info("watchdog: %s gave %s back after %u ms", culprit,
		 w->stage->name, ms_since(w->kept_since_ns));
}

/* It is to be told whose fault it is: find out. */
static void begin_bark(struct watched *w, const struct watchdog_sample *sample)
{
	w->kept_since_ns = w->eye.since_ns;
	w->culprit = (struct sight){ .turn = sample->turn };
	if (sample->state != 'R' &&
	    sighting_last_call(w, sample->turn, &w->culprit)) {
		tell_bark(w);
		return;
	}

	w->asked_ns = sample->now_ns;
	sighting_ask(w, sample->turn);
}

/* The answer is there, or none will come. */
static void end_bark(struct watched *w, bool at_once)
{
	if (!sighting_take(w, &w->culprit) && !at_once)
		return;

	sighting_drop(w);
	w->asked_ns = 0;
	tell_bark(w);
}

static void tell_starved(const struct watched *w, uint64_t cpu_ns)
{
	log_warn(
		"watchdog: %s had the CPU for %u of %u ms it wanted it: a more "
		"urgent thread has that, or real-time ones have used up "
		"sched_rt_runtime_us",
		w->stage->name, (unsigned int)((cpu_ns - w->eye.cpu_ns) / MS),
		ms_since(w->eye.since_ns));
}

void patrol_look(struct watched *w, uint64_t limit_ns)
{
	struct watchdog_sample sample = take_sample(w);

	switch (watchdog_look(&w->eye, &sample, limit_ns)) {
	case WATCHDOG_BARK:
		begin_bark(w, &sample);
		return;
	case WATCHDOG_STARVED:
		tell_starved(w, sample.cpu_ns);
		return;
	case WATCHDOG_OVER:
		if (w->asked_ns)
			end_bark(w, true);
		tell_over(w);
		return;
	case WATCHDOG_FINE:
		if (w->asked_ns)
			end_bark(w, sample.now_ns - w->asked_ns > ANSWER_NS);
		return;
	}
}

uint64_t patrol_pause(const struct watched *w, uint64_t limit_ns)
{
	return watchdog_pause(&w->eye, limit_ns);
}

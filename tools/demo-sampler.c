/* SPDX-License-Identifier: MIT */
/*
 * The quickstart's application: a SCHED_FIFO thread which wakes at a fixed
 * rate, measures how late it really was, and sends every sample out-of-band to
 * whoever reads /dev/evl/xbuf/quickstart. It never waits for that reader: what
 * finds no room is counted and dropped.
 */
#include "demo.h"

#include <argp.h>
#include <errno.h>
#include <evl/evl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIFO_PRIORITY 70
#define RING_SAMPLES  4096
#define NS_PER_SEC    UINT64_C(1000000000)
#define START_DELAY   (NS_PER_SEC / 100)

enum sampler_exit {
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

static struct {
	uint64_t period_ns;
	uint64_t nr_samples; /* 0: until told to stop */
	const char *name;
} want = { .period_ns = 1000000, .name = DEMO_NAME };

/* Written by the sampling thread, but for @stopping. */
static struct {
	int xbuf_fd;
	bool realtime;
	uint64_t nr_sent, nr_dropped;
	int error; /* -errno that ended it, 0 */
	_Atomic(bool) stopping, done;
} run;

static const struct argp_option options[] = {
	{ "period", 'p', "US", 0, "Microseconds from sample to sample (1000)",
	  1 },
	{ "seconds", 's', "N", 0, "End after so many (default: on SIGTERM)",
	  1 },
	{ "name", 'n', "NAME", 0,
	  "Of the public cross-buffer (default " DEMO_NAME ")", 1 },
	{ 0 },
};

static uint64_t number(struct argp_state *state, const char *arg, uint64_t min,
		       uint64_t max)
{
	uint64_t value;
	char *end;

	value = strtoull(arg, &end, 10);
	if (*end || *arg < '0' || *arg > '9' || value < min || value > max)
		argp_error(state, "%s: not from %" PRIu64 " to %" PRIu64, arg,
			   min, max);

	return value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static uint64_t seconds;

	switch (key) {
	case 'p':
		want.period_ns = number(state, arg, 50, 1000000) * 1000;
		break;
	case 's':
		seconds = number(state, arg, 1, 86400);
		break;
	case 'n':
		want.name = arg;
		break;
	case ARGP_KEY_END:
		want.nr_samples = seconds * NS_PER_SEC / want.period_ns;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t date)
{
	struct timespec ts = { .tv_sec = (time_t)(date / NS_PER_SEC),
			       .tv_nsec = (long)(date % NS_PER_SEC) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	       EINTR)
		;
}

/* False: nobody can be sent anything any more. */
static bool send_sample(uint64_t due, uint64_t late)
{
	struct demo_sample sample = {
		.seq = run.nr_sent + run.nr_dropped,
		.due_ns = due,
		.late_ns = late,
		.flags = run.realtime ? DEMO_REALTIME : 0,
	};

	if (oob_write(run.xbuf_fd, &sample, sizeof(sample)) > 0) {
		run.nr_sent++;
		return true;
	}
	if (errno == EAGAIN) {
		run.nr_dropped++;
		return true;
	}
	run.error = -errno;

	return false;
}

static bool is_over(uint64_t nr)
{
	/* Relaxed: a mere request. */
	return (want.nr_samples && nr >= want.nr_samples) ||
	       atomic_load_explicit(&run.stopping, memory_order_relaxed);
}

static void sample(void)
{
	uint64_t due = now_ns() + START_DELAY, now;

	for (uint64_t nr = 0; !is_over(nr); nr++, due += want.period_ns) {
		sleep_until(due);
		now = now_ns();
		if (!send_sample(due, now > due ? now - due : 0))
			break;
	}
}

static void *sampling_thread(void *arg)
{
	struct sched_param param = { .sched_priority = FIFO_PRIORITY };
	int ret;

	ret = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	run.realtime = ret == 0;
	if (ret)
		fprintf(stderr,
			"demo-sampler: no SCHED_FIFO (%s): going on without; "
			"be root, or raise ulimit -r\n",
			strerrordesc_np(ret));

	ret = evl_attach_self("demo-sampler:%d", getpid());
	if (ret >= 0)
		sample();
	else
		run.error = ret;

	/* Release: what else is in @run, to main(). */
	atomic_store_explicit(&run.done, true, memory_order_release);

	return NULL;
}

/* Until the thread is done or a signal says stop. */
static void wait_for_end(const sigset_t *signals)
{
	const struct timespec nap = { .tv_nsec = 50000000 };

	/* Acquire: pairs with sampling_thread(). */
	while (!atomic_load_explicit(&run.done, memory_order_acquire)) {
		if (sigtimedwait(signals, NULL, &nap) > 0)
			/* Relaxed: see is_over(). */
			atomic_store_explicit(&run.stopping, true,
					      memory_order_relaxed);
	}
}

static int sample_to_the_end(void)
{
	pthread_t thread;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	if (pthread_create(&thread, NULL, sampling_thread, NULL)) {
		fprintf(stderr, "demo-sampler: cannot make a thread\n");
		return EXIT_FAILURE;
	}
	wait_for_end(&signals);
	pthread_join(thread, NULL);

	if (run.error) {
		fprintf(stderr, "demo-sampler: %s\n",
			run.error == -ENODEV ? "evl-cused is gone"
					     : strerrordesc_np(-run.error));
		return run.error == -ENODEV ? EXIT_NO_DAEMON : EXIT_FAILURE;
	}

	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = "Send the lateness of a periodic thread through a "
		       "cross-buffer."
		       "\vExit status: 0; 1 a failure; 2 bad usage; 3 no "
		       "evl-cused, or it went away.",
	};
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);

	if (evl_init())
		return EXIT_NO_DAEMON; /* it said why */

	run.xbuf_fd = evl_create_xbuf(RING_SAMPLES * sizeof(struct demo_sample),
				      0, EVL_CLONE_PUBLIC | EVL_CLONE_NONBLOCK,
				      "/%s", want.name);
	if (run.xbuf_fd < 0) {
		fprintf(stderr, "demo-sampler: cross-buffer /%s: %s\n",
			want.name, strerrordesc_np(-run.xbuf_fd));
		return EXIT_FAILURE;
	}

	status = sample_to_the_end();
	close(run.xbuf_fd);
	fprintf(stderr,
		"demo-sampler: %" PRIu64 " samples sent, %" PRIu64 " dropped\n",
		run.nr_sent, run.nr_dropped);

	return status;
}

/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t bench_signal;

static struct query the_query;
static bool attached;
static char default_node[CONTROL_PATH_MAX + 32];

static void take_note(int signo)
{
	bench_signal = signo;
}

/* Without SA_RESTART: whatever we wait for, we stop. */
static void watch_signals(void)
{
	struct sigaction action = { .sa_handler = take_note };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void run_init(struct bench_run *run, const struct bench_options *options)
{
	*run = (struct bench_run){ .options = *options };
	watch_signals();
	run->clock_ns = clock_cost();
}

static void describe_daemon(struct bench_run *run)
{
	struct control_welcome *welcome = &the_query.welcome;

	snprintf(default_node, sizeof(default_node), "%s/%s", welcome->devdir,
		 run->options.device);
	run->node = run->options.node ? run->options.node : default_node;
	run->front = query_front_name(welcome->front);
	run->daemon_pid = (unsigned int)welcome->pid;
	snprintf(run->version, sizeof(run->version), "%s",
		 printable(welcome->version, sizeof(welcome->version)));
}

static int find_daemon(struct bench_run *run)
{
	int ret;

	if (run->options.start) {
		ret = daemon_start(&run->options);
		if (ret)
			return ret;
	}

	ret = query_open(&the_query);
	if (ret)
		return query_complain(&the_query, ret);
	run->query = &the_query;
	describe_daemon(run);

	return 0;
}

/* 0: it is not SCHED_FIFO. */
static int worker_priority(struct query *query)
{
	struct control_daemon_info *info;
	int priority = 0;
	size_t nr;

	if (query_table(query, CONTROL_TABLE_DAEMON, sizeof(*info), &info, &nr))
		return 0;
	if (nr && info->realtime)
		priority = (int)info->priority;
	free(info);

	return priority;
}

int run_open(struct bench_run *run)
{
	const uint64_t *worker_cpus = NULL;
	int ret;

	if (!run->options.floor_only) {
		ret = find_daemon(run);
		if (ret)
			return ret;
		worker_cpus = the_query.welcome.worker_cpus;
	}

	place_client(&run->place, worker_cpus, CONTROL_CPU_WORDS);
	place_raise(&run->place);
	place_above(&run->place, run->query ? worker_priority(run->query) : 0);

	return 0;
}

int run_attach(const struct bench_run *run, int *r_fd)
{
	int ret;

	/* libevlclient says itself why it cannot. */
	if (evl_init())
		return TOOL_EXIT_NO_DAEMON;
	ret = evl_attach_self("evl-bench:%d", getpid());
	if (ret < 0) {
		complain("cannot attach: %s", strerrordesc_np(-ret));
		return TOOL_EXIT_NO_DAEMON;
	}
	attached = true;

	*r_fd = open(run->node, O_RDWR | O_CLOEXEC);
	if (*r_fd >= 0)
		return 0;
	complain("%s: %s: start evl-cused with --driver and the path "
		 "of %s.so, or use --start",
		 run->node, strerrordesc_np(errno), run->options.device);

	return BENCH_EXIT_NO_DRIVER;
}

void run_detach(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	if (attached)
		evl_detach_self();
	attached = false;
}

void run_note_sleep(struct bench_run *run)
{
	struct control_thread_info *infos;
	size_t nr;

	if (query_table(run->query, CONTROL_TABLE_THREADS, sizeof(*infos),
			&infos, &nr))
		return;
	for (size_t i = 0; i < nr; i++)
		if (infos[i].pid == getpid() && infos[i].tid == gettid())
			run->worker_sleeps =
				infos[i].nr_wakeups * 2 > infos[i].nr_requests;
	free(infos);
}

void run_close(struct bench_run *run)
{
	if (run->query)
		query_close(run->query);
	run->query = NULL;
	if (run->options.start)
		daemon_stop();
}

int run_measured(struct bench_run *run, int *fd,
		 int (*measure)(const struct bench_run *run))
{
	int ret;

	ret = run_open(run);
	if (ret == 0)
		ret = run_attach(run, fd);
	if (ret == 0)
		ret = measure(run);
	run_detach(fd);
	run_close(run);

	return ret;
}

int run_status(int status)
{
	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;
	if (status == 0 && fflush(stdout))
		return TOOL_EXIT_FAILURE;

	return status;
}

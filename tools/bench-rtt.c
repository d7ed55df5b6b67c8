/* SPDX-License-Identifier: MIT */
/*
 * evl-bench rtt: who is measured, in what order.
 */
#include "bench-rtt.h"
#include "control-query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUND_SAMPLES	  500u
#define WARM_UP		  64u
#define PROGRESS_AFTER_NS UINT64_C(2000000000)

volatile sig_atomic_t bench_signal;

static const struct measure *const all_measures[NR_MEASURES] = {
	[FLOOR_SPIN] = &measure_floor_spin,
	[FLOOR_FUTEX] = &measure_floor_futex,
	[PIPE] = &measure_pipe,
	[SEQPACKET] = &measure_seqpacket,
	[INBAND_IOCTL] = &measure_inband_ioctl,
	[OOB_IOCTL] = &measure_oob_ioctl,
	[OOB_READ_64] = &measure_oob_read_64,
	[OOB_WRITE_64] = &measure_oob_write_64,
};

/* The two to be compared most closely are next to each other. */
static const enum measure_index order[NR_MEASURES] = {
	FLOOR_FUTEX, PIPE,	SEQPACKET,   INBAND_IOCTL,
	FLOOR_SPIN,  OOB_IOCTL, OOB_READ_64, OOB_WRITE_64,
};

static bool is_wanted(const struct bench *bench, enum measure_index index)
{
	if (bench->options.floor_only && index != FLOOR_SPIN)
		return false;

	return !bench->measures[index].spins || bench->place.worker_cpu >= 0;
}

static int complain(const struct measure *measure, int ret)
{
	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;

	fprintf(stderr, "evl-bench: %s: %s\n", measure->name,
		strerrordesc_np(-ret));

	return TOOL_EXIT_FAILURE;
}

/* Partners fork: before there is anything of a client about us. */
static int setup_measures(struct bench *bench)
{
	struct measure *measure;
	int ret;

	for (int i = 0; i < NR_MEASURES; i++) {
		measure = &bench->measures[i];
		*measure = *all_measures[i];
		measure->samples = calloc(bench->options.nr_samples,
					  sizeof(*measure->samples));
		ret = measure->samples ? measure->setup(measure) : -ENOMEM;
		if (ret)
			return complain(measure, ret);
	}

	return 0;
}

static void cleanup_measures(struct bench *bench)
{
	struct measure *measure;

	for (int i = 0; i < NR_MEASURES; i++) {
		measure = &bench->measures[i];
		if (measure->cleanup)
			measure->cleanup(measure);
		free(measure->samples);
		measure->samples = NULL;
	}
}

static int place_all(struct bench *bench, const uint64_t *worker_cpus)
{
	struct measure *measure;
	int ret;

	place_client(&bench->place, worker_cpus, CONTROL_CPU_WORDS);
	place_raise(&bench->place);

	for (int i = 0; i < NR_MEASURES; i++) {
		measure = &bench->measures[i];
		ret = measure->peer ? place_peer(&bench->place, measure->peer)
				    : 0;
		if (ret)
			return complain(measure, ret);
	}

	return 0;
}

static void show_progress(const struct bench *bench, unsigned int round,
			  uint64_t start)
{
	if (!isatty(STDERR_FILENO) || bench_now() - start < PROGRESS_AFTER_NS)
		return;

	if (round < bench->nr_rounds)
		fprintf(stderr, "\r\033[Kround %u of %u", round + 1,
			bench->nr_rounds);
	else
		fputs("\r\033[K", stderr);
}

static int run_one(struct measure *measure, unsigned int nr)
{
	uint32_t scratch[WARM_UP];
	int ret;

	ret = measure->run(measure, scratch, WARM_UP);
	if (ret == 0)
		ret = measure->run(measure,
				   measure->samples + measure->nr_samples, nr);
	if (ret)
		return complain(measure, ret);
	measure->nr_samples += nr;

	return 0;
}

static int run_rounds(struct bench *bench)
{
	unsigned int total = bench->options.nr_samples, done = 0, nr;
	uint64_t start = bench_now();
	int ret = 0;

	bench->nr_rounds = (total + ROUND_SAMPLES - 1) / ROUND_SAMPLES;
	for (unsigned int round = 0; done < total && ret == 0; round++) {
		show_progress(bench, round, start);
		nr = total - done < ROUND_SAMPLES ? total - done
						  : ROUND_SAMPLES;
		for (int i = 0; i < NR_MEASURES && ret == 0; i++)
			if (is_wanted(bench, order[i]))
				ret = run_one(&bench->measures[order[i]], nr);
		if (ret == 0 && bench_signal)
			ret = BENCH_EXIT_SIGNAL + bench_signal;
		done += nr;
	}
	show_progress(bench, bench->nr_rounds, start);

	return ret;
}

/* Did our requests find the worker asleep, mostly? */
static bool worker_slept(struct query *query)
{
	struct control_thread_info *infos;
	bool slept = false;
	size_t nr;

	if (query_table(query, CONTROL_TABLE_THREADS, sizeof(*infos), &infos,
			&nr))
		return false;
	for (size_t i = 0; i < nr; i++)
		if (infos[i].pid == getpid() && infos[i].tid == gettid())
			slept = infos[i].nr_wakeups * 2 > infos[i].nr_requests;
	free(infos);

	return slept;
}

static int measure_all(struct bench *bench, struct query *query)
{
	const char *devdir = query->welcome.devdir;
	char node[CONTROL_PATH_MAX + 32];
	int ret;

	snprintf(node, sizeof(node), "%s/loopback", devdir);
	snprintf(bench->version, sizeof(bench->version), "%s",
		 printable(query->welcome.version,
			   sizeof(query->welcome.version)));
	bench->front = query_front_name(query->welcome.front);
	bench->daemon_pid = (unsigned int)query->welcome.pid;

	ret = place_all(bench, query->welcome.worker_cpus);
	if (ret == 0)
		ret = channel_open(bench->options.node ? bench->options.node
						       : node);
	if (ret == 0)
		ret = run_rounds(bench);
	if (ret == 0)
		bench->worker_sleeps = worker_slept(query);
	channel_close();

	return ret;
}

static int measure_floor(struct bench *bench)
{
	int ret = place_all(bench, NULL);

	return ret ? ret : run_rounds(bench);
}

static int with_daemon(struct bench *bench)
{
	struct query query;
	int ret;

	ret = query_open(&query);
	if (ret)
		return query_complain(&query, ret);

	ret = measure_all(bench, &query);
	query_close(&query);

	return ret;
}

static int measure_somehow(struct bench *bench)
{
	int ret;

	if (bench->options.floor_only)
		return measure_floor(bench);
	if (!bench->options.start)
		return with_daemon(bench);

	ret = daemon_start(&bench->options);
	if (ret == 0)
		ret = with_daemon(bench);
	daemon_stop();

	return ret;
}

static void report(struct bench *bench)
{
	struct measure *measure;

	for (int i = 0; i < NR_MEASURES; i++) {
		measure = &bench->measures[i];
		if (measure->nr_samples)
			stats_of(&measure->stats, measure->samples,
				 measure->nr_samples, bench->clock_ns);
	}

	if (bench->options.json)
		report_json(bench);
	else
		report_table(bench);
}

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

int bench_rtt(const struct bench_options *options)
{
	struct bench bench = { .options = *options };
	int ret;

	watch_signals();
	bench.clock_ns = clock_cost();

	ret = setup_measures(&bench);
	if (ret == 0)
		ret = measure_somehow(&bench);
	if (ret == 0)
		report(&bench);
	cleanup_measures(&bench);

	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;
	if (ret == 0 && fflush(stdout))
		return TOOL_EXIT_FAILURE;

	return ret;
}

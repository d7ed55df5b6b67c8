/* SPDX-License-Identifier: MIT */
/*
 * evl-bench rtt: who is measured, in what order.
 */
#include "bench.h"

enum measure_index {
	FLOOR_SPIN,
	FLOOR_FUTEX,
	PIPE,
	SEQPACKET,
	INBAND_IOCTL,
	OOB_IOCTL,
	OOB_READ_64,
	OOB_WRITE_64,
	NR_MEASURES,
};

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

static struct measure measures[NR_MEASURES];

static bool is_wanted(const struct bench_run *run, enum measure_index index)
{
	if (run->options.floor_only && index != FLOOR_SPIN)
		return false;

	return !measures[index].spins || run->place.worker_cpu >= 0;
}

/* Partners fork: before there is anything of a client about us. */
static int begin_measures(unsigned int nr_samples)
{
	int ret = 0;

	for (int i = 0; i < NR_MEASURES && ret == 0; i++) {
		measures[i] = *all_measures[i];
		ret = measure_begin(&measures[i], nr_samples);
	}

	return ret;
}

static void end_measures(void)
{
	for (int i = 0; i < NR_MEASURES; i++)
		measure_end(&measures[i]);
}

static int place_peers(const struct bench_place *place)
{
	int ret;

	for (int i = 0; i < NR_MEASURES; i++) {
		if (measures[i].peer == 0)
			continue;
		ret = place_peer(place, measures[i].peer);
		if (ret)
			return measure_complain(&measures[i], ret);
	}

	return 0;
}

static int run_measures(const struct bench_run *run)
{
	struct measure *wanted[NR_MEASURES];
	unsigned int nr = 0;

	for (int i = 0; i < NR_MEASURES; i++)
		if (is_wanted(run, order[i]))
			wanted[nr++] = &measures[order[i]];

	return rounds_run(wanted, nr, run->options.nr_samples);
}

static int measure_all(struct bench_run *run)
{
	int ret;

	ret = run_open(run);
	if (ret == 0)
		ret = place_peers(&run->place);
	if (ret == 0 && run->query)
		ret = channel_open(run);
	if (ret == 0)
		ret = run_measures(run);
	if (ret == 0 && run->query)
		run_note_sleep(run);
	channel_close();
	run_close(run);

	return ret;
}

static void report(const struct bench_run *run)
{
	const struct measure *sleeping =
		run->worker_sleeps ? &measures[FLOOR_FUTEX] : NULL;
	const struct ratio ratios[] = {
		{ "oob_ioctl/floor_spin", &measures[OOB_IOCTL],
		  &measures[FLOOR_SPIN] },
		{ "inband_ioctl/oob_ioctl", &measures[INBAND_IOCTL],
		  &measures[OOB_IOCTL] },
		/* Of interest where nobody spins. */
		{ "oob_ioctl/floor_futex", &measures[OOB_IOCTL], sleeping },
	};
	const struct report report = {
		.title = "round trips",
		.measures = measures,
		.nr_measures = NR_MEASURES,
		.ratios = ratios,
		.nr_ratios = sizeof(ratios) / sizeof(ratios[0]),
	};

	for (int i = 0; i < NR_MEASURES; i++)
		measure_sum_up(&measures[i], run->clock_ns);
	bench_report(run, &report);
}

int bench_rtt(const struct bench_options *options)
{
	struct bench_run run;
	int ret;

	run_init(&run, options);
	ret = begin_measures(options->nr_samples);
	if (ret == 0)
		ret = measure_all(&run);
	if (ret == 0)
		report(&run);
	end_measures();

	return run_status(ret);
}

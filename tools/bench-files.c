/* SPDX-License-Identifier: MIT */
/*
 * evl-bench files: what descriptors cost, those of the daemon's files and those
 * of others; and what many of them do to out-of-band calls and to the daemon's
 * memory.
 */
#include "bench.h"
#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

#define DEFAULT_COUNT 10000u
#define MAX_OPEN      1000u
#define OTHER_FDS     64u /* what else we have open, at most */
#define CLONE_NODE    "/dev/evl/xbuf/clone"

enum measure_index {
	BARE_CLOSE,
	CLOSE,
	BARE_DUP,
	DUP,
	OPEN_NODE,
	CLOSE_NODE,
	BIND,
	UNBIND,
	OOB_ALONE,
	OOB_FIRST,
	OOB_LAST,
	NR_MEASURES,
};

enum figure_index {
	CLOSE_EXTRA,
	DUP_EXTRA,
	NR_BOUND,
	BOUND_BYTES,
	NR_OPEN,
	OPEN_BYTES,
	NR_FIGURES,
};

static int first_fd, last_fd;
static int *fds; /* owned; what is bound beside the first */
static unsigned int nr_fds, max_fds;
static unsigned int max_open;

static int first_nop(void *arg)
{
	return oob_ioctl(first_fd, LOOPBACK_IOC_NOP) < 0 ? -errno : 0;
}

static int last_nop(void *arg)
{
	return oob_ioctl(last_fd, LOOPBACK_IOC_NOP) < 0 ? -errno : 0;
}

static int run_first(struct measure *measure, uint32_t *samples,
		     unsigned int nr)
{
	return time_each(first_nop, NULL, samples, nr);
}

static int run_last(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	return time_each(last_nop, NULL, samples, nr);
}

static struct measure measures[NR_MEASURES] = {
	[BIND] = { .name = "bind" },
	[UNBIND] = { .name = "unbind" },
	[OOB_ALONE] = { .name = "oob_alone", .run = run_first },
	[OOB_FIRST] = { .name = "oob_first", .run = run_first },
	[OOB_LAST] = { .name = "oob_last", .run = run_last },
};

static struct figure figures[NR_FIGURES] = {
	[CLOSE_EXTRA] = { .name = "close-bare_close", .unit = "ns" },
	[DUP_EXTRA] = { .name = "dup-bare_dup", .unit = "ns" },
	[NR_BOUND] = { .name = "bound", .unit = "descriptors" },
	[BOUND_BYTES] = { .name = "bytes/bound", .unit = "B" },
	[NR_OPEN] = { .name = "open", .unit = "files" },
	[OPEN_BYTES] = { .name = "bytes/open", .unit = "B" },
};

static void set_figure(enum figure_index index, int64_t value)
{
	figures[index].value = value;
	figures[index].known = true;
}

/* As far as we may: how many descriptors there can be. */
static rlim_t raise_limit(rlim_t wanted)
{
	struct rlimit limit, more = { wanted, wanted };

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur >= wanted)
		return limit.rlim_cur;
	if (limit.rlim_max < wanted && setrlimit(RLIMIT_NOFILE, &more) == 0)
		return wanted;

	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;

	return setrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
}

static void make_room(unsigned int count)
{
	rlim_t limit = raise_limit((rlim_t)count + MAX_OPEN + OTHER_FDS), room;

	max_open = limit / 4 < MAX_OPEN ? (unsigned int)limit / 4 : MAX_OPEN;
	room = limit > max_open + OTHER_FDS ? limit - max_open - OTHER_FDS : 1;
	max_fds = room < count ? (unsigned int)room : count;
}

/* How many descriptors the daemon knows. 0 or -errno. */
static int count_bound(const struct bench_run *run, unsigned int *r_nr)
{
	struct control_daemon_info *info;
	size_t nr;
	int ret;

	ret = query_table(run->query, CONTROL_TABLE_DAEMON, sizeof(*info),
			  &info, &nr);
	if (ret)
		return ret;
	if (nr)
		*r_nr = info->nr_bound;
	free(info);

	return nr ? 0 : -EPROTO;
}

/* Duplicates of the first one. 0 or -errno. */
static int dup_many(struct growth *growth)
{
	uint64_t start = bench_now(), before;

	for (; nr_fds < max_fds && !bench_signal; nr_fds++) {
		show_progress("binding", nr_fds, max_fds, start);
		before = bench_now();
		fds[nr_fds] = dup(first_fd);
		if (fds[nr_fds] < 0)
			break;
		measure_add(&measures[BIND], before);
		growth_look(growth, nr_fds + 1);
	}
	show_progress("binding", max_fds, max_fds, start);

	return nr_fds ? 0 : -EMFILE;
}

static void note_bound(unsigned int nr, unsigned int count)
{
	if (nr < count && !figures[NR_BOUND].known)
		complain("%u descriptors instead of %u: %s", nr, count,
			 nr < nr_fds ? "evl-cused binds no more"
				     : "raise RLIMIT_NOFILE (ulimit -n)");
	set_figure(NR_BOUND, nr);
}

static int bind_many(const struct bench_run *run)
{
	unsigned int before, after, nr;
	struct growth growth;
	int ret;

	growth_begin(&growth, run, max_fds);
	ret = count_bound(run, &before);
	if (ret == 0)
		ret = dup_many(&growth);
	if (ret == 0)
		ret = count_bound(run, &after);
	if (ret == 0 && after <= before)
		ret = -EMFILE;
	if (ret || bench_signal)
		return measure_complain(&measures[BIND], ret);

	/* There may be more duplicates than the daemon lets us bind. */
	nr = after - before < nr_fds ? after - before : nr_fds;
	last_fd = fds[nr - 1];
	/* Later there is memory of those who were bound. */
	if (!figures[NR_BOUND].known)
		growth_end(&growth, nr, &figures[BOUND_BYTES]);
	note_bound(nr, run->options.count);

	return 0;
}

static int unbind_all(void)
{
	unsigned int nr = nr_fds;
	uint64_t start = bench_now(), before;

	while (nr_fds > 0 && !bench_signal) {
		show_progress("closing", nr - nr_fds, nr, start);
		before = bench_now();
		close(fds[--nr_fds]);
		measure_add(&measures[UNBIND], before);
	}
	show_progress("closing", nr, nr, start);

	return bench_signal ? measure_complain(&measures[UNBIND], 0) : 0;
}

/* No driver's memory in there. */
static void open_many(const struct bench_run *run)
{
	int opened[MAX_OPEN];
	struct growth growth;
	unsigned int nr = 0;

	growth_begin(&growth, run, max_open);
	while (nr < max_open && !bench_signal) {
		opened[nr] = open(CLONE_NODE, O_RDWR | O_CLOEXEC);
		if (opened[nr] < 0)
			break;
		growth_look(&growth, ++nr);
	}
	set_figure(NR_OPEN, nr);
	growth_end(&growth, nr, &figures[OPEN_BYTES]);
	while (nr > 0)
		close(opened[--nr]);
}

/* The same with one descriptor bound and with many. */
static int run_cycle(const struct bench_run *run, unsigned int n)
{
	struct measure *alone = &measures[OOB_ALONE];
	struct measure *const many[] = { &measures[OOB_FIRST],
					 &measures[OOB_LAST] };
	unsigned int nr = cycle_share(run->options.nr_samples, n);
	int ret;

	ret = rounds_run(&alone, 1, nr);
	if (ret == 0)
		ret = bind_many(run);
	if (ret == 0)
		ret = rounds_run(many, 2, nr);
	if (ret == 0 && n == 0)
		open_many(run);
	if (ret == 0)
		ret = unbind_all();

	return ret;
}

static int measure_many(const struct bench_run *run)
{
	int ret = 0;

	for (unsigned int n = 0; n < BENCH_CYCLES && ret == 0; n++)
		ret = run_cycle(run, n);

	return ret;
}

static int measure_few(const struct bench_run *run)
{
	struct measure *few[CLOSE_NODE + 1];
	int ret;

	for (int i = BARE_CLOSE; i <= CLOSE_NODE; i++)
		few[i] = &measures[i];
	ret = plain_fd_open(run->node);
	ret = ret ? measure_complain(few[0], ret)
		  : rounds_run(few, CLOSE_NODE + 1, run->options.nr_samples);
	plain_fd_close();

	return ret;
}

static int begin_measures(const struct bench_options *options)
{
	int ret = 0;

	measures[BARE_CLOSE] = measure_bare_close;
	measures[CLOSE] = measure_close;
	measures[BARE_DUP] = measure_bare_dup;
	measures[DUP] = measure_dup;
	measures[OPEN_NODE] = measure_open_node;
	measures[CLOSE_NODE] = measure_close_node;

	for (int i = 0; i < NR_MEASURES && ret == 0; i++)
		ret = measure_begin(&measures[i],
				    i == BIND || i == UNBIND
					    ? options->count * BENCH_CYCLES
					    : options->nr_samples);
	fds = calloc(options->count, sizeof(*fds));
	if (ret == 0 && fds == NULL)
		ret = measure_complain(&measures[BIND], -ENOMEM);

	return ret;
}

static void end_measures(void)
{
	for (int i = 0; i < NR_MEASURES; i++)
		measure_end(&measures[i]);
	free(fds);
}

static int measure_all(struct bench_run *run)
{
	int ret;

	ret = run_open(run);
	if (ret == 0)
		ret = channel_open(run);
	first_fd = channel_fd();
	if (ret == 0)
		ret = measure_many(run);
	if (ret == 0)
		ret = measure_few(run);
	if (ret == 0)
		run_note_sleep(run);
	channel_close();
	run_close(run);

	return ret;
}

static int64_t difference(enum measure_index index, enum measure_index bare)
{
	return (int64_t)measures[index].stats.p50 - measures[bare].stats.p50;
}

static void report(const struct bench_run *run)
{
	const struct measure *alone = &measures[OOB_ALONE];
	const struct ratio ratios[] = {
		{ "close/bare_close", &measures[CLOSE], &measures[BARE_CLOSE] },
		{ "dup/bare_dup", &measures[DUP], &measures[BARE_DUP] },
		{ "oob_first/oob_alone", &measures[OOB_FIRST], alone },
		{ "oob_last/oob_alone", &measures[OOB_LAST], alone },
	};
	const struct report report = {
		.title = "files and descriptors",
		.measures = measures,
		.nr_measures = NR_MEASURES,
		.ratios = ratios,
		.nr_ratios = sizeof(ratios) / sizeof(ratios[0]),
		.figures = figures,
		.nr_figures = NR_FIGURES,
	};

	for (int i = 0; i < NR_MEASURES; i++)
		measure_sum_up(&measures[i], run->clock_ns);
	set_figure(CLOSE_EXTRA, difference(CLOSE, BARE_CLOSE));
	set_figure(DUP_EXTRA, difference(DUP, BARE_DUP));
	bench_report(run, &report);
}

int bench_files(const struct bench_options *options)
{
	struct bench_run run;
	int ret;

	run_init(&run, options);
	if (run.options.count == 0)
		run.options.count = DEFAULT_COUNT;
	make_room(run.options.count);
	ret = begin_measures(&run.options);
	if (ret == 0)
		ret = measure_all(&run);
	if (ret == 0)
		report(&run);
	end_measures();

	return run_status(ret);
}

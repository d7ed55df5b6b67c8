/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include "json-put.h"

struct ratio {
	const char *name;
	enum measure_index over, under;
};

/* The last one is of interest where nobody spins. */
static const struct ratio ratios[] = {
	{ "oob_ioctl/floor_spin", OOB_IOCTL, FLOOR_SPIN },
	{ "inband_ioctl/oob_ioctl", INBAND_IOCTL, OOB_IOCTL },
	{ "oob_ioctl/floor_futex", OOB_IOCTL, FLOOR_FUTEX },
};

#define NR_RATIOS (sizeof(ratios) / sizeof(ratios[0]))

/* Of the medians; false where one was not measured, or says nothing. */
static bool ratio_of(const struct bench *bench, const struct ratio *ratio,
		     double *r_value)
{
	const struct measure *over = &bench->measures[ratio->over];
	const struct measure *under = &bench->measures[ratio->under];

	if (over->nr_samples == 0 || under->nr_samples == 0 ||
	    under->stats.p50 == 0)
		return false;
	if (ratio->under == FLOOR_FUTEX && !bench->worker_sleeps)
		return false;

	*r_value = (double)over->stats.p50 / under->stats.p50;

	return true;
}

static void print_head(const struct bench *bench)
{
	const struct bench_place *place = &bench->place;

	printf("round trips in ns, %u of each in %u rounds; ",
	       bench->options.nr_samples, bench->nr_rounds);
	if (place->worker_cpu < 0)
		printf("client and worker share CPU %d", place->client_cpu);
	else
		printf("client on CPU %d, %s on CPU %d", place->client_cpu,
		       bench->front ? "worker" : "partner", place->worker_cpu);
	printf(", %s\n", place->fifo ? "SCHED_FIFO" : "no SCHED_FIFO");
	if (bench->front)
		printf("evl-cused %s, %s front%s\n", bench->version,
		       bench->front,
		       bench->worker_sleeps ? "; its worker does not spin"
					    : "");
	printf("\n%-14s %9s %9s %9s %10s\n", "", "p50", "p99", "p999", "max");
}

static void print_measure(const struct bench *bench,
			  const struct measure *measure)
{
	const struct stats *stats = &measure->stats;

	if (measure->nr_samples)
		printf("%-14s %9u %9u %9u %10u\n", measure->name, stats->p50,
		       stats->p99, stats->p999, stats->max);
	else if (measure->spins)
		printf("%-14s %9s  (on one CPU spinning only keeps the other "
		       "side from running)\n",
		       measure->name, "n/a");
}

void report_table(const struct bench *bench)
{
	bool any = false;
	double value;

	print_head(bench);
	for (int i = 0; i < NR_MEASURES; i++)
		print_measure(bench, &bench->measures[i]);

	for (size_t i = 0; i < NR_RATIOS; i++) {
		if (!ratio_of(bench, &ratios[i], &value))
			continue;
		printf("%s%-26s %.2f\n", any ? "" : "\n", ratios[i].name,
		       value);
		any = true;
	}
	printf("\nratios are of p50; %u ns for reading the clock were taken off "
	       "each sample\n",
	       bench->clock_ns);
}

static struct json_object *measure_to_json(const struct measure *measure)
{
	struct json_object *obj = json_object_new_object();

	json_put_uint(obj, "samples", measure->nr_samples);
	json_put_uint(obj, "p50", measure->stats.p50);
	json_put_uint(obj, "p99", measure->stats.p99);
	json_put_uint(obj, "p999", measure->stats.p999);
	json_put_uint(obj, "max", measure->stats.max);

	return obj;
}

static struct json_object *place_to_json(const struct bench *bench)
{
	struct json_object *obj = json_object_new_object();

	json_put_int(obj, "client_cpu", bench->place.client_cpu);
	json_put_int(obj, "worker_cpu", bench->place.worker_cpu);
	json_put_bool(obj, "sched_fifo", bench->place.fifo);

	return obj;
}

static struct json_object *daemon_to_json(const struct bench *bench)
{
	struct json_object *obj;

	if (bench->front == NULL)
		return NULL;

	obj = json_object_new_object();
	json_put_string(obj, "version", bench->version);
	json_put_int(obj, "pid", bench->daemon_pid);
	json_put_string(obj, "front", bench->front);
	json_put_bool(obj, "worker_sleeps", bench->worker_sleeps);

	return obj;
}

/* What was not measured is null. */
void report_json(const struct bench *bench)
{
	struct json_object *root = json_object_new_object();
	struct json_object *results = json_object_new_object();
	struct json_object *quotients = json_object_new_object();
	const struct measure *measure;
	double value;

	for (int i = 0; i < NR_MEASURES; i++) {
		measure = &bench->measures[i];
		json_object_object_add(
			results, measure->name,
			measure->nr_samples ? measure_to_json(measure) : NULL);
	}
	for (size_t i = 0; i < NR_RATIOS; i++)
		json_object_object_add(quotients, ratios[i].name,
				       ratio_of(bench, &ratios[i], &value)
					       ? json_object_new_double(value)
					       : NULL);

	json_put_string(root, "unit", "ns");
	json_put_uint(root, "clock_ns", bench->clock_ns);
	json_put_uint(root, "rounds", bench->nr_rounds);
	json_object_object_add(root, "place", place_to_json(bench));
	json_object_object_add(root, "daemon", daemon_to_json(bench));
	json_object_object_add(root, "results", results);
	json_object_object_add(root, "ratios", quotients);
	json_print(root);
}

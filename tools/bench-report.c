/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include "json-put.h"

/* What is compared. 0: it was not measured, or says nothing. */
static uint32_t typical(const struct report *report,
			const struct measure *measure)
{
	if (measure == NULL || measure->nr_samples == 0)
		return 0;

	return report->of_p99 ? measure->stats.p99 : measure->stats.p50;
}

/* False: there is none. */
static bool ratio_value(const struct report *report, const struct ratio *ratio,
			double *r_value)
{
	uint32_t over = typical(report, ratio->over);
	uint32_t under = typical(report, ratio->under);

	if (ratio->over == NULL || ratio->over->nr_samples == 0 || under == 0)
		return false;

	*r_value = (double)over / under;

	return true;
}

static void print_head(const struct bench_run *run, const struct report *report)
{
	const struct bench_place *place = &run->place;

	printf("%s in ns, %u of each in %u rounds; ", report->title,
	       run->options.nr_samples,
	       rounds_count(report->measures, run->options.nr_samples));
	if (place->worker_cpu < 0)
		printf("client and worker share CPU %d", place->client_cpu);
	else
		printf("client on CPU %d, %s on CPU %d", place->client_cpu,
		       run->front ? "worker" : "partner", place->worker_cpu);
	printf(", %s\n", place->fifo ? "SCHED_FIFO" : "no SCHED_FIFO");
	if (run->front)
		printf("evl-cused %s, %s front%s\n", run->version, run->front,
		       run->worker_sleeps ? "; its worker does not spin" : "");
	printf("\n%-14s %9s %9s %9s %10s\n", "", "p50", "p99", "p999", "max");
}

static void print_measure(const struct measure *measure)
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

static void print_figure(const struct figure *figure)
{
	if (figure->known)
		printf("%-26s %" PRId64 " %s\n", figure->name, figure->value,
		       figure->unit);
	else if (figure->why_not)
		printf("%-26s not measured: %s\n", figure->name,
		       figure->why_not);
	else
		printf("%-26s n/a\n", figure->name);
}

static void print_foot(const struct bench_run *run, const struct report *report)
{
	printf("\nratios are of %s", report->of_p99 ? "p99" : "p50");
	if (run->clock_ns)
		printf("; %u ns for reading the clock were taken off each "
		       "sample",
		       run->clock_ns);
	putchar('\n');
}

static void print_table(const struct bench_run *run,
			const struct report *report)
{
	bool any = false;
	double value;

	print_head(run, report);
	for (size_t i = 0; i < report->nr_measures; i++)
		print_measure(&report->measures[i]);

	for (size_t i = 0; i < report->nr_ratios; i++) {
		if (!ratio_value(report, &report->ratios[i], &value))
			continue;
		printf("%s%-26s %.2f\n", any ? "" : "\n",
		       report->ratios[i].name, value);
		any = true;
	}
	if (report->nr_figures)
		putchar('\n');
	for (size_t i = 0; i < report->nr_figures; i++)
		print_figure(&report->figures[i]);
	if (report->histogram)
		histogram_print(report);
	print_foot(run, report);
}

static struct json_object *measure_to_json(const struct report *report,
					   const struct measure *measure)
{
	struct json_object *obj;

	if (measure->nr_samples == 0)
		return NULL;

	obj = json_object_new_object();
	json_put_uint(obj, "samples", measure->nr_samples);
	json_put_uint(obj, "p50", measure->stats.p50);
	json_put_uint(obj, "p99", measure->stats.p99);
	json_put_uint(obj, "p999", measure->stats.p999);
	json_put_uint(obj, "max", measure->stats.max);
	if (report->histogram)
		json_object_object_add(obj, "histogram",
				       histogram_to_json(measure));

	return obj;
}

static struct json_object *results_to_json(const struct report *report)
{
	struct json_object *obj = json_object_new_object();

	for (size_t i = 0; i < report->nr_measures; i++)
		json_object_object_add(
			obj, report->measures[i].name,
			measure_to_json(report, &report->measures[i]));

	return obj;
}

static struct json_object *ratios_to_json(const struct report *report)
{
	struct json_object *obj = json_object_new_object();
	double value;

	for (size_t i = 0; i < report->nr_ratios; i++)
		json_object_object_add(
			obj, report->ratios[i].name,
			ratio_value(report, &report->ratios[i], &value)
				? json_object_new_double(value)
				: NULL);

	return obj;
}

static struct json_object *figures_to_json(const struct report *report)
{
	struct json_object *obj = json_object_new_object();
	const struct figure *figure;

	for (size_t i = 0; i < report->nr_figures; i++) {
		figure = &report->figures[i];
		json_object_object_add(
			obj, figure->name,
			figure->known ? json_object_new_int64(figure->value)
				      : NULL);
	}

	return obj;
}

static struct json_object *place_to_json(const struct bench_place *place)
{
	struct json_object *obj = json_object_new_object();

	json_put_int(obj, "client_cpu", place->client_cpu);
	json_put_int(obj, "worker_cpu", place->worker_cpu);
	json_put_bool(obj, "sched_fifo", place->fifo);

	return obj;
}

static struct json_object *daemon_to_json(const struct bench_run *run)
{
	struct json_object *obj;

	if (run->front == NULL)
		return NULL;

	obj = json_object_new_object();
	json_put_string(obj, "version", run->version);
	json_put_int(obj, "pid", run->daemon_pid);
	json_put_string(obj, "front", run->front);
	json_put_bool(obj, "worker_sleeps", run->worker_sleeps);

	return obj;
}

/* What was not measured is null. */
static void print_json(const struct bench_run *run, const struct report *report)
{
	struct json_object *root = json_object_new_object();

	json_put_string(root, "unit", "ns");
	json_put_uint(root, "clock_ns", run->clock_ns);
	json_put_uint(root, "rounds",
		      rounds_count(report->measures, run->options.nr_samples));
	json_object_object_add(root, "place", place_to_json(&run->place));
	json_object_object_add(root, "daemon", daemon_to_json(run));
	json_object_object_add(root, "results", results_to_json(report));
	json_object_object_add(root, "ratios", ratios_to_json(report));
	json_put_string(root, "ratios_of", report->of_p99 ? "p99" : "p50");
	if (report->nr_figures)
		json_object_object_add(root, "figures",
				       figures_to_json(report));
	json_print(root);
}

void bench_report(const struct bench_run *run, const struct report *report)
{
	if (run->options.json)
		print_json(run, report);
	else
		print_table(run, report);
}

/* SPDX-License-Identifier: MIT */
#include "core/rq.h"

#include "base/error.h"
#include "core/thread.h"
#include "core/timer.h"
#include "kapi/export.h"
#include "kapi/irq.h"

#include <errno.h>
#include <evl/init.h>
#include <stdlib.h>

#define MAX_RQS 64

EXPORT struct cpumask evl_oob_cpus;

static struct evl_rq *rqs[MAX_RQS];
static unsigned int nr_rqs;

int rq_add(struct stage *stage, int cpu)
{
	struct evl_rq *rq;

	if (nr_rqs == MAX_RQS)
		return err_origin(-ENOSPC);
	rq = calloc(1, sizeof(*rq));
	if (rq == NULL)
		return err_origin(-ENOMEM);

	rq->stage = stage;
	rq->cpu = cpu;
	timer_queue_init(rq);
	thread_queue_init(rq);
	if (nr_rqs == 0)
		irq_set_worker(stage);
	rqs[nr_rqs++] = rq;
	if (cpu >= 0)
		cpumask_set_cpu((unsigned int)cpu, &evl_oob_cpus);
	else
		cpumask_or(&evl_oob_cpus, &evl_oob_cpus, cpu_online_mask);

	return 0;
}

void rq_remove_all(void)
{
	while (nr_rqs)
		free(rqs[--nr_rqs]);
	irq_set_worker(NULL);
	cpumask_clear(&evl_oob_cpus);
}

struct evl_rq *rq_nth(unsigned int n)
{
	return n < nr_rqs ? rqs[n] : NULL;
}

struct evl_rq *rq_of_stage(const struct stage *stage)
{
	for (unsigned int n = 0; n < nr_rqs; n++)
		if (rqs[n]->stage == stage)
			return rqs[n];

	return NULL;
}

struct evl_rq *rq_of_cpu(int cpu)
{
	for (unsigned int n = 0; n < nr_rqs; n++)
		if (cpu >= 0 && rqs[n]->cpu == cpu)
			return rqs[n];

	return NULL;
}

EXPORT struct evl_rq *evl_cpu_rq(int cpu)
{
	return rq_of_cpu(cpu);
}

/* Where workers are not pinned any CPU is one of theirs. */
EXPORT bool is_evl_cpu(int cpu)
{
	return rq_of_cpu(cpu) || (nr_rqs && rqs[0]->cpu < 0 && cpu >= 0);
}

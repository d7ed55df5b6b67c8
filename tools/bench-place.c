/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

static bool is_worker(const uint64_t *cpus, size_t nr_words, int cpu)
{
	size_t word = (size_t)cpu / 64;

	return cpus && word < nr_words && cpus[word] >> cpu % 64 & 1;
}

/* The one we are on, or the nearest below or above which @worker is not. */
static int choose_client(const cpu_set_t *allowed, const uint64_t *cpus,
			 size_t nr_words, int worker)
{
	int here = sched_getcpu();

	for (int distance = 0; distance < CPU_SETSIZE; distance++) {
		for (int cpu = here - distance; cpu <= here + distance;
		     cpu += distance ? 2 * distance : 1) {
			if (cpu >= 0 && cpu < CPU_SETSIZE &&
			    CPU_ISSET(cpu, allowed) && cpu != worker &&
			    !is_worker(cpus, nr_words, cpu))
				return cpu;
		}
	}

	return -1;
}

static int find_worker(const cpu_set_t *allowed, const uint64_t *cpus,
		       size_t nr_words, bool *r_pinned)
{
	int last = -1;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		*r_pinned = is_worker(cpus, nr_words, cpu);
		if (*r_pinned)
			return cpu;
		if (CPU_ISSET(cpu, allowed))
			last = cpu;
	}

	return last; /* where a daemon would put it */
}

void place_client(struct bench_place *place, const uint64_t *worker_cpus,
		  size_t nr_words)
{
	cpu_set_t set;
	int cpu;

	*place = (struct bench_place){ .worker_cpu = -1 };
	if (sched_getaffinity(0, sizeof(set), &set)) {
		CPU_ZERO(&set);
		CPU_SET(0, &set);
	}

	place->worker_cpu =
		find_worker(&set, worker_cpus, nr_words, &place->worker_pinned);
	cpu = choose_client(&set, worker_cpus, nr_words, place->worker_cpu);
	if (cpu < 0) { /* one CPU for both */
		place->client_cpu = sched_getcpu();
		place->worker_cpu = -1;
		return;
	}

	place->client_cpu = cpu;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int raise_priority(pid_t pid, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	struct rlimit limit;

	if (sched_setscheduler(pid, SCHED_FIFO, &param) == 0)
		return 0;
	if (getrlimit(RLIMIT_RTPRIO, &limit) || limit.rlim_cur == 0)
		return -EPERM;
	if (limit.rlim_cur < (rlim_t)priority)
		param.sched_priority = (int)limit.rlim_cur;

	return sched_setscheduler(pid, SCHED_FIFO, &param) ? -errno : 0;
}

void place_raise(struct bench_place *place)
{
	place->fifo = raise_priority(0, BENCH_FIFO_PRIORITY) == 0;
}

void place_above(struct bench_place *place, int worker_priority)
{
	int highest = sched_get_priority_max(SCHED_FIFO);

	place->worker_priority = worker_priority;
	place->peer_priority = BENCH_FIFO_PRIORITY;
	if (worker_priority >= BENCH_FIFO_PRIORITY)
		place->peer_priority = worker_priority + 1;
	if (place->peer_priority > highest)
		place->peer_priority = highest;
}

static int place_there(const struct bench_place *place, pid_t pid)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(place->worker_cpu < 0 ? place->client_cpu : place->worker_cpu,
		&set);

	return sched_setaffinity(pid, sizeof(set), &set) ? -errno : 0;
}

int place_like_worker(const struct bench_place *place)
{
	struct sched_param param = { .sched_priority = place->worker_priority };
	int ret = place_there(place, 0);

	if (ret == 0 &&
	    sched_setscheduler(
		    0, param.sched_priority ? SCHED_FIFO : SCHED_OTHER, &param))
		ret = -errno;

	return ret;
}

int place_peer(const struct bench_place *place, pid_t pid)
{
	int ret = place_there(place, pid);

	if (ret)
		return ret;

	return place->fifo ? raise_priority(pid, place->peer_priority) : 0;
}

void place_here(pid_t pid)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		sched_setaffinity(pid, sizeof(set), &set);
}

/* SPDX-License-Identifier: MIT */
#include "stage/placement.h"

#include "base/log.h"

#include <cap-ng.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

unsigned int placement_nr_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;

	return (unsigned int)CPU_COUNT(&set);
}

bool placement_cpu_usable(int cpu)
{
	cpu_set_t set;

	return cpu >= 0 && cpu < CPU_SETSIZE &&
	       sched_getaffinity(0, sizeof(set), &set) == 0 &&
	       CPU_ISSET(cpu, &set);
}

int placement_worker_cpu(void)
{
	if (placement_nr_cpus() < 2)
		return -1;

	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
		if (placement_cpu_usable(cpu))
			return cpu;

	return -1;
}

bool placement_pin(int cpu)
{
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ret = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (ret)
		log_warn("cannot pin a worker to CPU %d: %s", cpu,
			 strerrordesc_np(ret));

	return ret == 0;
}

bool placement_set_fifo(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	int ret;

	ret = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	if (ret)
		log_warn("no SCHED_FIFO priority %d for the worker (%s): it "
			 "runs as an ordinary thread; run as root, or raise "
			 "RLIMIT_RTPRIO (ulimit -r)",
			 priority, strerrordesc_np(ret));

	return ret == 0;
}

/*
 * On fault: what must never fault is touched beforehand, and the rest of a big
 * address space need not be there. Under a finite limit MCL_FUTURE would make
 * every later mapping count against it, and fail.
 */
bool placement_lock_memory(void)
{
	int flags = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
	struct rlimit limit = { .rlim_cur = 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	errno = EPERM;
	if ((limit.rlim_cur == RLIM_INFINITY ||
	     capng_have_capability(CAPNG_EFFECTIVE, CAP_IPC_LOCK)) &&
	    mlockall(flags) == 0)
		return true;

	log_warn("memory is not locked (%s): a page fault may delay the "
		 "worker; run as root, or set RLIMIT_MEMLOCK to unlimited "
		 "(ulimit -l unlimited)",
		 strerrordesc_np(errno));

	return false;
}

/* SPDX-License-Identifier: MIT */
#include "ground.h"

#include "base/log.h"
#include "bus/gpio.h"
#include "bus/platform.h"
#include "config.h"
#include "core/factory.h"
#include "core/heap.h"
#include "core/kthread.h"
#include "core/poll-set.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "core/timer.h"
#include "core/trace.h"
#include "core/work.h"
#include "core/xbuf.h"
#include "kapi/cpumask.h"
#include "kapi/guard.h"
#include "kapi/hrtimer.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "stage/placement.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/request.h"
#include "watch/watch.h"

#include <unistd.h>

/* 0: the usual. The sanitizers' frames are that much larger. */
#define STACK_SIZE (FIBER_ASAN || FIBER_TSAN ? 256u << 10 : 0u)

static struct stack_pool *stacks;

struct stack_pool *ground_stacks(void)
{
	return stacks;
}

static void flush_log(struct irq_work *work)
{
	log_flush();
}

static DEFINE_IRQ_WORK(log_work, flush_log);

static void wake_log(void)
{
	irq_work_queue(&log_work);
}

int ground_start_stages(const struct config *config, void (*on_loop)(void))
{
	struct oob_config oob = {
		.cpus = config->cpus,
		.nr_cpus = config->nr_cpus,
		.priority = config->priority,
		.spin = config->spin,
		.spin_ns = config->spin_us * 1000u,
	};
	struct watch_config watch = {
		.rule = config->golden_rule,
		.watchdog_ms = config->watchdog_ms,
	};
	int ret;

	ret = stack_pool_new(STACK_SIZE, VFS_MAX_FIBERS + config->max_threads,
			     &stacks);
	if (ret == 0)
		ret = inband_init(stacks, VFS_MAX_FIBERS);
	if (ret)
		return ret;

	log_init(config->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, wake_log);
	if (on_loop)
		on_loop();
	guard_start();
	placement_lock_memory();
	ret = oob_start(&oob);
	smp_place_inband();

	if (ret == 0)
		ret = watch_start(&watch);
	/* What the workers could not have, before we say how we get on. */
	log_flush();

	return ret;
}

static size_t half_the_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (size_t)pages / 2 * (size_t)size
				     : (size_t)1 << 30;
}

static void clock_was_set(void)
{
	timers_clock_set();
	hrtimers_clock_set();
}

int ground_start_core(const struct config *config)
{
	int ret = 0;

	for (unsigned int i = 0; i < oob_nr_workers() && ret == 0; i++)
		ret = rq_add(oob_worker_stage(oob_worker(i)),
			     oob_worker_cpu(oob_worker(i)));
	if (ret == 0)
		ret = inband_watch_clock(clock_was_set);
	if (ret)
		return ret;

	gpio_init();
	platform_init();
	factories_init();
	timers_init();
	works_init();
	node_set_defaults(config->mode, geteuid(),
			  config->gid == (gid_t)-1 ? getegid() : config->gid);
	kthread_init(stacks);
	ret = heap_start();
	if (ret == 0)
		ret = thread_init(config->max_threads);
	if (ret == 0)
		ret = xbuf_init(config->max_xbufs, half_the_memory());
	if (ret == 0)
		ret = poll_init(config->poll_wake_all);
	if (ret == 0 && config->verbose)
		trace_start();

	return ret;
}

void ground_end_core(void)
{
	module_unload_all();
	poll_exit();
	xbuf_exit();
	thread_exit();
}

bool ground_end_stages(bool (*on_rest)(void))
{
	bool ended, all;

	trace_stop();
	ended = oob_stop();
	log_flush();
	if (!ended)
		return false;

	watch_stop();
	all = on_rest == NULL || on_rest();
	rq_remove_all();
	heap_stop();
	oob_free();
	/* Who never ends sleeps on, on its stack. */
	if (inband_exit() == 0 && kthread_count() == 0 && all)
		stacks = stack_pool_free(stacks);

	return true;
}

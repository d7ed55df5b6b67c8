/* SPDX-License-Identifier: MIT */
/*
 * evl-cused: the order in which things start and stop.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/notify.h"
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
#include "devices.h"
#include "drivers.h"
#include "front/front.h"
#include "front/leftover.h"
#include "kapi/cpumask.h"
#include "kapi/guard.h"
#include "kapi/hrtimer.h"
#include "paths.h"
#include "server/reacher.h"
#include "server/server.h"
#include "server/stuck.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "stage/placement.h"
#include "vfs/module.h"
#include "vfs/request.h"
#include "watch/watch.h"
#include "wire/control.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BOUND_FDS 65536

/* 0: the usual. The sanitizers' frames are that much larger. */
#define STACK_SIZE (FIBER_ASAN || FIBER_TSAN ? 256u << 10 : 0u)
#define MIN_NOFILE 32 /* what we need before the first client comes */

static struct stack_pool *stacks;
static ev_signal on_term, on_int, on_quit, on_hup;

static void flush_log(struct irq_work *work)
{
	log_flush();
}

static DEFINE_IRQ_WORK(log_work, flush_log);

static void wake_log(void)
{
	irq_work_queue(&log_work);
}

static void stop_serving(struct ev_loop *loop, ev_signal *w, int revents)
{
	log_info("signal %d: stopping", w->signum);
	inband_break();
}

static void ignore_hangup(struct ev_loop *loop, ev_signal *w, int revents)
{
	log_info("SIGHUP: the configuration is read at start only, going on");
}

static void watch_signals(void)
{
	struct ev_loop *loop = inband_loop();

	signal(SIGPIPE, SIG_IGN);
	/* Nobody is to send these; what is mounted would stay if they ended
	 * us. */
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	ev_signal_init(&on_term, stop_serving, SIGTERM);
	ev_signal_init(&on_int, stop_serving, SIGINT);
	ev_signal_init(&on_quit, stop_serving, SIGQUIT);
	ev_signal_init(&on_hup, ignore_hangup, SIGHUP);
	ev_signal_start(loop, &on_term);
	ev_signal_start(loop, &on_int);
	ev_signal_start(loop, &on_quit);
	ev_signal_start(loop, &on_hup);
}

/* Clients cost descriptors: take all we may have. */
static int raise_nofile(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= MIN_NOFILE)
		return 0;

	log_err("%lu descriptors are too few: raise RLIMIT_NOFILE (ulimit -n)",
		(unsigned long)limit.rlim_cur);

	return -EMFILE;
}

/* Where a fault says no more than its number. */
static int cannot_start(const char *what, int ret)
{
	log_err("cannot start %s: %s: raise the limits of this process (ulimit "
		"-a), --verbose says more",
		what, strerrordesc_np(-ret));

	return EXIT_OTHER;
}

static int start_stages(const struct config *config)
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
	watch_signals();
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

static int start_core(const struct config *config)
{
	int ret = 0;

	for (unsigned int i = 0; i < oob_nr_workers() && ret == 0; i++)
		ret = rq_add(oob_worker_stage(oob_worker(i)),
			     oob_worker_cpu(oob_worker(i)));
	if (ret == 0)
		ret = inband_watch_clock(clock_was_set);
	if (ret)
		return ret;

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

static int start_server(const struct config *config)
{
	struct server_config server = {
		.socket = config->socket,
		.mode = config->mode,
		.gid = config->gid,
		.max_clients = config->max_clients,
		.max_threads = config->max_threads,
		.max_fds = MAX_BOUND_FDS,
		.stacks = stacks,
		.front = {
			.kind = front_current() == &front_cuse ?
					CONTROL_FRONT_CUSE :
					CONTROL_FRONT_FUSE,
			.mount_dev = front_mount_dev(),
			.devdir = front_devdir(),
			.owns_rdev = front_owns_rdev,
		},
	};

	return server_start(&server);
}

static int start_all(const struct config *config)
{
	struct front_config front = {
		.want = config->front,
		.mount = config->mount,
		.link_dev =
			geteuid() == 0 &&
			strcmp(config->mount, CONTROL_SYSTEM_DIR "/dev") == 0,
	};
	int ret;

	ret = start_stages(config);
	if (ret)
		return cannot_start("the workers", ret);
	ret = start_core(config);
	if (ret)
		return cannot_start("the core", ret);

	if (devices_make(config))
		return EXIT_USAGE;
	if (drivers_load(config))
		return EXIT_DRIVER;
	platform_report();

	if (front_start(&front))
		return EXIT_NO_FRONT;
	if (start_server(config))
		return EXIT_OTHER;

	log_info("%s serving nodes in %s, clients on %s%s", PROJECT_VERSION,
		 front_devdir(), config->socket,
		 oob_is_realtime() ? "" : ", without real-time priority");

	return 0;
}

/*
 * The reverse; what was never started does not mind. False: a handler does not
 * end, or a kernel thread, perhaps on a worker. Drivers, and what they use, are
 * left alone then, until the process is gone.
 */
static bool stop_all(void)
{
	uint64_t deadline = clock_ns() + FRONT_PATIENCE_NS;
	bool ended;

	module_hangup();
	server_hangup();
	front_hangup(deadline);
	ended = server_stop(deadline);
	if (!ended)
		stuck_report();
	front_report();
	if (!ended) {
		front_stop();
		log_flush();
		return false;
	}

	module_unload_all();
	poll_exit();
	xbuf_exit();
	thread_exit();
	front_stop();
	trace_stop();
	ended = oob_stop();
	log_flush();
	if (!ended)
		return false;

	watch_stop();
	rq_remove_all();
	heap_stop();
	oob_free();
	/* Who never ends sleeps on, on its stack. */
	if (inband_exit() == 0 && kthread_count() == 0)
		stacks = stack_pool_free(stacks);

	return true;
}

static int serve(const struct config *config)
{
	int status = start_all(config);

	if (status == 0) {
		notify("READY=1");
		inband_run();
		notify("STOPPING=1");
		if (front_lost())
			status = EXIT_OTHER;
	}
	if (!stop_all()) {
		server_unlock();
		_exit(status);
	}

	return status;
}

/* Or the next thing we open is taken for standard output. */
static void open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	fd_close(fd);
}

int main(int argc, char **argv)
{
	int status = EXIT_OTHER, ret;
	struct config config;

	open_standard_fds();

	config_parse(&config, argc, argv);
	log_init(config.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, NULL);
	umask(0022);
	/* While there is one thread, and nothing of ours to be inherited. */
	if (reacher_prepare())
		return cannot_start("the process that reaches for memory",
				    -EAGAIN);
	drivers_init();

	if (raise_nofile() == 0 && paths_prepare(&config) == 0) {
		ret = server_lock(config.socket);
		if (ret == 0) {
			leftover_remove(CONTROL_SYSTEM_DIR "/dev");
			status = serve(&config);
		} else if (ret == -EADDRINUSE) {
			status = EXIT_RUNNING;
		}
		server_unlock();
	}
	config_free(&config);

	return status;
}

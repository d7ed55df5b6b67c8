/* SPDX-License-Identifier: MIT */
/*
 * evl-cused: the order in which things start and stop.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/notify.h"
#include "bus/platform.h"
#include "config-share.h"
#include "config.h"
#include "devices.h"
#include "drivers.h"
#include "front/front.h"
#include "front/leftover.h"
#include "ground.h"
#include "host-main.h"
#include "isolate/isolate.h"
#include "paths.h"
#include "server/reacher.h"
#include "server/server.h"
#include "server/stuck.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "vfs/stay.h"
#include "wire/control.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BOUND_FDS 65536
#define MIN_NOFILE    32 /* what we need before the first client comes */

static ev_signal on_term, on_int, on_quit, on_hup;

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

/* Where a fault says no more than its number. */
static int cannot_start(const char *what, int ret)
{
	log_err("cannot start %s: %s: raise the limits of this process (ulimit "
		"-a), --verbose says more",
		what, strerrordesc_np(-ret));

	return EXIT_OTHER;
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

static int start_server(const struct config *config)
{
	struct server_config server = {
		.socket = config->socket,
		.mode = config->mode,
		.gid = config->gid,
		.max_clients = config->max_clients,
		.max_threads = config->max_threads,
		.max_fds = MAX_BOUND_FDS,
		.stacks = ground_stacks(),
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

	ret = ground_start_stages(config, watch_signals);
	if (ret)
		return cannot_start("the workers", ret);
	ret = ground_start_core(config);
	if (ret)
		return cannot_start("the core", ret);

	isolate_start(config, sizeof(*config), config_share_devices(config));

	if (devices_make(config))
		return EXIT_USAGE;
	if (drivers_load(config))
		return EXIT_DRIVER;
	if (inband_is_over())
		return 0;
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

	isolate_hangup();
	stay_hangup();
	server_hangup();
	front_hangup(deadline);
	ended = server_stop(deadline);
	if (!ended)
		stuck_report();
	front_report();
	if (!ended) {
		isolate_stop();
		front_stop();
		log_flush();
		return false;
	}

	ground_end_core();
	isolate_stop();
	front_stop();

	return ground_end_stages(NULL);
}

static int serve(const struct config *config)
{
	int status = start_all(config);

	/* A signal may have come while drivers were being loaded. */
	if (status == 0 && !inband_is_over()) {
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
	if (isolate_is_host(argc, argv))
		return be_host();

	config_parse(&config, argc, argv);
	log_init(config.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, NULL);
	umask(0022);
	sched_getaffinity(0, sizeof(config.affinity), &config.affinity);
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

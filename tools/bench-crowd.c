/* SPDX-License-Identifier: MIT */
/*
 * A crowd of client processes with one bound descriptor each. A partner of ours
 * forks them, one after the other has said that it is there: they are no
 * children of a process which is pinned, real-time and a client itself.
 *
 * They go when the partner has closed its end of a pipe.
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
#include <sys/prctl.h>
#include <unistd.h>

#define NAP_US 10000

struct order {
	unsigned int nr; /* 0: be gone */
	char socket[CONTROL_SOCKET_MAX];
};

/* Owned; the reading end first. */
static int orders[2] = { -1, -1 }, notices[2] = { -1, -1 };
static pid_t nursery;
static unsigned int nr_gathered;

/* In the nursery alone. */
static int end[2] = { -1, -1 };

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_both(int fds[2])
{
	close_end(&fds[0]);
	close_end(&fds[1]);
}

static void live(int told_fd)
{
	char none;
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_end(&end[1]);
	/* One of the core's, with nothing of a driver's behind it. */
	ret = evl_new_poll();
	ret = ret < 0 ? ret : 0;
	if (write(told_fd, &ret, sizeof(ret)) == sizeof(ret) && ret == 0)
		while (read(end[0], &none, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

/* 0: there is one more, -errno: it could not be. */
static int bear(void)
{
	int told[2], ret;
	pid_t pid;

	if (pipe2(told, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0)
		live(told[1]);

	ret = pid < 0 ? -errno : 0;
	close_end(&told[1]);
	if (ret == 0 && read(told[0], &ret, sizeof(ret)) != sizeof(ret))
		ret = -EIO;
	close_end(&told[0]);

	return ret;
}

static void follow(const struct order *order)
{
	int ret;

	close_both(end);
	if (order->nr == 0)
		return;

	/* It was found, or started, after we were forked. */
	setenv(CONTROL_SOCKET_ENV, order->socket, 1);
	ret = pipe2(end, O_CLOEXEC) ? -errno : 0;
	for (unsigned int i = 0; i < order->nr && ret == 0; i++) {
		ret = bear();
		if (write(notices[1], &ret, sizeof(ret)) != sizeof(ret))
			_exit(1);
	}
}

static void tend(void *arg)
{
	struct order order;

	close_end(&orders[1]);
	close_end(&notices[0]);
	signal(SIGCHLD, SIG_IGN); /* nobody is waited for */
	while (read(orders[0], &order, sizeof(order)) == sizeof(order))
		follow(&order);
}

static int fail(int error)
{
	complain("processes: %s", strerrordesc_np(error));

	return TOOL_EXIT_FAILURE;
}

static int give_order(const struct bench_run *run, unsigned int nr)
{
	struct order order = { .nr = nr };

	memcpy(order.socket, run->query->path, sizeof(order.socket));

	return write(orders[1], &order, sizeof(order)) == sizeof(order)
		       ? 0
		       : fail(errno);
}

int crowd_prepare(void)
{
	int ret;

	if (pipe2(orders, O_CLOEXEC) || pipe2(notices, O_CLOEXEC))
		return fail(errno);
	ret = peer_start(&nursery, tend, NULL);
	close_end(&orders[0]);
	close_end(&notices[1]);

	return ret ? fail(-ret) : 0;
}

static void complain_once(unsigned int nr, int error)
{
	static bool done;

	if (!done)
		complain("%u processes instead of %u: %s: see "
			 "--max-clients of evl-cused(8), and ulimit -u",
			 nr_gathered, nr, strerrordesc_np(error));
	done = true;
}

int crowd_gather(const struct bench_run *run, struct growth *growth,
		 unsigned int *r_nr)
{
	unsigned int nr = run->options.count;
	uint64_t start = bench_now();
	int ret;

	ret = give_order(run, nr);
	if (ret)
		return ret;

	nr_gathered = 0;
	while (nr_gathered < nr && ret == 0) {
		show_progress("process", nr_gathered, nr, start);
		if (read(notices[0], &ret, sizeof(ret)) != sizeof(ret))
			ret = bench_signal ? -EINTR : -EIO;
		if (ret == 0)
			growth_look(growth, ++nr_gathered);
	}
	show_progress("process", nr, nr, start);
	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;
	if (ret)
		complain_once(nr, -ret);
	*r_nr = nr_gathered;

	return nr_gathered ? 0 : TOOL_EXIT_FAILURE;
}

/* -1: the daemon does not tell. */
static int count_clients(struct query *query)
{
	struct control_daemon_info *info;
	int count = -1;
	size_t nr;

	if (query_table(query, CONTROL_TABLE_DAEMON, sizeof(*info), &info, &nr))
		return -1;
	if (nr)
		count = (int)info->nr_clients;
	free(info);

	return count;
}

int crowd_dismiss(const struct bench_run *run)
{
	int before = count_clients(run->query), now;
	int ret;

	ret = give_order(run, 0);
	if (ret)
		return ret;

	do {
		if (bench_signal)
			return BENCH_EXIT_SIGNAL + bench_signal;
		usleep(NAP_US);
		now = count_clients(run->query);
	} while (now >= 0 && now > before - (int)nr_gathered);

	return now < 0 ? fail(ECONNRESET) : 0;
}

void crowd_end(void)
{
	peer_stop(&nursery);
	close_both(orders);
	close_both(notices);
}

/* SPDX-License-Identifier: MIT */
#include "poller.h"

#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int poller_set, poller_fd;

int poller_xbuf(void)
{
	int fd = evl_new_xbuf(8, NULL);

	ck_assert_int_ge(fd, 0);

	return fd;
}

static void make_set(void)
{
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	poller_set = evl_new_poll();
	ck_assert_int_ge(poller_set, 0);
	poller_fd = poller_xbuf();
}

void poller_setup(void)
{
	endure_setup();
	make_set();
}

void poller_setup_with(const char *const *args)
{
	daemon_setup_with(args);
	endure_watch();
	make_set();
}

int poller_add(int fd, unsigned int mask)
{
	return evl_add_pollfd(poller_set, fd, mask, evl_intval(fd * 10));
}

void poller_set_nonblock(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	flags = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
}

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;

	ck_assert_int_ge(evl_attach_self("waiter:%ld", syscall(SYS_gettid)), 0);
	waiter->tid = (pid_t)syscall(SYS_gettid);
	waiter->ret =
		evl_timedpoll(waiter->set, waiter->events, 4, &waiter->timeout);

	return NULL;
}

void waiter_start(struct waiter *waiter)
{
	*waiter = (struct waiter){ .set = poller_set };
	pthread_create(&waiter->thread, NULL, run_waiter, waiter);
	while (waiter->tid == 0)
		sched_yield();
	endure_await_busy(waiter->tid);
	/* Only a wait that has found nothing lets another request pass. */
	wait_until_asleep(getpid(), waiter->tid);
	ck_assert_int_eq(evl_del_pollfd(poller_set, INT_MAX), -ENOENT);
}

void waiter_end(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
}

void waiter_ck(const struct waiter *waiter, int fd, unsigned int mask)
{
	ck_assert_int_eq(waiter->ret, 1);
	ck_assert_int_eq((int)waiter->events[0].fd, fd);
	ck_assert_uint_eq(waiter->events[0].events, mask);
	ck_assert_int_eq(waiter->events[0].pollval.lval, fd * 10);
}

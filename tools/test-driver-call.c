/* SPDX-License-Identifier: MIT */
/*
 * Calls on a node, on either stage, and threads which are inside of one. Each
 * call is announced before it is made.
 */
#include "test-driver.h"

#include <errno.h>
#include <evl/evl.h>
#include <evl/poll.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_SIZE   65536
#define FAR_AWAY   UINT64_C(0x200000000000)
#define MANY	   4096		       /* calls, until we believe it goes on */
#define SETTLED_NS UINT64_C(100000000) /* who is in for so long, sleeps */
#define RING_NS	   UINT64_C(50000000)  /* between signals */
#define NAP_US	   1000

struct sleeper {
	pthread_t thread;
	const struct subject *subject;
	int fd;
	enum call_stage stage;
	enum sleeper_kind kind;
	/* Written by the thread. */
	_Atomic(pid_t) tid; /* 0: it has not begun */
	_Atomic(bool) done;
	ssize_t ret; /* before @done */
};

static _Thread_local char *buffer;    /* never unmapped */
static _Thread_local bool is_sleeper; /* it announces nothing */

static void ignore(int signo)
{
	(void)signo;
}

void *call_map(size_t size, int prot)
{
	/* Where no program has anything by itself: where the daemon has, a
	 * driver which dereferences it would go unnoticed. */
	void *hint = (void *)(uintptr_t)FAR_AWAY;
	void *memory;

	memory = mmap(hint, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory != MAP_FAILED)
		return memory;
	failed("have more memory", "mmap: %s", strerrordesc_np(errno));

	return NULL;
}

bool call_ready(enum call_stage stage)
{
	/* Without SA_RESTART. */
	struct sigaction action = { .sa_handler = ignore };
	int ret;

	sigaction(SIGUSR1, &action, NULL);
	if (stage == STAGE_INBAND)
		return true;

	ret = evl_attach_self("test-driver-%d", gettid());
	if (ret >= 0)
		return true;
	failed("see evl-cused(8) for what an application needs",
	       "cannot attach to evl-cused: %s", strerrordesc_np(-ret));

	return false;
}

const char *call_name(enum call_stage stage, enum call_op op)
{
	static const char *const names[NR_STAGES][NR_OPS] = {
		{ "read()", "write()" },
		{ "oob_read()", "oob_write()" },
	};

	return names[stage][op];
}

void call_set_nonblock(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int call_open(const struct subject *subject, bool nonblock)
{
	int flags = subject->flags | O_CLOEXEC | (nonblock ? O_NONBLOCK : 0);
	int fd;

	trial_doing("open()");
	fd = open(subject->path, flags);
	if (fd < 0)
		failed("let it be opened more than once in its life",
		       "open() fails: %s", strerrordesc_np(errno));

	return fd;
}

static ssize_t do_call(int fd, enum call_stage stage, enum call_op op,
		       void *buf, size_t size)
{
	if (stage == STAGE_OOB)
		return op == OP_READ ? oob_read(fd, buf, size)
				     : oob_write(fd, buf, size);

	return op == OP_READ ? read(fd, buf, size) : write(fd, buf, size);
}

ssize_t call_do(int fd, enum call_stage stage, enum call_op op, void *buf,
		size_t size)
{
	ssize_t ret;

	if (!is_sleeper)
		trial_doing("%s of %zu bytes%s", call_name(stage, op), size,
			    fcntl(fd, F_GETFL) & O_NONBLOCK
				    ? " with O_NONBLOCK set"
				    : "");
	ret = do_call(fd, stage, op, buf, size);

	return ret < 0 ? -errno : ret;
}

ssize_t call_usual(const struct subject *subject, int fd, enum call_stage stage,
		   enum call_op op)
{
	if (buffer == NULL)
		buffer = call_map(MAX_SIZE, PROT_READ | PROT_WRITE);
	if (buffer == NULL)
		return -ENOMEM;

	return call_do(fd, stage, op, buffer, subject->size[stage][op]);
}

ssize_t call_exhaust_now(const struct subject *subject, int fd,
			 enum call_stage stage, enum call_op op)
{
	ssize_t ret = 0;

	call_set_nonblock(fd, true);
	for (int i = 0; i < MANY; i++) {
		ret = call_usual(subject, fd, stage, op);
		if (ret <= 0)
			break;
	}
	call_set_nonblock(fd, false);

	return ret;
}

ssize_t call_exhaust(const struct subject *subject, int fd,
		     enum call_stage stage, enum call_op op)
{
	if (!subject->heeds_nonblock[stage][op])
		return -EAGAIN;

	return call_exhaust_now(subject, fd, stage, op);
}

/* Is it known how to read by @reader and write by @writer, without sleeping? */
static bool is_pair(const struct subject *subject, enum call_stage reader,
		    enum call_stage writer)
{
	return (subject->flags & O_ACCMODE) == O_RDWR &&
	       subject->size[reader][OP_READ] &&
	       subject->size[writer][OP_WRITE] &&
	       subject->heeds_nonblock[reader][OP_READ] &&
	       subject->heeds_nonblock[writer][OP_WRITE];
}

bool call_feeds(const struct subject *subject, int fd, enum call_stage reader,
		enum call_stage writer)
{
	bool fed = false;

	if (!is_pair(subject, reader, writer) ||
	    call_exhaust(subject, fd, reader, OP_READ) != -EAGAIN)
		return false;

	call_set_nonblock(fd, true);
	if (call_usual(subject, fd, writer, OP_WRITE) > 0)
		fed = call_usual(subject, fd, reader, OP_READ) > 0;
	call_set_nonblock(fd, false);

	return fed && call_exhaust(subject, fd, reader, OP_READ) == -EAGAIN;
}

bool call_makes_room(const struct subject *subject, int fd,
		     enum call_stage writer, enum call_stage reader)
{
	bool made = false;

	if (!is_pair(subject, reader, writer) ||
	    call_exhaust(subject, fd, writer, OP_WRITE) != -EAGAIN)
		return false;

	call_set_nonblock(fd, true);
	if (call_usual(subject, fd, reader, OP_READ) > 0)
		made = call_usual(subject, fd, writer, OP_WRITE) > 0;
	call_set_nonblock(fd, false);

	return made && call_exhaust(subject, fd, writer, OP_WRITE) == -EAGAIN;
}

static int poll_oob(int fd, int events, int timeout_ms)
{
	struct evl_poll_event event = { .events = 0 };
	int set, ret;

	set = evl_new_poll();
	if (set < 0)
		return set;
	ret = evl_add_pollfd(set, fd, (unsigned int)events, evl_nil);
	if (ret == 0 && timeout_ms == 0)
		call_set_nonblock(set, true);
	if (ret == 0)
		ret = evl_poll(set, &event, 1);
	close(set);

	if (ret == -EAGAIN)
		return 0;

	return ret < 0 ? ret : (int)event.events;
}

static int poll_inband(int fd, int events, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = (short)events };
	int ret = poll(&pollfd, 1, timeout_ms);

	return ret < 0 ? -errno : pollfd.revents;
}

int call_poll(int fd, enum call_stage stage, int events, int timeout_ms)
{
	if (!is_sleeper)
		trial_doing("%s", stage == STAGE_OOB ? "evl_poll()" : "poll()");

	return stage == STAGE_OOB ? poll_oob(fd, events, timeout_ms)
				  : poll_inband(fd, events, timeout_ms);
}

static ssize_t sleep_in_call(const struct sleeper *sleeper)
{
	switch (sleeper->kind) {
	case SLEEPER_POLL:
		return call_poll(sleeper->fd, sleeper->stage, POLLIN, -1);
	case SLEEPER_WRITE:
		return call_usual(sleeper->subject, sleeper->fd, sleeper->stage,
				  OP_WRITE);
	default:
		return call_usual(sleeper->subject, sleeper->fd, sleeper->stage,
				  OP_READ);
	}
}

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;
	int efd = 0;

	is_sleeper = true;
	if (sleeper->stage == STAGE_OOB)
		efd = evl_attach_self("test-driver-%d", gettid());
	/* Release, both: pairs with who looks for them. */
	atomic_store_explicit(&sleeper->tid, gettid(), memory_order_release);
	sleeper->ret = efd < 0 ? efd : sleep_in_call(sleeper);
	atomic_store_explicit(&sleeper->done, true, memory_order_release);

	return NULL;
}

struct sleeper *sleeper_start(const struct subject *subject, int fd,
			      enum call_stage stage, enum sleeper_kind kind)
{
	struct sleeper *sleeper = calloc(1, sizeof(*sleeper));

	if (sleeper == NULL)
		goto fail;
	sleeper->subject = subject;
	sleeper->fd = fd;
	sleeper->stage = stage;
	sleeper->kind = kind;
	if (pthread_create(&sleeper->thread, NULL, run_sleeper, sleeper))
		goto fail;

	return sleeper;
fail:
	free(sleeper);
	failed("have fewer processes", "no memory, or no thread");

	return NULL;
}

bool sleeper_has_returned(struct sleeper *sleeper)
{
	/* Acquire: pairs with run_sleeper(). */
	return atomic_load_explicit(&sleeper->done, memory_order_acquire);
}

bool sleeper_is_asleep(struct sleeper *sleeper)
{
	uint64_t deadline = 0;

	trial_doing("a call of another thread");
	while (!sleeper_has_returned(sleeper)) {
		/* Acquire: pairs with run_sleeper(). */
		if (deadline == 0 &&
		    atomic_load_explicit(&sleeper->tid, memory_order_acquire))
			deadline = test_now() + SETTLED_NS;
		if (deadline && test_now() >= deadline)
			return true;
		usleep(NAP_US);
	}

	return false;
}

ssize_t sleeper_end(struct sleeper *sleeper, bool signals, const char *doing)
{
	uint64_t next = 0;
	ssize_t ret;

	trial_doing("%s", doing);
	while (!sleeper_has_returned(sleeper)) {
		if (signals && test_now() >= next) {
			/* Again, if it came before the call did. */
			pthread_kill(sleeper->thread, SIGUSR1);
			next = test_now() + RING_NS;
		}
		usleep(NAP_US);
	}
	pthread_join(sleeper->thread, NULL);
	ret = sleeper->ret;
	free(sleeper);

	return ret;
}

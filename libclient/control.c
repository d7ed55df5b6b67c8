/* SPDX-License-Identifier: MIT */
/*
 * Calls and answers. Each call has an entry in a table, and its number is in
 * the low bits of the sequence number which comes back; entries change hands
 * by one state word, without locks:
 *
 *	free -> filling		the caller, by compare-and-swap
 *	filling -> waiting	the caller, having sent nothing yet
 *	waiting -> answered	the control thread
 *	waiting -> free		the caller, which could not send
 *	answered -> free	the caller
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include "control.h"
#include "fd-table.h"
#include "sys.h"

#define CALLS_MAX      64u /* power of two */
#define CALL_NUMBER    (CALLS_MAX - 1)
#define THREAD_STACK   65536ul
#define KEPT_FD_LOWEST 512
#define TICK_MS	       1000

enum call_state {
	CALL_FREE,
	CALL_FILLING,
	CALL_WAITING,
	CALL_ANSWERED,
};

struct call {
	_Atomic(uint32_t) state; /* enum call_state; the caller's futex */
	uint32_t type;		 /* valid while waiting, as what follows */
	uint32_t seq;
	struct control_reply *reply; /* borrowed, on the caller's stack */
};

static struct call calls[CALLS_MAX];
static _Atomic(uint32_t) calls_freed; /* futex: one more was freed */
static _Atomic(uint32_t) next_seq;
static _Atomic(int) control_fd = -1; /* owned */
static _Atomic(bool) dead;
static const struct control_host *host;
static __thread bool self; /* this is the control thread */

bool control_dead(void)
{
	/* Seq_cst: half of two handshakes, see call_post() and
	 * channel_publish(). */
	return atomic_load_explicit(&dead, memory_order_seq_cst);
}

void control_reply_deinit(struct control_reply *reply)
{
	while (reply->nr_fds > 0)
		control_close_fd(reply->fds[--reply->nr_fds]);
}

void control_close_fd(int fd)
{
	fd_table_forget(fd);
	sys_close(fd);
}

int control_dup_fd(int fd, int *r_fd)
{
	struct rlimit limit;
	int lowest = KEPT_FD_LOWEST;
	int kept, ret;

	/* Few numbers: the upper half of them. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur / 2 < KEPT_FD_LOWEST)
		lowest = (int)limit.rlim_cur / 2;

	kept = sys_fcntl(fd, F_DUPFD_CLOEXEC, lowest);
	if (kept < 0)
		kept = sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (kept < 0)
		return kept;

	ret = fd_table_reserve(kept);
	if (ret) {
		sys_close(kept);
		return ret;
	}

	*r_fd = kept;

	return 0;
}

int control_keep_fd(int fd, int *r_fd)
{
	int ret = control_dup_fd(fd, r_fd);

	if (ret == 0)
		sys_close(fd);

	return ret;
}

/*
 * The receiving thread.
 */

static void call_answer(struct call *call)
{
	/* Release: the reply, to call_wait(). */
	atomic_store_explicit(&call->state, CALL_ANSWERED,
			      memory_order_release);
	(void)sys_futex(&call->state, FUTEX_WAKE_PRIVATE, 1);
}

/* The call this message answers, NULL if there is none such. */
static struct call *call_find(const struct control_header *header)
{
	struct call *call = &calls[header->seq & CALL_NUMBER];

	/* Acquire: pairs with call_post(). */
	if (atomic_load_explicit(&call->state, memory_order_acquire) !=
	    CALL_WAITING)
		return NULL;

	return call->seq == header->seq && call->type == header->type ? call
								      : NULL;
}

/* How many bytes the body of a good answer has. */
static size_t body_size(uint32_t type)
{
	switch (type) {
	case CONTROL_CHANNEL_NEW:
		return sizeof(struct control_channel);
	case CONTROL_ATTACH:
		return sizeof(struct control_attach);
	case CONTROL_MMAP:
		return sizeof(struct control_mapping);
	case CONTROL_SEGMENT:
		return sizeof(struct control_segment);
	default:
		return 0;
	}
}

/* Take the descriptors out of @msg, @max of them; close the others. */
static void take_fds(struct msghdr *msg, struct control_reply *reply)
{
	struct cmsghdr *cmsg;
	size_t nr, i;
	int fd;

	reply->nr_fds = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (i = 0; i < nr; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			       sizeof(fd));
			if (reply->nr_fds < 2)
				reply->fds[reply->nr_fds++] = fd;
			else
				sys_close(fd);
		}
	}
}

static void message_deliver(const struct control_message *message, size_t size,
			    struct control_reply *reply)
{
	struct call *call;
	size_t wanted;

	if (size < sizeof(message->header))
		goto drop;
	if (message->header.type == CONTROL_ERRAND &&
	    size >= CONTROL_SIZE(errand))
		host->on_errand(message->header.seq, &message->u.errand);

	call = call_find(&message->header);
	if (call == NULL)
		goto drop;

	reply->result = message->header.result;
	wanted = body_size(call->type);
	if (reply->result >= 0 && size < sizeof(message->header) + wanted)
		reply->result = -EPROTO;
	if (reply->result < 0)
		control_reply_deinit(reply);
	else
		memcpy(&reply->u, &message->u, wanted);

	*call->reply = *reply;
	call_answer(call);

	return;
drop:
	control_reply_deinit(reply);
}

/* False: the daemon is gone. */
static bool message_receive(void)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} ancillary;
	struct control_message message;
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = ancillary.buf,
			      .msg_controllen = sizeof(ancillary.buf) };
	struct control_reply reply;
	ssize_t size;

	/* Relaxed: set before this thread was started. */
	size = recvmsg(atomic_load_explicit(&control_fd, memory_order_relaxed),
		       &msg, MSG_CMSG_CLOEXEC);
	if (size < 0)
		return errno == EINTR;

	memset(&reply, 0, sizeof(reply));
	take_fds(&msg, &reply);
	message_deliver(&message, (size_t)size, &reply);

	return size > 0;
}

static void fail_calls(void)
{
	unsigned int n;
	uint32_t state;

	for (n = 0; n < CALLS_MAX; n++) {
		/* Seq_cst: pairs with call_post(). Filling, so that a caller
		 * which gives up meanwhile does not free it under us. */
		state = CALL_WAITING;
		if (!atomic_compare_exchange_strong_explicit(
			    &calls[n].state, &state, CALL_FILLING,
			    memory_order_seq_cst, memory_order_relaxed))
			continue;
		memset(calls[n].reply, 0, sizeof(*calls[n].reply));
		calls[n].reply->result = -ENODEV;
		call_answer(&calls[n]);
	}
}

/* What is to be done once a second, if it is time. Returns the milliseconds
 * until then. */
static int tick(void)
{
	static struct timespec last;
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - last.tv_sec) * 1000 +
	     (now.tv_nsec - last.tv_nsec) / 1000000;
	if (ms < TICK_MS)
		return (int)(TICK_MS - ms);

	last = now;
	host->on_tick();

	return TICK_MS;
}

static void *control_thread(void *arg)
{
	struct pollfd pfd = { .events = POLLIN };
	int ret;

	(void)arg;
	/* Relaxed: set before this thread was started. */
	pfd.fd = atomic_load_explicit(&control_fd, memory_order_relaxed);

	self = true;
	for (;;) {
		ret = poll(&pfd, 1, tick());
		if (ret > 0 && !message_receive())
			break;
	}

	atomic_store_explicit(&dead, true, memory_order_seq_cst);
	host->on_death();
	fail_calls();

	return NULL;
}

int control_start(int fd, const struct control_host *callbacks)
{
	struct sched_param param = { .sched_priority = 0 };
	sigset_t all, saved;
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	atomic_store_explicit(&control_fd, fd, memory_order_relaxed);
	host = callbacks;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	/* Not with the priority of a real-time caller. */
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_OTHER);
	pthread_attr_setschedparam(&attr, &param);

	/* Signals are the application's threads' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	ret = pthread_create(&thread, &attr, control_thread, NULL);
	if (ret == EINVAL) { /* thread-local storage alone needs more */
		pthread_attr_setstacksize(&attr, 16 * THREAD_STACK);
		ret = pthread_create(&thread, &attr, control_thread, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	pthread_attr_destroy(&attr);

	if (ret) {
		atomic_store_explicit(&control_fd, -1, memory_order_relaxed);
		return -EAGAIN;
	}

	(void)pthread_setname_np(thread, "evl-control");

	return 0;
}

/*
 * The callers.
 */

static struct call *call_try_claim(void)
{
	unsigned int n;
	uint32_t state;

	for (n = 0; n < CALLS_MAX; n++) {
		state = CALL_FREE;
		/* Acquire: pairs with call_free(). */
		if (atomic_compare_exchange_strong_explicit(
			    &calls[n].state, &state, CALL_FILLING,
			    memory_order_acquire, memory_order_relaxed))
			return &calls[n];
	}

	return NULL;
}

/* Blocks: while CALLS_MAX calls are under way. */
static struct call *call_claim(void)
{
	struct call *call;
	uint32_t seen;

	for (;;) {
		/* Acquire: look at the table after this, not before. */
		seen = atomic_load_explicit(&calls_freed, memory_order_acquire);
		call = call_try_claim();
		if (call)
			return call;
		(void)sys_futex(&calls_freed, FUTEX_WAIT_PRIVATE, seen);
	}
}

static void call_free(struct call *call)
{
	atomic_store_explicit(&call->state, CALL_FREE, memory_order_release);
	atomic_fetch_add_explicit(&calls_freed, 1, memory_order_release);
	(void)sys_futex(&calls_freed, FUTEX_WAKE_PRIVATE, 1);
}

/* Send it. False: nothing will be answered, the call is ours again. */
static bool call_post(struct call *call, const void *body, size_t size)
{
	struct control_header header = { .type = call->type, .seq = call->seq };
	struct iovec iov[2] = { { .iov_base = &header,
				  .iov_len = sizeof(header) },
				{ .iov_base = (void *)body, .iov_len = size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = size ? 2 : 1 };
	uint32_t state = CALL_WAITING;
	ssize_t ret;

	/*
	 * Seq_cst: we store this, then look for "dead"; the control thread
	 * stores "dead", then looks for calls. One of us sees the other.
	 */
	atomic_store_explicit(&call->state, CALL_WAITING, memory_order_seq_cst);
	if (!control_dead()) {
		do {
			/* Relaxed: unchanged while there is a connection. */
			ret = sendmsg(
				atomic_load_explicit(&control_fd,
						     memory_order_relaxed),
				&msg, MSG_NOSIGNAL);
		} while (ret < 0 && errno == EINTR);
		if (ret >= 0)
			return true;
	}

	/* Unless the control thread has been here. */
	return !atomic_compare_exchange_strong_explicit(
		&call->state, &state, CALL_FILLING, memory_order_acquire,
		memory_order_acquire);
}

static void call_wait(struct call *call)
{
	uint32_t state;

	for (;;) {
		/* Acquire: pairs with call_answer(). */
		state = atomic_load_explicit(&call->state,
					     memory_order_acquire);
		if (state == CALL_ANSWERED)
			return;
		(void)sys_futex(&call->state, FUTEX_WAIT_PRIVATE, state);
	}
}

int control_call(uint32_t type, const void *body, size_t size,
		 struct control_reply *r_reply)
{
	int saved = errno, cancel_state;
	struct call *call;

	memset(r_reply, 0, sizeof(*r_reply));
	if (atomic_load_explicit(&control_fd, memory_order_relaxed) < 0)
		return -ENODEV;

	/* The reply is on our stack: no leaving before it came. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);

	call = call_claim();
	call->type = type;
	call->reply = r_reply;
	call->seq = atomic_fetch_add_explicit(&next_seq, CALLS_MAX,
					      memory_order_relaxed) |
		    (uint32_t)(call - calls);

	if (call_post(call, body, size))
		call_wait(call);
	else
		r_reply->result = -ENODEV;
	call_free(call);

	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;

	return r_reply->result;
}

bool control_is_self(void)
{
	return self;
}

void control_tell(uint32_t type, const void *body, size_t size)
{
	/* The answer finds no call with that number, and is dropped. */
	struct control_header header = { .type = type };
	struct iovec iov[2] = { { .iov_base = &header,
				  .iov_len = sizeof(header) },
				{ .iov_base = (void *)body, .iov_len = size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	header.seq = atomic_fetch_add_explicit(&next_seq, CALLS_MAX,
					       memory_order_relaxed);
	(void)sendmsg(atomic_load_explicit(&control_fd, memory_order_relaxed),
		      &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int control_ask(uint32_t type, const void *body, size_t size)
{
	struct control_reply reply;
	int ret;

	ret = control_call(type, body, size, &reply);
	control_reply_deinit(&reply);

	return ret;
}

void control_reset(void)
{
	int fd =
		atomic_exchange_explicit(&control_fd, -1, memory_order_relaxed);
	unsigned int n;

	if (fd >= 0)
		sys_close(fd);

	for (n = 0; n < CALLS_MAX; n++)
		atomic_store_explicit(&calls[n].state, CALL_FREE,
				      memory_order_relaxed);
	atomic_store_explicit(&dead, false, memory_order_relaxed);
}

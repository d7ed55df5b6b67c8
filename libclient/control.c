/* SPDX-License-Identifier: MIT */
/*
 * Calls go out on the caller's own thread, answers come in on ours, which also
 * looks after what is due once a second and runs the daemon's errands.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include "call.h"
#include "control.h"
#include "fd-table.h"
#include "sys.h"

#define THREAD_STACK   65536ul
#define KEPT_FD_LOWEST 512
#define TICK_MS	       1000

static _Atomic(int) control_fd = -1; /* owned */
static _Atomic(bool) dead;
static const struct control_host *host;
static __thread bool self; /* this is the control thread */

bool control_dead(void)
{
	/* Seq_cst: half of two handshakes, see call_expect() and
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
	wanted = body_size(message->header.type);
	if (reply->result >= 0 && size < sizeof(message->header) + wanted)
		reply->result = -EPROTO;
	if (reply->result < 0)
		control_reply_deinit(reply);
	else
		memcpy(&reply->u, &message->u, wanted);

	call_answer(call, reply);

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
	call_fail_all();

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

/* False: it could not be sent, as the daemon is gone. */
static bool send_message(const struct control_header *header, const void *body,
			 size_t size, int flags)
{
	struct iovec iov[2] = { { .iov_base = (void *)header,
				  .iov_len = sizeof(*header) },
				{ .iov_base = (void *)body, .iov_len = size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = size ? 2 : 1 };
	ssize_t ret;

	do {
		/* Relaxed: unchanged while there is a connection. */
		ret = sendmsg(
			atomic_load_explicit(&control_fd, memory_order_relaxed),
			&msg, flags | MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);

	return ret >= 0;
}

int control_call(uint32_t type, const void *body, size_t size,
		 struct control_reply *r_reply)
{
	struct control_header header = { .type = type };
	int saved = errno, cancel_state;
	struct call *call;

	memset(r_reply, 0, sizeof(*r_reply));
	if (atomic_load_explicit(&control_fd, memory_order_relaxed) < 0)
		return -ENODEV;

	/* The reply is on our stack: no leaving before it came. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);

	call = call_begin(type, r_reply);
	header.seq = call_seq(call);
	call_expect(call);
	if ((!control_dead() && send_message(&header, body, size, 0)) ||
	    !call_withdraw(call))
		call_wait(call);
	else
		r_reply->result = -ENODEV;
	call_end(call);

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
	const struct control_header header = { .type = type,
					       .seq = call_next_seq() };

	(void)send_message(&header, body, size, MSG_DONTWAIT);
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

	if (fd >= 0)
		sys_close(fd);

	call_reset();
	atomic_store_explicit(&dead, false, memory_order_relaxed);
}

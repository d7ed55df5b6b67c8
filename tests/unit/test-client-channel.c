/* SPDX-License-Identifier: MIT */
/*
 * The client's side of a slot, against a worker of our own in the same
 * process: posting, sleeping, signals, cancellation, death.
 */
#include <check.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "../helpers.h"
#include "channel.h"
#include "slot.h"

#define SLOT 5

/*
 * TSan keeps a signal back until the thread makes a call it knows to block.
 * The futex system call is none, and restarts without having run the handler.
 * And a thread which is cancelled at any instruction may leave in the middle of
 * TSan's own work, with its locks.
 */
#if defined(__SANITIZE_THREAD__)
#define SIGNALS_COME 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIGNALS_COME 0
#endif
#endif
#ifndef SIGNALS_COME
#define SIGNALS_COME 1
#endif

/* What the worker does with a request goes by its descriptor. */
enum {
	FD_ECHO = 10,	 /* READ: a pattern; WRITE: counts; IOCTL: adds one */
	FD_BLOCK = 11,	 /* answers when released, -EINTR when cancelled */
	FD_DELIVER = 12, /* when cancelled: delivers "late" and says -EINTR */
	FD_FINISH = 13,	 /* when cancelled: says that it had completed */
};

struct worker {
	struct channel_header *hdr;
	struct channel_slot *shared;
	char *window;
	int bell_fd;
	struct channel_request rq; /* the last taken, and */
	uint32_t seq;		   /* its number */
	bool pending;		   /* it is not answered yet */
	pthread_t thread;
	_Atomic(bool) released;
	_Atomic(bool) stop;
	_Atomic(unsigned int) nr_cancelled;
};

static struct worker worker;
static struct channel channel;
static struct slot slot;

static void answer(struct worker *w, int64_t result, uint32_t out_len)
{
	w->pending = false;
	w->shared->result = result;
	w->shared->out_len = out_len;
	if (channel_complete(w->shared, w->seq))
		syscall(SYS_futex, &w->shared->done, FUTEX_WAKE, 1, NULL, NULL,
			0);
}

static void echo(struct worker *w, const struct channel_request *rq)
{
	uint32_t word;

	switch (rq->op) {
	case CHANNEL_READ:
		memset(w->window, 'r', rq->window_len);
		answer(w, (int64_t)rq->count, rq->window_len);
		break;
	case CHANNEL_WRITE:
		for (uint32_t n = 0; n < rq->window_len; n++)
			if (w->window[n] != 'w')
				answer(w, -EIO, 0);
		answer(w, (int64_t)rq->count, 0);
		break;
	default:
		memcpy(&word, w->window, sizeof(word));
		word++;
		memcpy(w->window, &word, sizeof(word));
		answer(w, rq->window_len, sizeof(word));
		break;
	}
}

static void cancelled(struct worker *w, int fd)
{
	atomic_fetch_add(&w->nr_cancelled, 1);

	switch (fd) {
	case FD_DELIVER:
		memcpy(w->window, "late", 5);
		answer(w, -EINTR, 5);
		break;
	case FD_FINISH:
		answer(w, 77, 0);
		break;
	default:
		answer(w, -EINTR, 0);
		break;
	}
}

static void work(struct worker *w)
{
	uint32_t posted =
		atomic_load_explicit(&w->shared->posted, memory_order_acquire);

	if (!w->pending && posted != w->seq) {
		ck_assert_uint_ne(posted, CHANNEL_SEQ_DEAD);
		w->rq = w->shared->request;
		w->seq = posted;
		w->pending = true;
	}
	if (!w->pending)
		return;

	if (w->rq.fd == FD_ECHO)
		echo(w, &w->rq);
	else if (atomic_load(&w->shared->cancel) == w->seq)
		cancelled(w, w->rq.fd);
	else if (atomic_load(&w->released))
		answer(w, 42, 0);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct pollfd pfd = { .fd = w->bell_fd, .events = POLLIN };
	uint64_t count;

	while (!atomic_load(&w->stop)) {
		for (int i = 0; i < 1000; i++)
			if (channel_take(w->hdr))
				work(w);
		if (channel_arm(w->hdr)) {
			poll(&pfd, 1, -1);
			if (read(w->bell_fd, &count, sizeof(count)) < 0)
				ck_assert_int_eq(errno, EAGAIN);
			channel_disarm(w->hdr);
			work(w);
		}
	}

	return NULL;
}

static void kick_worker(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(worker.bell_fd, &one, sizeof(one)), 8);
}

static void start(uint32_t spin, uint32_t first_seq)
{
	struct channel_header *hdr;
	void *base;

	base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(base, MAP_FAILED);
	hdr = base;
	hdr->geometry = (struct channel_geometry){
		.magic = CHANNEL_MAGIC,
		.abi = CHANNEL_ABI,
		.size = CHANNEL_SIZE,
		.nr_slots = CHANNEL_SLOTS,
		.slot_size = sizeof(struct channel_slot),
		.window_size = CHANNEL_WINDOW_SIZE,
		.spin = spin,
		.spin_ns = 50000,
		.worker_cpu = -1,
	};

	worker.hdr = hdr;
	worker.shared = channel_slot_at(base, SLOT);
	worker.window = channel_window_at(base, SLOT);
	worker.bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker.seq = first_seq;
	worker.shared->posted = first_seq;
	worker.shared->done = first_seq;

	ck_assert_int_eq(channel_init(&channel, base, 0, worker.bell_fd), 0);
	slot_init(&slot, &channel, SLOT, false);
	ck_assert_int_eq(
		pthread_create(&worker.thread, NULL, worker_main, &worker), 0);
}

static void stop(void)
{
	atomic_store(&worker.stop, true);
	kick_worker();
	pthread_join(worker.thread, NULL);
	close(worker.bell_fd);
	munmap(worker.hdr, CHANNEL_SIZE);
}

static int64_t call_read(int fd, void *buf, size_t count)
{
	struct slot_call call = {
		.op = CHANNEL_READ,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.count = count,
		.window_len = (uint32_t)count,
		.out = buf,
		.out_known = true,
	};

	return slot_do(&slot, &call);
}

static int64_t call_write(int fd, const void *buf, size_t count)
{
	struct slot_call call = {
		.op = CHANNEL_WRITE,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.count = count,
		.window_len = (uint32_t)count,
		.in = buf,
	};

	return slot_do(&slot, &call);
}

static int64_t call_ioctl(int fd, uint32_t *arg)
{
	struct slot_call call = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.addr = (uintptr_t)arg,
		.window_len = sizeof(*arg),
		.in = arg,
		.out = arg,
	};

	return slot_do(&slot, &call);
}

/* The thread in the slot has announced that it goes to sleep. */
static void await_sleeper(void)
{
	while (atomic_load(&worker.shared->waiting) == 0)
		sched_yield();
}

START_TEST(bytes_go_in_and_come_out)
{
	static char in[CHANNEL_WINDOW_SIZE], out[CHANNEL_WINDOW_SIZE];
	const size_t sizes[] = { 0, 1, 64, 1000, CHANNEL_WINDOW_SIZE };
	uint32_t word = 41;

	start(CHANNEL_SPIN_ADAPTIVE, 0);
	memset(in, 'w', sizeof(in));

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_int_eq(call_write(FD_ECHO, in, sizes[i]), sizes[i]);
		memset(out, 0, sizeof(out));
		ck_assert_int_eq(call_read(FD_ECHO, out, sizes[i]), sizes[i]);
		for (size_t n = 0; n < sizeof(out); n++)
			ck_assert_int_eq(out[n], n < sizes[i] ? 'r' : 0);
	}
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(word, 42);
	stop();
}
END_TEST

/* One request in flight at a time: a lost wake-up hangs. */
START_TEST(every_call_is_answered)
{
	uint32_t word = 0;

	start((uint32_t)_i, 0);
	for (uint32_t n = 0; n < 20000; n++) {
		ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
		ck_assert_uint_eq(word, n + 1);
	}
	stop();
}
END_TEST

START_TEST(sequence_numbers_skip_the_one_for_death)
{
	uint32_t word = 0;

	start(CHANNEL_SPIN_ADAPTIVE, CHANNEL_SEQ_DEAD - 10);
	for (uint32_t n = 0; n < 30; n++)
		ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(word, 30);
	ck_assert_uint_eq(slot.seq, 20); /* 9 below, then from 0 on */
	stop();
}
END_TEST

START_TEST(a_slot_goes_on_where_its_last_owner_stopped)
{
	uint32_t word = 0;

	start(CHANNEL_SPIN_ADAPTIVE, 1000);
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	/* The next owner. */
	slot_init(&slot, &channel, SLOT, false);
	ck_assert_int_eq(call_ioctl(FD_ECHO, &word), sizeof(word));
	ck_assert_uint_eq(slot.seq, 1002);
	stop();
}
END_TEST

START_TEST(a_geometry_we_do_not_know_is_refused)
{
	static struct channel_header hdr;
	struct channel ch;

	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
	hdr.geometry = (struct channel_geometry){
		.magic = CHANNEL_MAGIC,
		.abi = CHANNEL_ABI,
		.size = CHANNEL_SIZE,
		.nr_slots = CHANNEL_SLOTS,
		.slot_size = sizeof(struct channel_slot),
		.window_size = CHANNEL_WINDOW_SIZE,
	};
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), 0);
	hdr.geometry.abi++;
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
	hdr.geometry.abi--;
	hdr.geometry.nr_slots++;
	ck_assert_int_eq(channel_init(&ch, &hdr, 0, -1), -EPROTO);
}
END_TEST

/*
 * Signals. The caller is a thread of its own, signalled until it reacts: a
 * signal which comes before it sleeps ends nothing.
 */

static _Atomic(unsigned int) nr_signals;

static void count_signal(int sig)
{
	atomic_fetch_add(&nr_signals, 1);
}

static void handle_signal(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

struct caller {
	pthread_t thread;
	int fd;
	char buf[16];
	int64_t result;
	_Atomic(bool) done;
};

static void *caller_main(void *arg)
{
	struct caller *caller = arg;

	caller->result =
		call_read(caller->fd, caller->buf, sizeof(caller->buf));
	atomic_store(&caller->done, true);

	return NULL;
}

static void caller_start(struct caller *caller, int fd)
{
	memset(caller, 0, sizeof(*caller));
	caller->fd = fd;
	ck_assert_int_eq(
		pthread_create(&caller->thread, NULL, caller_main, caller), 0);
}

START_TEST(a_signal_breaks_a_sleeping_call)
{
	struct caller caller;

	handle_signal(count_signal, 0);
	start((uint32_t)_i, 0);
	caller_start(&caller, FD_BLOCK);
	await_sleeper();
	while (!atomic_load(&caller.done)) {
		pthread_kill(caller.thread, SIGUSR1);
		sched_yield();
	}
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, -EINTR);
	ck_assert_uint_eq(worker.nr_cancelled, 1);
	ck_assert(!slot.busy);
	/* The slot is as good as new. */
	ck_assert_int_eq(call_read(FD_ECHO, caller.buf, 4), 4);
	stop();
}
END_TEST

START_TEST(a_call_which_completed_first_is_not_interrupted)
{
	struct caller caller;

	handle_signal(count_signal, 0);
	start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_FINISH);
	await_sleeper();
	while (!atomic_load(&caller.done)) {
		pthread_kill(caller.thread, SIGUSR1);
		sched_yield();
	}
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, 77);
	stop();
}
END_TEST

START_TEST(a_restarting_signal_leaves_the_call_asleep)
{
	struct caller caller;

	handle_signal(count_signal, SA_RESTART);
	start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_BLOCK);
	await_sleeper();
	for (unsigned int n = 1; n <= 20; n++) {
		pthread_kill(caller.thread, SIGUSR1);
		while (atomic_load(&nr_signals) < n)
			sched_yield();
	}
	ck_assert(!atomic_load(&caller.done));
	atomic_store(&worker.released, true);
	kick_worker();
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, 42);
	ck_assert_uint_eq(worker.nr_cancelled, 0);
	stop();
}
END_TEST

static _Atomic(int64_t) nested_result;

static void call_again(int sig)
{
	char byte;

	atomic_store(&nested_result, call_read(FD_ECHO, &byte, 1));
}

START_TEST(a_handler_which_broke_into_a_call_gets_EBUSY)
{
	struct caller caller;

	handle_signal(call_again, SA_RESTART);
	start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_BLOCK);
	await_sleeper();
	pthread_kill(caller.thread, SIGUSR1);
	while (atomic_load(&nested_result) == 0)
		sched_yield();
	ck_assert_int_eq(nested_result, -EBUSY);
	atomic_store(&worker.released, true);
	kick_worker();
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(caller.result, 42);
	stop();
}
END_TEST

START_TEST(a_cancelled_thread_goes_after_its_results_came)
{
	struct caller caller;
	void *status;

	start((uint32_t)_i, 0);
	caller_start(&caller, FD_DELIVER);
	if (_i != CHANNEL_SPIN_ALWAYS)
		await_sleeper();
	pthread_cancel(caller.thread);
	pthread_join(caller.thread, &status);

	ck_assert_ptr_eq(status, PTHREAD_CANCELED);
	ck_assert_str_eq(caller.buf, "late");
	ck_assert_uint_eq(worker.nr_cancelled, 1);
	ck_assert(!slot.busy);
	ck_assert_int_eq(call_read(FD_ECHO, caller.buf, 4), 4);
	stop();
}
END_TEST

static void *disabled_main(void *arg)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);

	return caller_main(arg);
}

START_TEST(a_thread_which_disabled_cancellation_is_left_alone)
{
	struct caller caller = { .fd = FD_BLOCK };
	void *status;

	start(CHANNEL_SPIN_NEVER, 0);
	ck_assert_int_eq(
		pthread_create(&caller.thread, NULL, disabled_main, &caller),
		0);
	await_sleeper();
	pthread_cancel(caller.thread);
	atomic_store(&worker.released, true);
	kick_worker();
	pthread_join(caller.thread, &status);

	ck_assert_ptr_null(status);
	ck_assert_int_eq(caller.result, 42);
	stop();
}
END_TEST

START_TEST(death_ends_the_call_under_way_and_all_later_ones)
{
	struct caller caller;
	char byte;

	start((uint32_t)_i, 0);
	caller_start(&caller, FD_BLOCK);
	if (_i != CHANNEL_SPIN_ALWAYS)
		await_sleeper();
	channel_kill(&channel);
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, -ENODEV);
	ck_assert_int_eq(call_read(FD_ECHO, &byte, 1), -ENODEV);
	stop();
}
END_TEST

START_TEST(an_answer_after_death_changes_nothing)
{
	char byte;

	start(CHANNEL_SPIN_NEVER, 0);
	channel_kill(&channel);
	answer(&worker, 0, 0); /* overwrites the mark */
	ck_assert_int_eq(call_read(FD_ECHO, &byte, 1), -ENODEV);
	stop();
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test, 0, nr);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	Suite *suite = suite_create("client/channel");

	add(suite, "payload", bytes_go_in_and_come_out, 1);
	add(suite, "round-trips", every_call_is_answered,
	    CHANNEL_SPIN_ALWAYS + 1);
	add(suite, "wrap", sequence_numbers_skip_the_one_for_death, 1);
	add(suite, "reuse", a_slot_goes_on_where_its_last_owner_stopped, 1);
	add(suite, "geometry", a_geometry_we_do_not_know_is_refused, 1);
	add(suite, "signal", a_signal_breaks_a_sleeping_call,
	    CHANNEL_SPIN_ADAPTIVE + 1);
	add(suite, "signal-late",
	    a_call_which_completed_first_is_not_interrupted, 1);
	add(suite, "signal-restart", a_restarting_signal_leaves_the_call_asleep,
	    SIGNALS_COME);
	add(suite, "signal-nested",
	    a_handler_which_broke_into_a_call_gets_EBUSY, SIGNALS_COME);
	add(suite, "cancel", a_cancelled_thread_goes_after_its_results_came,
	    SIGNALS_COME * (CHANNEL_SPIN_ALWAYS + 1));
	add(suite, "cancel-disabled",
	    a_thread_which_disabled_cancellation_is_left_alone, 1);
	add(suite, "death", death_ends_the_call_under_way_and_all_later_ones,
	    CHANNEL_SPIN_ALWAYS + 1);
	add(suite, "death-late", an_answer_after_death_changes_nothing, 1);

	return suite_run(suite);
}

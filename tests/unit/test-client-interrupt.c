/* SPDX-License-Identifier: MIT */
/*
 * What ends a call before its answer: signals, cancellation. The caller is a
 * thread of its own, signalled until it reacts: a signal which comes before it
 * sleeps ends nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include "../cancel.h"
#include "../helpers.h"
#include "client-worker.h"

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

/* Signal @caller until its call is over. */
static void break_call(struct caller *caller)
{
	while (!atomic_load(&caller->done)) {
		pthread_kill(caller->thread, SIGUSR1);
		sched_yield();
	}
	pthread_join(caller->thread, NULL);
}

START_TEST(a_signal_breaks_a_sleeping_call)
{
	struct caller caller;

	handle_signal(count_signal, 0);
	worker_start((uint32_t)_i, 0);
	caller_start(&caller, FD_BLOCK);
	worker_await_sleeper();
	break_call(&caller);

	ck_assert_int_eq(caller.result, -EINTR);
	ck_assert_uint_eq(worker.nr_cancelled, 1);
	ck_assert(!slot.busy);
	/* The slot is as good as new. */
	ck_assert_int_eq(call_read(FD_ECHO, caller.buf, 4), 4);
	worker_stop();
}
END_TEST

START_TEST(a_call_which_completed_first_is_not_interrupted)
{
	struct caller caller;

	handle_signal(count_signal, 0);
	worker_start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_FINISH);
	worker_await_sleeper();
	break_call(&caller);

	ck_assert_int_eq(caller.result, 77);
	worker_stop();
}
END_TEST

START_TEST(a_restarting_signal_leaves_the_call_asleep)
{
	struct caller caller;

	handle_signal(count_signal, SA_RESTART);
	worker_start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_BLOCK);
	worker_await_sleeper();
	for (unsigned int n = 1; n <= 20; n++) {
		pthread_kill(caller.thread, SIGUSR1);
		while (atomic_load(&nr_signals) < n)
			sched_yield();
	}
	ck_assert(!atomic_load(&caller.done));
	worker_release();
	pthread_join(caller.thread, NULL);

	ck_assert_int_eq(caller.result, 42);
	ck_assert_uint_eq(worker.nr_cancelled, 0);
	worker_stop();
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
	worker_start(CHANNEL_SPIN_NEVER, 0);
	caller_start(&caller, FD_BLOCK);
	worker_await_sleeper();
	pthread_kill(caller.thread, SIGUSR1);
	while (atomic_load(&nested_result) == 0)
		sched_yield();
	ck_assert_int_eq(nested_result, -EBUSY);
	worker_release();
	pthread_join(caller.thread, NULL);
	ck_assert_int_eq(caller.result, 42);
	worker_stop();
}
END_TEST

START_TEST(a_cancelled_thread_goes_after_its_results_came)
{
	struct caller caller;
	void *status;

	worker_start((uint32_t)_i, 0);
	caller_start(&caller, FD_DELIVER);
	if (_i != CHANNEL_SPIN_ALWAYS)
		worker_await_sleeper();
	pthread_cancel(caller.thread);
	pthread_join(caller.thread, &status);

	ck_assert_ptr_eq(status, PTHREAD_CANCELED);
	ck_assert_str_eq(caller.buf, "late");
	ck_assert_uint_eq(worker.nr_cancelled, 1);
	ck_assert(!slot.busy);
	ck_assert_int_eq(call_read(FD_ECHO, caller.buf, 4), 4);
	worker_stop();
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

	worker_start(CHANNEL_SPIN_NEVER, 0);
	ck_assert_int_eq(
		cancellable_create(&caller.thread, disabled_main, &caller), 0);
	worker_await_sleeper();
	pthread_cancel(caller.thread);
	worker_release();
	pthread_join(caller.thread, &status);

	ck_assert_ptr_null(status);
	ck_assert_int_eq(caller.result, 42);
	worker_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client/interrupt");

	suite_add(suite, "signal", a_signal_breaks_a_sleeping_call,
		  CHANNEL_SPIN_ADAPTIVE + 1);
	suite_add(suite, "signal-late",
		  a_call_which_completed_first_is_not_interrupted, 1);
	suite_add(suite, "signal-restart",
		  a_restarting_signal_leaves_the_call_asleep, SIGNALS_COME);
	suite_add(suite, "signal-nested",
		  a_handler_which_broke_into_a_call_gets_EBUSY, SIGNALS_COME);
	suite_add(suite, "cancel",
		  a_cancelled_thread_goes_after_its_results_came,
		  SIGNALS_COME * (CHANNEL_SPIN_ALWAYS + 1));
	suite_add(suite, "cancel-disabled",
		  a_thread_which_disabled_cancellation_is_left_alone, 1);

	return suite_run(suite);
}

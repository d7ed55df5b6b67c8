/* SPDX-License-Identifier: MIT */
/*
 * One check in a child, which shares a page with us: what it is doing, and how
 * it came out. As long as it says something new it may go on.
 */
#include "test-driver.h"

#include "own-daemon.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAP_US	      1000
#define BURY_PATIENCE UINT64_C(2000000000)

/* Written by the child. Its main thread alone says what it does; the parent
 * reads that only once the child is gone. */
struct page {
	_Atomic(uint32_t) nr_steps;
	char doing[128];
	struct outcome outcome;
};

static struct page *page; /* never unmapped */

int trial_init(void)
{
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;

	return 0;
}

void trial_doing(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(page->doing, sizeof(page->doing), fmt, ap);
	va_end(ap);
	/* Relaxed: the parent only wants to see that it changes. */
	atomic_fetch_add_explicit(&page->nr_steps, 1, memory_order_relaxed);
}

static void __attribute__((format(printf, 4, 0)))
set(struct outcome *outcome, enum verdict verdict, const char *remedy,
    const char *fmt, va_list ap)
{
	outcome->verdict = verdict;
	vsnprintf(outcome->reason, sizeof(outcome->reason), fmt, ap);
	snprintf(outcome->remedy, sizeof(outcome->remedy), "%s",
		 remedy ? remedy : "");
}

void outcome_set(struct outcome *outcome, enum verdict verdict,
		 const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(outcome, verdict, remedy, fmt, ap);
	va_end(ap);
}

void passed(void)
{
	if (page->outcome.verdict == VERDICT_NONE)
		page->outcome.verdict = VERDICT_PASSED;
}

void failed(const char *remedy, const char *fmt, ...)
{
	va_list ap;

	if (page->outcome.verdict != VERDICT_NONE)
		return;
	va_start(ap, fmt);
	set(&page->outcome, VERDICT_FAILED, remedy, fmt, ap);
	va_end(ap);
}

void not_applicable(const char *fmt, ...)
{
	va_list ap;

	if (page->outcome.verdict != VERDICT_NONE)
		return;
	va_start(ap, fmt);
	set(&page->outcome, VERDICT_NOT_APPLICABLE, NULL, fmt, ap);
	va_end(ap);
}

static pid_t start(const struct check *check, struct subject *subject)
{
	pid_t parent = getpid(), pid;

	memset(page, 0, sizeof(*page));
	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* Ctrl-C is for the parent, which then ends us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	check->run(subject, check->stage);
	fflush(NULL);
	_exit(0);
}

/* True: it has ended. */
static bool await_end(pid_t pid, int *r_status)
{
	uint64_t deadline = test_now() + wanted.patience_ns;
	uint32_t seen = 0, now;

	while (test_now() < deadline && !test_signal) {
		if (waitpid(pid, r_status, WNOHANG) == pid)
			return true;
		now = atomic_load_explicit(&page->nr_steps,
					   memory_order_relaxed);
		if (now != seen)
			deadline = test_now() + wanted.patience_ns;
		seen = now;
		if (own_daemon_has_ended())
			break;
		usleep(NAP_US);
	}

	return false;
}

/* One in the kernel, uninterruptibly, goes with the daemon. */
static void bury(pid_t pid)
{
	uint64_t deadline = test_now() + BURY_PATIENCE;

	kill(pid, SIGKILL);
	while (test_now() < deadline) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		usleep(NAP_US);
	}
	own_daemon_kill();
	waitpid(pid, NULL, 0);
}

/* The daemon tells of what it has seen, whatever the caller was told. */
static void look_into_log(long mark, struct outcome *outcome)
{
	char line[512];

	if (rig_log_find(mark, "dereferenced a __user pointer", NULL, line))
		outcome_set(
			outcome, VERDICT_FAILED,
			"use copy_from_user() or copy_to_user(), and return "
			"-EFAULT when they do not return 0",
			"%s", line);
}

static void tell_of_crash(long mark, struct outcome *outcome)
{
	char line[512];

	if (!rig_log_find(mark, "driver ", "SIG", line) &&
	    !rig_log_find(mark, "driver ", "abort", line) &&
	    !rig_log_find(mark, "driver ", NULL, line))
		snprintf(line, sizeof(line), "it says nothing");
	outcome_set(outcome, VERDICT_FAILED,
		    "run evl-cused in gdb with this driver",
		    "evl-cused ended during %s: %s",
		    page->doing[0] ? page->doing : "this", line);
}

bool trial_run(const struct check *check, struct subject *subject,
	       struct outcome *outcome)
{
	long mark = rig_log_mark();
	int status = 0;
	bool ended;
	pid_t pid;

	memset(outcome, 0, sizeof(*outcome));
	pid = start(check, subject);
	if (pid < 0) {
		outcome_set(outcome, VERDICT_FAILED, "have fewer processes",
			    "fork: %s", strerrordesc_np(errno));
		return true;
	}

	ended = await_end(pid, &status);
	if (!ended)
		bury(pid);
	*outcome = page->outcome;
	if (own_daemon_has_ended()) {
		tell_of_crash(mark, outcome);
		return false;
	}
	if (!ended) {
		outcome_set(outcome, VERDICT_FAILED, check->if_it_hangs,
			    "hangs in %s", page->doing);
	} else if (outcome->verdict == VERDICT_NONE) {
		outcome_set(outcome, VERDICT_FAILED, "try again",
			    "the check ended in %s with wait status %#x",
			    page->doing, (unsigned int)status);
	}
	look_into_log(mark, outcome);

	return ended;
}

/* SPDX-License-Identifier: MIT */
#include "endure.h"

#include "daemon.h"

#include <evl/evl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	   4
#define PATIENCE_S 60 /* far longer than a daemon that works ever takes */

static struct raw_client watcher;

void endure_watch(void)
{
	raw_join(&watcher, true);
}

void endure_setup(void)
{
	daemon_setup();
	endure_watch();
}

void endure_setup_who(void)
{
	daemon_setup_driver("EVL_WHO");
	raw_join(&watcher, true);
}

void endure_teardown(void)
{
	raw_leave(&watcher);
	daemon_teardown();
}

static void query(uint32_t table, uint64_t cursor,
		  struct control_message *r_reply)
{
	struct control_query body = { .table = table, .cursor = cursor };

	raw_call(&watcher, CONTROL_QUERY, &body, sizeof(body), r_reply);
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec;
}

void endure_await_quiet(void)
{
	const struct control_daemon_info *info;
	struct control_message reply;
	time_t end = now_s() + PATIENCE_S;

	for (;;) {
		query(CONTROL_TABLE_DAEMON, 0, &reply);
		ck_assert_int_eq(reply.header.result, 0);
		info = &reply.u.daemon_info;
		if (info->nr_clients <= 1 && info->nr_channels == 0 &&
		    info->nr_threads == 0 && info->nr_files == 0 &&
		    info->nr_bound == 0 && info->nr_reaching == 0)
			return;
		/* In-band it answers us: it is the worker that does not let go,
		 * or does not get to run. */
		ck_assert_msg(now_s() < end,
			      "left after %d s: %u clients, %u channels, "
			      "%u threads, %u files, %u descriptors",
			      PATIENCE_S, info->nr_clients - 1,
			      info->nr_channels, info->nr_threads,
			      info->nr_files, info->nr_bound);
		sched_yield();
	}
}

/* Attached, with @tid? */
static bool find_thread(pid_t tid, struct control_thread_info *r_info)
{
	struct control_message reply = { .header.result = 0 };

	for (uint64_t cursor = 0;; cursor = r_info->next) {
		query(CONTROL_TABLE_THREADS, cursor, &reply);
		if (reply.header.result)
			return false;
		*r_info = reply.u.thread_info;
		if (r_info->tid == tid)
			return true;
	}
}

void endure_await_busy(pid_t tid)
{
	struct control_thread_info info;

	while (!find_thread(tid, &info) || !info.busy)
		sched_yield();
}

void endure_await_served(pid_t tid)
{
	struct control_thread_info info;

	while (!find_thread(tid, &info) || info.nr_requests == 0)
		sched_yield();
}

/* The open file of @path after @cursor; NULL: there is none. */
static const struct control_file_info *
find_file(const char *path, uint64_t cursor, struct control_message *reply)
{
	const struct control_file_info *info = &reply->u.file_info;

	for (;; cursor = info->next) {
		query(CONTROL_TABLE_FILES, cursor, reply);
		if (reply->header.result)
			return NULL;
		if (strcmp(info->path, path) == 0)
			return info;
	}
}

void endure_await_releasing(const char *path)
{
	const struct control_file_info *info;
	struct control_message reply;

	for (;;) {
		info = find_file(path, 0, &reply);
		ck_assert_msg(info != NULL, "%s: no file is open", path);
		if (info->releasing)
			return;
		sched_yield();
	}
}

unsigned int endure_nr_files(const char *path)
{
	const struct control_file_info *info;
	struct control_message reply;
	unsigned int count = 0;

	for (uint64_t cursor = 0; (info = find_file(path, cursor, &reply));
	     cursor = info->next)
		count++;

	return count;
}

unsigned int endure_nr_refs(const char *path)
{
	const struct control_file_info *info;
	struct control_message reply;
	unsigned int count = 0;

	for (uint64_t cursor = 0; (info = find_file(path, cursor, &reply));
	     cursor = info->next)
		count += info->nr_refs;

	return count;
}

/* Exit statuses have no room for the reason. */
static int complain(const char *what, int error)
{
	fprintf(stderr, "a well-behaved client: %s: %s\n", what,
		strerror(error));

	return 1;
}

static int behave(void *arg)
{
	char buf[16] = "";
	int efd, xfd;

	efd = evl_attach_self("good");
	if (efd < 0)
		return complain("evl_attach_self()", -efd);
	xfd = evl_new_xbuf(16, "good");
	if (xfd < 0)
		return complain("evl_new_xbuf()", -xfd);
	if (oob_write(xfd, "inbound", 7) != 7 || read(xfd, buf, 7) != 7 ||
	    memcmp(buf, "inbound", 7))
		return 3;
	if (write(xfd, "outbound", 8) != 8 || oob_read(xfd, buf, 8) != 8 ||
	    memcmp(buf, "outbound", 8))
		return 4;

	return 0;
}

void endure_check_service(void)
{
	ck_assert_int_eq(child_wait(child_start(behave, NULL)), 0);
	ck_assert_int_eq(waitpid(test_daemon.pid, NULL, WNOHANG), 0);
}

void endure(void (*attack)(void))
{
	struct daemon_usage before = { 0 }, after = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		attack();
		endure_check_service();
		endure_await_quiet();
		after = daemon_usage(&test_daemon);
		if (i == 0)
			before = after; /* it has allocated what it keeps */
	}

	ck_assert_uint_eq(after.nr_fds, before.nr_fds);
	ck_assert_uint_eq(after.nr_threads, before.nr_threads);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* Allocators keep a little, the sanitizers' keep more. */
	ck_assert_uint_le(after.nr_maps, before.nr_maps + 2);
#endif
}

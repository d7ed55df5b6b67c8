/* SPDX-License-Identifier: MIT */
/*
 * A live evl-cused for a test: in a directory of its own, with the front
 * $EVL_TEST_FRONT names (fuse if it is not set), the loopback driver loaded. With
 * $EVL_TEST_ISOLATE, drivers which are there from the start have processes of their
 * own.
 * Nothing here sleeps to wait: the daemon says when it is ready.
 */
#pragma once

#include "../helpers.h"

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

struct test_daemon {
	pid_t pid;
	char dir[64]; /* private, removed by daemon_stop() */
	char socket[128];
	char devdir[128]; /* where the nodes are */
	char log[128];	  /* what it said */
	int notify_fd;
};

/* The one of the running test. */
extern struct test_daemon test_daemon;

/* The test breaks the golden rule. If not, daemon_teardown() asserts that the
 * daemon has not reported that it was. */
extern bool daemon_rules_broken;

/* Checked fixtures. EVL_CUSED_SOCKET is set for libevlclient. */
void daemon_setup(void);
void daemon_teardown(void);
/* With the driver which the environment variable @name names instead. */
void daemon_setup_driver(const char *name);
/* With these arguments (NULL-terminated, or NULL) instead. */
void daemon_setup_with(const char *const *args);
/* For a test that killed it: the next one cleans up, and stops. */
void daemon_bury(void);

/* Start with further arguments (NULL-terminated), in a fresh directory or, if
 * @daemon has one, there again. Returns when it is ready, or -1 if it ended
 * before: then its status is in *r_status. */
int daemon_start(struct test_daemon *daemon, const char *const *args,
		 int *r_status);
/* SIGTERM; returns its wait status. The directory is left. */
int daemon_stop(struct test_daemon *daemon);
void daemon_kill(struct test_daemon *daemon);
/* Remove the directory. Asserts that nothing is mounted or listening there. */
void daemon_clean(struct test_daemon *daemon);

/* The process of its isolated driver @name, 0: there is none. */
pid_t daemon_host_of(const char *name);
bool daemon_on_cuse(void);
/* Can the kernel tell a daemon of system calls? If not, the reason is printed. */
bool daemon_can_watch(void);
/* How often does the log contain @text? */
unsigned int daemon_nr_said(const struct test_daemon *daemon, const char *text);
bool daemon_said(const struct test_daemon *daemon, const char *text);
/* "<devdir>/<path>", in one of four buffers of the calling thread. */
const char *node_path(const char *path);
/* How many descriptors, mappings, threads and kB of memory it has; of that, what
 * is heap and stacks. */
struct daemon_usage {
	unsigned int nr_fds, nr_maps, nr_threads;
	long rss_kb, anon_kb;
};
struct daemon_usage daemon_usage(const struct test_daemon *daemon);
/* How often its threads went to sleep or were made to wait for a CPU. */
long daemon_nr_switches(const struct test_daemon *daemon);

/* What /proc says in the status of thread @name of process @pid, as "Pid:". */
long thread_status(pid_t pid, const char *name, const char *field);

/* Fork; the child runs @func(@arg) and exits with its result. */
pid_t child_start(int (*func)(void *arg), void *arg);
int child_wait(pid_t pid); /* exit status, or 128 + signal */

/* Wait until thread @tid of process @pid sleeps in the kernel ('S', or 'D'). */
void wait_until_asleep(pid_t pid, pid_t tid);

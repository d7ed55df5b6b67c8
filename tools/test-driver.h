/* SPDX-License-Identifier: MIT */
/*
 * evl test-driver: does a driver do what every driver must? A *check* is one
 * thing it must do. Each runs in a child of its own (test-driver-trial), which
 * says what it is about to do before it does it: whatever hangs is told by name,
 * and neither the child nor the daemon outlives it.
 *
 * The parent is no client of the daemon's; it only asks for its tables and
 * gives it orders (test-driver-rig).
 */
#pragma once

#include "control-query.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define MAX_NODES 16
#define MAX_ARGS  64 /* of each kind, on the command line */
#define MAX_WORDS (1 + CONTROL_DRIVER_PARAMS)

enum test_exit {
	TEST_EXIT_SIGNAL = 128, /* and the signal's number on top */
};

enum call_stage {
	STAGE_INBAND,
	STAGE_OOB,
	NR_STAGES,
};

enum call_op {
	OP_READ,
	OP_WRITE,
	NR_OPS,
};

/* A name, and what belongs to it: there is a first one, which is not empty. They
 * are ours, for good. */
struct words {
	const char *list[MAX_WORDS];
	unsigned int nr;
};

/* What the command line says. All borrowed. */
struct test_options {
	const char *driver; /* a name, or a path */
	const char *const *params;
	unsigned int nr_params;
	const struct words *helpers; /* drivers to load before */
	unsigned int nr_helpers;
	const struct words *devices; /* for platform drivers */
	unsigned int nr_devices;
	const char *node;   /* the only one to test; NULL: all */
	const char *daemon; /* what to start; NULL: look for it */
	const char *const *daemon_args;
	unsigned int nr_daemon_args;
	size_t size; /* of a read or write; 0: find one */
	uint64_t patience_ns;
	bool json;
};

/* A node, and what was found out about it. In memory which the children share. */
struct subject {
	char path[2 * CONTROL_PATH_MAX]; /* where it is opened */
	char name[CONTROL_PATH_MAX];
	uint32_t ops; /* enum control_op */
	int flags;    /* O_RDWR ..., of an open that works */
	bool openable;
	size_t size[NR_STAGES][NR_OPS]; /* that it takes; 0: none we know */
	bool heeds_nonblock[NR_STAGES][NR_OPS]; /* it was seen to */
};

enum verdict {
	VERDICT_NONE, /* yet */
	VERDICT_PASSED,
	VERDICT_FAILED,
	VERDICT_NOT_APPLICABLE,
};

struct outcome {
	enum verdict verdict;
	char reason[512];
	char remedy[256];
};

struct check {
	const char *name;
	/* In a child. @stage as below; NULL: it is no such check. */
	void (*run)(struct subject *subject, enum call_stage stage);
	enum call_stage stage;
	uint32_t ops;		 /* which it is about; without all of them it is
				   not there */
	const char *if_it_hangs; /* the remedy */
};

extern struct test_options wanted;
/* The signal that wants us to stop, 0 for none. */
extern volatile sig_atomic_t test_signal;

static inline uint64_t test_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* test-driver-words.c */

/* What is wrong with @option=@arg ends us. */
struct words words_split(const char *option, const char *arg);

/* test-driver-trial.c */

/* 0 or -errno. */
int trial_init(void);
/* Run one check to its end, or to the end of patience. False: it hung. */
bool trial_run(const struct check *check, struct subject *subject,
	       struct outcome *outcome);
/* In the child: what is done next. It may take as long as our patience. */
void trial_doing(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* In the child: how it came out. The first one counts. */
void passed(void);
void failed(const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void not_applicable(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same on an outcome at hand. */
void outcome_set(struct outcome *outcome, enum verdict verdict,
		 const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* test-driver-rig.c */

/* A daemon, which has the helpers loaded. An exit status; what is wrong was
 * said. */
int rig_start(void);
/* Load and unload the driver: 0 or -errno; what the daemon says goes to @text.
 * Loading waits as long as the init function takes: in a child only. */
int rig_load(char text[1024]);
int rig_unload(char text[1024]);
/* What its nodes are. 0 or -errno. */
int rig_nodes(struct subject *subjects, unsigned int *r_nr);
/* How it is now; learns its name. 0, -errno, or -ENOENT: it is not loaded. */
int rig_driver(struct control_driver_info *r_info);
/* As the daemon names it. */
const char *rig_name(void);
/* Wait until no file of it is open. False: patience is at an end. */
bool rig_wait_closed(void);
/* Where its log is now, and the first line from there with @one and, unless NULL,
 * @other. */
long rig_log_mark(void);
bool rig_log_find(long mark, const char *one, const char *other,
		  char line[512]);
/* The last line with @what; unless @before is NULL, the last one which is before
 * the last with that. */
bool rig_log_last(const char *what, const char *before, char line[512]);

/* test-driver-probe.c */

/* Once the driver is loaded: are the devices somebody's? False: there are none,
 * and nothing is to be said. */
bool probe_look(struct outcome *outcome);
/* In a child, once it is loaded again: what is wrong since @mark is told. */
void probe_look_again(long mark);

/* test-driver-call.c: in a child */

/* Attach ourselves for out-of-band calls. False: what is wrong was told. */
bool call_ready(enum call_stage stage);
/* Memory of ours which is nowhere near the daemon's, if there is such. NULL: what
 * is wrong was told. */
void *call_map(size_t size, int prot);
const char *call_name(enum call_stage stage, enum call_op op);
/* An open file, or -1: then what is wrong was told. */
int call_open(const struct subject *subject, bool nonblock);
void call_set_nonblock(int fd, bool nonblock);
/* 0 or more, or -errno. It is announced to the parent. */
ssize_t call_do(int fd, enum call_stage stage, enum call_op op, void *buf,
		size_t size);
/* The same with a buffer of ours, of the size it takes. */
ssize_t call_usual(const struct subject *subject, int fd, enum call_stage stage,
		   enum call_op op);
/* With O_NONBLOCK: until it says -EAGAIN, any other error, 0, or has been done
 * too often (then what it said last, which is not negative). Without a call,
 * -EAGAIN if it does not heed O_NONBLOCK: perhaps it sleeps. */
ssize_t call_exhaust(const struct subject *subject, int fd,
		     enum call_stage stage, enum call_op op);
/* The same for one which was not seen to heed O_NONBLOCK yet. */
ssize_t call_exhaust_now(const struct subject *subject, int fd,
			 enum call_stage stage, enum call_op op);
/* Is what is written by @writer read from the same file? It is empty then. */
bool call_feeds(const struct subject *subject, int fd, enum call_stage reader,
		enum call_stage writer);
/* Is a file that is full not so after a read by @reader? It is full then. */
bool call_makes_room(const struct subject *subject, int fd,
		     enum call_stage writer, enum call_stage reader);
/* What poll(2) or evl_poll() says of it at once; or -errno. */
int call_poll(int fd, enum call_stage stage, int events, int timeout_ms);

/* A thread which is inside a call. */
struct sleeper;

enum sleeper_kind {
	SLEEPER_READ,
	SLEEPER_WRITE,
	SLEEPER_POLL, /* for input */
};

/* NULL: what is wrong was told. */
struct sleeper *sleeper_start(const struct subject *subject, int fd,
			      enum call_stage stage, enum sleeper_kind kind);
/* True: it sleeps. False: it has returned. */
bool sleeper_is_asleep(struct sleeper *sleeper);
bool sleeper_has_returned(struct sleeper *sleeper);
/* Wait for its return, with SIGUSR1 now and then if wanted. Announced as
 * @doing. What it returned, or -errno. Frees it. */
ssize_t sleeper_end(struct sleeper *sleeper, bool signals, const char *doing);

/* The tables of checks, each ended by one without a name. */
extern const struct check io_checks[]; /* test-driver-io.c: in this order, first
					  of all */
extern const struct check pointer_checks[]; /* test-driver-pointer.c */
extern const struct check poll_checks[];    /* test-driver-poll.c */
extern const struct check end_checks[];	    /* test-driver-end.c */
/* test-driver-end.c, too: once for the driver, with its first node. */
extern const struct check load_check;
extern const struct check unload_checks[]; /* in this order */

/* test-driver-report.c */

void report_begin(void);
void report_add(const char *node, const char *check,
		const struct outcome *outcome);
/* There is nothing to check. */
void report_not_loaded(const struct outcome *outcome);
/* The counts, if there are any. How many failed; negative: stdout did not take it. */
int report_end(void);

/* SPDX-License-Identifier: MIT */
/*
 * Checks of how things end: close and death with somebody inside, unloading.
 */
#include "test-driver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETTLED_US 100000 /* who is in for so long, sleeps */
#define NAP_US	   1000
#define NR_CYCLES  3

#define HANGS_RELEASE                                               \
	"have release() wake who sleeps, then evl_release_file(), " \
	"and return"
#define HANGS_EXIT "have the exit function end what runs, and return"

/* Which calls might sleep on @stage? */
static bool may_sleep(const struct subject *subject, enum call_stage stage,
		      enum call_op op)
{
	int mode = subject->flags & O_ACCMODE;

	return subject->size[stage][op] &&
	       (mode == O_RDWR ||
		mode == (op == OP_READ ? O_RDONLY : O_WRONLY));
}

static void wait_for_release(const char *after)
{
	trial_doing("release(), after %s", after);
	if (!rig_wait_closed())
		failed(HANGS_RELEASE, "release() has not ended after %s",
		       after);
}

/* True: that was it. */
static bool close_inside(struct subject *subject, enum call_op op)
{
	struct sleeper *sleeper;
	char doing[64];
	int fd;

	fd = call_open(subject, false);
	if (fd < 0 || call_exhaust(subject, fd, STAGE_OOB, op) > 0)
		return fd < 0;
	sleeper = sleeper_start(subject, fd, STAGE_OOB,
				op == OP_READ ? SLEEPER_READ : SLEEPER_WRITE);
	if (sleeper == NULL)
		return true;
	if (!sleeper_is_asleep(sleeper)) {
		close(fd);
		return false;
	}

	snprintf(doing, sizeof(doing), "close() with a thread inside %s",
		 call_name(STAGE_OOB, op));
	trial_doing("%s", doing);
	if (close(fd))
		failed("see what release() and flush() do", "%s fails: %s",
		       doing, strerrordesc_np(errno));
	snprintf(doing, sizeof(doing), "%s of a file that was closed",
		 call_name(STAGE_OOB, op));
	sleeper_end(sleeper, false, doing);
	wait_for_release("close() with a thread inside");
	passed();

	return true;
}

static void check_close_inside(struct subject *subject, enum call_stage stage)
{
	if (!call_ready(stage))
		return;
	for (unsigned int op = 0; op < NR_OPS; op++)
		if (may_sleep(subject, stage, op) && close_inside(subject, op))
			return;
	not_applicable("no out-of-band call was found that sleeps");
}

/* In a process that is going to be killed. */
static void sleep_inside(struct subject *subject, enum call_stage stage,
			 enum call_op op, _Atomic(int) *state)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!call_ready(stage))
		_exit(1);
	fd = call_open(subject, false);
	if (fd >= 0 && call_exhaust(subject, fd, stage, op) <= 0) {
		/* Relaxed, all: there is nothing to be published. */
		atomic_store_explicit(state, 1, memory_order_relaxed);
		call_usual(subject, fd, stage, op);
	}
	_exit(0);
}

/* True: that was it. */
static bool kill_inside(struct subject *subject, enum call_stage stage,
			enum call_op op)
{
	_Atomic(int) *state;
	bool ended = false;
	pid_t pid;

	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = state == MAP_FAILED ? -1 : fork();
	if (pid < 0) {
		failed("have fewer processes", "fork: %s",
		       strerrordesc_np(errno));
		return true;
	}
	if (pid == 0)
		sleep_inside(subject, stage, op, state);

	while (!ended &&
	       atomic_load_explicit(state, memory_order_relaxed) == 0) {
		ended = waitpid(pid, NULL, WNOHANG) == pid;
		usleep(NAP_US);
	}
	usleep(SETTLED_US);
	if (ended || waitpid(pid, NULL, WNOHANG) == pid)
		return false;

	trial_doing("the end of a process that was killed inside %s",
		    call_name(stage, op));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wait_for_release("its process was killed inside");
	passed();

	return true;
}

static void check_killed(struct subject *subject, enum call_stage stage)
{
	for (unsigned int op = 0; op < NR_OPS; op++)
		if (may_sleep(subject, stage, op) &&
		    kill_inside(subject, stage, op))
			return;
	not_applicable("no call was found that sleeps");
}

const struct check end_checks[] = {
	{ "killed-inside", check_killed, STAGE_INBAND, 0, HANGS_RELEASE },
	{ "oob-killed-inside", check_killed, STAGE_OOB, 0, HANGS_RELEASE },
	{ "oob-close-inside", check_close_inside, STAGE_OOB, 0, HANGS_RELEASE },
	{ 0 },
};

static void check_load(struct subject *subject, enum call_stage stage)
{
	char text[1024];

	trial_doing("the init function");
	if (rig_load(text))
		failed("see what the init function returned",
		       "it cannot be loaded: %.400s", text);
	passed();
}

const struct check load_check = {
	"load",
	check_load,
	STAGE_INBAND,
	0,
	"have the init function return: it is waited for",
};

/* As a former check, or a daemon started again, left it. */
static bool is_loaded(void)
{
	struct control_driver_info info;

	return rig_driver(&info) == 0;
}

/* False: what is wrong was told. */
static bool load(void)
{
	char text[1024];

	trial_doing("the init function");
	if (rig_load(text) == 0)
		return true;
	failed("have the exit function undo what init did",
	       "it cannot be loaded again: %.400s", text);

	return false;
}

/* Nobody has a file of it any more. False: what is wrong was told. */
static bool unload(void)
{
	char text[1024];

	trial_doing("the exit function");
	if (rig_unload(text) == 0)
		return true;
	failed("have an exit function, and put what it has taken",
	       "it cannot be unloaded: %.400s", text);

	return false;
}

static void check_unload_open(struct subject *subject, enum call_stage stage)
{
	char text[1024];
	int fd, ret;

	if (!subject->openable) {
		not_applicable("there is no node that can be opened");
		return;
	}
	fd = call_open(subject, false);
	if (fd < 0)
		return;
	trial_doing("unloading, with a file open");
	ret = rig_unload(text);
	if (ret == 0)
		failed("set .owner = THIS_MODULE in its file_operations",
		       "it was unloaded while a file was open");
	else if (ret != -EBUSY)
		failed("see the log of evl-cused",
		       "unloading it while a file is open fails: %.400s", text);
	trial_doing("close()");
	close(fd);
	wait_for_release("close()");
	passed();
}

static void check_unload(struct subject *subject, enum call_stage stage)
{
	struct subject nodes[MAX_NODES];
	long mark = rig_log_mark();
	unsigned int nr = 0;
	char text[1024], line[512];

	if ((!is_loaded() && !load()) || !unload())
		return;
	snprintf(text, sizeof(text), "driver %s", rig_name());
	if (rig_log_find(mark, text, "does not end", line) ||
	    rig_log_find(mark, text, " behind", line))
		failed("have the exit function undo what init, and open, did",
		       "%s", line);
	if (rig_nodes(nodes, &nr) == 0 && nr)
		failed("have the exit function remove its nodes",
		       "its node %.200s is still there", nodes[0].name);
	passed();
}

static void check_load_again(struct subject *subject, enum call_stage stage)
{
	long mark;
	int fd;

	if (is_loaded() && !unload())
		return;
	for (int i = 0; i < NR_CYCLES; i++) {
		mark = rig_log_mark();
		if (!load())
			return;
		probe_look_again(mark);
		if (subject->openable) {
			fd = call_open(subject, false);
			if (fd < 0)
				return;
			trial_doing("close()");
			close(fd);
			wait_for_release("close()");
		}
		if (!unload())
			return;
	}
	passed();
}

const struct check unload_checks[] = {
	{ "unload-open", check_unload_open, STAGE_INBAND, 0, HANGS_RELEASE },
	{ "unload", check_unload, STAGE_INBAND, 0, HANGS_EXIT },
	{ "load-again", check_load_again, STAGE_INBAND, 0, HANGS_EXIT },
	{ 0 },
};

/* SPDX-License-Identifier: MIT */
/*
 * Checks of poll and oob_poll: what they say is what read and write then do, and
 * who waits in them is told.
 */
#include "test-driver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRIES 4

static const char *poll_name(enum call_stage stage)
{
	return stage == STAGE_OOB ? "oob_poll" : "poll";
}

static bool is_known(const struct subject *subject, enum call_stage stage,
		     enum call_op op)
{
	int mode = subject->flags & O_ACCMODE;

	if (subject->size[stage][op] && subject->heeds_nonblock[stage][op] &&
	    (mode == O_RDWR || mode == (op == OP_READ ? O_RDONLY : O_WRONLY)))
		return true;
	not_applicable("%s does nothing by which to tell",
		       call_name(stage, op));

	return false;
}

/*
 * Compare what poll says now with what the call does then. Between the two
 * something may come, so it is only wrong if it always is; @again, unless NULL,
 * makes for the state in which we began. False: that decides it.
 */
static bool compare(const struct subject *subject, int fd,
		    enum call_stage stage, enum call_op op,
		    bool (*again)(const struct subject *subject, int fd,
				  enum call_stage stage))
{
	int want = op == OP_READ ? POLLIN : POLLOUT, events = 0;
	ssize_t ret = 0;

	for (int i = 0; i < TRIES; i++) {
		if (again && !again(subject, fd, stage))
			return true;
		events = call_poll(fd, stage, want, 0);
		if (events < 0) {
			failed("return events, and no error",
			       "polling fails: %s", strerrordesc_np(-events));
			return false;
		}
		call_set_nonblock(fd, true);
		ret = call_usual(subject, fd, stage, op);
		call_set_nonblock(fd, false);
		if ((events != 0) == (ret != -EAGAIN))
			return true;
	}

	if (events)
		failed("return only events which are there",
		       "%s says it is ready, but %s says EAGAIN",
		       poll_name(stage), call_name(stage, op));
	else
		failed("look at the state under the lock, after "
		       "evl_poll_watch() or poll_wait()",
		       "%s does not say it is ready, but %s returns %zd",
		       poll_name(stage), call_name(stage, op), ret);

	return false;
}

static bool drain(const struct subject *subject, int fd, enum call_stage stage)
{
	return call_exhaust(subject, fd, stage, OP_READ) == -EAGAIN;
}

static bool fill(const struct subject *subject, int fd, enum call_stage stage)
{
	return call_exhaust(subject, fd, stage, OP_WRITE) == -EAGAIN;
}

static bool feed(const struct subject *subject, int fd, enum call_stage stage)
{
	for (unsigned int writer = 0; writer < NR_STAGES; writer++)
		if (call_feeds(subject, fd, stage, writer))
			return call_usual(subject, fd, writer, OP_WRITE) > 0;

	return false;
}

static void check_input(struct subject *subject, enum call_stage stage)
{
	int fd;

	if (!is_known(subject, stage, OP_READ) || !call_ready(STAGE_OOB))
		return;
	fd = call_open(subject, false);
	if (fd >= 0 && compare(subject, fd, stage, OP_READ, NULL) &&
	    compare(subject, fd, stage, OP_READ, drain) &&
	    compare(subject, fd, stage, OP_READ, feed))
		passed();
}

static void check_output(struct subject *subject, enum call_stage stage)
{
	int fd;

	if (!is_known(subject, stage, OP_WRITE) || !call_ready(STAGE_OOB))
		return;
	fd = call_open(subject, false);
	if (fd >= 0 && compare(subject, fd, stage, OP_WRITE, NULL) &&
	    compare(subject, fd, stage, OP_WRITE, fill))
		passed();
}

static void check_woken(struct subject *subject, enum call_stage stage)
{
	struct sleeper *sleeper;
	bool fed = false;
	char doing[64];
	ssize_t ret;
	int fd;

	if (!is_known(subject, stage, OP_READ) || !call_ready(STAGE_OOB))
		return;
	fd = call_open(subject, false);
	for (unsigned int writer = 0; fd >= 0 && writer < NR_STAGES; writer++) {
		if (!call_feeds(subject, fd, stage, writer))
			continue;
		fed = true;
		sleeper = sleeper_start(subject, fd, stage, SLEEPER_POLL);
		if (sleeper == NULL)
			return;
		sleeper_is_asleep(sleeper);
		call_usual(subject, fd, writer, OP_WRITE);
		snprintf(doing, sizeof(doing), "%s, asleep, after %s",
			 stage == STAGE_OOB ? "evl_poll()" : "poll()",
			 call_name(writer, OP_WRITE));
		ret = sleeper_end(sleeper, false, doing);
		if (ret < 0 || (ret & POLLIN) == 0)
			failed("signal POLLIN when there is something to read",
			       "%s says %s", doing,
			       ret < 0 ? strerrordesc_np((int)-ret)
				       : "nothing of POLLIN");
		drain(subject, fd, stage);
	}
	if (!fed)
		not_applicable("what is written to a file is not read from it");
	passed();
}

#define READ	 CONTROL_OP_READ
#define WRITE	 CONTROL_OP_WRITE
#define POLL	 CONTROL_OP_POLL
#define OOB(bit) (CONTROL_OP_OOB * (bit))

#define HANGS	 "poll handlers do not sleep: they tell how it is now"
#define HANGS_WOKEN                                             \
	"wake_up() what poll_wait() was given, by an irq_work " \
	"from out-of-band"
#define HANGS_OOB                                                 \
	"call evl_signal_poll_events() on what evl_poll_watch() " \
	"was given, then evl_schedule()"

const struct check poll_checks[] = {
	{ "poll-input", check_input, STAGE_INBAND, READ | POLL, HANGS },
	{ "poll-output", check_output, STAGE_INBAND, WRITE | POLL, HANGS },
	{ "poll-woken", check_woken, STAGE_INBAND, READ | POLL, HANGS_WOKEN },
	{ "oob-poll-input", check_input, STAGE_OOB, OOB(READ | POLL), HANGS },
	{ "oob-poll-output", check_output, STAGE_OOB, OOB(WRITE | POLL),
	  HANGS },
	{ "oob-poll-woken", check_woken, STAGE_OOB, OOB(READ | POLL),
	  HANGS_OOB },
	{ 0 },
};

/* SPDX-License-Identifier: MIT */
/*
 * Checks of open, read, write and ioctl.
 */
#include "test-driver.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NR_OPENS 20
#define TRIES	 5

#define HANGS_NONBLOCK                                               \
	"look at filp->f_flags & O_NONBLOCK before going to sleep, " \
	"and return -EAGAIN"
#define HANGS_SIGNAL                                               \
	"return the error of a wait that was broken, rather than " \
	"wait again"
#define HANGS_WAKE                                                   \
	"wake who sleeps, on both stages, when there is something: " \
	"evl_flush_wait() or kin, and an irq_work with wake_up()"
#define HANGS_RELEASE                                               \
	"have release() wake who sleeps, then evl_release_file(), " \
	"and return"

static bool is_permitted(const struct subject *subject, enum call_op op)
{
	int mode = subject->flags & O_ACCMODE;

	if (mode == O_RDWR || mode == (op == OP_READ ? O_RDONLY : O_WRONLY))
		return true;
	not_applicable("it cannot be opened for %s",
		       op == OP_READ ? "reading" : "writing");

	return false;
}

static bool is_known(const struct subject *subject, enum call_stage stage,
		     enum call_op op)
{
	if (!is_permitted(subject, op))
		return false;
	if (subject->size[stage][op])
		return true;
	not_applicable("%s takes none of the sizes tried: say --size",
		       call_name(stage, op));

	return false;
}

/* In a way that works, which is kept. */
static int open_somehow(struct subject *subject)
{
	static const int modes[] = { O_RDWR, O_RDONLY, O_WRONLY };
	int fd, first = 0;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		subject->flags = modes[i];
		fd = open(subject->path, modes[i] | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		first = first ? first : errno;
	}
	failed("return 0 from the open handler, or name the right --node; "
	       "parameters may follow the driver",
	       "open() fails: %s", strerrordesc_np(first));

	return -1;
}

static void check_open(struct subject *subject, enum call_stage stage)
{
	int fd, other;

	trial_doing("open()");
	fd = open_somehow(subject);
	if (fd < 0)
		return;
	/* A second one may be refused. */
	trial_doing("open() while it is open");
	other = open(subject->path, subject->flags | O_CLOEXEC);
	trial_doing("close()");
	if (other >= 0)
		close(other);
	close(fd);
	subject->openable = true;

	for (int i = 0; i < NR_OPENS; i++) {
		fd = call_open(subject, i % 2);
		if (fd < 0)
			return;
		trial_doing("close()");
		close(fd);
	}
	trial_doing("release(), after close()");
	if (rig_wait_closed())
		passed();
	else
		failed(HANGS_RELEASE, "release() has not ended");
}

/* Is @ret what a driver says of a size, or a buffer, that it does not take? */
static bool is_of_size(ssize_t ret)
{
	return ret == -EINVAL || ret == -EMSGSIZE || ret == -EFAULT ||
	       ret == -EOVERFLOW || ret == -ENOSPC;
}

static void find_size(struct subject *subject, int fd, enum call_stage stage,
		      enum call_op op)
{
	static const size_t sizes[NR_OPS][10] = {
		{ 4096, 1024, 512, 256, 128, 64, 32, 16, 8, 4 },
		{ 64, 8, 4, 1, 16, 32, 128, 256, 1024, 4096 },
	};
	/* It is there for others, if this hangs. */
	size_t *size = &subject->size[stage][op];

	*size = wanted.size;
	if (wanted.size)
		return;
	for (int i = 0; i < 10; i++) {
		*size = sizes[op][i];
		if (!is_of_size(call_usual(subject, fd, stage, op)))
			return;
	}
	*size = op == OP_READ ? 1 : 2;
	if (is_of_size(call_usual(subject, fd, stage, op)))
		*size = 0;
}

static void nonblock(struct subject *subject, enum call_stage stage,
		     enum call_op op)
{
	ssize_t ret;
	int fd;

	if (!is_permitted(subject, op) || !call_ready(stage))
		return;
	fd = call_open(subject, true);
	if (fd < 0)
		return;

	find_size(subject, fd, stage, op);
	if (!is_known(subject, stage, op))
		return;
	ret = call_exhaust_now(subject, fd, stage, op);
	subject->heeds_nonblock[stage][op] = true;
	if (ret < 0 && ret != -EAGAIN)
		not_applicable("%s fails: %s", call_name(stage, op),
			       strerrordesc_np((int)-ret));
	passed();
	trial_doing("close()");
	close(fd);
}

/* @ret: of a blocking call that did not sleep. False: that decides it. */
static bool try_again(enum call_stage stage, enum call_op op, ssize_t ret)
{
	if (ret > 0)
		return true;
	if (ret == -EAGAIN)
		failed("sleep, unless filp->f_flags has O_NONBLOCK",
		       "%s says EAGAIN without O_NONBLOCK",
		       call_name(stage, op));
	else if (ret == 0)
		not_applicable("%s returns 0, and does not sleep",
			       call_name(stage, op));
	else
		not_applicable("%s fails, and does not sleep: %s",
			       call_name(stage, op),
			       strerrordesc_np((int)-ret));

	return false;
}

/* It slept; @ret: what a signal made of that, @last: what it said with
 * O_NONBLOCK. False: that decides it. */
static bool judge(enum call_stage stage, enum call_op op, ssize_t ret,
		  ssize_t last)
{
	const char *name = call_name(stage, op);

	if (last < 0 && last != -EAGAIN)
		failed("return -EAGAIN where it would sleep otherwise",
		       "%s sleeps, but with O_NONBLOCK it fails: %s", name,
		       strerrordesc_np((int)-last));
	else if (last == 0)
		failed("return -EAGAIN where it would sleep otherwise",
		       "%s sleeps, but with O_NONBLOCK it returns 0", name);
	else if (ret == -EINTR)
		passed();
	else if (ret == 0)
		failed("return what the wait returned",
		       "%s returns 0 after a signal, not EINTR", name);
	else if (ret < 0)
		failed("return what the wait returned: -EINTR, or "
		       "-ERESTARTSYS in-band",
		       "%s fails after a signal, but not with EINTR: %s", name,
		       strerrordesc_np((int)-ret));

	return ret > 0 && last == -EAGAIN;
}

static void interrupted(struct subject *subject, enum call_stage stage,
			enum call_op op)
{
	struct sleeper *sleeper;
	ssize_t last, ret;
	char doing[64];
	bool asleep;
	int fd;

	if (!is_known(subject, stage, op) || !call_ready(stage))
		return;
	fd = call_open(subject, false);
	snprintf(doing, sizeof(doing), "%s after a signal",
		 call_name(stage, op));

	for (int i = 0; fd >= 0 && i < TRIES; i++) {
		last = call_exhaust(subject, fd, stage, op);
		sleeper = sleeper_start(subject, fd, stage,
					op == OP_READ ? SLEEPER_READ
						      : SLEEPER_WRITE);
		if (sleeper == NULL)
			return;
		asleep = sleeper_is_asleep(sleeper);
		ret = sleeper_end(sleeper, true, doing);
		if (asleep ? !judge(stage, op, ret, last)
			   : !try_again(stage, op, ret))
			return;
	}
	not_applicable("%s hardly ever sleeps", call_name(stage, op));
}

/* Who sleeps in @op is woken when the other operation, by @by, lets it go on. */
static void wake(struct subject *subject, int fd, enum call_stage stage,
		 enum call_op op, enum call_stage by)
{
	const enum call_op other = op == OP_READ ? OP_WRITE : OP_READ;
	struct sleeper *sleeper;
	char doing[64];
	ssize_t ret;

	sleeper = sleeper_start(subject, fd, stage,
				op == OP_READ ? SLEEPER_READ : SLEEPER_WRITE);
	if (sleeper == NULL)
		return;
	sleeper_is_asleep(sleeper);
	call_usual(subject, fd, by, other);
	snprintf(doing, sizeof(doing), "%s, asleep, after %s",
		 call_name(stage, op), call_name(by, other));
	ret = sleeper_end(sleeper, false, doing);
	if (ret <= 0)
		failed("look again after each wakeup", "%s fails: %s", doing,
		       ret ? strerrordesc_np((int)-ret) : "it says 0");
}

static void check_read_woken(struct subject *subject, enum call_stage stage)
{
	bool fed = false;
	int fd;

	if (!is_known(subject, stage, OP_READ) || !call_ready(STAGE_OOB))
		return;
	fd = call_open(subject, false);
	for (unsigned int by = 0; fd >= 0 && by < NR_STAGES; by++) {
		if (!call_feeds(subject, fd, stage, by))
			continue;
		fed = true;
		wake(subject, fd, stage, OP_READ, by);
	}
	if (!fed)
		not_applicable("what is written to a file is not read from it");
	passed();
}

static void check_write_woken(struct subject *subject, enum call_stage stage)
{
	bool made = false;
	int fd;

	if (!is_known(subject, stage, OP_WRITE) || !call_ready(STAGE_OOB))
		return;
	fd = call_open(subject, false);
	for (unsigned int by = 0; fd >= 0 && by < NR_STAGES; by++) {
		if (!call_makes_room(subject, fd, stage, by))
			continue;
		made = true;
		wake(subject, fd, stage, OP_WRITE, by);
	}
	if (!made)
		not_applicable("a file is never full, or a read makes no room");
	passed();
}

static void check_ioctl(struct subject *subject, enum call_stage stage)
{
	static const unsigned long cmds[] = {
		_IO(0xef, 0xfe),
		_IOWR(0xef, 0xfd, char[64]),
		_IOR(0xef, 0xfc, int),
	};
	const char *name = stage == STAGE_OOB ? "oob_ioctl()" : "ioctl()";
	char arg[64] = { 0 };
	int fd, ret;

	if (!call_ready(stage))
		return;
	fd = call_open(subject, false);
	for (size_t i = 0; fd >= 0 && i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		trial_doing("%s of the unknown command %#lx", name, cmds[i]);
		ret = stage == STAGE_OOB ? oob_ioctl(fd, cmds[i], arg)
					 : ioctl(fd, cmds[i], arg);
		if (ret >= 0)
			failed("return -ENOTTY for commands it does not know",
			       "%s accepts the unknown command %#lx", name,
			       cmds[i]);
		/* As GPIO chips have it: an ABI may say so. */
		else if (errno == EINVAL)
			not_applicable("%s has EINVAL for the unknown command "
				       "%#lx, where ENOTTY is usual",
				       name, cmds[i]);
		else if (errno != ENOTTY)
			failed("return -ENOTTY for commands it does not know",
			       "%s fails otherwise than with ENOTTY for the "
			       "unknown command %#lx: %s",
			       name, cmds[i], strerrordesc_np(errno));
	}
	passed();
}

static void check_read_nonblock(struct subject *subject, enum call_stage stage)
{
	nonblock(subject, stage, OP_READ);
}

static void check_write_nonblock(struct subject *subject, enum call_stage stage)
{
	nonblock(subject, stage, OP_WRITE);
}

static void check_read_signal(struct subject *subject, enum call_stage stage)
{
	interrupted(subject, stage, OP_READ);
}

static void check_write_signal(struct subject *subject, enum call_stage stage)
{
	interrupted(subject, stage, OP_WRITE);
}

#define READ	 CONTROL_OP_READ
#define WRITE	 CONTROL_OP_WRITE
#define IOCTL	 CONTROL_OP_IOCTL
#define OOB(bit) (CONTROL_OP_OOB * (bit))

const struct check io_checks[] = {
	{ "open", check_open, STAGE_INBAND, 0, HANGS_RELEASE },
	/* These find the sizes for all that follows. */
	{ "read-nonblock", check_read_nonblock, STAGE_INBAND, READ,
	  HANGS_NONBLOCK },
	{ "write-nonblock", check_write_nonblock, STAGE_INBAND, WRITE,
	  HANGS_NONBLOCK },
	{ "oob-read-nonblock", check_read_nonblock, STAGE_OOB, OOB(READ),
	  HANGS_NONBLOCK },
	{ "oob-write-nonblock", check_write_nonblock, STAGE_OOB, OOB(WRITE),
	  HANGS_NONBLOCK },
	{ "read-signal", check_read_signal, STAGE_INBAND, READ, HANGS_SIGNAL },
	{ "write-signal", check_write_signal, STAGE_INBAND, WRITE,
	  HANGS_SIGNAL },
	{ "oob-read-signal", check_read_signal, STAGE_OOB, OOB(READ),
	  HANGS_SIGNAL },
	{ "oob-write-signal", check_write_signal, STAGE_OOB, OOB(WRITE),
	  HANGS_SIGNAL },
	{ "read-woken", check_read_woken, STAGE_INBAND, READ, HANGS_WAKE },
	{ "write-woken", check_write_woken, STAGE_INBAND, WRITE, HANGS_WAKE },
	{ "oob-read-woken", check_read_woken, STAGE_OOB, OOB(READ),
	  HANGS_WAKE },
	{ "oob-write-woken", check_write_woken, STAGE_OOB, OOB(WRITE),
	  HANGS_WAKE },
	{ "ioctl-unknown", check_ioctl, STAGE_INBAND, IOCTL,
	  "return -ENOTTY for commands it does not know" },
	{ "oob-ioctl-unknown", check_ioctl, STAGE_OOB, OOB(IOCTL),
	  "return -ENOTTY for commands it does not know" },
	{ 0 },
};

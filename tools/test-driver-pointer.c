/* SPDX-License-Identifier: MIT */
/*
 * Checks of read and write with bad pointers. Somebody else sees to what they do
 * to the daemon (test-driver-trial); here is what they say. A write may succeed,
 * as one to /dev/null does: what it has no use for it need not copy.
 */
#include "test-driver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define AREA (1 << 20) /* larger than any size */

static const char *const remedies[NR_OPS] = {
	"return -EFAULT when copy_to_user() does not return 0",
	"return -EFAULT when copy_from_user() does not return 0",
};

/* Can a call be made, which does not sleep? */
static bool is_prompt(const struct subject *subject, enum call_stage stage,
		      enum call_op op)
{
	int mode = subject->flags & O_ACCMODE;

	if (mode != O_RDWR && mode != (op == OP_READ ? O_RDONLY : O_WRONLY))
		not_applicable("it cannot be opened for %s",
			       op == OP_READ ? "reading" : "writing");
	else if (subject->size[stage][op] == 0)
		not_applicable("%s takes none of the sizes tried: say --size",
			       call_name(stage, op));
	else if (!subject->heeds_nonblock[stage][op])
		not_applicable("%s sleeps in spite of O_NONBLOCK",
			       call_name(stage, op));
	else
		return true;

	return false;
}

/* Who has nothing to give looks at no pointer: have something there, if it comes
 * by writing. */
static void feed(const struct subject *subject, int fd, enum call_stage reader)
{
	for (unsigned int writer = 0; writer < NR_STAGES; writer++) {
		if (!call_feeds(subject, fd, reader, writer))
			continue;
		call_usual(subject, fd, writer, OP_WRITE);
		break;
	}
}

/* And who has no room does not either: read what is there. */
static void drain(const struct subject *subject, int fd)
{
	for (unsigned int reader = 0; reader < NR_STAGES; reader++)
		if ((subject->flags & O_ACCMODE) == O_RDWR &&
		    subject->size[reader][OP_READ])
			call_exhaust(subject, fd, reader, OP_READ);
}

static void prepare(const struct subject *subject, int fd,
		    enum call_stage stage, enum call_op op)
{
	if (op == OP_READ)
		feed(subject, fd, stage);
	else
		drain(subject, fd);
	call_set_nonblock(fd, true);
}

/* It returned @ret, and no error. False: that decides it. */
static bool may_succeed(enum call_stage stage, enum call_op op, ssize_t ret,
			const char *what)
{
	if (op == OP_WRITE)
		return true;
	if (ret == 0)
		not_applicable("%s does not come to look at the pointer: it "
			       "says 0",
			       call_name(stage, op));
	else
		failed(remedies[op], "%s returns %zd with a pointer to %s",
		       call_name(stage, op), ret, what);

	return false;
}

/* It failed with @error, but would it have done so with a good pointer? */
static void judge_error(const struct subject *subject, int fd,
			enum call_stage stage, enum call_op op, int error,
			const char *what)
{
	prepare(subject, fd, stage, op);
	if (call_usual(subject, fd, stage, op) < 0)
		not_applicable("%s does not come to look at the pointer: %s",
			       call_name(stage, op), strerrordesc_np(error));
	else
		failed(remedies[op],
		       "%s fails otherwise than with EFAULT with a pointer to "
		       "%s: %s",
		       call_name(stage, op), what, strerrordesc_np(error));
}

/* One call with @bad. False: that decides it. */
static bool try_bad(const struct subject *subject, int fd,
		    enum call_stage stage, enum call_op op, void *bad,
		    const char *what)
{
	ssize_t ret;

	prepare(subject, fd, stage, op);
	ret = call_do(fd, stage, op, bad, subject->size[stage][op]);
	if (ret == -EFAULT)
		return true;
	if (ret >= 0)
		return may_succeed(stage, op, ret, what);

	if (ret == -EAGAIN)
		not_applicable(op == OP_READ ? "there is nothing to read"
					     : "there is no room to write");
	else
		judge_error(subject, fd, stage, op, (int)-ret, what);

	return false;
}

static void bad_pointer(struct subject *subject, enum call_stage stage,
			enum call_op op)
{
	char *none, *readonly;
	int fd;

	if (!is_prompt(subject, stage, op) || !call_ready(STAGE_OOB))
		return;
	none = call_map(AREA, PROT_NONE);
	readonly = call_map(AREA, PROT_READ);
	if (none == NULL || readonly == NULL)
		return;
	fd = call_open(subject, true);
	if (fd >= 0 &&
	    try_bad(subject, fd, stage, op, none, "what is not mapped") &&
	    try_bad(subject, fd, stage, op, NULL, "nothing (NULL)") &&
	    (op == OP_WRITE ||
	     try_bad(subject, fd, stage, op, readonly, "read-only memory")))
		passed();
}

static void check_read(struct subject *subject, enum call_stage stage)
{
	bad_pointer(subject, stage, OP_READ);
}

static void check_write(struct subject *subject, enum call_stage stage)
{
	bad_pointer(subject, stage, OP_WRITE);
}

#define READ	 CONTROL_OP_READ
#define WRITE	 CONTROL_OP_WRITE
#define OOB(bit) (CONTROL_OP_OOB * (bit))

#define HANGS                                                        \
	"look at filp->f_flags & O_NONBLOCK before going to sleep, " \
	"and return -EAGAIN"

const struct check pointer_checks[] = {
	{ "read-pointer", check_read, STAGE_INBAND, READ, HANGS },
	{ "write-pointer", check_write, STAGE_INBAND, WRITE, HANGS },
	{ "oob-read-pointer", check_read, STAGE_OOB, OOB(READ), HANGS },
	{ "oob-write-pointer", check_write, STAGE_OOB, OOB(WRITE), HANGS },
	{ 0 },
};

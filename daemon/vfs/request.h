/* SPDX-License-Identifier: MIT */
/*
 * One in-band request from the kernel: what a front hands to the vfs, and gets
 * back answered. The front allocates it (usually embedded in something of its
 * own), fills the part for the operation and calls vfs_submit(); the vfs runs
 * the driver's handler on an in-band fiber and calls ->done() exactly once, on
 * the in-band thread, from that fiber or from vfs_interrupt(). From ->done() on
 * the front may not touch the request: the vfs calls ->free() once no fiber
 * looks at it any more, which may be later (an interrupted handler which is
 * still asleep).
 *
 * Stage: in-band, all of it.
 */
#pragma once

#include "stage/stage.h"

#include <linux/sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct node;
struct open_file;

enum vfs_op {
	VFS_OPEN,
	VFS_RELEASE,
	VFS_READ,
	VFS_WRITE,
	VFS_IOCTL,
	VFS_POLL,
	VFS_FLUSH,
};

/* Who asked; tid 0 if the kernel does not say. A thread id, as FUSE has it. */
struct vfs_caller {
	pid_t tid;
	uid_t uid;
	gid_t gid;
};

struct vfs_request {
	enum vfs_op op;
	struct vfs_caller caller;
	/* OPEN: what is opened (borrowed; the vfs takes its own reference). */
	struct node *node;
	/* OPEN: what the front knows the file by, if by anything. */
	void *front_data;
	/* OPEN fills it on success; all others pass it. RELEASE ends it. */
	struct open_file *file;
	/* OPEN, READ, WRITE: the file's current status flags, O_*. */
	unsigned int flags;
	/* READ: room for the data; WRITE: the data. Owned by the front until
	 * ->free(). */
	void *buf;
	size_t count;
	loff_t pos; /* READ, WRITE: dispatch.c's own */
	/*
	 * IOCTL. @in/@out are the kernel's copies of the bytes at @arg, for a
	 * front which knows them beforehand (restricted ioctls), else NULL. The
	 * handler may write up to @out_size bytes at @arg into @out; the first
	 * @copied of them are those to give back, whatever the result.
	 * Owned by the front until ->free(). Anything else at or behind @arg is
	 * reached in the caller's own memory.
	 */
	unsigned int cmd;
	unsigned long arg;
	const void *in;
	size_t in_size;
	void *out;
	size_t out_size;
	size_t copied;
	bool compat; /* from a 32-bit process */
	/*
	 * READ, WRITE, IOCTL: of a front which is a daemon itself and passes on
	 * what it was asked, with the window it was given: @window then stands
	 * for @buf, @in and @out, its base for @arg or the buffer, and @reach for
	 * the rest of the caller's memory. NULL: not of such a one.
	 */
	const struct user_reach *reach;
	struct user_window window; /* the answer: ->written */
	/* POLL: what the front wants back on the next event, see
	 * open_file_poll(); NULL if nobody is going to sleep, and once the vfs
	 * has taken it over. */
	void *poll_handle;

	/* The answer: >= 0 (bytes, ioctl value, poll events) or -errno, always
	 * an errno user space knows. */
	ssize_t result;
	void (*done)(struct vfs_request *rq);
	void (*free)(struct vfs_request *rq);

	/* The vfs's own. */
	struct fiber *fiber;
	struct task_struct task; /* who asked, for the fiber */
	void *copy;   /* owned: an ioctl's argument, see do_ioctl() */
	bool exposed; /* a handler which was given a __user pointer runs */
	bool answered;
	bool checking; /* @check is on its way */
	bool lingers;  /* vfs_linger() */
	bool interrupted;
	bool ended; /* the fiber is through */
	struct stage_item check;
	struct list_head link; /* a RELEASE waiting for a fiber */
};

/* Of in-band fibers, as inband_init() makes them. */
#define VFS_MAX_FIBERS 16384

/*
 * What runs on an in-band fiber on behalf of user @uid counts against that
 * user's share of them (base/share.h), until it is given back: requests do so
 * by themselves. False: the user has its share.
 */
bool vfs_take_fiber(uid_t uid);
void vfs_give_fiber(uid_t uid);

/* Run the release handler of a file the kernel does not know. On an in-band
 * fiber; blocks as long as that. */
void vfs_release_file(struct open_file *of);

/* Start @rq. Never sleeps, never fails: without memory ->done() tells. May
 * call ->done() before it returns. */
void vfs_submit(struct vfs_request *rq);

/*
 * The caller got a signal (FUSE INTERRUPT). Breaks the sleep of the handler,
 * which normally answers at once, -EINTR or what it has; a handler that sleeps
 * uninterruptibly is left behind and the caller answered -EINTR here and now,
 * so that no killed process stays in D state. RELEASE is never interrupted.
 */
void vfs_interrupt(struct vfs_request *rq);

/* Break the sleep of the handler, and do no more: the answer comes when it is
 * through. */
void vfs_break(struct vfs_request *rq);

/*
 * From a handler whose sleep was broken, and which now sleeps where nobody may
 * break it, but not for long: it asks that its caller wait for what it returns.
 * Until it is called with false; then an interrupted caller is answered. No effect
 * outside of requests.
 */
void vfs_linger(bool on);

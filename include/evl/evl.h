/* SPDX-License-Identifier: MIT */
/*
 * The umbrella header of the application API: everything an application of
 * evl-cused may call, plus the library's own start and version.
 *
 * "Source:" names the sections of the specification which a call follows:
 * user-api and driver-api are what the EVL core and its library were found to
 * do, seed-0 to seed-4 EVL's own pages on drivers, files and cross-buffers.
 */
#ifndef _EVL_EVL_H
#define _EVL_EVL_H

#include <evl/poll.h>
#include <evl/syscall.h>
#include <evl/thread.h>
#include <evl/xbuf.h>
#include <uapi/evl/control.h>

/* The API level, as counted by libevl, and the ABI level it was built for. */
#define __EVL__	       26
#define EVL_ABI_PREREQ 32

#if EVL_ABI_LEVEL < EVL_ABI_PREREQ
#error "the installed uapi/evl headers are older than libevlclient's"
#endif

/**
 * struct evl_version - what evl_get_version() answers
 * @api_level:		__EVL__ of the library in use
 * @abi_level:		EVL_ABI_PREREQ of the library in use
 * @version_string:	for people to read; constant, do not free
 */
struct evl_version {
	int api_level;
	int abi_level;
	const char *version_string;
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * evl_init() - get in touch with the core
 *
 * Connects the process to evl-cused, binds the EVL files it has already
 * open, and locks its memory. Done once per process: later calls return what
 * the first one did. evl_attach_thread() calls it, so most programs need not.
 * A forked child starts anew, and may call it again. Once the daemon has gone
 * away, calls fail with ENODEV for the rest of the process's life.
 *
 * The daemon is looked for at $EVL_CUSED_SOCKET if that is set, otherwise
 * among the user's own (below $XDG_RUNTIME_DIR) and then system-wide
 * (/run/evl-cused). When there is none, or it does not take us, one line on
 * stderr says why, and what to do.
 *
 * Present and future memory is locked (mlockall(2)) if the process has
 * CAP_IPC_LOCK or no limit on locked memory. A process with a finite
 * RLIMIT_MEMLOCK goes on *without*: locking future memory under a small limit
 * would make a malloc() fail at some later point. Such a process may see page
 * faults in its real-time work; raise the limit to avoid them.
 *
 * Stage:  in-band.
 * Blocks: until the daemon answers, at most for ten seconds.
 * Source: user-api 3
 *
 * Return: 0, or
 *   -EACCES	no permission to use the daemon's socket
 *   -EAGAIN	too many threads, or the daemon serves too many clients
 *   -EDQUOT	this process, or its user, has its share of them
 *   -EMFILE	too many descriptors in this process
 *   -ENOEXEC	the daemon speaks another ABI
 *   -ENOMEM	not enough memory, or locking it failed
 *   -ENOSYS	no evl-cused is running
 *   -EPERM	another user listens on our socket, or locking memory was
 *		refused
 *   -EPROTO	what listens there does not speak our language
 *   -ETIMEDOUT	the daemon accepts connections but does not answer
 */
int evl_init(void);

/**
 * evl_get_version() - tell the version of the library in use
 *
 * Stage:  any; needs no evl_init().
 * Blocks: no.
 * Source: user-api 2.3
 *
 * Return: see struct evl_version.
 */
struct evl_version evl_get_version(void);

#ifdef __cplusplus
}
#endif

#endif /* _EVL_EVL_H */

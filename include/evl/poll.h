/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band polling: waiting for any of several EVL files to become ready.
 * The files are kept in a polling set, which is a file itself; close(2) ends
 * it.
 *
 * A wait first asks every file of the set, and returns at once if any is ready
 * (level-triggered). If none is it sleeps, and then returns what has happened
 * meanwhile (edge-triggered): another thread may have taken what there was to
 * read by then. Of several threads which wait for the same file, one is told
 * of each event, the one which began to wait last, unless evl-cused was started
 * with --poll-wake=all.
 *
 * A set keeps descriptor numbers. What they refer to is found out at each wait;
 * closing one does not take it out of the set. If one is closed, or replaced by
 * dup2(2), while a wait goes on, that wait reports POLLNVAL for it, even if the
 * file is open through another descriptor.
 */
#ifndef _EVL_POLL_H
#define _EVL_POLL_H

#include <poll.h>
#include <time.h>
#include <uapi/evl/poll.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * evl_new_poll() - create a polling set
 *
 * It is empty. Needs no attachment. With O_NONBLOCK on the descriptor, by
 * fcntl(2), waits on it do not sleep.
 *
 * Stage:  in-band.
 * Blocks: until the daemon answers.
 *
 * Return: its descriptor (close-on-exec), or
 *   -EACCES	no permission to use the daemon or its node
 *   -EMFILE	too many descriptors in this process
 *   -ENFILE	too many descriptors in the system
 *   -ENODEV	the daemon is gone
 *   -ENOEXEC	the daemon speaks another ABI
 *   -ENOMEM	not enough memory
 *   -ENOSYS	no evl-cused is running
 */
int evl_new_poll(void);

/**
 * evl_add_pollfd() - add a descriptor to a polling set
 * @efd:	the set
 * @newfd:	an EVL file: an element, another set, a file of a driver with
 *		oob operations
 * @events:	what to wait for, as for poll(2). POLLERR and POLLHUP are
 *		reported whether asked for or not
 * @pollval:	comes back with the events of @newfd, see evl_intval(),
 *		evl_ptrval(), evl_nil
 *
 * A wait under way does not notice. Two descriptors of one file are two
 * entries.
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: until the daemon answers; longer if it has to find memory.
 *
 * Return: 0, or
 *   -EBADF	@efd is not open, or @newfd is no EVL file
 *   -EDQUOT	the user has two thirds of what sets of all users may have
 *   -EEXIST	@newfd is in the set
 *   -EINTR	a signal came first
 *   -ELOOP	the set would contain itself, or @newfd is a set with
 *		something nested more than three levels deep in it
 *   -EMFILE	the daemon knows too many descriptors of this process
 *   -ENODEV	the daemon is gone
 *   -ENOMEM	the set has EVL_POLL_MAX_FDS descriptors, or the daemon no room
 *		for more
 *   -ENOTTY	@efd is no polling set
 *   -EPERM	the caller is not attached
 */
int evl_add_pollfd(int efd, int newfd, unsigned int events,
		   union evl_value pollval);

/**
 * evl_del_pollfd() - remove a descriptor from a polling set
 * @efd:	the set
 * @delfd:	the descriptor, which may be closed already
 *
 * A wait under way does not notice.
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: until the daemon answers.
 *
 * Return: 0, or
 *   -EBADF	@efd is not open
 *   -ENODEV	the daemon is gone
 *   -ENOENT	@delfd is not in the set
 *   -ENOTTY	@efd is no polling set
 *   -EPERM	the caller is not attached
 */
int evl_del_pollfd(int efd, int delfd);

/**
 * evl_mod_pollfd() - change what a descriptor is polled for
 * @efd:	the set
 * @modfd:	the descriptor
 * @events:	as for evl_add_pollfd(), instead of the former ones
 * @pollval:	likewise
 *
 * A wait under way does not notice.
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: until the daemon answers.
 *
 * Return: as evl_del_pollfd()
 */
int evl_mod_pollfd(int efd, int modfd, unsigned int events,
		   union evl_value pollval);

/**
 * evl_timedpoll() - wait until files of a polling set are ready, for a time
 * @efd:	the set
 * @pollset:	receives the descriptors which are, those added last first
 * @nrset:	room there
 * @timeout:	absolute date on CLOCK_MONOTONIC; { 0, 0 } waits without limit
 *
 * The events of each entry are those asked for which apply, plus POLLERR,
 * POLLHUP and POLLNVAL.
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: until a file is ready or @timeout, unless @efd has O_NONBLOCK.
 *
 * Return: the number of entries filled, 0 only if @nrset is, or
 *   -EAGAIN	nothing is ready and @efd has O_NONBLOCK
 *   -EBADF	@efd is not open; or a descriptor of the set is closed, or no
 *		longer an EVL file
 *   -EDQUOT	the user's threads wait for two thirds of what may be waited
 *		for in the daemon
 *   -EFAULT	@pollset or @timeout is not the caller's memory
 *   -EIDRM	@efd was closed while we slept
 *   -EINTR	a signal came first
 *   -EINVAL	the set is empty; @nrset is negative; @timeout has a second or
 *		more of nanoseconds
 *   -ENODEV	the daemon is gone
 *   -ENOMEM	too much is being waited for in the daemon
 *   -ENOTTY	@efd is no polling set
 *   -EPERM	the caller is not attached
 *   -ETIMEDOUT	@timeout passed first
 */
int evl_timedpoll(int efd, struct evl_poll_event *pollset, int nrset,
		  const struct timespec *timeout);

/**
 * evl_poll() - wait until files of a polling set are ready
 * @efd:	as for evl_timedpoll()
 * @pollset:	likewise
 * @nrset:	likewise
 *
 * Stage:  out-of-band; the caller must be attached to the core.
 * Blocks: until a file is ready, unless @efd has O_NONBLOCK.
 *
 * Return: as evl_timedpoll(), which it is without a limit
 */
int evl_poll(int efd, struct evl_poll_event *pollset, int nrset);

#ifdef __cplusplus
}
#endif

#endif /* _EVL_POLL_H */

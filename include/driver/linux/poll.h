/* SPDX-License-Identifier: MIT */
/* What a driver's poll handler needs: poll_wait() first, then the events.
 * Source: driver-api 2.3, 5.2 */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H

#include <linux/fs.h>
#include <linux/wait.h>
#include <poll.h>
#include <sys/epoll.h>

/* Made by the core for one call of a poll handler. */
struct poll_table_struct {
	void (*queue)(struct poll_table_struct *pt, wait_queue_head_t *wq);
};

typedef struct poll_table_struct poll_table;

/**
 * poll_wait() - name a queue which is woken when the file's events may change
 * @filp:	the file being polled
 * @wq:		the queue; it must live as long as @filp is open
 * @pt:		the second argument of the handler, NULL if nobody will sleep
 *
 * Does not wait. Call it before looking at the state, so that a change in
 * between is not missed.
 *
 * Stage:  in-band.
 * Blocks: no.
 */
static inline void poll_wait(struct file *filp, wait_queue_head_t *wq,
			     poll_table *pt)
{
	(void)filp;
	if (pt && pt->queue && wq)
		pt->queue(pt, wq);
}

/* Is nobody going to sleep on what this poll handler finds? */
static inline bool poll_does_not_wait(const poll_table *pt)
{
	return pt == NULL || pt->queue == NULL;
}

/* Out-of-band polling: poll_wait_oob() and kin. */
#include <evl/poll.h>

#endif /* _LINUX_POLL_H */

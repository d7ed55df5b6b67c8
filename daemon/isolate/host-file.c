/* SPDX-License-Identifier: MIT */
/*
 * Open files in the host, by the numbers which the daemon gives them; and how it
 * learns of their events.
 */
#include "core/file.h"
#include "isolate/host.h"
#include "kapi/task.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/hooks.h"

#include <linux/poll.h>

#define DEFAULT_EVENTS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

static struct host_file files[ISOLATE_FILES];

struct host_file *host_file(uint32_t index)
{
	return &files[index % ISOLATE_FILES];
}

static uint32_t index_of(const struct host_file *hf)
{
	return (uint32_t)(hf - files);
}

uint32_t host_file_ops(const struct file_operations *fops)
{
	return (fops->read ? ISOLATE_HAS_READ : 0) |
	       (fops->write ? ISOLATE_HAS_WRITE : 0) |
	       (fops->poll ? ISOLATE_HAS_POLL : 0) |
	       (fops->unlocked_ioctl ? ISOLATE_HAS_IOCTL : 0) |
	       (fops->compat_ioctl ? ISOLATE_HAS_COMPAT_IOCTL : 0) |
	       (fops->flush ? ISOLATE_HAS_FLUSH : 0) |
	       (fops->mmap ? ISOLATE_HAS_MMAP : 0) |
	       (fops->oob_read ? ISOLATE_HAS_OOB_READ : 0) |
	       (fops->oob_write ? ISOLATE_HAS_OOB_WRITE : 0) |
	       (fops->oob_ioctl ? ISOLATE_HAS_OOB_IOCTL : 0) |
	       (fops->compat_oob_ioctl ? ISOLATE_HAS_COMPAT_OOB_IOCTL : 0) |
	       (fops->oob_poll ? ISOLATE_HAS_OOB_POLL : 0);
}

bool host_file_get(struct host_file *hf)
{
	bool open;

	pi_lock(&hf->wq.lock);
	open = hf->of && !hf->closing && hf->of->filp.oob_data;
	/* The release waits for it from here on. */
	if (open)
		oob_file_ref(&hf->of->filp);
	pi_unlock(&hf->wq.lock);

	return open;
}

void host_file_put(struct host_file *hf)
{
	oob_file_put(&hf->of->filp);
}

/*
 * Events, in-band: one for each time that the daemon has asked, at most.
 */

static void notify(struct open_file *of, void *handle)
{
	uint32_t index = index_of(handle);

	/* seq_cst: pairs with remote_event(), which clears it, then has those
	 * who poll ask again. */
	if (atomic_exchange_explicit(&host_shared->inband_events[index], 1,
				     memory_order_seq_cst) == 0)
		host_say(host_lane(0), ISOLATE_EVENT, index);
}

static void drop(void *handle)
{
	(void)handle;
}

static const struct poll_host poll_host = { .notify = notify, .drop = drop };

/*
 * Out-of-band: as they are signaled, by whomever. The first worker tells.
 */

static void say_event(struct stage_item *item)
{
	struct host_file *hf = container_of(item, struct host_file, told);

	/* Release: we are done with the item, to told(). */
	atomic_store_explicit(&hf->posted, false, memory_order_release);
	host_say(host_lane(1), ISOLATE_EVENT, index_of(hf));
}

static void told(struct oob_poll_wait *wait, unsigned int events)
{
	struct host_file *hf =
		container_of(wait, struct host_watch, wait)->file;

	/* seq_cst: pairs with remote_event(): whoever finds none tells. */
	if (atomic_fetch_or_explicit(&host_shared->events[index_of(hf)], events,
				     memory_order_seq_cst))
		return;
	/* Acquire: pairs with say_event(). */
	if (!atomic_exchange_explicit(&hf->posted, true, memory_order_acquire))
		stage_post(host_lane(1)->stage, &hf->told);
}

static void enter_poll(struct host_file *hf)
{
	pi_lock(&hf->wq.lock);
	while (hf->polling)
		wait_queue_sleep_uninterruptible(&hf->wq, DEADLINE_NONE);
	hf->polling = true;
	pi_unlock(&hf->wq.lock);
}

static void leave_poll(struct host_file *hf)
{
	pi_lock(&hf->wq.lock);
	hf->latest ^= 1;
	hf->watching = true;
	hf->polling = false;
	wait_queue_flush_locked(&hf->wq, 0);
	pi_unlock(&hf->wq.lock);
}

/* The heads are named anew before the former watch ends: others count on it. */
long host_file_poll(struct host_file *hf)
{
	struct file *filp = &hf->of->filp;
	struct host_watch *next, *last;
	bool watching;
	__poll_t events;

	if (filp->f_op->oob_poll == NULL)
		return DEFAULT_EVENTS;

	enter_poll(hf);
	last = &hf->watches[hf->latest];
	next = &hf->watches[hf->latest ^ 1];
	watching = hf->watching;
	next->file = hf;
	poll_wait_begin_told(&next->wait, told);
	events = filp->f_op->oob_poll(filp, &next->wait);
	if (watching)
		poll_wait_end(&last->wait, true);
	leave_poll(hf);

	return (long)events;
}

/* On the release's fiber, before the driver's handler does away with heads. */
static void stop_watching(struct open_file *of)
{
	struct host_file *hf = of->front_data;
	bool watching;

	if (hf == NULL)
		return;

	pi_lock(&hf->wq.lock);
	hf->closing = true;
	while (hf->polling)
		wait_queue_sleep_uninterruptible(&hf->wq, DEADLINE_NONE);
	watching = hf->watching;
	hf->watching = false;
	pi_unlock(&hf->wq.lock);
	if (watching)
		poll_wait_end(&hf->watches[hf->latest].wait, true);
}

struct host_file *host_file_open(uint32_t index, struct open_file *of)
{
	struct host_file *hf = host_file(index);

	/* Nobody asks for it yet. Those which are never used cost nothing. */
	if (hf->told.func == NULL)
		wait_queue_init(&hf->wq, WAIT_FIFO);
	hf->told.func = say_event;
	pi_lock(&hf->wq.lock);
	hf->of = of;
	hf->closing = false;
	pi_unlock(&hf->wq.lock);

	return hf;
}

void host_file_close(uint32_t index)
{
	struct host_file *hf = host_file(index);

	pi_lock(&hf->wq.lock);
	hf->of = NULL;
	pi_unlock(&hf->wq.lock);
}

void host_files_start(void)
{
	open_file_set_poll_host(&poll_host);
	vfs_set_release_hook(stop_watching);
}

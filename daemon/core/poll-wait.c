/* SPDX-License-Identifier: MIT */
/*
 * A wait on a polling set: a watchpoint for each of its items, all of them
 * asked once what they are ready for, and if that is nothing, sleep until one
 * is signaled. Drivers are not asked again then: what was signaled meanwhile is
 * what is reported.
 */
#include "core/poll-set.h"

#include "core/file.h"
#include "core/watchpoint.h"
#include "stage/clock.h"
#include "stage/stage.h"

#include <errno.h>
#include <evl/uaccess.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#define SLICE_ITEMS    64u /* done before others have their turn */
#define REPORT_ENTRIES 32u /* copied to the caller at a time */

/* One wait, on its fiber's stack. */
struct poll_call {
	struct poll_set *set;
	struct poll_waiter waiter;
	struct list_head watchpoints; /* in the order of the report */
	unsigned int nr_watchpoints;
};

struct report {
	u64 u_entries; /* the caller's array, the part not filled yet */
	int room, count;
	unsigned int nr_held; /* in @held */
	bool bad;	      /* it is not the caller's to write to */
	struct evl_poll_event held[REPORT_ENTRIES];
};

static void flush_report(struct report *report)
{
	size_t size = report->nr_held * sizeof(report->held[0]);

	if (size && !report->bad &&
	    raw_copy_to_user_ptr64(report->u_entries, report->held, size))
		report->bad = true;
	report->u_entries += size;
	report->nr_held = 0;
}

static void add_to_report(struct report *report, const struct watchpoint *wpt,
			  unsigned int events)
{
	report->held[report->nr_held++] = (struct evl_poll_event){
		.fd = wpt->fd,
		.events = events,
		.pollval = wpt->pollval,
	};
	report->count++;
	if (report->nr_held == REPORT_ENTRIES)
		flush_report(report);
}

/* Called after each item: a large set is not everybody's problem. */
static void give_way(unsigned int nr_done)
{
	if (nr_done % SLICE_ITEMS == 0)
		fiber_yield();
}

static int fetch_deadline(u64 u_timeout, uint64_t *r_deadline)
{
	struct __evl_timespec ts;
	ktime_t date;

	if (raw_copy_from_user_ptr64(&ts, u_timeout, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;

	date = ts.tv_sec < 0 ? 0 : ktime_set(ts.tv_sec, (u32)ts.tv_nsec);
	if (date == KTIME_MAX || (ts.tv_sec == 0 && ts.tv_nsec == 0))
		*r_deadline = DEADLINE_NONE;
	else
		*r_deadline = (uint64_t)date;

	return 0;
}

/* True if there are watchpoints enough. Locked. */
static bool copy_items(struct poll_call *call)
{
	struct watchpoint *wpt;
	struct poll_item *item;

	if (call->set->nr_items > call->nr_watchpoints)
		return false;

	wpt = list_first_entry(&call->watchpoints, struct watchpoint, link);
	list_for_each_entry(item, &call->set->items, link) {
		watchpoint_prepare(wpt, item->fd, item->events, item->pollval);
		wpt = list_next_entry(wpt, link);
	}

	return true;
}

/* 0: @call has what it needs, and is one of the set's waiters. 1: it needs
 * watchpoints for *@r_count items. -errno. */
static int try_to_enter(struct poll_call *call, unsigned int *r_count)
{
	struct poll_set *set = call->set;
	int ret = 1;

	pi_lock(&set->lock);
	*r_count = set->nr_items;
	if (set->closing) {
		ret = -EIDRM;
	} else if (set->nr_items == 0) {
		ret = -EINVAL;
	} else if (copy_items(call)) {
		list_add(&call->waiter.link, &set->waiters);
		ret = 0;
	}
	pi_unlock(&set->lock);

	return ret;
}

/* Give back the last @count. */
static void give_watchpoints(struct poll_call *call, unsigned int count)
{
	LIST_HEAD(list);

	for (unsigned int i = 0; i < count; i++)
		list_move(call->watchpoints.prev, &list);
	call->nr_watchpoints -= count;
	if (count)
		watchpoints_give(count, &list);
}

static int enter(struct poll_call *call, struct poll_set *set)
{
	unsigned int count;
	int ret;

	call->set = set;
	call->nr_watchpoints = 0;
	INIT_LIST_HEAD(&call->watchpoints);
	poll_waiter_init(&call->waiter);

	while ((ret = try_to_enter(call, &count)) > 0) {
		ret = watchpoints_take(count - call->nr_watchpoints,
				       &call->watchpoints);
		if (ret)
			break;
		call->nr_watchpoints = count;
	}

	/* There were more items when we counted them. */
	give_watchpoints(call, call->nr_watchpoints - (ret ? 0 : count));

	return ret;
}

static void leave(struct poll_call *call)
{
	pi_lock(&call->set->lock);
	list_del(&call->waiter.link);
	pi_unlock(&call->set->lock);
	give_watchpoints(call, call->nr_watchpoints);
}

static int attach(struct poll_call *call)
{
	struct files_struct *files = current->files;
	struct watchpoint *wpt;
	unsigned int nr_done = 0;
	int ret;

	list_for_each_entry(wpt, &call->watchpoints, link) {
		ret = watchpoint_attach(wpt, files, &call->waiter);
		if (ret)
			return ret;
		give_way(++nr_done);
	}

	return 0;
}

/* Until @room are ready. Returns how many are. */
static int ask_drivers(struct poll_call *call, int room)
{
	struct watchpoint *wpt;
	unsigned int nr_done = 0;
	int count = 0;

	list_for_each_entry(wpt, &call->watchpoints, link) {
		if (watchpoint_poll(wpt) && ++count == room)
			break;
		give_way(++nr_done);
	}

	return count;
}

static void detach(struct poll_call *call, bool useful, struct report *report)
{
	struct watchpoint *wpt;
	unsigned int events, nr_done = 0;
	bool keep;

	list_for_each_entry(wpt, &call->watchpoints, link) {
		keep = useful && report->count < report->room;
		events = watchpoint_detach(wpt, keep);
		if (keep && events)
			add_to_report(report, wpt, events);
		give_way(++nr_done);
	}
	flush_report(report);
}

static int find_files(struct poll_call *call)
{
	struct watchpoint *wpt;
	struct file *filp;
	unsigned int nr_done = 0;
	int ret;

	list_for_each_entry(wpt, &call->watchpoints, link) {
		ret = oob_file_find(wpt->fd, &filp);
		if (ret)
			return ret;
		oob_file_put(filp);
		watchpoint_renew(wpt);
		give_way(++nr_done);
	}

	return 0;
}

/* Some descriptor is not known. It may have been closed, and come back, where
 * the library could not see it: have it bound, with no reference on the others
 * meanwhile. */
static int attach_again(struct poll_call *call, struct report *report)
{
	int ret;

	detach(call, false, report);
	ret = find_files(call);
	/* What was signaled so far is no news. */
	if (ret == 0)
		ret = poll_waiter_restart(&call->waiter);

	return ret ? ret : attach(call);
}

static int sleep_until_signaled(struct poll_call *call, bool nonblock,
				uint64_t deadline)
{
	int ret;

	if (nonblock)
		return -EAGAIN;

	ret = poll_waiter_sleep(&call->waiter, deadline);

	/* Signaled in time, but there may be nobody left to read the report:
	 * let others have the events. */
	return fiber_current()->broken ? -EINTR : ret;
}

static int wait_for_events(struct poll_call *call, bool nonblock,
			   uint64_t deadline, struct report *report)
{
	bool useful;
	int ret;

	ret = attach(call);
	if (ret == -EBADF)
		ret = attach_again(call, report);
	if (ret == 0 && ask_drivers(call, report->room) == 0)
		ret = sleep_until_signaled(call, nonblock, deadline);

	/* What came at the last moment came. */
	useful = ret == 0 || ret == -ETIMEDOUT || ret == -EAGAIN;
	detach(call, useful, report);
	if (report->bad)
		return -EFAULT;

	return report->count ? 0 : ret;
}

long poll_set_wait(struct poll_set *set, bool nonblock,
		   struct evl_poll_waitreq __user *u_req)
{
	struct evl_poll_waitreq req;
	struct report report;
	struct poll_call call;
	uint64_t deadline;
	int ret;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	ret = fetch_deadline(req.timeout_ptr, &deadline);
	if (ret)
		return ret;
	if (req.nrset < 0 || req.reserved)
		return -EINVAL;
	if (req.nrset == 0)
		return 0;

	ret = enter(&call, set);
	if (ret)
		return ret;

	report.u_entries = req.pollset_ptr;
	report.room = req.nrset;
	report.count = 0;
	report.nr_held = 0;
	report.bad = false;
	ret = wait_for_events(&call, nonblock, deadline, &report);
	leave(&call);
	if (ret)
		return ret;

	return put_user(report.count, &u_req->nrset) ? -EFAULT : 0;
}

/* SPDX-License-Identifier: MIT */
#include "stage/oob-await.h"

#include "stage/clock.h"
#include "stage/lead.h"
#include "stage/oob-worker.h"
#include "stage/own-call.h"

#include <errno.h>
#include <poll.h>

/* *@timeout may be changed. Not in own-call.h: others have a poll.h. */
static int own_ppoll(struct pollfd *pfd, struct timespec *timeout)
{
	if (!OWN_CALLS_MARKED)
		return ppoll(pfd, 1, timeout, NULL);

	return (int)own_call(SYS_ppoll, (long)(uintptr_t)pfd, 1,
			     (long)(uintptr_t)timeout, 0, 0);
}

/*
 * Wait for events for @left ns. epoll_wait() counts milliseconds, so where there
 * is no epoll_pwait2() (Linux 5.11) ppoll() does it: it returns 1 us later, as it
 * looks at everything once more.
 */
static int await_events(int epoll_fd, struct epoll_event *events, int room,
			uint64_t left)
{
	static _Atomic(bool) lacks_pwait2;
	struct pollfd pfd = { .fd = epoll_fd, .events = POLLIN };
	struct timespec timeout = {
		.tv_sec = (time_t)(left / NS_PER_SEC),
		.tv_nsec = (long)(left % NS_PER_SEC),
	};
	int count;

	/* Relaxed, both: whoever does not see it finds out again. */
	if (!atomic_load_explicit(&lacks_pwait2, memory_order_relaxed)) {
		count = own_epoll_pwait2(epoll_fd, events, room, &timeout);
		if (count >= 0 || errno != ENOSYS)
			return count;
		atomic_store_explicit(&lacks_pwait2, true,
				      memory_order_relaxed);
	}

	count = own_ppoll(&pfd, &timeout);

	return count > 0 ? own_epoll_wait(epoll_fd, events, room, 0) : count;
}

int oob_await(struct oob_worker *worker, uint64_t date,
	      struct epoll_event *events, int room)
{
	uint64_t asked = date > worker->lead_ns ? date - worker->lead_ns : 0;
	uint64_t now = clock_ns();
	int count;

	count = await_events(worker->epoll_fd, events, room,
			     asked > now ? asked - now : 0);
	if (count == 0 && asked > now && worker->leads)
		worker->lead_ns =
			lead_after(worker->lead_ns, clock_ns() - asked);

	return count;
}

bool oob_is_imminent(const struct oob_worker *worker, uint64_t date)
{
	return worker->lead_ns && date != UINT64_MAX &&
	       clock_ns() + worker->lead_ns >= date;
}

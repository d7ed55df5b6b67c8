/* SPDX-License-Identifier: MIT */
#include "watch/sighting.h"

#include "kapi/image.h"
#include "kapi/tally.h"
#include "kapi/task.h"
#include "stage/stage.h"
#include "watch/watch.h"
#include "watch/watched.h"

#include <errno.h>
#include <features.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Unwinding in a signal handler asks the dynamic linker which object an address
 * is in. Until glibc 2.35 that took a lock, which who was broken into may have.
 */
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
#define CAN_UNWIND 1
#include <execinfo.h>
#endif
#endif
#ifndef CAN_UNWIND
#define CAN_UNWIND		0
#define backtrace(frames, size) 0
#endif

#define OWN_FRAMES 4 /* of the handler, and of what calls it */
#define FEW_FRAMES 3

/* Nobody else sends it. */
static int sighting_signal(void)
{
	return SIGRTMIN;
}

/* The frames of what was broken into: its own first, then who called it. */
static void unwind(struct sight *sight, uintptr_t pc)
{
	void *frames[SIGHTING_FRAMES + OWN_FRAMES];
	int count = backtrace(frames, SIGHTING_FRAMES + OWN_FRAMES), i = 0;

	sight->frames[0] = pc;
	sight->nr_frames = pc ? 1 : 0;
	while (i < count && (uintptr_t)frames[i] != pc)
		i++;
	/* ThreadSanitizer calls us later, from where it pleases. */
	if (i >= count)
		i = 0;
	for (i++; i < count && sight->nr_frames < SIGHTING_FRAMES; i++)
		sight->frames[sight->nr_frames++] = (uintptr_t)frames[i];
}

static void name_caller(struct sight *sight, const struct fiber *fiber)
{
	const struct task_struct *task = fiber ? fiber->task : NULL;

	if (task == NULL)
		return;
	sight->tid = task->pid;
	memcpy(sight->comm, task->comm, sizeof(sight->comm));
}

static void tell(struct watched *w, const void *uc)
{
	const struct stage *stage = w->stage;
	struct sight *sight = &w->sighting.sight;

	*sight = (struct sight){ .turn = stage->turn };
	if (stage->turn == w->sighting.turn) {
		guard_describe(stage, &sight->call);
		name_caller(sight, stage->running);
		unwind(sight, guard_pc(uc));
	}

	/* Release: all that, to sighting_take(). */
	atomic_store_explicit(&w->sighting.state, SIGHTING_MADE,
			      memory_order_release);
	watch_wake();
}

static void on_signal(int sig, siginfo_t *info, void *uc)
{
	struct watched *w = watched_of(stage_self);
	int saved_errno = errno;

	(void)sig, (void)info;
	/* Acquire: pairs with sighting_ask(). */
	if (w && atomic_load_explicit(&w->sighting.state,
				      memory_order_acquire) == SIGHTING_ASKED)
		tell(w, uc);
	errno = saved_errno;
}

void sighting_start(void)
{
	struct sigaction action = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};
	void *frame;

	/* The first time it loads a library. */
	(void)backtrace(&frame, 1);
	sigemptyset(&action.sa_mask);
	sigaction(sighting_signal(), &action, NULL);
}

void sighting_stop(void)
{
	signal(sighting_signal(), SIG_IGN);
}

void sighting_ask(struct watched *w, uint32_t turn)
{
	w->sighting.turn = turn;
	/* Release: the turn, to on_signal(). */
	atomic_store_explicit(&w->sighting.state, SIGHTING_ASKED,
			      memory_order_release);
	syscall(SYS_tgkill, getpid(), w->tid, sighting_signal());
}

bool sighting_take(struct watched *w, struct sight *r_sight)
{
	/* Acquire: pairs with tell(). */
	if (atomic_load_explicit(&w->sighting.state, memory_order_acquire) !=
	    SIGHTING_MADE)
		return false;

	*r_sight = w->sighting.sight;

	return true;
}

void sighting_drop(struct watched *w)
{
	/* Relaxed: one which is being made meanwhile is not looked at. */
	atomic_store_explicit(&w->sighting.state, SIGHTING_NONE,
			      memory_order_relaxed);
}

void sighting_note_call(struct watched *w, const struct guard_call *call,
			const char *name)
{
	struct sight *sight = &w->sighting.last_call;

	*sight = (struct sight){
		.turn = w->stage->turn,
		.call = *call,
		.syscall = name,
	};
	name_caller(sight, w->stage->running);
}

bool sighting_last_call(const struct watched *w, uint32_t turn,
			struct sight *r_sight)
{
	if (w->sighting.last_call.syscall == NULL ||
	    w->sighting.last_call.turn != turn)
		return false;

	*r_sight = w->sighting.last_call;

	return true;
}

/* How many of the frames lead to the driver, whose is the last of them; if none
 * is, the first few say something. */
static unsigned int nr_telling(const struct sight *sight)
{
	const struct image *image = tally_of(sight->call.driver)->image;
	unsigned int i = sight->nr_frames;

	while (i > 0 && image_at(sight->frames[i - 1]) != image)
		i--;
	if (image && i > 0)
		return i;

	return sight->nr_frames < FEW_FRAMES ? sight->nr_frames : FEW_FRAMES;
}

void sight_format_place(const struct sight *sight, char *text, size_t size)
{
	unsigned int nr = nr_telling(sight);
	char place[160];
	size_t len = 0;

	text[0] = '\0';
	if (sight->syscall)
		len = (size_t)snprintf(text, size, "the system call %s",
				       sight->syscall);
	for (unsigned int i = 0; i < nr && len < size; i++) {
		image_describe(place, sizeof(place), sight->frames[i], i > 0);
		len += (size_t)snprintf(text + len, size - len, "%s%s",
					i ? ", called by " : "", place);
	}
}

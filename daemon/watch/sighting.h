/* SPDX-License-Identifier: MIT */
/*
 * What a worker runs, and where it is in that: it tells so itself, from the
 * handler of a signal that is sent to it. Nobody else could look while it goes
 * on. The signal ends a sleep in the kernel: of one which began under our eyes,
 * by a system call that was let pass, we know without.
 */
#pragma once

#include "kapi/guard.h"

#include <linux/sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SIGHTING_FRAMES 8

enum sighting_state {
	SIGHTING_NONE,
	SIGHTING_ASKED, /* the signal handler may write */
	SIGHTING_MADE,	/* the watching thread may read */
};

/* What was seen in one turn of a stage. */
struct sight {
	uint32_t turn;
	struct guard_call call; /* ->op NULL: nothing */
	pid_t tid;		/* of whom the request came from; 0: nobody */
	char comm[TASK_COMM_LEN];
	const char *syscall;		   /* which it is in; NULL: unknown */
	uintptr_t frames[SIGHTING_FRAMES]; /* where it is, who called that */
	unsigned int nr_frames;
};

struct sighting {
	_Atomic(uint32_t) state; /* enum sighting_state */
	uint32_t turn;		 /* of the stage, when asked */
	struct sight sight;	 /* the handler's answer */
	struct sight last_call;	 /* the watching thread's */
};

/* From now on, whole process. */
void sighting_start(void);
void sighting_stop(void);

struct watched;

/* Ask @w, which was in @turn. The watching thread is woken when it has told. */
void sighting_ask(struct watched *w, uint32_t turn);
/* True: it has; what, in *@r_sight. */
bool sighting_take(struct watched *w, struct sight *r_sight);
/* No answer is wanted any more. */
void sighting_drop(struct watched *w);

/* @w, which is held in it, makes the system call @name. */
void sighting_note_call(struct watched *w, const struct guard_call *call,
			const char *name);
/* True: @w has made one in @turn, the last is in *@r_sight. */
bool sighting_last_call(const struct watched *w, uint32_t turn,
			struct sight *r_sight);

/* "foo.so+0x12, called by bar.so+0x34 ..." */
void sight_format_place(const struct sight *sight, char *text, size_t size);

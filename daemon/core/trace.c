/* SPDX-License-Identifier: MIT */
/*
 * The trace points of <trace/events/evl.h>. Whoever passes one puts a note in a
 * ring, without a system call or a lock; in-band prints them when it has a
 * moment. Without --verbose a trace point costs one load.
 */
#include "core/trace.h"

#include "base/log.h"
#include "kapi/export.h"
#include "stage/clock.h"
#include "stage/inband.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <trace/events/evl.h>

#define NOTES	    1024 /* a power of two */
#define FLUSH_NS    (50 * UINT64_C(1000000))
#define NOTE_LENGTH 32

/*
 * @turn tells who may touch it: 2n when writer number n of this place may fill
 * it, 2n + 1 when it is full.
 */
struct trace_note {
	_Atomic(uint32_t) turn;
	bool has_text;
	const char *event; /* a literal of ours */
	const char *stage; /* borrowed: no stage ends before trace_stop() */
	uint64_t when;
	long number;
	char text[NOTE_LENGTH];
};

static struct trace_note notes[NOTES];
static _Atomic(uint32_t) head; /* next note to fill */
static uint32_t tail;	       /* next note to print, in-band */
static _Atomic(uint32_t) nr_lost;
static _Atomic(bool) started;
static struct stage_timer flush_timer;

/* A note to be filled, NULL: the ring is full, or nobody wants to know. */
static struct trace_note *take_note(void)
{
	struct trace_note *note;
	uint32_t place, turn;

	/* Relaxed: a note more or less. */
	if (!atomic_load_explicit(&started, memory_order_relaxed))
		return NULL;

	place = atomic_load_explicit(&head, memory_order_relaxed);
	do {
		note = &notes[place % NOTES];
		/* Acquire: pairs with trace_flush() giving the place back. */
		turn = atomic_load_explicit(&note->turn, memory_order_acquire);
		if (turn != place / NOTES * 2) {
			/* Relaxed: a mere count. */
			atomic_fetch_add_explicit(&nr_lost, 1,
						  memory_order_relaxed);
			return NULL;
		}
		/* Relaxed: @turn alone hands notes over. */
	} while (!atomic_compare_exchange_weak_explicit(
		&head, &place, place + 1, memory_order_relaxed,
		memory_order_relaxed));

	return note;
}

static void write_note(const char *event, const char *text, long number)
{
	struct trace_note *note = take_note();

	if (note == NULL)
		return;

	note->event = event;
	note->stage = stage_self ? stage_self->name : "?";
	note->when = clock_ns();
	note->number = number;
	note->has_text = text != NULL;
	if (text) {
		strncpy(note->text, text, NOTE_LENGTH - 1);
		note->text[NOTE_LENGTH - 1] = '\0';
	}
	/* Release: the note, to trace_flush(). Relaxed: it is ours. */
	atomic_store_explicit(
		&note->turn,
		atomic_load_explicit(&note->turn, memory_order_relaxed) + 1,
		memory_order_release);
}

static void print_note(const struct trace_note *note)
{
	uint64_t sec = note->when / NS_PER_SEC;
	uint64_t usec = note->when % NS_PER_SEC / NS_PER_US;

	if (note->has_text)
		log_debug("trace %" PRIu64 ".%06" PRIu64 " %s: %s: %s", sec,
			  usec, note->stage, note->event, note->text);
	else
		log_debug("trace %" PRIu64 ".%06" PRIu64 " %s: %s: %ld", sec,
			  usec, note->stage, note->event, note->number);
}

void trace_flush(void)
{
	uint32_t lost;

	for (;;) {
		struct trace_note *note = &notes[tail % NOTES];
		uint32_t full = tail / NOTES * 2 + 1;

		/* Acquire: pairs with write_note(). */
		if (atomic_load_explicit(&note->turn, memory_order_acquire) !=
		    full)
			break;
		print_note(note);
		/* Release: we are done with it, to take_note(). */
		atomic_store_explicit(&note->turn, full + 1,
				      memory_order_release);
		tail++;
	}

	/* Relaxed: a mere count. */
	lost = atomic_exchange_explicit(&nr_lost, 0, memory_order_relaxed);
	if (lost)
		log_debug("trace: %u notes were lost", lost);
}

static void flush_again(struct stage_timer *timer)
{
	trace_flush();
	timer_arm(&inband_stage.timers, timer, clock_ns() + FLUSH_NS);
}

void trace_start(void)
{
	/* Relaxed: a note more or less. */
	atomic_store_explicit(&started, true, memory_order_relaxed);
	flush_timer.fire = flush_again;
	timer_arm(&inband_stage.timers, &flush_timer, clock_ns() + FLUSH_NS);
}

void trace_stop(void)
{
	/* Relaxed: as above. */
	if (!atomic_exchange_explicit(&started, false, memory_order_relaxed))
		return;
	timer_disarm(&inband_stage.timers, &flush_timer);
	trace_flush();
}

EXPORT void trace_evl_trigger(const char *name)
{
	write_note("trigger", name, 0);
}

EXPORT void trace_evl_trace(const char *msg)
{
	write_note("trace", msg, 0);
}

EXPORT void trace_evl_latspot(int latency_ns)
{
	write_note("latspot", NULL, latency_ns);
}

EXPORT void trace_evl_fpu_corrupt(unsigned int fp_val)
{
	write_note("fpu_corrupt", NULL, (long)fp_val);
}

/* SPDX-License-Identifier: MIT */
/*
 * A *runner* is what a file of /dev/latmus was set up for: somebody, its
 * *context*, is to run at every date of a period, and tells when it did. A *run*
 * is a series of such samples: one of a measurement, which ends when the
 * request does, or one of the steps of a tuning, which ends after so many.
 */
#ifndef _LATMUS_RUNNER_H
#define _LATMUS_RUNNER_H

#include <evl/clock.h>
#include <evl/flag.h>
#include <evl/lock.h>
#include <evl/thread.h>
#include <evl/timer.h>
#include <evl/xbuf.h>
#include <linux/irq_work.h>

#include <uapi/evl/devices/latmus.h>

/* The samples of a run, or of a part of one. Latencies in ns. */
struct tally {
	s64 sum;
	s32 min, max;
	u32 nr_samples, nr_overruns;
};

struct runner {
	u32 type;   /* EVL_LAT_* */
	bool tunes; /* if not, it measures */
	u32 verbosity;
	ktime_t period;
	struct evl_flag done; /* the run has all its samples, or ->status */
	/* Contexts: */
	struct evl_timer timer;	    /* all but the kernel thread */
	struct evl_kthread kthread; /* that alone has one */
	struct evl_flag begin;	    /* for it */
	struct evl_flag pulse;	    /* for the application */
	struct irq_work irq_work;   /* in-band */
	/* A measurement's: */
	int xfd;
	u32 nr_cells;
	s32 *histogram; /* owned; NULL: none is wanted */
	/* Protects what follows, but for ->xbuf while nothing runs. */
	evl_spinlock_t lock;
	unsigned int run;      /* which one; goes up with each */
	bool running;	       /* samples are taken */
	int status;	       /* why it ended, if not with its last sample */
	ktime_t begun;	       /* whatever is of a date before that is stale */
	ktime_t next;	       /* date of the next shot */
	ktime_t shot;	       /* of the last one which nobody has answered */
	u32 nr_shots;	       /* how many there were since the last answer */
	ktime_t woken_for;     /* date the application's thread was woken for */
	u32 nr_missed;	       /* before that */
	u32 nr_to_skip;	       /* samples which do not count, at first */
	u32 nr_wanted;	       /* in @tally */
	struct evl_xbuf *xbuf; /* borrowed from who runs; NULL: none */
	struct tally tally;
};

/* latmus-sample.c */

/* Begin a run, the first date of which is @runner->next. */
void run_begin(struct runner *runner, u32 nr_to_skip, u32 nr_wanted);
/* Run @run takes no more samples; who waits for ->done has @status. */
void run_end(struct runner *runner, unsigned int run, int status);
/* A shot comes for the date which is due, @next follows. */
void run_shoot(struct runner *runner, ktime_t next);
/* Answer the last shot, of *r_date; *r_missed others were not. False: there was
 * none. */
bool run_answer(struct runner *runner, ktime_t *r_date, u32 *r_missed);
/* For who knows the dates by itself: that of the first one, and the run. */
ktime_t run_join(struct runner *runner, unsigned int *r_run);
/* Somebody who was to run at @date, in run @run, did at @when. False: no more
 * is wanted. */
bool run_sample(struct runner *runner, unsigned int run, ktime_t date,
		ktime_t when, u32 nr_missed);
void tally_reset(struct tally *tally);
void tally_report(const struct tally *tally, struct latmus_measurement *report);

/* latmus-context.c */

/* From ->ioctl, in-band. 0 or -errno. */
int context_init(struct runner *runner, const struct latmus_setup *setup);
/* For release, in-band. Its requests have left. */
void context_exit(struct runner *runner);
/* Begin to run, one period from now. */
void context_start(struct runner *runner, u32 nr_to_skip, u32 nr_wanted);
void context_stop(struct runner *runner);
/* An application which ran at @when, 0: not yet, waits for the next date. */
int context_pulse(struct runner *runner, ktime_t when);
/* The member of the clock's gravity which counts for it. */
ktime_t *context_gravity(const struct runner *runner,
			 struct evl_clock_gravity *gravity);

/* latmus-tune.c */

/* A whole tuning: sets the clock's gravity, which comes back in *r_gravity. */
int runner_tune(struct runner *runner, s32 *r_gravity);

#endif /* _LATMUS_RUNNER_H */

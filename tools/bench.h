/* SPDX-License-Identifier: MIT */
/*
 * evl-bench: round trips, measured one way or another. A *measure* is one way:
 * a partner is got ready once, then rounds of all measures take turns, so that
 * what disturbs the machine disturbs all of them alike.
 *
 * The main thread is the client of every measure. It is pinned, and SCHED_FIFO
 * where allowed; partners of ours (bench-peer) have the daemon's worker's CPU.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define BENCH_FIFO_PRIORITY 80 /* below the worker's */

/* Exit statuses. 1 to 3 are those of all tools. */
enum bench_exit {
	BENCH_EXIT_NO_DRIVER = 4,
	BENCH_EXIT_SIGNAL = 128, /* and the signal's number on top */
};

/* What the command line says. */
struct bench_options {
	unsigned int nr_samples; /* of each measure */
	bool json;
	bool floor_only;    /* floor_spin, without any daemon */
	bool start;	    /* a daemon of our own */
	const char *node;   /* of the loopback driver; NULL: the usual */
	const char *daemon; /* what to start; NULL: look for it */
	const char *driver; /* what it loads; NULL: look for it */
	char **daemon_args; /* NULL-terminated; owned */
};

/* Where the two ends are. */
struct bench_place {
	int client_cpu;
	int worker_cpu;	    /* -1: there is only one CPU */
	bool worker_pinned; /* false: @worker_cpu is a guess */
	bool fifo;
};

struct stats {
	uint32_t p50, p99, p999, max; /* ns */
};

struct measure {
	const char *name;
	/* 0 or -errno. The partner need not be in its place yet. */
	int (*setup)(struct measure *measure);
	/* @nr round trips, how long each took to @samples. 0 or -errno. */
	int (*run)(struct measure *measure, uint32_t *samples, unsigned int nr);
	/* Undo setup(), also one that failed or was never called. */
	void (*cleanup)(struct measure *measure);
	pid_t peer;	   /* 0: the daemon */
	bool spins;	   /* both ends: needs two CPUs */
	uint32_t *samples; /* owned */
	unsigned int nr_samples;
	struct stats stats; /* valid if @nr_samples */
};

enum measure_index {
	FLOOR_SPIN,
	FLOOR_FUTEX,
	PIPE,
	SEQPACKET,
	INBAND_IOCTL,
	OOB_IOCTL,
	OOB_READ_64,
	OOB_WRITE_64,
	NR_MEASURES,
};

struct bench {
	struct bench_options options;
	struct bench_place place;
	struct measure measures[NR_MEASURES];
	unsigned int nr_rounds;
	uint32_t clock_ns;  /* taken off each sample */
	bool worker_sleeps; /* it was woken for most requests */
	const char *front;  /* "cuse", "fuse"; NULL without a daemon */
	char version[32];   /* the daemon's */
	unsigned int daemon_pid;
};

/* The signal that wants us to stop, 0 for none. */
extern volatile sig_atomic_t bench_signal;

static inline uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* bench-stats.c */

/* Time @nr calls of @op. 0, or what @op failed with. */
int time_each(int (*op)(void *arg), void *arg, uint32_t *samples,
	      unsigned int nr);
/* What time_each() adds to each sample. */
uint32_t clock_cost(void);
/* Sorts @samples, after taking @cost off each. */
void stats_of(struct stats *stats, uint32_t *samples, unsigned int nr,
	      uint32_t cost);

/* bench-place.c */

/* Pin ourselves out of the worker's way. @worker_cpus as the daemon tells;
 * NULL without one. */
void place_client(struct bench_place *place, const uint64_t *worker_cpus,
		  size_t nr_words);
/* SCHED_FIFO, if we may. */
void place_raise(struct bench_place *place);
/* The same for a partner, on the worker's CPU. */
int place_peer(const struct bench_place *place, pid_t pid);

/* bench-floor.c, bench-pair.c, bench-channel.c: the measures */
extern const struct measure measure_floor_spin, measure_floor_futex;
extern const struct measure measure_pipe, measure_seqpacket;
extern const struct measure measure_inband_ioctl, measure_oob_ioctl;
extern const struct measure measure_oob_read_64, measure_oob_write_64;

/* Fork a partner: @serve does not return. 0 or -errno. */
int peer_start(pid_t *r_pid, void (*serve)(void *arg), void *arg);
void peer_stop(pid_t *pid);

/* Attach ourselves and open the loopback node, before the last four. An exit
 * status; what is wrong was said. */
int channel_open(const char *node);
void channel_close(void);

/* bench-daemon.c */

/* Start a daemon of our own, reached through the environment. 0 or an exit
 * status; what is wrong was said. */
int daemon_start(const struct bench_options *options);
void daemon_stop(void);

/* bench-report.c */
void report_table(const struct bench *bench);
void report_json(const struct bench *bench);

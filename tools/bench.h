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

#define BENCH_FIFO_PRIORITY 80 /* below the worker's usual one */
#define BENCH_CYCLES	    4

/* Exit statuses. 1 to 3 are those of all tools. */
enum bench_exit {
	BENCH_EXIT_NO_DRIVER = 4,
	BENCH_EXIT_SIGNAL = 128, /* and the signal's number on top */
};

/* What the command line says. */
struct bench_options {
	unsigned int nr_samples; /* of each measure */
	unsigned int count;	 /* of what is many; 0: the usual */
	bool json;
	bool floor_only;	  /* floor_spin, without any daemon */
	bool start;		  /* a daemon of our own */
	const char *device;	  /* the driver's, and its node's name */
	const char *node;	  /* of that; NULL: the usual */
	const char *daemon;	  /* what to start; NULL: look for it */
	const char *driver;	  /* what it loads; NULL: look for it */
	char **daemon_args;	  /* NULL-terminated; owned */
	unsigned int max_threads; /* it must allow; 0: as it likes */
};

/* Where the two ends are. */
struct bench_place {
	int client_cpu;
	int worker_cpu;	    /* -1: there is only one CPU */
	bool worker_pinned; /* false: @worker_cpu is a guess */
	bool fifo;
	int worker_priority; /* 0: it is not SCHED_FIFO */
	int peer_priority;   /* above that */
};

struct stats {
	uint32_t p50, p99, p999, max; /* ns */
};

struct measure {
	const char *name;
	/* 0 or -errno. The partner need not be in its place yet. NULL: there is
	 * nothing to be got ready. */
	int (*setup)(struct measure *measure);
	/* @nr round trips, how long each took to @samples. 0 or -errno. */
	int (*run)(struct measure *measure, uint32_t *samples, unsigned int nr);
	/* Undo setup(), also one that failed or was never called. Or NULL. */
	void (*cleanup)(struct measure *measure);
	pid_t peer;	   /* 0: the daemon */
	bool spins;	   /* both ends: needs two CPUs */
	unsigned int turn; /* samples of one; 0: the usual */
	uint32_t *samples; /* owned */
	unsigned int nr_samples;
	struct stats stats; /* valid if @nr_samples */
};

struct query;

/* One run: where its two ends are, and which daemon is asked. */
struct bench_run {
	struct bench_options options;
	struct bench_place place;
	uint32_t clock_ns;  /* taken off each sample */
	bool worker_sleeps; /* it was woken for most requests */
	/* Of the daemon: */
	struct query *query; /* borrowed; NULL without one */
	const char *front;   /* "cuse", "fuse"; NULL without one */
	const char *node;    /* of the driver, borrowed */
	char version[32];
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

/* bench-run.c */

/* To begin with; nothing is connected or pinned yet. */
void run_init(struct bench_run *run, const struct bench_options *options);
/* Find the daemon, or start one, and take our place. An exit status; what is
 * wrong was said. */
int run_open(struct bench_run *run);
/* Attach ourselves and open the driver's node. An exit status; what is wrong was
 * said. */
int run_attach(const struct bench_run *run, int *r_fd);
/* Undo that, also what was never done. */
void run_detach(int *fd);
/* Did our requests find the worker asleep, mostly? Before we detach. */
void run_note_sleep(struct bench_run *run);
void run_close(struct bench_run *run);
/* From run_open() to run_close(): @measure, attached and with the node in *@fd. An
 * exit status. */
int run_measured(struct bench_run *run, int *fd,
		 int (*measure)(const struct bench_run *run));
/* @status as main() has it. */
int run_status(int status);

/* bench-stats.c */

/* Time @nr calls of @op. 0, or what @op failed with. */
int time_each(int (*op)(void *arg), void *arg, uint32_t *samples,
	      unsigned int nr);
/* What time_each() adds to each sample. */
uint32_t clock_cost(void);
/* Sorts @samples, after taking @cost off each. */
void stats_of(struct stats *stats, uint32_t *samples, unsigned int nr,
	      uint32_t cost);

/* bench-rounds.c: an int is an exit status; what is wrong was said */

/* Get ready for @nr samples. */
int measure_begin(struct measure *measure, unsigned int nr);
/* Also for one that was not begun, if all of it is zero. */
void measure_end(struct measure *measure);
int measure_complain(const struct measure *measure, int ret);
/* What all the samples come to, @cost taken off each. */
void measure_sum_up(struct measure *measure, uint32_t cost);
/* @nr_samples more of each. They take turns in the order they are in, as long as
 * the first one's. */
int rounds_run(struct measure *const *measures, unsigned int nr_measures,
	       unsigned int nr_samples);
unsigned int rounds_count(const struct measure *measure,
			  unsigned int nr_samples);
/* For who takes no turns: one more sample, begun at @start. */
void measure_add(struct measure *measure, uint64_t start);
/* Where two states of things are compared, each comes several times: of @nr
 * samples, how many are taken in cycle @n of BENCH_CYCLES. */
static inline unsigned int cycle_share(unsigned int nr, unsigned int n)
{
	return (unsigned int)((uint64_t)nr * (n + 1) / BENCH_CYCLES -
			      (uint64_t)nr * n / BENCH_CYCLES);
}
/* For a terminal, if this has been going on since @start for a while; with
 * @done equal to @total what was said is wiped off. */
void show_progress(const char *what, unsigned int done, unsigned int total,
		   uint64_t start);

/* bench-place.c */

/* Pin ourselves out of the worker's way. @worker_cpus as the daemon tells;
 * NULL without one. */
void place_client(struct bench_place *place, const uint64_t *worker_cpus,
		  size_t nr_words);
/* SCHED_FIFO, if we may. */
void place_raise(struct bench_place *place);
/* The same for a partner, on the worker's CPU. A worker may spin without end, at
 * @worker_priority (0: it is not SCHED_FIFO): partners, which sleep but for their
 * turns, run when they want to. */
void place_above(struct bench_place *place, int worker_priority);
int place_peer(const struct bench_place *place, pid_t pid);
/* The calling thread becomes as the worker is: its CPU, its priority. 0 or
 * -errno. */
int place_like_worker(const struct bench_place *place);
/* Let @pid run where we do. */
void place_here(pid_t pid);

/* bench-floor.c, bench-pair.c, bench-channel.c, bench-fd.c: the measures */
extern const struct measure measure_floor_spin, measure_floor_futex;
extern const struct measure measure_pipe, measure_seqpacket;
extern const struct measure measure_inband_ioctl, measure_oob_ioctl;
extern const struct measure measure_oob_read_64, measure_oob_write_64;
extern const struct measure measure_bare_close, measure_close;
extern const struct measure measure_bare_dup, measure_dup;
extern const struct measure measure_open_node, measure_close_node;

/* Fork a partner: @serve does not return. 0 or -errno. */
int peer_start(pid_t *r_pid, void (*serve)(void *arg), void *arg);
void peer_stop(pid_t *pid);

/* Attach ourselves and open the loopback node, before inband_ioctl and what
 * begins with oob. An exit status; what is wrong was said. */
int channel_open(const struct bench_run *run);
int channel_fd(void); /* borrowed */
void channel_close(void);

/* A file of nobody's and where the loopback driver's node is, before the last
 * six. 0 or -errno. */
int plain_fd_open(const char *node);
void plain_fd_close(void);

/* bench-memory.c */

struct figure;

/* What the daemon has of its own (heap and stacks, and the tables of their pages)
 * in bytes, or -errno: it is not ours to look at. */
int64_t daemon_memory(const struct bench_run *run);

/*
 * What that grows by as more and more of something come. A daemon which had as
 * many before has memory for them, and grows only once that is used up: then the
 * first half adds less than the second, and what each costs is not known.
 */
struct growth {
	const struct bench_run *run; /* borrowed */
	unsigned int half;
	int64_t before, middle; /* or -errno */
};

void growth_begin(struct growth *growth, const struct bench_run *run,
		  unsigned int nr_expected);
/* There are @nr. */
void growth_look(struct growth *growth, unsigned int nr);
/* There are @nr, and no more come: the bytes for each, or why not. */
void growth_end(const struct growth *growth, unsigned int nr,
		struct figure *figure);

/* bench-crowd.c: an int is an exit status; what is wrong was said */

/* Before we are anybody's client. */
int crowd_prepare(void);
/* Have as many as wanted; *r_nr: how many there are, at least one. */
int crowd_gather(const struct bench_run *run, struct growth *growth,
		 unsigned int *r_nr);
/* Returns when the daemon has seen them leave. */
int crowd_dismiss(const struct bench_run *run);
void crowd_end(void);

/* bench-daemon.c */

/* Start a daemon of our own, reached through the environment. 0 or an exit
 * status; what is wrong was said. */
int daemon_start(const struct bench_options *options);
void daemon_stop(void);

/* bench-report.c */

struct ratio {
	const char *name;
	const struct measure *over, *under; /* NULL: it says nothing */
};

/* What is no time of one call. */
struct figure {
	const char *name, *unit;
	int64_t value;
	bool known;
	const char *why_not; /* it is not known; NULL: it says nothing */
};

struct report {
	const char *title; /* "round trips" */
	const struct measure *measures;
	size_t nr_measures;
	const struct ratio *ratios;
	size_t nr_ratios;
	bool of_p99; /* so are the ratios; if not, of medians */
	bool histogram;
	const struct figure *figures;
	size_t nr_figures;
};

/* A table, or JSON. */
void bench_report(const struct bench_run *run, const struct report *report);

struct json_object;

/* bench-histogram.c: of measures which were summed up */
void histogram_print(const struct report *report);
struct json_object *histogram_to_json(const struct measure *measure);

/* What can be measured and reported: bench-rtt.c, bench-files.c,
 * bench-processes.c, bench-wakeup.c, bench-sleepers.c. An exit status; what went wrong was said. */
int bench_rtt(const struct bench_options *options);
int bench_files(const struct bench_options *options);
int bench_processes(const struct bench_options *options);
int bench_wakeup(const struct bench_options *options);
int bench_sleepers(const struct bench_options *options);

/* SPDX-License-Identifier: MIT */
#include "stage/oob.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "stage/clock.h"
#include "stage/oob-await.h"
#include "stage/oob-source.h"
#include "stage/oob-worker.h"
#include "stage/own-call.h"
#include "stage/placement.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_PER_TICK 64
#define PATIENCE_S	5     /* with one that is to end */
#define LOOK_NS		20000 /* while awake, cold sources wait so long */

static struct oob_worker *workers[OOB_MAX_WORKERS];
static unsigned int nr_workers;
static struct oob_config config;
static bool sole_cpu;

static struct oob_presence *presence_of(struct oob_worker *worker)
{
	/* Acquire: pairs with oob_worker_publish(). */
	return atomic_load_explicit(&worker->presence, memory_order_acquire);
}

static void tell_awake(struct oob_worker *worker)
{
	struct oob_presence *presence = presence_of(worker);

	/* seq_cst: behind tell_asleep(), as @sleeping is. */
	if (presence)
		atomic_store_explicit(&presence->awake, 1,
				      memory_order_seq_cst);
}

/* Before @sleeping is set: whoever sees that tells that it is awake. */
static void tell_asleep(struct oob_worker *worker, uint64_t date)
{
	struct oob_presence *presence = presence_of(worker);

	if (presence == NULL)
		return;
	/* Relaxed: the next store publishes it. */
	atomic_store_explicit(&presence->date, date, memory_order_relaxed);
	/* seq_cst: see above. */
	atomic_store_explicit(&presence->awake, 0, memory_order_seq_cst);
}

static void kick_worker(struct stage *stage)
{
	struct oob_worker *worker = (struct oob_worker *)stage;
	uint64_t one = 1;

	/*
	 * seq_cst: stage_post() wrote the inbox before; sleep_until_kicked()
	 * sets @sleeping, then looks at the inbox.
	 */
	if (!atomic_load_explicit(&worker->sleeping, memory_order_seq_cst))
		return;
	tell_awake(worker);
	while (own_write(worker->kick_fd, &one, sizeof(one)) < 0 &&
	       errno == EINTR)
		;
}

/*
 * Something came from @source after a silence which was still going on at
 * @now. The average follows quickly both ways: a client that calls at 1 kHz is
 * no longer waited for after a few rounds, one that speeds up soon is.
 */
static void end_silence(struct oob_source *source, uint64_t now)
{
	uint64_t gap = 0, cap = UINT64_C(16) * config.spin_ns;

	if (source->silent_since)
		gap = now - source->silent_since;
	if (gap > cap)
		gap = cap;

	source->gap_ns = (source->gap_ns * 3 + gap) / 4;
	source->silent_since = 0;
}

static unsigned int poll_hot(struct oob_worker *worker)
{
	struct oob_source *source, *tmp;
	unsigned int found = 0, n;

	list_for_each_entry_safe(source, tmp, &worker->hot, link) {
		n = source->poll(source);
		if (n && (source->silent_since || source->gap_ns))
			end_silence(source, worker->tick_ns);
		found += n;
	}

	return found;
}

/* Does somebody need this CPU, who is not to be kept from it by our spinning? */
static bool is_needed(struct oob_worker *worker, uint64_t now)
{
	struct oob_source *source;

	list_for_each_entry(source, &worker->guests, guest_link)
		if (source->needs_cpu(source, now))
			return true;

	return false;
}

/* Is waiting for @source by spinning likely to pay, and harmless? */
static bool worth_spinning(const struct oob_worker *worker,
			   struct oob_source *source, uint64_t now)
{
	if (!worker->spins || !source->may_spin(source))
		return false;
	if (config.spin == OOB_SPIN_ALWAYS)
		return true;

	return source->gap_ns <= config.spin_ns &&
	       now - source->silent_since < config.spin_ns;
}

/*
 * Nothing to do, and not for the first time: which hot sources shall we go on
 * looking at? False: they are all cold, go to sleep.
 */
static bool stay_awake(struct oob_worker *worker, uint64_t now)
{
	struct oob_source *source, *tmp;
	bool needed = is_needed(worker, now);

	list_for_each_entry_safe(source, tmp, &worker->hot, link) {
		if (source->silent_since == 0)
			source->silent_since = now;
		if ((needed || !worth_spinning(worker, source, now)) &&
		    !source_make_cold(source))
			return true;
	}

	return !list_empty(&worker->hot);
}

/* Sources whose eventfd fired become hot. */
static void take_events(struct oob_worker *worker,
			const struct epoll_event *events, int count)
{
	struct oob_source *source;
	uint64_t now = clock_ns(), value;

	for (int i = 0; i < count; i++) {
		source = events[i].data.ptr;
		if (source == NULL) {
			if (own_read(worker->kick_fd, &value, 8) < 0)
				continue; /* somebody else's kick was merged */
		} else if (source->worker == worker) {
			end_silence(source, now);
			source_make_hot(source);
		}
	}
}

/* Who is cold must not have to wait until those who are hot fall silent. */
static void look_for_kicks(struct oob_worker *worker)
{
	struct epoll_event events[16];
	int count;

	if (list_empty(&worker->cold))
		return;
	count = own_epoll_wait(worker->epoll_fd, events, 16, 0);
	if (count > 0)
		take_events(worker, events, count);
}

/* The one place where a worker waits in the kernel. */
static void sleep_until_kicked(struct oob_worker *worker)
{
	uint64_t date = worker->stage.timers.next_date;
	struct epoll_event events[16];
	int count;

	if (oob_is_imminent(worker, date))
		return;

	tell_asleep(worker, date);
	/* seq_cst, both: pairs with stage_post() and kick_worker(). */
	atomic_store_explicit(&worker->sleeping, true, memory_order_seq_cst);
	if (!stage_inbox_empty(&worker->stage)) {
		/* Relaxed: at worst we are kicked while awake. */
		atomic_store_explicit(&worker->sleeping, false,
				      memory_order_relaxed);
		tell_awake(worker);
		return;
	}

	if (date == UINT64_MAX)
		count = own_epoll_wait(worker->epoll_fd, events, 16, -1);
	else
		count = oob_await(worker, date, events, 16);

	/* Relaxed: as above. */
	atomic_store_explicit(&worker->sleeping, false, memory_order_relaxed);
	tell_awake(worker);
	if (count > 0)
		take_events(worker, events, count);
}

/*
 * One round: what others posted, what is due, what clients ask, one fiber.
 * The clock is read only where a timer or a silence makes it matter.
 */
static bool work_round(struct oob_worker *worker)
{
	struct stage *stage = &worker->stage;
	bool busy;

	busy = stage_run_inbox(stage);
	if (stage->timers.next_date != UINT64_MAX)
		busy |= timer_run(&stage->timers, clock_ns()) > 0;
	busy |= poll_hot(worker) > 0;
	busy |= stage_run_one(stage);

	return busy;
}

static void serve(struct oob_worker *worker)
{
	unsigned int idle_rounds = 0, busy_rounds = 0;

	/* Acquire: pairs with oob_stop(). */
	while (!atomic_load_explicit(&worker->stopping, memory_order_acquire)) {
		if (work_round(worker)) {
			idle_rounds = 0;
			if (++busy_rounds % ROUNDS_PER_TICK == 0)
				look_for_kicks(worker);
			continue;
		}

		/* The clock is not read between requests that come quickly. */
		if (++idle_rounds % ROUNDS_PER_TICK == 0 || !worker->spins ||
		    is_needed(worker, 0)) {
			worker->tick_ns = clock_ns();
			if (!stay_awake(worker, worker->tick_ns)) {
				sleep_until_kicked(worker);
				continue;
			}
			if (worker->tick_ns - worker->look_ns >= LOOK_NS) {
				worker->look_ns = worker->tick_ns;
				look_for_kicks(worker);
			}
		}
		cpu_relax();
	}
}

static void set_up_thread(struct oob_worker *worker)
{
	pthread_setname_np(pthread_self(), worker->name);
	log_defer_here();
	if (worker->cpu >= 0 && !placement_pin(worker->cpu))
		worker->cpu = -1;
	if (config.priority > 0)
		worker->fifo = placement_set_fifo(config.priority);
	stage_enter(&worker->stage);
}

static void *worker_thread(void *arg)
{
	struct oob_worker *worker = arg;

	set_up_thread(worker);
	sem_post(&worker->started);
	serve(worker);
	stage_leave(&worker->stage);

	return NULL;
}

static void worker_free(struct oob_worker *worker)
{
	if (worker == NULL)
		return;

	fd_close(worker->epoll_fd);
	fd_close(worker->kick_fd);
	sem_destroy(&worker->started);
	free(worker);
}

static int worker_new(unsigned int index, int cpu, struct oob_worker **r_worker)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct oob_worker *worker;
	int ret;

	worker = calloc(1, sizeof(*worker));
	if (worker == NULL)
		return err_origin(-ENOMEM);

	snprintf(worker->name, sizeof(worker->name), "evl-oob/%u", index);
	stage_init(&worker->stage, worker->name, true, kick_worker);
	worker->index = index;
	worker->cpu = cpu;
	/* Where it may end up otherwise is its own business. */
	worker->stage.cpu = cpu >= 0 ? (unsigned int)cpu : index;
	worker->spins = oob_spin_mode() != OOB_SPIN_NEVER;
	worker->leads = config.spin != OOB_SPIN_NEVER;
	INIT_LIST_HEAD(&worker->hot);
	INIT_LIST_HEAD(&worker->cold);
	INIT_LIST_HEAD(&worker->guests);
	sem_init(&worker->started, 0, 0);

	worker->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->kick_fd < 0 || worker->epoll_fd < 0 ||
	    epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->kick_fd, &event))
		goto fail;

	*r_worker = worker;

	return 0;
fail:
	ret = err_origin(-errno);
	worker_free(worker);

	return ret;
}

/* A SCHED_FIFO thread that never enters the kernel is killed at RLIMIT_RTTIME
 * (microseconds): stay well below it. */
static void respect_rttime(void)
{
	struct rlimit limit;
	uint64_t cap;

	if (getrlimit(RLIMIT_RTTIME, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;

	cap = (uint64_t)limit.rlim_cur * NS_PER_US / 4;
	if (cap < config.spin_ns)
		config.spin_ns = (uint32_t)cap;
	if (config.spin == OOB_SPIN_ALWAYS)
		config.spin = OOB_SPIN_ADAPTIVE;
}

int oob_start(const struct oob_config *wanted)
{
	unsigned int count = wanted->nr_cpus ? wanted->nr_cpus : 1;
	int ret, cpu;

	config = *wanted;
	respect_rttime();
	sole_cpu = placement_nr_cpus() == 1;
	if (count > OOB_MAX_WORKERS)
		return err_origin(-EINVAL);

	for (unsigned int i = 0; i < count; i++) {
		cpu = wanted->nr_cpus ? wanted->cpus[i]
				      : placement_worker_cpu();
		ret = worker_new(i, cpu, &workers[i]);
		if (ret)
			goto fail;
		ret = -pthread_create(&workers[i]->thread, NULL, worker_thread,
				      workers[i]);
		if (ret) {
			worker_free(workers[i]);
			goto fail;
		}
		nr_workers++;
		while (sem_wait(&workers[i]->started))
			;
	}

	return 0;
fail:
	oob_stop();
	oob_free();

	return err_trace(ret);
}

static void nothing(struct stage_item *item)
{
	(void)item;
}

/* True: it has ended. */
static bool stop_worker(struct oob_worker *worker)
{
	struct timespec deadline;

	/* Release: pairs with serve(). */
	atomic_store_explicit(&worker->stopping, true, memory_order_release);
	worker->wake_up.func = nothing;
	stage_post(&worker->stage, &worker->wake_up);

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += PATIENCE_S;
	if (pthread_timedjoin_np(worker->thread, NULL, &deadline) == 0)
		return true;

	log_err("worker %s does not end: a handler, or a kernel thread, neither "
		"returns nor sleeps",
		worker->name);

	return false;
}

bool oob_stop(void)
{
	bool all = true;

	for (unsigned int i = nr_workers; i > 0; i--)
		all &= stop_worker(workers[i - 1]);

	return all;
}

void oob_free(void)
{
	while (nr_workers) {
		worker_free(workers[--nr_workers]);
		workers[nr_workers] = NULL;
	}
}

void oob_worker_publish(struct oob_worker *worker,
			struct oob_presence *presence)
{
	/* Until it next goes to sleep. Relaxed: it is told of as early. */
	atomic_store_explicit(&presence->awake, 1, memory_order_relaxed);
	/* Release: that, to who tells. */
	atomic_store_explicit(&worker->presence, presence,
			      memory_order_release);
}

unsigned int oob_nr_workers(void)
{
	return nr_workers;
}

struct oob_worker *oob_worker(unsigned int index)
{
	return workers[index];
}

struct stage *oob_worker_stage(struct oob_worker *worker)
{
	return &worker->stage;
}

unsigned int oob_worker_index(const struct oob_worker *worker)
{
	return worker->index;
}

int oob_worker_cpu(const struct oob_worker *worker)
{
	return worker->cpu;
}

bool oob_is_realtime(void)
{
	return nr_workers && workers[0]->fifo;
}

int oob_priority(void)
{
	return config.priority;
}

enum oob_spin oob_spin_mode(void)
{
	return sole_cpu ? OOB_SPIN_NEVER : config.spin;
}

bool oob_has_sole_cpu(void)
{
	return sole_cpu;
}

uint32_t oob_spin_ns(void)
{
	return config.spin_ns;
}

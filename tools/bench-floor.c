/* SPDX-License-Identifier: MIT */
/*
 * The floors: what two processes which share nothing but a pair of words can
 * do, spinning on them or sleeping on them. No daemon gets below.
 */
#include "bench.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REST	     0u /* in @ask: sleep until it changes */
#define PATIENCE_NS  UINT64_C(2000000000)
#define SPINS_A_LOOK (1u << 16) /* between looks at the clock */

struct words {
	/* Line 0: written by the client. */
	_Alignas(64) _Atomic(uint32_t) ask;
	/* Line 1: written by the partner. */
	_Alignas(64) _Atomic(uint32_t) answer;
};

/* One pair each, so that one partner's sleep is not disturbed by the other. */
static struct words *spin_words, *futex_words;

static long futex(_Atomic(uint32_t) *word, int op, uint32_t value,
		  const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

static int make_words(struct words **r_words)
{
	void *map = mmap(NULL, sizeof(struct words), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	*r_words = map;

	return 0;
}

static void drop_words(struct words **words)
{
	if (*words)
		munmap(*words, sizeof(struct words));
	*words = NULL;
}

static uint32_t next_ask(const struct words *words)
{
	/* Relaxed: we have seen this answer, and no further one is due. */
	uint32_t ask =
		atomic_load_explicit(&words->answer, memory_order_relaxed) + 1;

	return ask == REST ? ask + 1 : ask;
}

/* Nothing for this long: is the partner gone, are we to stop? */
static int give_up(uint64_t *deadline)
{
	uint64_t now = bench_now();

	if (bench_signal)
		return -EINTR;
	if (*deadline == 0)
		*deadline = now + PATIENCE_NS;

	return now < *deadline ? 0 : -ETIMEDOUT;
}

static void serve_spinning(void *arg)
{
	struct words *words = arg;
	uint32_t seen = REST, ask;

	for (;;) {
		/* Acquire, release below: pairs with spin_trip(). */
		ask = atomic_load_explicit(&words->ask, memory_order_acquire);
		if (ask == REST) {
			futex(&words->ask, FUTEX_WAIT, REST, NULL);
		} else if (ask != seen) {
			seen = ask;
			atomic_store_explicit(&words->answer, ask,
					      memory_order_release);
		}
	}
}

static int spin_trip(void *arg)
{
	struct words *words = arg;
	uint32_t ask = next_ask(words);
	unsigned int spins = 0;
	uint64_t deadline = 0;

	/* Release, acquire below: pairs with serve_spinning(). */
	atomic_store_explicit(&words->ask, ask, memory_order_release);
	while (atomic_load_explicit(&words->answer, memory_order_acquire) !=
	       ask) {
		if (++spins % SPINS_A_LOOK == 0) {
			int ret = give_up(&deadline);

			if (ret)
				return ret;
		}
	}

	return 0;
}

/* The first trip of a round begins by waking the partner, untimed. */
static int wake_partner(struct words *words)
{
	/* Relaxed: nothing goes with it. */
	atomic_store_explicit(&words->ask, next_ask(words),
			      memory_order_relaxed);
	futex(&words->ask, FUTEX_WAKE, 1, NULL);

	return spin_trip(words);
}

static int setup_spin(struct measure *measure)
{
	int ret = make_words(&spin_words);

	return ret ? ret
		   : peer_start(&measure->peer, serve_spinning, spin_words);
}

static int run_spin(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	int ret = wake_partner(spin_words);

	if (ret == 0)
		ret = time_each(spin_trip, spin_words, samples, nr);
	/* Relaxed: nothing goes with it. */
	atomic_store_explicit(&spin_words->ask, REST, memory_order_relaxed);

	return ret;
}

static void cleanup_spin(struct measure *measure)
{
	peer_stop(&measure->peer);
	drop_words(&spin_words);
}

const struct measure measure_floor_spin = {
	.name = "floor_spin",
	.setup = setup_spin,
	.run = run_spin,
	.cleanup = cleanup_spin,
	.spins = true,
};

static void serve_sleeping(void *arg)
{
	struct words *words = arg;
	uint32_t seen = REST, ask;

	for (;;) {
		/* Acquire, release below: pairs with futex_trip(). */
		ask = atomic_load_explicit(&words->ask, memory_order_acquire);
		if (ask == seen) {
			futex(&words->ask, FUTEX_WAIT, ask, NULL);
			continue;
		}
		seen = ask;
		atomic_store_explicit(&words->answer, ask,
				      memory_order_release);
		futex(&words->answer, FUTEX_WAKE, 1, NULL);
	}
}

static int futex_trip(void *arg)
{
	static const struct timespec patience = { .tv_sec = 2 };
	struct words *words = arg;
	uint32_t ask = next_ask(words), answer;

	/* Release, acquire below: pairs with serve_sleeping(). */
	atomic_store_explicit(&words->ask, ask, memory_order_release);
	futex(&words->ask, FUTEX_WAKE, 1, NULL);
	for (;;) {
		answer = atomic_load_explicit(&words->answer,
					      memory_order_acquire);
		if (answer == ask)
			return 0;
		if (futex(&words->answer, FUTEX_WAIT, answer, &patience) &&
		    errno != EAGAIN)
			return -errno;
	}
}

static int setup_futex(struct measure *measure)
{
	int ret = make_words(&futex_words);

	return ret ? ret
		   : peer_start(&measure->peer, serve_sleeping, futex_words);
}

static int run_futex(struct measure *measure, uint32_t *samples,
		     unsigned int nr)
{
	return time_each(futex_trip, futex_words, samples, nr);
}

static void cleanup_futex(struct measure *measure)
{
	peer_stop(&measure->peer);
	drop_words(&futex_words);
}

const struct measure measure_floor_futex = {
	.name = "floor_futex",
	.setup = setup_futex,
	.run = run_futex,
	.cleanup = cleanup_futex,
};

/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINE_SIZE   240 /* of a deferred line */
#define RING_SIZE   256 /* lines, a power of two */

#define PROMPT_SIZE 512 /* of a line which must not block, nor allocate */

/*
 * One deferred line. @turn tells who may touch it: 2n when writer number n of
 * this place may fill it, 2n + 1 when it is full.
 */
struct deferred {
	_Atomic(uint32_t) turn;
	uint32_t level;
	char text[LINE_SIZE];
};

static struct deferred ring[RING_SIZE];
static _Atomic(uint32_t) ring_head;		/* next line to fill */
static uint32_t ring_tail;			/* next line to print */
static atomic_flag printing = ATOMIC_FLAG_INIT; /* whose @ring_tail is */
static _Atomic(uint32_t) nr_lost;

static enum log_level max_level = LOG_LEVEL_INFO;
static void (*wake_inband)(void);
static bool journal;
static const char *part = ""; /* of the daemon */

/* What a thread does with a line. */
static __thread enum {
	MAY_BLOCK, /* it is printed, whatever its length */
	DEFERS,
	PROMPT, /* printed if that does not block */
} manner;

void log_init(enum log_level level, void (*wake)(void))
{
	max_level = level;
	wake_inband = wake;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_part(const char *new_part)
{
	part = new_part;
}

bool log_wants(enum log_level level)
{
	return level <= max_level;
}

void log_defer_here(void)
{
	manner = DEFERS;
}

void log_promptly_here(void)
{
	manner = PROMPT;
}

static void print_line(enum log_level level, const char *text)
{
	char prefix[64];
	struct iovec iov[] = {
		{ .iov_base = prefix },
		{ .iov_base = (void *)text, .iov_len = strlen(text) },
		{ .iov_base = "\n", .iov_len = 1 },
	};

	if (journal)
		snprintf(prefix, sizeof(prefix), "<%d>%.32s", (int)level, part);
	else
		snprintf(prefix, sizeof(prefix), "evl-cused: %.32s%s", part,
			 level == LOG_LEVEL_WARN ? "warning: " : "");
	iov[0].iov_len = strlen(prefix);

	/* One write a line, so that lines of several processes do not mix. */
	if (writev(STDERR_FILENO, iov, 3) < 0)
		return; /* nobody is left to tell */
}

__attribute__((format(printf, 2, 0))) static void
defer_line(enum log_level level, const char *fmt, va_list ap)
{
	uint32_t place, turn;
	struct deferred *line;

	place = atomic_load_explicit(&ring_head, memory_order_relaxed);
	do {
		line = &ring[place % RING_SIZE];
		/* Acquire: pairs with log_flush() giving the place back. */
		turn = atomic_load_explicit(&line->turn, memory_order_acquire);
		if (turn != place / RING_SIZE * 2) {
			/* Relaxed: a mere count. */
			atomic_fetch_add_explicit(&nr_lost, 1,
						  memory_order_relaxed);
			return;
		}
		/* Relaxed: @turn alone hands lines over. */
	} while (!atomic_compare_exchange_weak_explicit(
		&ring_head, &place, place + 1, memory_order_relaxed,
		memory_order_relaxed));

	line->level = level;
	vsnprintf(line->text, sizeof(line->text), fmt, ap);
	/* Release: the text, to log_flush(). */
	atomic_store_explicit(&line->turn, turn + 1, memory_order_release);

	if (wake_inband)
		wake_inband();
}

/* In-band; or, once, by whichever thread is the last, unless the in-band one
 * is at it. */
static void print_deferred(void)
{
	/* Acquire, and release below: @ring_tail, from one to the other. */
	if (atomic_flag_test_and_set_explicit(&printing, memory_order_acquire))
		return;

	for (;;) {
		struct deferred *line = &ring[ring_tail % RING_SIZE];
		uint32_t full = ring_tail / RING_SIZE * 2 + 1;

		/* Acquire: pairs with defer_line(). */
		if (atomic_load_explicit(&line->turn, memory_order_acquire) !=
		    full)
			break;
		print_line(line->level, line->text);
		/* Release: we are done with the text, to defer_line(). */
		atomic_store_explicit(&line->turn, full + 1,
				      memory_order_release);
		ring_tail++;
	}
	atomic_flag_clear_explicit(&printing, memory_order_release);
}

void log_flush(void)
{
	uint32_t lost;

	print_deferred();
	/* Relaxed: a mere count. */
	lost = atomic_exchange_explicit(&nr_lost, 0, memory_order_relaxed);
	if (lost)
		log_warn("%u lines of the real-time workers were lost", lost);
}

void log_last_words(const char *line)
{
	print_deferred();
	print_line(LOG_LEVEL_ERR, line);
}

/* False: it would block, and @ap was not touched. */
__attribute__((format(printf, 2, 0))) static bool
print_promptly(enum log_level level, const char *fmt, va_list ap)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[PROMPT_SIZE];

	/* A pipe that says so has room for a line. */
	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT))
		return false;

	vsnprintf(text, sizeof(text), fmt, ap);
	print_line(level, text);

	return true;
}

__attribute__((format(printf, 2, 0))) static void
print_whole(enum log_level level, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return;

	/* Paths may be long, and the remedy comes last. */
	print_line(level, text);
	free(text);
}

void log_vline(enum log_level level, const char *fmt, va_list ap)
{
	int saved_errno = errno;

	if (!log_wants(level))
		return;

	if (manner == MAY_BLOCK)
		print_whole(level, fmt, ap);
	else if (manner == DEFERS || !print_promptly(level, fmt, ap))
		defer_line(level, fmt, ap);

	errno = saved_errno;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vline(level, fmt, ap);
	va_end(ap);
}

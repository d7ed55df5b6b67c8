/* SPDX-License-Identifier: MIT */
/*
 * The daemon's log: one line an event on stderr, or with <N> priorities when
 * systemd's journal reads it. Any thread may log: a real-time one formats into
 * a fixed ring, without system calls, and the in-band stage prints it later.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERR = 3, /* syslog's numbers */
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Lines above @level are dropped. @wake is called after a line was put into
 * the ring, any thread, and must get log_flush() called in-band. */
void log_init(enum log_level level, void (*wake)(void));
/* What begins each line of this process, "NAME: "; borrowed. At start. */
void log_set_part(const char *part);
bool log_wants(enum log_level level);
void log_flush(void);
/* This thread defers its lines to log_flush(). */
void log_defer_here(void);
/* This thread prints its lines at once unless that would block it: those it
 * defers. It takes no lock and allocates nothing. */
void log_promptly_here(void);

void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_vline(enum log_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* A line before a crash: at once, from a signal handler, behind what real-time
 * threads have deferred. */
void log_last_words(const char *line);

#define log_err(...)   log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

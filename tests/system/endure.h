/* SPDX-License-Identifier: MIT */
/*
 * What a daemon has to get over: an attack is made several times, and after
 * each a well-behaved client is served as before; in the end the daemon has
 * the descriptors, threads and mappings it had after the first.
 */
#pragma once

#include "raw-client.h"

#include <sys/types.h>

/* Checked fixtures: a daemon, and a tool that watches it. */
void endure_setup(void);
/* The same with the driver of files which have numbers. */
void endure_setup_who(void);
void endure_teardown(void);
/* For a test with a daemon of its own making: set the tool to watch it. */
void endure_watch(void);

void endure(void (*attack)(void));

/* A client of libevlclient's, in a child: both ways through a cross-buffer. */
void endure_check_service(void);
/* Wait until the watching tool is all there is: no other client, no file. */
void endure_await_quiet(void);
/* Wait until thread @tid is inside an oob call. */
void endure_await_busy(pid_t tid);
/* Wait until it has made one. */
void endure_await_served(pid_t tid);
/* Wait until the last close of @path, relative to the daemon's directory of
 * nodes, has begun. */
void endure_await_releasing(const char *path);
unsigned int endure_nr_files(const char *path);
/* Out-of-band references on open files of @path. */
unsigned int endure_nr_refs(const char *path);

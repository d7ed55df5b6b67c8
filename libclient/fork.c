/* SPDX-License-Identifier: MIT */
/*
 * A forked child is nobody's client: it has the parent's descriptors and
 * nothing else of ours. Nothing is locked around fork(), so that it may be
 * called from anywhere; the child starts from scratch instead.
 */
#include <pthread.h>
#include "client.h"
#include "fd-table.h"
#include "init.h"
#include "ranges.h"
#include "thread.h"

static void forked(void)
{
	thread_reset();
	client_reset();
	fd_table_reset();
	ranges_reset();
	init_reset();
}

__attribute__((constructor)) static void fork_watch(void)
{
	(void)pthread_atfork(NULL, NULL, forked);
}

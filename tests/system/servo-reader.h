/* SPDX-License-Identifier: MIT */
/* A thread which waits out-of-band for the interrupt of a servo. */
#pragma once

#include "daemon.h"
#include "endure.h"

#include <evl/evl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

struct servo_reader {
	int fd;
	unsigned int position;
	ssize_t ret;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

static inline void *servo_reader_main(void *arg)
{
	struct servo_reader *reader = arg;

	ck_assert_int_ge(evl_attach_self("reader:%d", gettid()), 0);
	atomic_store(&reader->tid, gettid());
	reader->ret = oob_read(reader->fd, &reader->position,
			       sizeof(reader->position));
	evl_detach_self();

	return NULL;
}

/* It is asleep in the driver on return. */
static inline void servo_reader_start(struct servo_reader *reader)
{
	atomic_store(&reader->tid, 0);
	ck_assert_int_eq(pthread_create(&reader->thread, NULL,
					servo_reader_main, reader),
			 0);
	while (atomic_load(&reader->tid) == 0)
		sched_yield();
	wait_until_asleep(getpid(), atomic_load(&reader->tid));
}

/* SPDX-License-Identifier: MIT */
/*
 * A worker of the test's own, on a thread of this process, which serves one
 * slot of one channel as the daemon would; and the client's side of that slot.
 */
#pragma once

#include "channel.h"
#include "slot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKER_SLOT 5

/* What the worker does with a request goes by its descriptor. */
enum {
	FD_ECHO = 10,	 /* READ: a pattern; WRITE: counts; IOCTL: adds one */
	FD_BLOCK = 11,	 /* answers when released, -EINTR when cancelled */
	FD_DELIVER = 12, /* when cancelled: delivers "late" and says -EINTR */
	FD_FINISH = 13,	 /* when cancelled: says that it had completed */
	/* Chores: as many as the buffer takes of @count bytes at @addr. */
	FD_FETCH = 14, /* keeps what came in ->bounce, answers how much */
	FD_STORE = 15, /* sends 's', answers how much arrived */
	FD_LATE = 16,  /* when cancelled: the same, then says -EINTR */
};

struct worker {
	struct channel_header *hdr;
	struct channel_slot *shared;
	char *window;
	int bell_fd;
	struct channel_request rq; /* the last taken, and */
	uint32_t seq;		   /* its number */
	bool pending;		   /* it is not answered yet */
	uint32_t chore;		   /* under way, 0: none */
	uint32_t nr_chores;
	char *bounce;
	pthread_t thread;
	_Atomic(bool) released;
	_Atomic(bool) stop;
	_Atomic(unsigned int) nr_cancelled;
};

extern struct worker worker;
extern struct channel channel;
extern struct slot slot; /* of the channel, WORKER_SLOT */

/* Make all three; the slot has had @first_seq requests before. */
void worker_start(uint32_t spin, uint32_t first_seq);
void worker_stop(void);
/* Requests to FD_BLOCK are answered from now on. */
void worker_release(void);
/* Answer the last request, whoever asked for it. */
void worker_answer(struct worker *w, int64_t result, uint32_t out_len);
/* The thread in the slot has announced that it goes to sleep. */
void worker_await_sleeper(void);

/* One request from this thread; what slot_do() returns. */
int64_t call_read(int fd, void *buf, size_t count);
int64_t call_write(int fd, const void *buf, size_t count);
int64_t call_ioctl(int fd, uint32_t *arg);

/* A thread which reads into @buf, once. */
struct caller {
	pthread_t thread;
	int fd;
	char buf[16];
	int64_t result;
	_Atomic(bool) done;
};

void caller_start(struct caller *caller, int fd);
/* Its entry, for a thread that does something else first. */
void *caller_main(void *arg);

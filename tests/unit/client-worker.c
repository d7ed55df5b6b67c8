/* SPDX-License-Identifier: MIT */
#include "../cancel.h"
#include "client-worker.h"

#include <check.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct worker worker;
struct channel channel;
struct slot slot;

void worker_answer(struct worker *w, int64_t result, uint32_t out_len)
{
	w->pending = false;
	w->shared->result = result;
	w->shared->out_len = out_len;
	if (channel_complete(w->shared, w->seq))
		syscall(SYS_futex, &w->shared->done, FUTEX_WAKE, 1, NULL, NULL,
			0);
}

static void echo(struct worker *w, const struct channel_request *rq)
{
	uint32_t word;

	switch (rq->op) {
	case CHANNEL_READ:
		memset(w->window, 'r', rq->window_len);
		worker_answer(w, (int64_t)rq->count, rq->window_len);
		break;
	case CHANNEL_WRITE:
		for (uint32_t n = 0; n < rq->window_len; n++)
			if (w->window[n] != 'w')
				worker_answer(w, -EIO, 0);
		worker_answer(w, (int64_t)rq->count, 0);
		break;
	default:
		memcpy(&word, w->window, sizeof(word));
		word++;
		memcpy(w->window, &word, sizeof(word));
		worker_answer(w, rq->window_len, sizeof(word));
		break;
	}
}

static void cancelled(struct worker *w, int fd)
{
	atomic_fetch_add(&w->nr_cancelled, 1);

	switch (fd) {
	case FD_DELIVER:
		memcpy(w->window, "late", 5);
		worker_answer(w, -EINTR, 5);
		break;
	case FD_FINISH:
		worker_answer(w, 77, 0);
		break;
	default:
		worker_answer(w, -EINTR, 0);
		break;
	}
}

static void start_chore(struct worker *w, enum channel_chore_op op)
{
	struct channel_slot *shared = w->shared;

	if (op == CHANNEL_STORE)
		memset(w->bounce, 's', w->rq.count);
	shared->chore_op = op;
	shared->chore_addr = w->rq.addr;
	shared->chore_len = (uint32_t)w->rq.count;
	shared->chore_bounce = 1;
	w->chore = channel_chore(++w->nr_chores);
	if (channel_complete(shared, w->chore))
		syscall(SYS_futex, &shared->done, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* True: the request has a chore under way, or has had it. */
static bool chores(struct worker *w)
{
	bool wanted = w->rq.fd == FD_FETCH || w->rq.fd == FD_STORE ||
		      (w->rq.fd == FD_LATE &&
		       atomic_load(&w->shared->cancel) == w->seq);

	if (w->chore == 0 && wanted)
		start_chore(w, w->rq.fd == FD_FETCH ? CHANNEL_FETCH
						    : CHANNEL_STORE);
	if (w->chore && channel_chore_done(w->shared) == w->chore) {
		w->chore = 0;
		worker_answer(w,
			      w->rq.fd == FD_LATE
				      ? -EINTR
				      : (int64_t)w->shared->chore_moved,
			      0);
	}

	return wanted;
}

static void work(struct worker *w)
{
	uint32_t posted =
		atomic_load_explicit(&w->shared->posted, memory_order_acquire);

	if (!w->pending && posted != w->seq) {
		ck_assert_uint_lt(posted, CHANNEL_SPECIAL);
		w->rq = w->shared->request;
		w->seq = posted;
		w->pending = true;
	}
	if (!w->pending)
		return;

	if (chores(w))
		return;
	if (w->rq.fd == FD_ECHO)
		echo(w, &w->rq);
	else if (atomic_load(&w->shared->cancel) == w->seq)
		cancelled(w, w->rq.fd);
	else if (atomic_load(&w->released))
		worker_answer(w, 42, 0);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct pollfd pfd = { .fd = w->bell_fd, .events = POLLIN };
	uint64_t count;

	while (!atomic_load(&w->stop)) {
		for (int i = 0; i < 1000; i++)
			if (channel_take(w->hdr))
				work(w);
		if (channel_arm(w->hdr)) {
			poll(&pfd, 1, -1);
			if (read(w->bell_fd, &count, sizeof(count)) < 0)
				ck_assert_int_eq(errno, EAGAIN);
			channel_disarm(w->hdr);
			work(w);
		}
	}

	return NULL;
}

static void kick_worker(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(worker.bell_fd, &one, sizeof(one)), 8);
}

void worker_start(uint32_t spin, uint32_t first_seq)
{
	struct channel_header *hdr;
	void *base;

	base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(base, MAP_FAILED);
	hdr = base;
	hdr->geometry = (struct channel_geometry){
		.magic = CHANNEL_MAGIC,
		.abi = CHANNEL_ABI,
		.size = CHANNEL_SIZE,
		.nr_slots = CHANNEL_SLOTS,
		.slot_size = sizeof(struct channel_slot),
		.window_size = CHANNEL_WINDOW_SIZE,
		.spin = spin,
		.spin_ns = 50000,
		.worker_cpu = -1,
	};

	worker.hdr = hdr;
	worker.shared = channel_slot_at(base, WORKER_SLOT);
	worker.window = channel_window_at(base, WORKER_SLOT);
	worker.bounce = channel_bounce_at(base, 1);
	worker.chore = 0;
	worker.bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker.seq = first_seq;
	worker.shared->posted = first_seq;
	worker.shared->done = first_seq;

	ck_assert_int_eq(channel_init(&channel, base, 0, worker.bell_fd), 0);
	slot_init(&slot, &channel, WORKER_SLOT, false);
	ck_assert_int_eq(
		pthread_create(&worker.thread, NULL, worker_main, &worker), 0);
}

void worker_stop(void)
{
	atomic_store(&worker.stop, true);
	kick_worker();
	pthread_join(worker.thread, NULL);
	close(worker.bell_fd);
	munmap(worker.hdr, CHANNEL_SIZE);
}

void worker_release(void)
{
	atomic_store(&worker.released, true);
	kick_worker();
}

void worker_await_sleeper(void)
{
	while (atomic_load(&worker.shared->waiting) == 0)
		sched_yield();
}

int64_t call_read(int fd, void *buf, size_t count)
{
	struct slot_call call = {
		.op = CHANNEL_READ,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.count = count,
		.window_len = (uint32_t)count,
		.out = buf,
	};

	return slot_do(&slot, &call);
}

int64_t call_write(int fd, const void *buf, size_t count)
{
	struct slot_call call = {
		.op = CHANNEL_WRITE,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.count = count,
		.window_len = (uint32_t)count,
		.in = buf,
	};

	return slot_do(&slot, &call);
}

int64_t call_ioctl(int fd, uint32_t *arg)
{
	struct slot_call call = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.addr = (uintptr_t)arg,
		.window_len = sizeof(*arg),
		.in = arg,
		.out = arg,
	};

	return slot_do(&slot, &call);
}

void *caller_main(void *arg)
{
	struct caller *caller = arg;

	caller->result =
		call_read(caller->fd, caller->buf, sizeof(caller->buf));
	atomic_store(&caller->done, true);

	return NULL;
}

void caller_start(struct caller *caller, int fd)
{
	memset(caller, 0, sizeof(*caller));
	caller->fd = fd;
	ck_assert_int_eq(
		cancellable_create(&caller->thread, caller_main, caller), 0);
}

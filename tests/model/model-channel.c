/* SPDX-License-Identifier: MIT */
/*
 * The doorbell protocol between two real threads, one request in flight: a
 * client which posts, may ring, may kick and sleeps on the answer; a worker
 * which watches the slot for a while, or not, then goes cold. A lost wakeup shows as a hang (the alarm). Weaken
 * any seq_cst of wire/channel.h to acquire/release and it does hang, sooner or
 * later: run it with more rounds to be sure.
 */
#include "wire/channel.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_SEQ (CHANNEL_SPECIAL - 1000) /* goes across the wrap */

static _Alignas(4096) char memory[CHANNEL_WINDOWS_OFFSET];
static int bell_fd;
static unsigned long nr_rounds = 200000;

static void futex(_Atomic(uint32_t) *word, int op, uint32_t value)
{
	syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void sleep_until_kicked(struct channel_header *hdr)
{
	struct pollfd pfd = { .fd = bell_fd, .events = POLLIN };
	uint64_t value;

	while (channel_arm(hdr)) {
		poll(&pfd, 1, -1);
		if (read(bell_fd, &value, sizeof(value)) < 0)
			continue;
		channel_disarm(hdr);
		return;
	}
}

static void *worker(void *arg)
{
	struct channel_header *hdr = (void *)memory;
	struct channel_slot *slot = channel_slot_at(memory, 3);
	uint32_t seen = FIRST_SEQ;
	unsigned long served = 0;

	while (served < nr_rounds) {
		/* Watched for some looks, from none to a few. */
		for (unsigned long i = 0; i < served % 4; i++)
			if (channel_posted(slot) != seen)
				break;
		channel_take(hdr);
		if (channel_posted(slot) == seen) {
			channel_unwatch(slot);
			if (channel_posted_last(slot) == seen) {
				sleep_until_kicked(hdr);
				continue;
			}
		}
		seen = channel_posted(slot);
		slot->result = (int64_t)slot->request.addr + 1;
		if (served % 4)
			channel_watch(slot);
		if (channel_complete(slot, seen))
			futex(&slot->done, FUTEX_WAKE, 1);
		served++;
	}

	return NULL;
}

static void post(struct channel_slot *slot, uint32_t seq, uint64_t value)
{
	uint64_t one = 1;

	slot->request.addr = value;
	atomic_store_explicit(&slot->waiting, 0, memory_order_relaxed);
	if (channel_post((void *)memory, slot, 3, seq) &&
	    write(bell_fd, &one, sizeof(one)) < 0)
		abort();
}

static void await(struct channel_slot *slot, uint32_t seq)
{
	uint32_t seen;

	while (channel_done(slot) != seq) {
		seen = channel_prepare_wait(slot);
		if (seen != seq)
			futex(&slot->done, FUTEX_WAIT, seen);
	}
}

int main(int argc, char **argv)
{
	struct channel_slot *slot = channel_slot_at(memory, 3);
	uint32_t seq = FIRST_SEQ;
	pthread_t thread;

	if (argc > 1)
		nr_rounds = strtoul(argv[1], NULL, 10);
	alarm(60 + (unsigned int)(nr_rounds / 10000));
	bell_fd = eventfd(0, EFD_NONBLOCK);
	atomic_init(&slot->posted, FIRST_SEQ);
	pthread_create(&thread, NULL, worker, NULL);

	for (unsigned long i = 0; i < nr_rounds; i++) {
		seq = channel_next_seq(seq);
		post(slot, seq, i);
		await(slot, seq);
		if (slot->result != (int64_t)i + 1) {
			printf("round %lu: answered %ld\n", i,
			       (long)slot->result);
			return 1;
		}
	}

	pthread_join(thread, NULL);
	printf("model-channel: %lu requests, none lost\n", nr_rounds);

	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "evil-host.h"

#include "base/packet.h"
#include "isolate/process.h"
#include "isolate/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACT "act="

static enum evil_act act;
static struct isolate_shared *shared;
static struct isolate_lane *lane;
static uint32_t head, tail;
static int bell;

static void send_message(const struct isolate_message *msg, size_t size)
{
	if (packet_send(PROCESS_SOCK, msg, size, NULL, 0, MSG_DONTWAIT))
		exit(1);
}

static void tell(enum isolate_message_type type, int result)
{
	struct isolate_message msg = { .type = type, .result = result };

	snprintf(msg.text, sizeof(msg.text), "%s", EVIL_TEXT);
	send_message(&msg, sizeof(msg));
}

static void say(enum isolate_word kind, uint32_t index)
{
	const uint64_t one = 1;

	lane->to_daemon.words[tail++ % ISOLATE_RING] =
		ISOLATE_WORD(kind, index);
	atomic_store(&lane->to_daemon.tail, tail);
	if (write(bell, &one, sizeof(one)) < 0)
		exit(1);
}

/* The slot of the next call. */
static uint32_t hear_call(void)
{
	uint32_t word;

	do {
		while (atomic_load(&lane->to_host.tail) == head)
			sched_yield();
		word = lane->to_host.words[head++ % ISOLATE_RING];
		atomic_store(&lane->to_host.head, head);
	} while (ISOLATE_KIND(word) != ISOLATE_START);

	return ISOLATE_INDEX(word);
}

static void hear_init(void)
{
	static char packet[ISOLATE_PACKET];
	int fds[3];
	struct isolate_init init;
	const char *at = packet + sizeof(struct isolate_message);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (packet_receive(PROCESS_SOCK, packet, sizeof(packet), fds, 3, 0) <=
	    0)
		exit(1);
	memcpy(&init, at, sizeof(init));
	at += sizeof(init) + init.blob_size;
	for (uint32_t i = 0; i < 2 + init.nr_params; i++) {
		if (strncmp(at, ACT, strlen(ACT)) == 0)
			act = (enum evil_act)strtol(at + strlen(ACT), NULL, 10);
		at += strlen(at) + 1;
	}

	shared = mmap(NULL, sizeof(*shared) + init.nr_lanes * sizeof(*lane),
		      PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	if (shared == MAP_FAILED)
		exit(1);
	lane = shared->lanes;
	bell = fds[2];
	atomic_store(&lane->to_daemon.armed, 1);
}

static struct isolate_message node_message(uint64_t id, const char *path)
{
	struct isolate_message msg = {
		.type = ISOLATE_NODE_ADD,
		.node = id,
		.ops = ~0u,
		.mode = 07654,
	};

	snprintf(msg.text, sizeof(msg.text), "%s", path);

	return msg;
}

/* What the daemon says to it. */
static int add_node(uint64_t id, const char *path)
{
	struct isolate_message msg = node_message(id, path);

	send_message(&msg, sizeof(msg));
	if (packet_receive(PROCESS_SOCK, &msg, sizeof(msg), NULL, 0, 0) <= 0)
		exit(1);

	return msg.result;
}

static int add_many(void)
{
	char path[32];
	int ret = 0;

	for (uint64_t i = 100; ret == 0; i++) {
		snprintf(path, sizeof(path), "many/%d", (int)i);
		ret = add_node(i, path);
	}

	return ret;
}

/* The result; whether its registers came. */
static int take_device(const char *name, bool *r_fd)
{
	struct isolate_message msg = {
		.type = ISOLATE_DEVICE_TAKE,
		.node = 7,
	};
	int fd;

	snprintf(msg.text, sizeof(msg.text), "%s", name);
	send_message(&msg, sizeof(msg));
	if (packet_receive(PROCESS_SOCK, &msg, sizeof(msg), &fd, 1, 0) <= 0 ||
	    msg.type != ISOLATE_DEVICE_TAKEN || msg.node != 7)
		exit(1);
	*r_fd = fd >= 0;

	return msg.result;
}

static void give_device(const char *name)
{
	struct isolate_message msg = { .type = ISOLATE_DEVICE_GIVE };

	snprintf(msg.text, sizeof(msg.text), "%s", name);
	send_message(&msg, sizeof(msg));
}

/* 0: all was as it is to be. */
static int take_devices(void)
{
	bool fd;

	give_device("gadget");
	give_device("none");
	if (take_device("gadget", &fd) || !fd)
		return -1;
	if (take_device("gadget", &fd) != -EBUSY || fd)
		return -2;
	if (take_device("none", &fd) != -ENODEV || fd)
		return -3;
	if (take_device("widget", &fd) != -EBUSY || fd)
		return -4;
	give_device("widget"); /* another's */
	if (take_device("widget", &fd) != -EBUSY || fd)
		return -5;
	if (take_device("wide", &fd) != -E2BIG || fd)
		return -6;

	return 0;
}

/* What its driver's init returned. */
static int prepare(void)
{
	struct isolate_message msg = node_message(1, "evil");

	switch (act) {
	case EVIL_EXIT:
		exit(0);
	case EVIL_REFUSE:
		return -EBUSY;
	case EVIL_POSITIVE:
		return 1;
	case EVIL_PATH:
		return add_node(1, "../evil");
	case EVIL_TAKEN:
		return add_node(1, "taken");
	case EVIL_MANY:
		return add_many();
	case EVIL_SAME_NODE:
		add_node(1, "evil");
		return add_node(1, "good");
	case EVIL_NO_END:
		memset(msg.text, 'x', sizeof(msg.text));
		send_message(&msg, sizeof(msg));
		pause();
		return 0;
	case EVIL_DEVICES:
		return take_devices() ?: add_node(1, "evil");
	default:
		return add_node(1, "evil");
	}
}

static void answer(uint32_t slot, int64_t result, uint32_t written)
{
	struct isolate_answer *ans = &lane->slots[slot].answer;

	memcpy(lane->slots[slot].window, EVIL_BYTES, strlen(EVIL_BYTES));
	ans->result = result;
	ans->written = written;
	ans->ops = ~0u;
	ans->oob = 1;
	say(ISOLATE_DONE, slot);
}

static void answer_well(uint32_t slot)
{
	bool reads = lane->slots[slot].request.op == ISOLATE_READ;

	if (reads)
		answer(slot, (int64_t)strlen(EVIL_BYTES), strlen(EVIL_BYTES));
	else
		answer(slot, 0, 0);
}

static void ask_chore(uint32_t slot, uint32_t op, uint32_t len)
{
	struct isolate_chore *chore = &lane->slots[slot].chore;

	chore->op = op;
	chore->addr = 4096;
	chore->len = len;
	say(ISOLATE_CHORE, slot);
}

static void answer_with_chore(uint32_t slot)
{
	lane->slots[slot].chore.moved = 77;
	ask_chore(slot, ISOLATE_STORE, 16);
	while (atomic_load(&lane->to_host.tail) == head)
		sched_yield();
	head++;
	answer(slot, -(int64_t)lane->slots[slot].chore.moved - EFAULT, 0);
}

/* One page, at the begin; or not quite. */
static void answer_map(uint32_t slot)
{
	struct isolate_answer *ans = &lane->slots[slot].answer;
	int fd = memfd_create("page", MFD_ALLOW_SEALING);

	if (ftruncate(fd, 4096))
		exit(1);
	if (act != EVIL_MAP_UNSEALED)
		fcntl(fd, F_ADD_SEALS,
		      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	*(struct isolate_segment *)lane->slots[slot].bounce =
		(struct isolate_segment){
			.start = act == EVIL_MAP_RANGE ? 1 << 20 : 0,
			.length = 4096,
			.fd = act == EVIL_MAP_FD ? 9999 : fd,
		};
	ans->nr_segments = act == EVIL_MAP_MANY ? ISOLATE_SEGMENTS + 1 : 1;
	ans->may = ~0u;
	ans->pos = 1;
	ans->result = 0;
	ans->written = 0;
	say(ISOLATE_DONE, slot);
}

static void misbehave(uint32_t slot)
{
	switch (act) {
	case EVIL_QUIT:
	case EVIL_DEVICES:
		exit(0);
	case EVIL_CLOSE:
		close(PROCESS_SOCK);
		break;
	case EVIL_SHORT:
		send_message(&(struct isolate_message){ .type = ISOLATE_ENDED },
			     8);
		break;
	case EVIL_TYPE:
		tell(999, 0);
		break;
	case EVIL_READY_AGAIN:
		tell(ISOLATE_READY, 0);
		break;
	case EVIL_OTHER_SLOT:
		say(ISOLATE_DONE, slot + 1);
		break;
	case EVIL_FAR_SLOT:
		say(ISOLATE_DONE, 0xffffff);
		break;
	case EVIL_WORD:
		say(99, slot);
		break;
	case EVIL_TAIL:
		tail += ISOLATE_RING + 5;
		say(ISOLATE_DONE, slot);
		break;
	case EVIL_FAR_EVENT:
		say(ISOLATE_EVENT, ISOLATE_FILES);
		break;
	case EVIL_CHORE_LEN:
		ask_chore(slot, ISOLATE_FETCH, ISOLATE_BOUNCE + 1);
		break;
	case EVIL_CHORE_OP:
		ask_chore(slot, 7, 1);
		break;
	case EVIL_CHORE_TWICE:
		lane->to_daemon.words[tail++ % ISOLATE_RING] =
			ISOLATE_WORD(ISOLATE_CHORE, slot);
		ask_chore(slot, ISOLATE_FETCH, 1);
		break;
	case EVIL_TWICE:
		lane->to_daemon.words[tail++ % ISOLATE_RING] =
			ISOLATE_WORD(ISOLATE_DONE, slot);
		answer_well(slot);
		break;
	case EVIL_WRITTEN:
		answer(slot, 1, ISOLATE_WINDOW);
		break;
	case EVIL_HEAD:
		atomic_store(&lane->to_host.head, head + 1000);
		answer_well(slot);
		break;
	case EVIL_EVENT:
		say(ISOLATE_EVENT, ISOLATE_FILES - 1);
		answer_well(slot);
		break;
	case EVIL_COUNT:
		answer(slot, INT64_MAX, 5);
		break;
	case EVIL_ERRNO:
		answer(slot, -99999, 0);
		break;
	case EVIL_CHORE_ADDR:
		answer_with_chore(slot);
		break;
	default:
		break;
	}
}

int be_evil(void)
{
	uint32_t slot;

	hear_init();
	tell(ISOLATE_READY, prepare());
	for (;;) {
		slot = hear_call();
		if (act != EVIL_NOT &&
		    lane->slots[slot].request.op == ISOLATE_READ)
			misbehave(slot);
		else if (lane->slots[slot].request.op == ISOLATE_MMAP)
			answer_map(slot);
		else
			answer_well(slot);
	}
}

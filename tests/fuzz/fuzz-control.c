/* SPDX-License-Identifier: MIT */
/*
 * Random clients: a few at a time, of one process, say random things on the
 * control socket, in the slots and through the nodes, mostly close enough to
 * what is right to get somewhere. The daemon must go on serving a well-behaved
 * client, and in the end have nothing of theirs.
 *
 * The seed is printed; EVL_FUZZ_SEED repeats a run, as far as the daemon's
 * timing lets it. EVL_FUZZ_SECONDS is how long it goes on (5).
 */
#include "actor.h"
#include "daemon.h"
#include "dice.h"
#include "drivers/keeper.h"
#include "endure.h"
#include "files.h"
#include "mapper.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>
#include <wire/bind.h>

#define NR_CLIENTS 6
#define NR_THREADS 4 /* to be attached; all but the first do nothing */

static struct actor actors[NR_CLIENTS];
static _Atomic(pid_t) tids[NR_THREADS];
static unsigned long nr_steps;

/* Nowhere, or in the first half of @scratch: what is asked for is shorter than
 * the other half. */
static uint64_t address(void)
{
	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - below(16);
	case 2:
		return UINT64_C(1) << below(64);
	default:
		return (uintptr_t)scratch + below(sizeof(scratch) / 2);
	}
}

static size_t size_of(uint32_t type)
{
	switch (type) {
	case CONTROL_CHANNEL_NEW:
		return sizeof(struct control_header);
	case CONTROL_ATTACH:
		return CONTROL_SIZE(attach);
	case CONTROL_QUERY:
		return CONTROL_SIZE(query);
	case CONTROL_MMAP:
		return CONTROL_SIZE(mmap);
	case CONTROL_SEGMENT:
		return CONTROL_SIZE(segment);
	case CONTROL_MUNMAP:
		return CONTROL_SIZE(munmap);
	case CONTROL_UNBIND:
		return CONTROL_SIZE(unbind);
	case CONTROL_ERRAND:
		return CONTROL_SIZE(errand);
	case CONTROL_ERRAND_DONE:
		return CONTROL_SIZE(errand_done);
	default:
		return CONTROL_SIZE(slot);
	}
}

/* Mostly of some region of the driver, a few pages. */
static void ask_to_map(struct control_mmap *request)
{
	*request = (struct control_mmap){
		.fd = any_file(),
		.prot = below(4),
		.shared = below(2),
		.addr = one_in(4) ? number() : below(1024) * MAPPED_PAGE,
		.length = one_in(4) ? number() : below(6) * MAPPED_PAGE,
		.offset = one_in(4) ? number()
				    : (uint64_t)mapper_offset(
					      below(MAPPED_SLEEP)),
	};
	if (one_in(8))
		((uint32_t *)request)[below(sizeof(*request) / 4)] = number();
}

/* Nothing that there is: others are at work with what is loaded. */
static void ask_to_load(struct actor *actor)
{
	static struct control_driver_message msg;
	struct control_driver_order *order = &msg.u.order;

	msg.header = (struct control_header){
		.type = one_in(2) ? CONTROL_DRIVER_LOAD : CONTROL_DRIVER_UNLOAD,
		.seq = any(),
	};
	memset(order, 0, sizeof(*order));
	memset(order->name, one_in(2) ? '/' : 'x',
	       below(sizeof(order->name) + 1));
	memset(order->params, 'p',
	       below(one_in(2) ? 8 : sizeof(order->params)));
	order->nr_params = one_in(4) ? number() : below(3);
	order->reserved = one_in(8) ? number() : 0;

	actor_say(actor, &msg, one_in(8) ? below(sizeof(msg)) : sizeof(msg));
}

static void ask(struct actor *actor)
{
	struct control_message msg = {
		.header = { .type = one_in(16) ? number()
					       : 1 + below(CONTROL_MUNMAP),
			    .seq = any() },
	};
	uint32_t *body = (uint32_t *)&msg.u;
	size_t size = size_of(msg.header.type);

	for (int i = 0; i < 8; i++)
		body[i] = one_in(3) ? number() : 0;
	if (one_in(32)) {
		ask_to_load(actor);
		return;
	}
	if (msg.header.type == CONTROL_ATTACH && !one_in(4)) {
		msg.u.attach.tid = tids[below(NR_THREADS)];
		msg.u.attach.efd = any_file();
	}
	if (msg.header.type == CONTROL_MMAP && !one_in(4))
		ask_to_map(&msg.u.mmap);
	else if (msg.header.type == CONTROL_ERRAND_DONE)
		msg.u.errand_done.number =
			actor->errand_number + (one_in(4) ? number() : 0);
	else if (msg.header.type >= CONTROL_SEGMENT)
		msg.u.segment = (struct control_segment){
			.id = below(64),
			.index = one_in(4) ? number() : below(4),
		};
	if (one_in(16))
		msg.header.result = (int32_t)number();
	if (one_in(16))
		msg.header.reserved = number();
	if (one_in(16))
		size = below(sizeof(msg) + 1);

	actor_say(actor, &msg, size);
}

/* As it should be done, or half of it. */
static void do_errand(struct actor *actor)
{
	struct control_message msg = {
		.header.type = CONTROL_ERRAND_DONE,
		.u.errand_done = {
			.number = actor->errand_number,
			.result = one_in(4) ? (int32_t)below(3) - 1 : 0,
			.rdev = one_in(4) ? number() : 0,
		},
	};
	struct bind_request req = { .fd = actor->errand.fd };

	memcpy(req.secret, actor->secret, sizeof(req.secret));
	if (!one_in(4))
		raw_inband(any_file(), BIND_IOC_BIND, &req);
	actor_say(actor, &msg, CONTROL_SIZE(errand_done));
	actor->errand_number = 0;
}

static void ring(const struct raw_channel *ch, unsigned int slot)
{
	const uint64_t value = one_in(64) ? number() : 1;

	channel_ring(ch->base, slot);
	if (write(ch->bell_fd, &value, sizeof(value)) < 0)
		ck_assert(errno == EAGAIN || errno == EINVAL);
}

/* The first ones are most likely to be ours. */
static unsigned int any_slot(void)
{
	return one_in(8) ? below(CHANNEL_SLOTS) : below(NR_THREADS);
}

static void post(const struct actor *actor, const struct raw_channel *ch)
{
	static const unsigned int keeper_cmds[] = { KEEPER_OWN, KEEPER_GET,
						    KEEPER_PUT };
	unsigned int n = any_slot();
	struct channel_slot *slot = channel_slot_at(ch->base, n);

	slot->request = (struct channel_request){
		.op = one_in(16) ? number() : 1 + below(3),
		.fd = one_in(8) ? (int32_t)number() : any_file(),
		.cmd = one_in(2) ? number() : LOOPBACK_IOC_NOP + below(4),
		.window_len = number(),
		.addr = address(),
		.count = one_in(8) ? number() : below(4096),
		.cpu = below(4),
	};
	/* Descriptors in arguments. */
	if (one_in(3)) {
		slot->request.op = CHANNEL_IOCTL;
		slot->request.cmd = keeper_cmds[below(3)];
		slot->request.addr = one_in(4) ? number() : below(40);
	}
	/* What is read must have room behind any address we gave. */
	if (slot->request.count > sizeof(scratch) / 2)
		slot->request.addr = 8;
	/* Files come and go, few are bound for long. */
	if (one_in(2))
		bind_file(actor, slot->request.fd);
	atomic_fetch_add(&slot->posted, one_in(8) ? number() : 1);
	ring(ch, n);
}

/* Any word of header and slots, but for the addresses. */
static void scribble(const struct raw_channel *ch)
{
	uint32_t nr_words = CHANNEL_SLOTS_OFFSET / 4, n;
	struct channel_slot *slot = channel_slot_at(ch->base, any_slot());
	uint32_t *words = ch->base;

	if (one_in(4)) {
		n = one_in(2) ? below(64) : below(nr_words);
		words[n] = number();
		return;
	}

	words = (uint32_t *)slot;
	n = below(sizeof(*slot) / 4);
	if (n == offsetof(struct channel_request, addr) / 4 ||
	    n == offsetof(struct channel_request, addr) / 4 + 1 ||
	    n == offsetof(struct channel_request, count) / 4)
		return;
	words[n] = number();
}

static void use_channel(struct actor *actor)
{
	const struct raw_channel *ch = actor_channel(actor);
	struct channel_slot *slot;
	unsigned int n = any_slot();

	if (ch == NULL)
		return;

	switch (below(8)) {
	case 0:
		slot = channel_slot_at(ch->base, n);
		atomic_store(&slot->cancel, atomic_load(&slot->posted));
		ring(ch, n);
		break;
	case 1:
		memset(channel_window_at(ch->base, n), (int)any(),
		       CHANNEL_WINDOW_SIZE);
		break;
	case 2:
	case 3:
		scribble(ch);
		break;
	case 4:
		ring(ch, n);
		break;
	default:
		post(actor, ch);
		break;
	}
}

/* What a client does at first, with a step left out now and then. */
static void settle(struct actor *actor)
{
	struct control_message msg = { .header.type = CONTROL_CHANNEL_NEW };
	struct bind_clone req = { .flags = 0 };
	int i = (int)below(NR_FILES);

	/* It is to be mapped first, and then READY. */
	if (actor->nr_channels == 0 || one_in(8))
		actor_say(actor, &msg, sizeof(msg.header));
	if (one_in(8) || (actor->nr_channels && !one_in(4))) {
		msg.header.type = CONTROL_CHANNEL_READY;
		msg.u.channel.index = below(2);
		actor_say(actor, &msg, CONTROL_SIZE(channel));
	}

	close_file(i);
	files[i] = raw_open("evl/thread/clone", O_RDWR | O_NONBLOCK);
	if (files[i] < 0)
		return;
	if (!one_in(8))
		raw_inband(files[i], BIND_IOC_CLONE, &req);
	for (int n = 0; n < NR_FILES; n++)
		if (files[n] >= 0 && (n == i || one_in(2)))
			bind_file(actor, files[n]);
	msg = (struct control_message){
		.header.type = CONTROL_ATTACH,
		.u.attach = { .tid = tids[below(NR_THREADS)], .efd = files[i] },
	};
	actor_say(actor, &msg, CONTROL_SIZE(attach));
}

static void step(void)
{
	struct actor *actor = &actors[below(NR_CLIENTS)];

	if (actor->fd < 0) {
		actor_connect(actor);
		return;
	}

	actor_listen(actor);
	if (actor->fd < 0)
		return;
	if (one_in(64))
		actor_disconnect(actor);
	else if (actor->errand_number && !one_in(4))
		do_errand(actor);
	else if (one_in(16))
		settle(actor);
	else if (one_in(8))
		open_file();
	else if (one_in(3))
		ask(actor);
	else if (one_in(2))
		use_file(actor);
	else
		use_channel(actor);
}

static void leave(void)
{
	for (int i = 0; i < NR_CLIENTS; i++) {
		actor_disconnect(&actors[i]);
		actor_drop_channels(&actors[i]);
	}
	for (int i = 0; i < NR_FILES; i++)
		close_file(i);
}

static void *do_nothing(void *arg)
{
	_Atomic(pid_t) *tid = arg;

	*tid = (pid_t)syscall(SYS_gettid);
	pause();

	return NULL;
}

static void start_threads(void)
{
	pthread_t thread;

	tids[0] = getpid();
	for (int i = 1; i < NR_THREADS; i++) {
		pthread_create(&thread, NULL, do_nothing, &tids[i]);
		pthread_detach(thread);
		while (tids[i] == 0)
			sched_yield();
	}
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec;
}

static long from_env(const char *name, long value)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 0) : value;
}

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_LOOPBACK"),
				     "--driver", getenv("EVL_MAPPED"),
				     "--driver", getenv("EVL_KEEPER"),
				     NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
}

START_TEST(the_daemon_gets_over_random_clients)
{
	time_t end = now() + from_env("EVL_FUZZ_SECONDS", 5);
	struct daemon_usage before, after;

	start_threads();
	endure_check_service();
	endure_await_quiet();
	before = daemon_usage(&test_daemon);
	while (now() < end) {
		for (int i = 0; i < 1000; i++, nr_steps++)
			step();
		endure_check_service();
	}
	leave();
	endure_check_service();
	endure_await_quiet();

	after = daemon_usage(&test_daemon);
	printf("fuzz-control: %lu steps\n", nr_steps);
	ck_assert_uint_eq(after.nr_fds, before.nr_fds);
	ck_assert_uint_eq(after.nr_threads, before.nr_threads);
}
END_TEST

int main(void)
{
	long seed =
		from_env("EVL_FUZZ_SEED", (long)time(NULL) ^ getpid() << 16);
	Suite *suite = suite_create("fuzz/control");
	TCase *tcase = tcase_create("control");

	dice_seed((uint64_t)seed);
	printf("fuzz-control: EVL_FUZZ_SEED=%ld\n", seed);
	fflush(stdout);
	for (int i = 0; i < NR_CLIENTS; i++)
		actors[i].fd = -1;
	for (int i = 0; i < NR_FILES; i++)
		files[i] = -1;

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60. + (double)from_env("EVL_FUZZ_SECONDS", 5));
	tcase_add_test(tcase, the_daemon_gets_over_random_clients);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * Errands on which clients are sent, and what becomes of those who wait for
 * them: handlers of both stages, over which the tests loop.
 */
#include "server-rig.h"

#include "kapi/task.h"
#include "server/client.h"
#include "server/errand.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/files.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PENDING	    1000 /* nothing returns that */
#define PATIENCE_NS (10 * NS_PER_SEC)
#define AT_ONCE	    16 /* sent to one client, before it answers */
#define NR_MANY	    40
#define SOME_FD	    33
#define NR_LOOPS    2

static struct peer peer;
static struct node node;
static const struct file_operations fops;
static bool oob;

/* Both stages live on this thread, which is of one at a time: in-band. */
static void change_stage(struct stage *stage)
{
	stage_leave(stage_self);
	stage_enter(stage);
}

static void setup(void)
{
	server_setup();
	stage_leave(&inband_stage);
	test_stage_setup();
	change_stage(&inband_stage);
	ck_assert_int_eq(node_init(&node, "some", &fops, "test"), 0);
	ck_assert_int_eq(peer_join(&peer, false), 0);
}

static void teardown(void)
{
	change_stage(&test_stage);
	test_stage_teardown();
	stage_enter(&inband_stage);
	server_teardown();
}

/* Both stages until nothing is left to do: a message, its job, a handler which
 * goes on, and what that leaves to do in-band. */
static void step(void)
{
	for (int i = 0; i < 4; i++) {
		inband_run_once(false);
		if (!oob)
			continue;
		change_stage(&test_stage);
		stage_run_until_idle(&test_stage);
		change_stage(&inband_stage);
	}
}

/* A handler which asks. */
struct handler {
	struct task_struct task;
	unsigned int fd;
	struct fiber *fiber;
	int ret;
};

static void run_handler(void *arg)
{
	struct handler *handler = arg;

	task_set(fiber_current(), &handler->task);
	handler->ret = errand_bind(handler->fd, clock_ns() + PATIENCE_NS);
	task_set(fiber_current(), NULL);
}

/* On the stage which the test is about; of @of, if that is not NULL. */
static void start(struct handler *handler, unsigned int fd,
		  struct open_file *of)
{
	struct client *client = client_by_secret(peer.welcome.secret);

	*handler = (struct handler){
		.task = {
			.pid = getpid(),
			.tgid = getpid(),
			.files = client ? client->files : NULL,
			.identified = true,
			.filp = of ? &of->filp : NULL,
		},
		.fd = fd,
		.ret = PENDING,
	};
	if (!oob) {
		ck_assert_int_eq(
			inband_spawn(run_handler, handler, &handler->fiber), 0);
	} else {
		change_stage(&test_stage);
		handler->fiber = test_fiber(run_handler, handler, 0);
		change_stage(&inband_stage);
	}
	step();
}

/* The next errand the client hears of; false: none. */
static bool hear(struct control_message *msg)
{
	ssize_t size = recv(peer.fd, msg, sizeof(*msg), MSG_DONTWAIT);

	if (size < 0)
		return false;
	ck_assert_int_eq(size, CONTROL_SIZE(errand));
	ck_assert_uint_eq(msg->header.type, CONTROL_ERRAND);

	return true;
}

static struct control_errand hear_about(unsigned int fd, uint32_t *r_number)
{
	struct control_message msg;

	ck_assert(hear(&msg));
	ck_assert_uint_eq(msg.u.errand.what, CONTROL_ERRAND_BIND);
	ck_assert_int_eq(msg.u.errand.fd, (int)fd);
	*r_number = msg.header.seq;

	return msg.u.errand;
}

static bool hear_nothing(void)
{
	struct control_message msg;

	return !hear(&msg);
}

static void answer(uint32_t number, int result, uint64_t rdev)
{
	struct control_message msg = {
		.header = { .type = CONTROL_ERRAND_DONE, .seq = 77 },
		.u.errand_done = { number, result, rdev },
	};

	ck_assert_int_gt(send(peer.fd, &msg, CONTROL_SIZE(errand_done), 0), 0);
	step();
}

/* The daemon's acknowledgements, which the library ignores. */
static void skip_replies(unsigned int count)
{
	struct control_message msg;

	while (count--)
		ck_assert_uint_eq(peer_receive(peer.fd, &msg, sizeof(msg)),
				  sizeof(msg.header));
}

/* What comes of an answer. */
static int ask_and_answer(int result)
{
	struct handler handler;
	uint32_t number;

	start(&handler, SOME_FD, NULL);
	ck_assert_uint_eq(hear_about(SOME_FD, &number).rdev, 0);
	ck_assert_int_eq(handler.ret, PENDING);
	answer(number, result, 0);
	skip_replies(1);
	ck_assert(hear_nothing());

	return handler.ret;
}

START_TEST(a_client_does_what_it_is_asked)
{
	oob = _i;
	ck_assert_int_eq(ask_and_answer(0), 0);
	ck_assert_int_eq(ask_and_answer(-EBADF), -EBADF);
	/* Whatever else it says. */
	ck_assert_int_eq(ask_and_answer(-ENOSYS), -EBADF);
	ck_assert_int_eq(ask_and_answer(INT32_MIN), -EBADF);
	ck_assert_int_eq(ask_and_answer(0), 0);
}
END_TEST

/* Known by @rdev. What the handler gets; PENDING: the client is asked again,
 * and *@r_number is that errand. */
static int ask_about_device(uint64_t rdev, struct handler *handler,
			    uint32_t *r_number)
{
	uint32_t again;

	start(handler, SOME_FD, NULL);
	hear_about(SOME_FD, r_number);
	answer(*r_number, 1, rdev);
	if (handler->ret == PENDING) {
		ck_assert_uint_eq(hear_about(SOME_FD, &again).rdev, rdev);
		ck_assert_uint_eq(again, *r_number);
	}
	skip_replies(1);

	return handler->ret;
}

START_TEST(a_character_device_is_vouched_for_if_it_is_ours)
{
	struct handler handler;
	uint32_t number;

	oob = _i;
	ck_assert_int_eq(ask_about_device(SERVER_RDEV + 1, &handler, &number),
			 -EBADF);
	ck_assert_int_eq(ask_about_device(SERVER_RDEV, &handler, &number),
			 PENDING);
	answer(number, 0, 0);
	ck_assert_int_eq(handler.ret, 0);
	skip_replies(1);

	/* Once. */
	ck_assert_int_eq(ask_about_device(SERVER_RDEV, &handler, &number),
			 PENDING);
	answer(number, 1, SERVER_RDEV);
	ck_assert_int_eq(handler.ret, -EBADF);
	skip_replies(1);
	ck_assert(hear_nothing());
}
END_TEST

START_TEST(who_has_no_library_is_not_asked)
{
	struct handler handler;

	oob = _i;
	peer_leave(&peer);
	start(&handler, SOME_FD, NULL);
	ck_assert_int_eq(handler.ret, -EBADF);
}
END_TEST

START_TEST(a_client_that_goes_does_it_no_more)
{
	struct handler handlers[NR_MANY];

	oob = _i;
	for (int i = 0; i < NR_MANY; i++)
		start(&handlers[i], SOME_FD, NULL);
	peer_leave(&peer);
	step();
	for (int i = 0; i < NR_MANY; i++)
		ck_assert_int_eq(handlers[i].ret, -EBADF);
}
END_TEST

static void break_handler(struct handler *handler)
{
	if (oob)
		change_stage(&test_stage);
	fiber_break(handler->fiber);
	if (oob)
		change_stage(&inband_stage);
	step();
}

START_TEST(a_handler_that_is_broken_waits_no_longer)
{
	struct handler handler;
	uint32_t number;

	oob = _i;
	for (int i = 0; i < 50; i++) {
		start(&handler, SOME_FD, NULL);
		hear_about(SOME_FD, &number);
		break_handler(&handler);
		ck_assert_int_eq(handler.ret, -EINTR);
		/* Too late. */
		answer(number, 0, 0);
		skip_replies(1);
	}
	ck_assert_int_eq(ask_and_answer(0), 0);
}
END_TEST

START_TEST(nor_does_one_whose_patience_is_at_its_end)
{
	struct stage *stage = _i ? &test_stage : &inband_stage;
	struct handler handler;
	uint32_t number;

	oob = _i;
	start(&handler, SOME_FD, NULL);
	hear_about(SOME_FD, &number);
	change_stage(stage);
	timer_run(&stage->timers, clock_ns() + 9 * NS_PER_SEC);
	change_stage(&inband_stage);
	step();
	ck_assert_int_eq(handler.ret, PENDING);
	change_stage(stage);
	timer_run(&stage->timers, clock_ns() + 11 * NS_PER_SEC);
	change_stage(&inband_stage);
	step();
	ck_assert_int_eq(handler.ret, -EBADF);
	ck_assert_int_eq(ask_and_answer(0), 0);
}
END_TEST

static void free_file(void *arg)
{
	open_file_free(arg);
}

START_TEST(nor_one_whose_file_goes)
{
	struct open_file *going, *other;
	struct handler one, two, three;
	uint32_t numbers[2];

	oob = _i;
	ck_assert_int_eq(open_file_new(&node, NULL, &going), 0);
	ck_assert_int_eq(open_file_new(&node, NULL, &other), 0);
	start(&one, 1, going);
	start(&two, 2, other);
	hear_about(1, &numbers[0]);
	hear_about(2, &numbers[1]);
	going->releasing = true;
	errand_end_in(going);
	step();
	ck_assert_int_eq(one.ret, -EIDRM);
	ck_assert_int_eq(two.ret, PENDING);
	/* Nor does it ask for anything else. */
	start(&three, 3, going);
	ck_assert_int_eq(three.ret, -EIDRM);
	ck_assert(hear_nothing());

	answer(numbers[1], 0, 0);
	ck_assert_int_eq(two.ret, 0);
	ck_assert_int_eq(inband_call(free_file, going), 0);
	ck_assert_int_eq(inband_call(free_file, other), 0);
}
END_TEST

START_TEST(so_many_are_sent_at_once)
{
	struct handler handlers[NR_MANY];
	uint32_t numbers[NR_MANY];

	oob = _i;
	for (int i = 0; i < NR_MANY; i++)
		start(&handlers[i], (unsigned int)i, NULL);
	for (int i = 0; i < AT_ONCE; i++)
		hear_about((unsigned int)i, &numbers[i]);
	ck_assert(hear_nothing());

	/* In what order they are done is up to the client. */
	for (int i = AT_ONCE - 1; i >= 0; i--) {
		answer(numbers[i], i % 2 ? 0 : -EBADF, 0);
		ck_assert_int_eq(handlers[i].ret, i % 2 ? 0 : -EBADF);
		hear_about((unsigned int)(2 * AT_ONCE - 1 - i),
			   &numbers[2 * AT_ONCE - 1 - i]);
		skip_replies(1);
		ck_assert(hear_nothing());
	}

	/* Who gives up makes room, whether or not it was his turn. */
	break_handler(&handlers[NR_MANY - 1]);
	ck_assert_int_eq(handlers[NR_MANY - 1].ret, -EINTR);
	ck_assert(hear_nothing());
	break_handler(&handlers[AT_ONCE]);
	hear_about(2 * AT_ONCE, &numbers[2 * AT_ONCE]);
	ck_assert(hear_nothing());
	answer(numbers[2 * AT_ONCE], 0, 0);
	ck_assert_int_eq(handlers[2 * AT_ONCE].ret, 0);
	peer_leave(&peer);
	step();
	for (int i = 0; i < NR_MANY; i++)
		ck_assert_int_ne(handlers[i].ret, PENDING);
}
END_TEST

START_TEST(one_errand_is_not_done_by_doing_another)
{
	struct client *client = client_by_secret(peer.welcome.secret);
	struct handler handler;
	uint32_t number;

	oob = _i;
	start(&handler, SOME_FD, NULL);
	hear_about(SOME_FD, &number);
	ck_assert_int_eq(errand_opened(client, number, 5), -ENOENT);
	answer(number + 1, 0, 0);
	answer(0, 0, 0);
	ck_assert_int_eq(handler.ret, PENDING);
	answer(number, 0, 0);
	ck_assert_int_eq(handler.ret, 0);
}
END_TEST

/* Does not read what it is sent, until that is too much. */
START_TEST(who_does_not_listen_is_dropped)
{
	struct handler handler;
	int nr = 0;

	oob = _i;
	for (; client_count(); nr++) {
		ck_assert_int_lt(nr, 100000);
		start(&handler, SOME_FD, NULL);
		if (client_count())
			break_handler(&handler);
	}
	ck_assert_int_gt(nr, AT_ONCE);
	ck_assert_int_eq(handler.ret, -EBADF);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, NR_LOOPS), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("server/errand");

	add(suite, "does", a_client_does_what_it_is_asked);
	add(suite, "device", a_character_device_is_vouched_for_if_it_is_ours);
	add(suite, "library", who_has_no_library_is_not_asked);
	add(suite, "goes", a_client_that_goes_does_it_no_more);
	add(suite, "broken", a_handler_that_is_broken_waits_no_longer);
	add(suite, "patience", nor_does_one_whose_patience_is_at_its_end);
	add(suite, "file", nor_one_whose_file_goes);
	add(suite, "many", so_many_are_sent_at_once);
	add(suite, "another", one_errand_is_not_done_by_doing_another);
	add(suite, "deaf", who_does_not_listen_is_dropped);

	return suite_run(suite);
}

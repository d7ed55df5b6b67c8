/* SPDX-License-Identifier: MIT */
/* Clients which misuse the control socket: whatever they say, others are
 * served as before, and nothing of theirs stays in the daemon. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <uapi/evl/factory.h>
#include <unistd.h>

#define NR_TYPES 14 /* 0 is none */

static const char garbage[] = "GET /dev/evl/xbuf/clone HTTP/1.0\r\n\r\n";

static struct raw_client client;

/* What it says first makes the daemon hang up without a word. */
static void introduce(const void *msg, size_t size)
{
	int fd = raw_connect(), fds[2];
	char buf[64];

	raw_send(fd, msg, size);
	ck_assert_uint_eq(raw_receive(fd, buf, sizeof(buf), fds), 0);
	close(fd);
}

static void send_no_hello(void)
{
	struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
	};
	static char huge[65536];

	introduce(garbage, sizeof(garbage));
	introduce(huge, sizeof(huge));
	introduce(huge, sizeof(hello));
	introduce(&hello, sizeof(hello) - 1);
	introduce(&hello, 1);
	introduce(&hello, 0);
	hello.tool = 2;
	introduce(&hello, sizeof(hello));
	hello.tool = 0;
	hello.magic = CHANNEL_MAGIC;
	introduce(&hello, sizeof(hello));
}

START_TEST(what_is_no_hello_is_hung_up_on)
{
	endure(send_no_hello);
}
END_TEST

/* A hello that is understood, and answered, but not agreed to. */
static int refusal(const struct control_hello *hello)
{
	struct control_welcome welcome;
	int fd = raw_connect(), fds[2];
	char byte;

	raw_send(fd, hello, sizeof(*hello));
	ck_assert_uint_eq(raw_receive(fd, &welcome, sizeof(welcome), fds),
			  sizeof(welcome));
	ck_assert_uint_eq(welcome.magic, CONTROL_MAGIC);
	ck_assert_uint_eq(welcome.abi, CONTROL_ABI);
	for (size_t i = 0; i < sizeof(welcome.secret); i++)
		ck_assert_uint_eq(welcome.secret[i], 0);
	ck_assert_uint_eq(raw_receive(fd, &byte, 1, fds), 0);
	close(fd);

	return welcome.error;
}

static void speak_other_versions(void)
{
	struct control_hello hello = { .magic = CONTROL_MAGIC };
	char text[64];

	for (uint32_t abi = 0; abi < 4; abi++) {
		hello.abi = CONTROL_ABI + 1 + abi;
		ck_assert_int_eq(refusal(&hello), -ENOEXEC);
	}
	hello.abi = 0;
	ck_assert_int_eq(refusal(&hello), -ENOEXEC);
	snprintf(text, sizeof(text), "speaks control ABI %u, we speak %u",
		 CONTROL_ABI + 1, CONTROL_ABI);
	ck_assert(daemon_said(&test_daemon, text));

	hello.abi = CONTROL_ABI;
	hello.reserved[1] = 1;
	ck_assert_int_eq(refusal(&hello), -EINVAL);
}

START_TEST(another_abi_is_refused_with_both_numbers)
{
	endure(speak_other_versions);
}
END_TEST

static void speak_too_early(void)
{
	struct control_message msg = { .header.seq = 1 };

	for (uint32_t type = 0; type <= NR_TYPES; type++) {
		msg.header.type = type;
		for (size_t size = 0; size <= sizeof(msg.u); size += 8)
			introduce(&msg, sizeof(msg.header) + size);
	}
}

START_TEST(requests_before_hello_are_hung_up_on)
{
	endure(speak_too_early);
}
END_TEST

static void send_fragments(void)
{
	static char huge[sizeof(struct control_message) + 4096];
	const size_t sizes[] = {
		0,
		1,
		sizeof(struct control_header) - 1,
		sizeof(struct control_message) + 1,
		sizeof(huge),
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		raw_join(&client, false);
		raw_send(client.fd, huge, sizes[i]);
		raw_await_hangup(client.fd);
		raw_leave(&client);
	}
}

START_TEST(messages_of_impossible_sizes_are_hung_up_on)
{
	endure(send_fragments);
}
END_TEST

static size_t right_size(uint32_t type)
{
	static const size_t sizes[] = {
		[CONTROL_CHANNEL_NEW] = sizeof(struct control_header),
		[CONTROL_CHANNEL_READY] = CONTROL_SIZE(channel),
		[CONTROL_ATTACH] = CONTROL_SIZE(attach),
		[CONTROL_DETACH] = CONTROL_SIZE(slot),
		[CONTROL_UNBIND] = CONTROL_SIZE(unbind),
		[CONTROL_SYNC] = CONTROL_SIZE(sync),
		[CONTROL_RDEV] = CONTROL_SIZE(rdev),
		[CONTROL_QUERY] = CONTROL_SIZE(query),
		[CONTROL_MMAP] = CONTROL_SIZE(mmap),
		[CONTROL_ERRAND] = CONTROL_SIZE(errand),
		[CONTROL_ERRAND_DONE] = CONTROL_SIZE(errand_done),
		[CONTROL_SEGMENT] = CONTROL_SIZE(segment),
		[CONTROL_MUNMAP] = CONTROL_SIZE(munmap),
	};

	return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

/* The answer is -EINVAL and no more than a header. */
static void expect_einval(const struct control_message *msg, size_t size)
{
	struct control_message reply;
	int fds[2];

	raw_send(client.fd, msg, size);
	ck_assert_uint_eq(raw_receive(client.fd, &reply, sizeof(reply), fds),
			  sizeof(reply.header));
	ck_assert_int_eq(reply.header.result, -EINVAL);
	ck_assert_uint_eq(reply.header.seq, msg->header.seq);
	ck_assert_int_eq(fds[0], -1);
}

static void send_odd_requests(void)
{
	const uint32_t unknown[] = { 0,	   NR_TYPES, CONTROL_DRIVER_UNLOAD + 1,
				     1000, INT_MAX,  UINT_MAX };
	struct control_message msg = { .header.seq = 77 };

	raw_join(&client, false);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		msg.header.type = unknown[i];
		expect_einval(&msg, sizeof(msg.header));
		expect_einval(&msg, sizeof(msg));
	}

	for (uint32_t type = 1; type < NR_TYPES; type++) {
		msg.header = (struct control_header){ .type = type };
		for (size_t size = sizeof(msg.header); size <= sizeof(msg);
		     size += 4)
			if (size != right_size(type))
				expect_einval(&msg, size);
		msg.header.result = -1;
		expect_einval(&msg, right_size(type));
		msg.header.result = 0;
		msg.header.reserved = 1;
		expect_einval(&msg, right_size(type));
	}
	raw_leave(&client);
}

START_TEST(unknown_types_and_wrong_sizes_are_invalid)
{
	endure(send_odd_requests);
}
END_TEST

static void set_reserved_words(void)
{
	struct control_channel ready = { .reserved = 1 };
	struct control_query query = { .reserved = 1 };
	struct raw_channel ch;

	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &ch), 0);
	ck_assert_int_eq(raw_call(&client, CONTROL_CHANNEL_READY, &ready,
				  sizeof(ready), NULL),
			 -EINVAL);
	ck_assert_int_eq(
		raw_call(&client, CONTROL_QUERY, &query, sizeof(query), NULL),
		-EINVAL);
	raw_channel_free(&ch);
	raw_leave(&client);
}

START_TEST(reserved_words_are_checked)
{
	endure(set_reserved_words);
}
END_TEST

static void send_with_fds(int fd, const void *msg, size_t size, int count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(250 * sizeof(int))];
	} control = { .header.cmsg_level = SOL_SOCKET,
		      .header.cmsg_type = SCM_RIGHTS };
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = size };
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)),
	};
	int *fds = (int *)CMSG_DATA(&control.header);

	control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (int i = 0; i < count; i++)
		fds[i] = fd;
	ck_assert_int_eq(sendmsg(fd, &hdr, MSG_NOSIGNAL), size);
}

static void attach_descriptors(void)
{
	struct control_message msg = { .header.type = CONTROL_SYNC }, reply;
	int fds[2];

	raw_join(&client, false);
	for (int i = 1; i <= 250; i++) {
		send_with_fds(client.fd, &msg, CONTROL_SIZE(sync), i);
		raw_receive(client.fd, &reply, sizeof(reply), fds);
		ck_assert_int_eq(reply.header.result, 0);
	}
	raw_leave(&client);

	client.fd = raw_connect();
	send_with_fds(client.fd, garbage, sizeof(garbage), 100);
	raw_await_hangup(client.fd);
	raw_leave(&client);
}

START_TEST(descriptors_nobody_asked_for_are_closed)
{
	endure(attach_descriptors);
}
END_TEST

static void come_and_go(void)
{
	int fds[100];

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100; i++)
			fds[i] = raw_connect();
		for (int i = 0; i < 100; i++)
			close(fds[i]);
	}
	for (int i = 0; i < 500; i++) {
		raw_join(&client, i % 2);
		raw_leave(&client);
	}
}

START_TEST(thousands_of_connections_come_and_go)
{
	endure(come_and_go);
}
END_TEST

/* Ask for more than it ever reads: the daemon loses its patience, not its
 * memory. */
static void take_no_replies(void)
{
	struct control_message msg = { .header.type = CONTROL_QUERY };

	raw_join(&client, false);
	while (send(client.fd, &msg, CONTROL_SIZE(query), MSG_NOSIGNAL) > 0)
		;
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	raw_leave(&client);
}

START_TEST(who_reads_no_replies_is_dropped)
{
	endure(take_no_replies);
}
END_TEST

static void ask_silly_questions(void)
{
	const uint64_t ids[] = { 0,	    1,
				 1u << 31,  UINT64_C(1) << 32,
				 INT64_MAX, UINT64_MAX };
	struct control_query query;

	raw_join(&client, false);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		ck_assert_int_eq(
			raw_call(&client, CONTROL_SYNC, &ids[i], 8, NULL), 0);
		ck_assert_int_eq(
			raw_call(&client, CONTROL_RDEV, &ids[i], 8, NULL), 0);
		if (ids[i] < 1u << 31)
			continue;
		for (uint32_t table = 0; table < 6; table++) {
			query = (struct control_query){ .table = table,
							.cursor = ids[i] };
			ck_assert_int_eq(raw_call(&client, CONTROL_QUERY,
						  &query, sizeof(query), NULL),
					 -ENOENT);
		}
	}
	for (uint32_t table = 6; table; table *= 2) {
		query = (struct control_query){ .table = table };
		ck_assert_int_eq(raw_call(&client, CONTROL_QUERY, &query,
					  sizeof(query), NULL),
				 -EINVAL);
	}
	raw_leave(&client);
}

START_TEST(unknown_files_devices_and_tables_are_answered)
{
	endure(ask_silly_questions);
}
END_TEST

static void ask_as_a_tool(void)
{
	struct control_message msg = { .header.type = 0 };

	raw_join(&client, true);
	for (uint32_t type = 1; type < NR_TYPES; type++) {
		if (type == CONTROL_QUERY)
			continue;
		msg.header.type = type;
		expect_einval(&msg, right_size(type));
	}
	raw_leave(&client);
}

START_TEST(a_tool_may_only_ask)
{
	endure(ask_as_a_tool);
}
END_TEST

/* Die by SIGKILL at the @deadline'th step. */
static int deadline;

static void step(void)
{
	if (deadline-- == 0)
		raise(SIGKILL);
}

static int live_until_then(void *arg)
{
	struct control_hello hello = { .magic = CONTROL_MAGIC,
				       .abi = CONTROL_ABI };
	struct control_attach attach = { .tid = getpid() };
	struct control_channel ready = { .index = 0 };
	const struct channel_request rq = { .op = CHANNEL_READ, .count = 8 };
	struct channel_request blocking = rq;
	struct raw_channel ch;
	struct raw_slot slot;
	int xfd;

	client.fd = raw_connect();
	step();
	raw_send(client.fd, &hello, sizeof(hello));
	step();
	raw_leave(&client);
	raw_join(&client, false);
	step();
	raw_ask(&client, CONTROL_CHANNEL_NEW, NULL, 0);
	step();
	raw_leave(&client);
	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &ch), 0);
	step();
	raw_ask(&client, CONTROL_CHANNEL_READY, &ready, sizeof(ready));
	step();
	raw_channel_free(&ch);
	raw_leave(&client);
	raw_enter(&client, &ch, &slot);
	step();
	blocking.fd = xfd = raw_xbuf("", 8, 8);
	step();
	ck_assert_int_eq(raw_bind(&client, xfd, xfd), 0);
	step();
	slot.shared->request = blocking;
	atomic_store(&slot.shared->posted, ++slot.seq);
	step();
	raw_ring(&slot);
	step();
	raw_ask(&client, CONTROL_DETACH, &slot.where, sizeof(slot.where));
	step();
	raw_ask(&client, CONTROL_ATTACH, &attach, sizeof(attach));
	step();
	close(xfd);
	step();

	return 0;
}

static void die_at_each_step(void)
{
	for (int i = 0, status = 128 + SIGKILL; status; i++) {
		deadline = i;
		status = child_wait(child_start(live_until_then, NULL));
		ck_assert(status == 0 || status == 128 + SIGKILL);
		ck_assert_int_lt(i, 100);
	}
}

START_TEST(a_client_may_die_at_any_step)
{
	endure(die_at_each_step);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_is_no_hello_is_hung_up_on);
	tcase_add_test(tcase, another_abi_is_refused_with_both_numbers);
	tcase_add_test(tcase, requests_before_hello_are_hung_up_on);
	tcase_add_test(tcase, messages_of_impossible_sizes_are_hung_up_on);
	tcase_add_test(tcase, unknown_types_and_wrong_sizes_are_invalid);
	tcase_add_test(tcase, reserved_words_are_checked);
	tcase_add_test(tcase, descriptors_nobody_asked_for_are_closed);
	tcase_add_test(tcase, thousands_of_connections_come_and_go);
	tcase_add_test(tcase, who_reads_no_replies_is_dropped);
	tcase_add_test(tcase, unknown_files_devices_and_tables_are_answered);
	tcase_add_test(tcase, a_tool_may_only_ask);
	tcase_add_test(tcase, a_client_may_die_at_any_step);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

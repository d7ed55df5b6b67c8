/* SPDX-License-Identifier: MIT */
/* The control socket: who is let in, and told what. */
#include "server-rig.h"

#include "server/client.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(hello_is_answered_with_where_things_are)
{
	struct peer one, two;

	ck_assert_int_eq(peer_join(&one, false), 0);
	ck_assert_int_eq(peer_join(&two, true), 0);
	ck_assert_int_eq(one.welcome.pid, getpid());
	ck_assert_uint_eq(one.welcome.front, CONTROL_FRONT_FUSE);
	ck_assert_uint_eq(one.welcome.mount_dev, 42);
	ck_assert_str_eq(one.welcome.devdir, "/some/dev");
	ck_assert_mem_ne(one.welcome.secret, two.welcome.secret,
			 CONTROL_SECRET_SIZE);
	ck_assert_uint_eq(client_count(), 2);
	peer_leave(&one);
	peer_leave(&two);
}
END_TEST

START_TEST(another_abi_is_told_ours_and_refused)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI + 1,
	};
	struct peer peer;

	ck_assert_int_eq(peer_say_hello(&peer, &hello), -ENOEXEC);
	ck_assert_uint_eq(peer.welcome.abi, CONTROL_ABI);
	ck_assert_str_eq(peer.welcome.devdir, "");
	ck_assert(peer_was_hung_up_on(&peer));
	ck_assert_uint_eq(client_count(), 0);
}
END_TEST

static struct control_hello bad_hello(int how)
{
	struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
	};

	if (how == 0)
		hello.magic++;
	if (how == 1)
		hello.tool = 2;
	if (how == 2)
		hello.compat = 2;

	return hello;
}

START_TEST(who_does_not_say_hello_is_hung_up_on)
{
	const struct control_hello hello = bad_hello(_i);
	struct peer peer = { .fd = peer_dial() };
	/* The last one is too long. */
	char buf[sizeof(hello) + 1] = "";

	memcpy(buf, &hello, sizeof(hello));
	ck_assert_int_gt(
		send(peer.fd, buf, sizeof(hello) + (_i == 3), MSG_NOSIGNAL), 0);
	ck_assert(peer_was_hung_up_on(&peer));
	ck_assert_uint_eq(client_count(), 0);
}
END_TEST

START_TEST(reserved_words_of_hello_are_checked)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.reserved[1] = 1,
	};
	struct peer peer;

	ck_assert_int_eq(peer_say_hello(&peer, &hello), -EINVAL);
	ck_assert(peer_was_hung_up_on(&peer));
}
END_TEST

START_TEST(one_client_too_many_is_refused_until_one_leaves)
{
	struct peer peers[SERVER_MAX_CLIENTS], more;

	for (int i = 0; i < SERVER_MAX_CLIENTS; i++)
		ck_assert_int_eq(peer_join(&peers[i], i % 2), 0);
	for (int i = 0; i < 3; i++) {
		/* It may be told before it has said anything. */
		more.fd = peer_dial();
		ck_assert_uint_eq(peer_receive(more.fd, &more.welcome,
					       sizeof(more.welcome)),
				  sizeof(more.welcome));
		ck_assert_int_eq(more.welcome.error, -EAGAIN);
		ck_assert(peer_was_hung_up_on(&more));
		close(more.fd);
	}
	ck_assert_uint_eq(client_count(), SERVER_MAX_CLIENTS);

	peer_leave(&peers[1]);
	ck_assert_int_eq(peer_join(&more, false), 0);
}
END_TEST

START_TEST(a_secret_belongs_to_one_client_while_it_is_there)
{
	struct peer one, two;
	uint8_t secret[CONTROL_SECRET_SIZE];
	struct client *client;
	uint32_t index = SERVER_MAX_CLIENTS;

	ck_assert_int_eq(peer_join(&one, false), 0);
	ck_assert_int_eq(peer_join(&two, false), 0);
	client = client_by_secret(one.welcome.secret);
	ck_assert_ptr_nonnull(client);
	ck_assert_ptr_ne(client_by_secret(two.welcome.secret), client);

	/* Every bit of it counts. */
	for (unsigned int bit = 0; bit < CONTROL_SECRET_SIZE * 8; bit++) {
		memcpy(secret, one.welcome.secret, sizeof(secret));
		secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_ptr_null(client_by_secret(secret));
	}
	memcpy(secret, &index, sizeof(index));
	ck_assert_ptr_null(client_by_secret(secret));

	peer_leave(&one);
	ck_assert_ptr_null(client_by_secret(one.welcome.secret));
	ck_assert_ptr_nonnull(client_by_secret(two.welcome.secret));
}
END_TEST

START_TEST(a_socket_has_one_owner)
{
	char other[64];
	int fd;

	snprintf(other, sizeof(other), "%s/file", server_dir);
	fd = open(other, O_CREAT | O_RDWR, 0600);
	/* What is there and no socket stays. */
	server_unlock();
	ck_assert_int_eq(server_lock(other), -EEXIST);
	ck_assert_int_eq(access(other, F_OK), 0);
	close(fd);
	unlink(other);
	/* Nor is one taken on which somebody listens. */
	ck_assert_int_eq(server_lock(server_path), -EADDRINUSE);
	snprintf(other, sizeof(other), "%s.lock", server_path);
	ck_assert_int_ne(access(other, F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("server");
	TCase *tc = tcase_create("conversation");

	tcase_add_checked_fixture(tc, server_setup, server_teardown);
	tcase_add_test(tc, hello_is_answered_with_where_things_are);
	tcase_add_test(tc, another_abi_is_told_ours_and_refused);
	tcase_add_loop_test(tc, who_does_not_say_hello_is_hung_up_on, 0, 4);
	tcase_add_test(tc, reserved_words_of_hello_are_checked);
	tcase_add_test(tc, one_client_too_many_is_refused_until_one_leaves);
	tcase_add_test(tc, a_secret_belongs_to_one_client_while_it_is_there);
	tcase_add_test(tc, a_socket_has_one_owner);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

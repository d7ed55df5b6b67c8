/* SPDX-License-Identifier: MIT */
#include "server-rig.h"

#include "server/client.h"
#include "server/server.h"
#include "stage/inband.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

char server_dir[] = "/tmp/evl-test-XXXXXX";
char server_path[sizeof(server_dir) + 16];
static struct stack_pool *stacks;
unsigned int server_nr_drained;

static void note_drain(void)
{
	server_nr_drained++;
}

static int show_nothing(struct node *node)
{
	return 0;
}

static void hide_nothing(struct node *node)
{
}

static const struct node_host front = {
	.add = show_nothing,
	.remove = hide_nothing,
	.drain = note_drain,
};

static bool owns_rdev(uint64_t rdev)
{
	return rdev == SERVER_RDEV;
}

void server_setup(void)
{
	const struct server_config config = {
		.socket = server_path,
		.mode = 0600,
		.gid = (gid_t)-1,
		.max_clients = SERVER_MAX_CLIENTS,
		.max_threads = 2,
		.max_fds = SERVER_MAX_FDS,
		.front = {
			.kind = CONTROL_FRONT_FUSE,
			.mount_dev = 42,
			.devdir = "/some/dev",
			.owns_rdev = owns_rdev,
		},
	};

	ck_assert_ptr_nonnull(mkdtemp(server_dir));
	snprintf(server_path, sizeof(server_path), "%s/control", server_dir);
	ck_assert_int_eq(stack_pool_new(65536, 64, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 64), 0);
	ck_assert_int_eq(node_set_host(&front), 0);
	ck_assert_int_eq(server_lock(server_path), 0);
	ck_assert_int_eq(server_start(&config), 0);
}

void server_teardown(void)
{
	ck_assert(server_stop(UINT64_MAX));
	server_unlock();
	inband_exit();
	stacks = stack_pool_free(stacks);
	ck_assert_int_eq(rmdir(server_dir), 0);
}

size_t peer_receive(int fd, void *buf, size_t size)
{
	ssize_t len;

	while ((len = recv(fd, buf, size, MSG_DONTWAIT)) < 0) {
		if (errno == ECONNRESET)
			return 0;
		ck_assert_int_eq(errno, EAGAIN);
		inband_run_once(false);
	}

	return (size_t)len;
}

int peer_dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, server_path);
	ck_assert_int_eq(
		connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);

	return fd;
}

int peer_say_hello(struct peer *peer, const struct control_hello *hello)
{
	peer->fd = peer_dial();
	ck_assert_int_eq(send(peer->fd, hello, sizeof(*hello), MSG_NOSIGNAL),
			 sizeof(*hello));
	ck_assert_uint_eq(
		peer_receive(peer->fd, &peer->welcome, sizeof(peer->welcome)),
		sizeof(peer->welcome));

	return peer->welcome.error;
}

int peer_join(struct peer *peer, bool tool)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.tool = tool,
	};

	return peer_say_hello(peer, &hello);
}

void peer_leave(struct peer *peer)
{
	unsigned int before = client_count();

	close(peer->fd);
	while (client_count() == before)
		inband_run_once(false);
}

bool peer_was_hung_up_on(const struct peer *peer)
{
	char byte;

	return peer_receive(peer->fd, &byte, 1) == 0;
}

int peer_ask(const struct peer *peer, uint32_t type, size_t size,
	     struct control_message *msg)
{
	msg->header = (struct control_header){ .type = type, .seq = 77 };
	ck_assert_int_eq(send(peer->fd, msg, size, MSG_NOSIGNAL),
			 (ssize_t)size);
	ck_assert_uint_ge(peer_receive(peer->fd, msg, sizeof(*msg)),
			  sizeof(msg->header));
	ck_assert_uint_eq(msg->header.seq, 77);

	return msg->header.result;
}

int peer_query(const struct peer *peer, uint32_t table, uint64_t cursor,
	       struct control_message *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->u.query.table = table;
	msg->u.query.cursor = cursor;

	return peer_ask(peer, CONTROL_QUERY, CONTROL_SIZE(query), msg);
}

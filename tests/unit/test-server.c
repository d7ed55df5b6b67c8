/* SPDX-License-Identifier: MIT */
/*
 * The control socket and what is asked through it, in this one process: the
 * test is client and daemon in turns, and steps the loop by hand. No front, no
 * worker.
 */
#include "server/client.h"
#include "server/server.h"
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "vfs/request.h"
#include "wire/bind.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_CLIENTS 3
#define MAX_FDS	    4

static char dir[] = "/tmp/evl-test-XXXXXX";
static char path[sizeof(dir) + 16];
static struct stack_pool *stacks;
static unsigned int nr_drained;

static void note_drain(void)
{
	nr_drained++;
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

static bool owns_seven(uint64_t rdev)
{
	return rdev == 7;
}

static void setup(void)
{
	const struct server_config config = {
		.socket = path,
		.mode = 0600,
		.gid = (gid_t)-1,
		.max_clients = MAX_CLIENTS,
		.max_threads = 2,
		.max_fds = MAX_FDS,
		.front = {
			.kind = CONTROL_FRONT_FUSE,
			.mount_dev = 42,
			.devdir = "/some/dev",
			.owns_rdev = owns_seven,
		},
	};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control", dir);
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_set_host(&front), 0);
	ck_assert_int_eq(server_lock(path), 0);
	ck_assert_int_eq(server_start(&config), 0);
}

static void teardown(void)
{
	server_stop();
	server_unlock();
	inband_exit();
	stacks = stack_pool_free(stacks);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* The client's end. */
struct peer {
	int fd;
	struct control_welcome welcome;
};

/* What the daemon says next, 0: it hung up. Serves until it does. */
static size_t receive(int fd, void *buf, size_t size)
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

static int dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	ck_assert_int_eq(
		connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);

	return fd;
}

/* What the welcome says. */
static int say_hello(struct peer *peer, const struct control_hello *hello)
{
	peer->fd = dial();
	ck_assert_int_eq(send(peer->fd, hello, sizeof(*hello), MSG_NOSIGNAL),
			 sizeof(*hello));
	ck_assert_uint_eq(
		receive(peer->fd, &peer->welcome, sizeof(peer->welcome)),
		sizeof(peer->welcome));

	return peer->welcome.error;
}

static int join(struct peer *peer, bool tool)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.tool = tool,
	};

	return say_hello(peer, &hello);
}

static void leave(struct peer *peer)
{
	unsigned int before = client_count();

	close(peer->fd);
	while (client_count() == before)
		inband_run_once(false);
}

static bool was_hung_up_on(const struct peer *peer)
{
	char byte;

	return receive(peer->fd, &byte, 1) == 0;
}

/* A request of @size bytes and its reply, both in @msg: the result. */
static int ask(const struct peer *peer, uint32_t type, size_t size,
	       struct control_message *msg)
{
	msg->header = (struct control_header){ .type = type, .seq = 77 };
	ck_assert_int_eq(send(peer->fd, msg, size, MSG_NOSIGNAL),
			 (ssize_t)size);
	ck_assert_uint_ge(receive(peer->fd, msg, sizeof(*msg)),
			  sizeof(msg->header));
	ck_assert_uint_eq(msg->header.seq, 77);

	return msg->header.result;
}

START_TEST(hello_is_answered_with_where_things_are)
{
	struct peer one, two;

	ck_assert_int_eq(join(&one, false), 0);
	ck_assert_int_eq(join(&two, true), 0);
	ck_assert_int_eq(one.welcome.pid, getpid());
	ck_assert_uint_eq(one.welcome.front, CONTROL_FRONT_FUSE);
	ck_assert_uint_eq(one.welcome.mount_dev, 42);
	ck_assert_str_eq(one.welcome.devdir, "/some/dev");
	ck_assert_mem_ne(one.welcome.secret, two.welcome.secret,
			 CONTROL_SECRET_SIZE);
	ck_assert_uint_eq(client_count(), 2);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(another_abi_is_told_ours_and_refused)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI + 1,
	};
	struct peer peer;

	ck_assert_int_eq(say_hello(&peer, &hello), -ENOEXEC);
	ck_assert_uint_eq(peer.welcome.abi, CONTROL_ABI);
	ck_assert_str_eq(peer.welcome.devdir, "");
	ck_assert(was_hung_up_on(&peer));
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
	struct peer peer = { .fd = dial() };
	/* The last one is too long. */
	char buf[sizeof(hello) + 1] = "";

	memcpy(buf, &hello, sizeof(hello));
	ck_assert_int_gt(
		send(peer.fd, buf, sizeof(hello) + (_i == 3), MSG_NOSIGNAL), 0);
	ck_assert(was_hung_up_on(&peer));
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

	ck_assert_int_eq(say_hello(&peer, &hello), -EINVAL);
	ck_assert(was_hung_up_on(&peer));
}
END_TEST

START_TEST(one_client_too_many_is_refused_until_one_leaves)
{
	struct peer peers[MAX_CLIENTS], more;

	for (int i = 0; i < MAX_CLIENTS; i++)
		ck_assert_int_eq(join(&peers[i], i % 2), 0);
	for (int i = 0; i < 3; i++) {
		/* It may be told before it has said anything. */
		more.fd = dial();
		ck_assert_uint_eq(
			receive(more.fd, &more.welcome, sizeof(more.welcome)),
			sizeof(more.welcome));
		ck_assert_int_eq(more.welcome.error, -EAGAIN);
		ck_assert(was_hung_up_on(&more));
		close(more.fd);
	}
	ck_assert_uint_eq(client_count(), MAX_CLIENTS);

	leave(&peers[1]);
	ck_assert_int_eq(join(&more, false), 0);
}
END_TEST

START_TEST(a_secret_belongs_to_one_client_while_it_is_there)
{
	struct peer one, two;
	uint8_t secret[CONTROL_SECRET_SIZE];
	struct client *client;
	uint32_t index = MAX_CLIENTS;

	ck_assert_int_eq(join(&one, false), 0);
	ck_assert_int_eq(join(&two, false), 0);
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

	leave(&one);
	ck_assert_ptr_null(client_by_secret(one.welcome.secret));
	ck_assert_ptr_nonnull(client_by_secret(two.welcome.secret));
}
END_TEST

static int query(const struct peer *peer, uint32_t table, uint64_t cursor,
		 struct control_message *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->u.query.table = table;
	msg->u.query.cursor = cursor;

	return ask(peer, CONTROL_QUERY, CONTROL_SIZE(query), msg);
}

START_TEST(the_daemon_tells_of_itself_in_one_record)
{
	const struct control_daemon_info *info;
	struct control_message msg;
	struct peer tool, other;

	ck_assert_int_eq(join(&tool, true), 0);
	ck_assert_int_eq(join(&other, false), 0);
	ck_assert_int_eq(query(&tool, CONTROL_TABLE_DAEMON, 0, &msg), 0);
	info = &msg.u.daemon_info;
	ck_assert_int_eq(info->pid, getpid());
	ck_assert_uint_eq(info->front, CONTROL_FRONT_FUSE);
	ck_assert_uint_eq(info->nr_clients, 2);
	ck_assert_uint_eq(info->nr_threads, 0);
	ck_assert_uint_eq(info->nr_files, 0);
	ck_assert_str_eq(info->devdir, "/some/dev");
	ck_assert_int_eq(query(&tool, CONTROL_TABLE_DAEMON, info->next, &msg),
			 -ENOENT);
}
END_TEST

static struct node nodes[3];

static struct node *add_node(unsigned int i, const char *name,
			     const struct file_operations *fops)
{
	ck_assert_int_eq(node_init(&nodes[i], name, fops, "test"), 0);
	ck_assert_int_eq(node_add(&nodes[i]), 0);

	return &nodes[i];
}

START_TEST(a_table_is_walked_by_its_cursor_while_it_changes)
{
	static const struct file_operations fops;
	struct control_message msg;
	struct peer tool;
	uint64_t start;

	ck_assert_int_eq(join(&tool, true), 0);
	/* The server has one of its own. */
	ck_assert_int_eq(query(&tool, CONTROL_TABLE_NODES, 0, &msg), 0);
	ck_assert_str_eq(msg.u.node_info.path, "evl/spare");
	start = msg.u.node_info.next;
	ck_assert_int_eq(query(&tool, CONTROL_TABLE_NODES, start, &msg),
			 -ENOENT);
	for (unsigned int i = 0; i < 3; i++)
		add_node(i, (const char *[]){ "one", "two", "three" }[i],
			 &fops);

	ck_assert_int_eq(query(&tool, CONTROL_TABLE_NODES, start, &msg), 0);
	ck_assert_str_eq(msg.u.node_info.path, "one");
	ck_assert_str_eq(msg.u.node_info.driver, "test");
	ck_assert_uint_eq(msg.u.node_info.oob, 0);
	node_remove(&nodes[0]);
	ck_assert_int_eq(
		query(&tool, CONTROL_TABLE_NODES, msg.u.node_info.next, &msg),
		0);
	ck_assert_str_eq(msg.u.node_info.path, "two");
	node_remove(&nodes[1]);
	ck_assert_int_eq(
		query(&tool, CONTROL_TABLE_NODES, msg.u.node_info.next, &msg),
		0);
	ck_assert_str_eq(msg.u.node_info.path, "three");
	ck_assert_int_eq(
		query(&tool, CONTROL_TABLE_NODES, msg.u.node_info.next, &msg),
		-ENOENT);
	node_remove(&nodes[2]);
}
END_TEST

START_TEST(what_is_no_request_is_refused)
{
	struct control_message msg = { 0 };
	struct peer client, tool;

	ck_assert_int_eq(join(&client, false), 0);
	ck_assert_int_eq(join(&tool, true), 0);
	ck_assert_int_eq(query(&tool, 1000, 0, &msg), -EINVAL);
	for (uint32_t table = CONTROL_TABLE_DAEMON;
	     table <= CONTROL_TABLE_DRIVERS; table++)
		ck_assert_int_eq(query(&tool, table, UINT64_MAX, &msg),
				 -ENOENT);
	memset(&msg, 0, sizeof(msg));
	msg.u.query.reserved = 1;
	ck_assert_int_eq(ask(&tool, CONTROL_QUERY, CONTROL_SIZE(query), &msg),
			 -EINVAL);

	/* Unknown, or not of its size. */
	ck_assert_int_eq(ask(&client, 0, sizeof(msg.header), &msg), -EINVAL);
	ck_assert_int_eq(ask(&client, 1000, sizeof(msg.header), &msg), -EINVAL);
	ck_assert_int_eq(ask(&client, CONTROL_QUERY, sizeof(msg.header), &msg),
			 -EINVAL);
	ck_assert_int_eq(
		ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev) + 1, &msg),
		-EINVAL);
	/* A tool has no descriptors, threads nor channels. */
	ck_assert_int_eq(ask(&tool, CONTROL_UNBIND, CONTROL_SIZE(unbind), &msg),
			 -EINVAL);
	ck_assert_int_eq(
		ask(&tool, CONTROL_CHANNEL_NEW, sizeof(msg.header), &msg),
		-EINVAL);
	ck_assert_uint_eq(client_count(), 2);
}
END_TEST

START_TEST(the_front_is_asked_what_only_it_knows)
{
	struct control_message msg = { .u.rdev.rdev = 7 };
	struct peer client;

	ck_assert_int_eq(join(&client, false), 0);
	ck_assert_int_eq(ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev), &msg),
			 1);
	msg.u.rdev.rdev = 8;
	ck_assert_int_eq(ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev), &msg),
			 0);
	msg.u.sync.file_id = 1; /* no such file: nothing to wait for */
	ck_assert_int_eq(ask(&client, CONTROL_SYNC, CONTROL_SIZE(sync), &msg),
			 0);
	ck_assert_uint_eq(nr_drained, 1);
}
END_TEST

static bool answered;

static void note_answer(struct vfs_request *rq)
{
	answered = true;
}

static void free_nothing(struct vfs_request *rq)
{
}

/* What the vfs says to what the kernel brings. */
static ssize_t submit(struct vfs_request *rq)
{
	rq->done = note_answer;
	rq->free = free_nothing;
	answered = false;
	vfs_submit(rq);
	while (!rq->ended || !answered)
		inband_run_once(false);

	return rq->result;
}

static struct open_file *open_node(struct node *node)
{
	struct vfs_request rq = { .op = VFS_OPEN, .node = node };

	rq.flags = O_RDWR;
	ck_assert_int_eq(submit(&rq), 0);

	return rq.file;
}

static void release(struct open_file *of)
{
	struct vfs_request rq = { .op = VFS_RELEASE, .file = of };

	ck_assert_int_eq(submit(&rq), 0);
}

static ssize_t bind_fd(struct open_file *of, struct bind_request *req)
{
	struct bind_request reply = *req;
	struct vfs_request rq = {
		.op = VFS_IOCTL,
		.file = of,
		.cmd = BIND_IOC_BIND,
		.arg = 4096,
		.in = req,
		.in_size = sizeof(*req),
		.out = &reply,
		.out_size = sizeof(reply),
	};
	ssize_t ret = submit(&rq);

	if (ret == 0)
		*req = reply;

	return ret;
}

static ssize_t bind_number(struct open_file *of, const struct peer *peer,
			   int fd)
{
	struct bind_request req = { .fd = fd };

	memcpy(req.secret, peer->welcome.secret, sizeof(req.secret));

	return bind_fd(of, &req);
}

static struct open_file *behind(const struct peer *peer, unsigned int fd)
{
	return files_lookup(client_by_secret(peer->welcome.secret)->files, fd);
}

START_TEST(a_number_is_bound_for_who_has_the_secret)
{
	static const struct file_operations fops;
	struct open_file *of = open_node(add_node(0, "one", &fops));
	struct bind_request req = { .fd = 10 };
	struct peer client, other, tool;

	ck_assert_int_eq(join(&client, false), 0);
	ck_assert_int_eq(join(&other, false), 0);
	ck_assert_int_eq(join(&tool, true), 0);
	memcpy(req.secret, client.welcome.secret, sizeof(req.secret));
	ck_assert_int_eq(bind_fd(of, &req), 0);
	ck_assert_uint_eq(req.file_id, of->id);
	ck_assert_uint_eq(req.oob, 0);
	ck_assert_uint_eq(req.flags & O_ACCMODE, O_RDWR);
	ck_assert_ptr_eq(behind(&client, 10), of);
	ck_assert_ptr_null(behind(&client, 9));
	ck_assert_ptr_null(behind(&other, 10));

	req.secret[CONTROL_SECRET_SIZE - 1] ^= 1;
	ck_assert_int_eq(bind_fd(of, &req), -EPERM);
	ck_assert_int_eq(bind_number(of, &tool, 10), -EPERM);
	ck_assert_int_eq(bind_number(of, &client, -1), -EINVAL);
	req.reserved = 1;
	ck_assert_int_eq(bind_fd(of, &req), -EINVAL);

	release(of);
	ck_assert_ptr_null(behind(&client, 10));
	node_remove(&nodes[0]);
}
END_TEST

START_TEST(a_client_binds_so_many_numbers_and_no_more)
{
	static const struct file_operations fops;
	struct open_file *of = open_node(add_node(0, "one", &fops));
	struct control_message msg = { .u.unbind = { .first = 1, .last = 1 } };
	struct peer client, other;

	ck_assert_int_eq(join(&client, false), 0);
	ck_assert_int_eq(join(&other, false), 0);
	for (int fd = 0; fd < MAX_FDS; fd++)
		ck_assert_int_eq(bind_number(of, &client, fd), 0);
	ck_assert_int_eq(bind_number(of, &client, MAX_FDS), -EMFILE);
	ck_assert_int_eq(bind_number(of, &client, 0), 0); /* it is already */
	ck_assert_int_eq(bind_number(of, &other, MAX_FDS), 0);

	ck_assert_int_eq(
		ask(&client, CONTROL_UNBIND, CONTROL_SIZE(unbind), &msg), 0);
	ck_assert_ptr_null(behind(&client, 1));
	ck_assert_ptr_eq(behind(&client, 2), of);
	ck_assert_int_eq(bind_number(of, &client, MAX_FDS), 0);

	/* Who leaves holds nothing more. */
	ck_assert_int_eq(query(&other, CONTROL_TABLE_FILES, 0, &msg), 0);
	ck_assert_uint_eq(msg.u.file_info.nr_fds, MAX_FDS + 1);
	ck_assert_str_eq(msg.u.file_info.path, "one");
	leave(&client);
	ck_assert_int_eq(query(&other, CONTROL_TABLE_FILES, 0, &msg), 0);
	ck_assert_uint_eq(msg.u.file_info.nr_fds, 1);

	release(of);
	node_remove(&nodes[0]);
}
END_TEST

START_TEST(a_socket_has_one_owner)
{
	char other[sizeof(path) + 8];
	int fd;

	snprintf(other, sizeof(other), "%s/file", dir);
	fd = open(other, O_CREAT | O_RDWR, 0600);
	/* What is there and no socket stays. */
	server_unlock();
	ck_assert_int_eq(server_lock(other), -EEXIST);
	ck_assert_int_eq(access(other, F_OK), 0);
	close(fd);
	unlink(other);
	/* Nor is one taken on which somebody listens. */
	ck_assert_int_eq(server_lock(path), -EADDRINUSE);
	snprintf(other, sizeof(other), "%s.lock", path);
	ck_assert_int_ne(access(other, F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("server");
	TCase *tc;

	tc = tcase_create("conversation");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, hello_is_answered_with_where_things_are);
	tcase_add_test(tc, another_abi_is_told_ours_and_refused);
	tcase_add_loop_test(tc, who_does_not_say_hello_is_hung_up_on, 0, 4);
	tcase_add_test(tc, reserved_words_of_hello_are_checked);
	tcase_add_test(tc, one_client_too_many_is_refused_until_one_leaves);
	tcase_add_test(tc, a_secret_belongs_to_one_client_while_it_is_there);
	tcase_add_test(tc, a_socket_has_one_owner);
	suite_add_tcase(suite, tc);

	tc = tcase_create("requests");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_daemon_tells_of_itself_in_one_record);
	tcase_add_test(tc, a_table_is_walked_by_its_cursor_while_it_changes);
	tcase_add_test(tc, what_is_no_request_is_refused);
	tcase_add_test(tc, the_front_is_asked_what_only_it_knows);
	tcase_add_test(tc, a_number_is_bound_for_who_has_the_secret);
	tcase_add_test(tc, a_client_binds_so_many_numbers_and_no_more);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

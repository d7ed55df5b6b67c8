/* SPDX-License-Identifier: MIT */
/* What is asked through the control socket, and by the ioctl which binds. */
#include "server-rig.h"

#include "server/client.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "vfs/request.h"
#include "wire/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

START_TEST(the_daemon_tells_of_itself_in_one_record)
{
	const struct control_daemon_info *info;
	struct control_message msg;
	struct peer tool, other;

	ck_assert_int_eq(peer_join(&tool, true), 0);
	ck_assert_int_eq(peer_join(&other, false), 0);
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_DAEMON, 0, &msg), 0);
	info = &msg.u.daemon_info;
	ck_assert_int_eq(info->pid, getpid());
	ck_assert_uint_eq(info->front, CONTROL_FRONT_FUSE);
	ck_assert_uint_eq(info->nr_clients, 2);
	ck_assert_uint_eq(info->nr_threads, 0);
	ck_assert_uint_eq(info->nr_files, 0);
	ck_assert_str_eq(info->devdir, "/some/dev");
	ck_assert_int_eq(
		peer_query(&tool, CONTROL_TABLE_DAEMON, info->next, &msg),
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

	ck_assert_int_eq(peer_join(&tool, true), 0);
	/* The server has one of its own. */
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES, 0, &msg), 0);
	ck_assert_str_eq(msg.u.node_info.path, "evl/spare");
	start = msg.u.node_info.next;
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES, start, &msg),
			 -ENOENT);
	for (unsigned int i = 0; i < 3; i++)
		add_node(i, (const char *[]){ "one", "two", "three" }[i],
			 &fops);

	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES, start, &msg),
			 0);
	ck_assert_str_eq(msg.u.node_info.path, "one");
	ck_assert_str_eq(msg.u.node_info.driver, "test");
	ck_assert_uint_eq(msg.u.node_info.oob, 0);
	node_remove(&nodes[0]);
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES,
				    msg.u.node_info.next, &msg),
			 0);
	ck_assert_str_eq(msg.u.node_info.path, "two");
	node_remove(&nodes[1]);
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES,
				    msg.u.node_info.next, &msg),
			 0);
	ck_assert_str_eq(msg.u.node_info.path, "three");
	ck_assert_int_eq(peer_query(&tool, CONTROL_TABLE_NODES,
				    msg.u.node_info.next, &msg),
			 -ENOENT);
	node_remove(&nodes[2]);
}
END_TEST

START_TEST(what_is_no_request_is_refused)
{
	struct control_message msg = { 0 };
	struct peer client, tool;

	ck_assert_int_eq(peer_join(&client, false), 0);
	ck_assert_int_eq(peer_join(&tool, true), 0);
	ck_assert_int_eq(peer_query(&tool, 1000, 0, &msg), -EINVAL);
	for (uint32_t table = CONTROL_TABLE_DAEMON;
	     table <= CONTROL_TABLE_DRIVERS; table++)
		ck_assert_int_eq(peer_query(&tool, table, UINT64_MAX, &msg),
				 -ENOENT);
	memset(&msg, 0, sizeof(msg));
	msg.u.query.reserved = 1;
	ck_assert_int_eq(
		peer_ask(&tool, CONTROL_QUERY, CONTROL_SIZE(query), &msg),
		-EINVAL);

	/* Unknown, or not of its size. */
	ck_assert_int_eq(peer_ask(&client, 0, sizeof(msg.header), &msg),
			 -EINVAL);
	ck_assert_int_eq(peer_ask(&client, 1000, sizeof(msg.header), &msg),
			 -EINVAL);
	ck_assert_int_eq(
		peer_ask(&client, CONTROL_QUERY, sizeof(msg.header), &msg),
		-EINVAL);
	ck_assert_int_eq(
		peer_ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev) + 1, &msg),
		-EINVAL);
	/* A tool has no descriptors, threads nor channels. */
	ck_assert_int_eq(
		peer_ask(&tool, CONTROL_UNBIND, CONTROL_SIZE(unbind), &msg),
		-EINVAL);
	ck_assert_int_eq(
		peer_ask(&tool, CONTROL_CHANNEL_NEW, sizeof(msg.header), &msg),
		-EINVAL);
	ck_assert_uint_eq(client_count(), 2);
}
END_TEST

START_TEST(the_front_is_asked_what_only_it_knows)
{
	struct control_message msg = { .u.rdev.rdev = 7 };
	struct peer client;

	ck_assert_int_eq(peer_join(&client, false), 0);
	ck_assert_int_eq(
		peer_ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev), &msg), 1);
	msg.u.rdev.rdev = 8;
	ck_assert_int_eq(
		peer_ask(&client, CONTROL_RDEV, CONTROL_SIZE(rdev), &msg), 0);
	msg.u.sync.file_id = 1; /* no such file: nothing to wait for */
	ck_assert_int_eq(
		peer_ask(&client, CONTROL_SYNC, CONTROL_SIZE(sync), &msg), 0);
	ck_assert_uint_eq(server_nr_drained, 1);
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

	ck_assert_int_eq(peer_join(&client, false), 0);
	ck_assert_int_eq(peer_join(&other, false), 0);
	ck_assert_int_eq(peer_join(&tool, true), 0);
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
	req.tag = BIND_MAX_AGE + 1;
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

	ck_assert_int_eq(peer_join(&client, false), 0);
	ck_assert_int_eq(peer_join(&other, false), 0);
	for (int fd = 0; fd < SERVER_MAX_FDS; fd++)
		ck_assert_int_eq(bind_number(of, &client, fd), 0);
	ck_assert_int_eq(bind_number(of, &client, SERVER_MAX_FDS), -EMFILE);
	ck_assert_int_eq(bind_number(of, &client, 0), 0); /* it is already */
	ck_assert_int_eq(bind_number(of, &other, SERVER_MAX_FDS), 0);

	ck_assert_int_eq(
		peer_ask(&client, CONTROL_UNBIND, CONTROL_SIZE(unbind), &msg),
		0);
	ck_assert_ptr_null(behind(&client, 1));
	ck_assert_ptr_eq(behind(&client, 2), of);
	ck_assert_int_eq(bind_number(of, &client, SERVER_MAX_FDS), 0);

	/* Who leaves holds nothing more. */
	ck_assert_int_eq(peer_query(&other, CONTROL_TABLE_FILES, 0, &msg), 0);
	ck_assert_uint_eq(msg.u.file_info.nr_fds, SERVER_MAX_FDS + 1);
	ck_assert_str_eq(msg.u.file_info.path, "one");
	peer_leave(&client);
	ck_assert_int_eq(peer_query(&other, CONTROL_TABLE_FILES, 0, &msg), 0);
	ck_assert_uint_eq(msg.u.file_info.nr_fds, 1);

	release(of);
	node_remove(&nodes[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("server/requests");
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(tc, server_setup, server_teardown);
	tcase_add_test(tc, the_daemon_tells_of_itself_in_one_record);
	tcase_add_test(tc, a_table_is_walked_by_its_cursor_while_it_changes);
	tcase_add_test(tc, what_is_no_request_is_refused);
	tcase_add_test(tc, the_front_is_asked_what_only_it_knows);
	tcase_add_test(tc, a_number_is_bound_for_who_has_the_secret);
	tcase_add_test(tc, a_client_binds_so_many_numbers_and_no_more);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

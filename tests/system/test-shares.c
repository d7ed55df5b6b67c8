/* SPDX-License-Identifier: MIT */
/*
 * What one user may have: no user, and no process, can take everything. Users
 * are told apart by the effective id: a test of one process is several of them
 * in turn.
 */
#include "daemon.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOMEBODY 65534
#define OTHER	 65533

static void start_for_all_with(const char *const *args)
{
	daemon_setup_with(args);
	ck_assert_int_eq(chmod(test_daemon.dir, 0755), 0);
}

static void start_for_all(const char *option, const char *value)
{
	start_for_all_with(
		(const char *[]){ "--mode", "0666", option, value, NULL });
}

static void become(uid_t uid)
{
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(seteuid(uid), 0);
}

/* A process which connects up to @wanted times, and stays. */
struct holder {
	pid_t pid;
	int end_fd; /* owned; closed, it ends */
	struct held {
		int nr, error;
	} held;
};

static void hold_places(uid_t uid, int wanted, bool tools, int told_fd,
			int end_fd)
{
	struct held held = { .nr = 0 };
	struct raw_client client;
	char none;

	become(uid);
	for (; held.nr < wanted; held.nr++) {
		held.error = raw_try_join(&client, tools);
		if (held.error)
			break;
	}
	if (write(told_fd, &held, sizeof(held)) != sizeof(held))
		_exit(1);
	_exit(read(end_fd, &none, 1) != 0);
}

static struct held hold(struct holder *holder, uid_t uid, int wanted,
			bool tools)
{
	int told[2], end[2];

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
	holder->pid = fork();
	ck_assert_int_ge(holder->pid, 0);
	if (holder->pid == 0) {
		close(end[1]);
		hold_places(uid, wanted, tools, told[1], end[0]);
	}
	close(told[1]);
	close(end[0]);
	holder->end_fd = end[1];
	ck_assert_int_eq(read(told[0], &holder->held, sizeof(holder->held)),
			 sizeof(holder->held));
	close(told[0]);

	return holder->held;
}

static void end_holder(struct holder *holder)
{
	kill(holder->pid, SIGKILL); /* others may have its pipe, too */
	close(holder->end_fd);
	ck_assert_int_eq(child_wait(holder->pid), 128 + SIGKILL);
}

static void check_held(struct holder *holder, uid_t uid, bool tools, int nr,
		       int error)
{
	struct held held = hold(holder, uid, 7, tools);

	ck_assert_int_eq(held.nr, nr);
	ck_assert_int_eq(held.error, error);
}

/* 24 places: 6 for a process, 16 for a user and one more for its tools, one for
 * root and tools. */
START_TEST(nobody_can_take_all_places)
{
	struct raw_client client;
	struct holder holders[7];

	start_for_all("--max-clients", "24");
	for (int round = 0; round < 3; round++) {
		/* As soon as the daemon has seen who left. */
		while (hold(&holders[0], SOMEBODY, 7, false).nr < 6)
			end_holder(&holders[0]);
		ck_assert_int_eq(holders[0].held.error, -EDQUOT);
		check_held(&holders[1], SOMEBODY, false, 6, -EDQUOT);
		check_held(&holders[2], SOMEBODY, false, 4, -EDQUOT);
		check_held(&holders[3], SOMEBODY, true, 1, -EDQUOT);

		check_held(&holders[4], OTHER, false, 6, -EDQUOT);
		check_held(&holders[5], OTHER, false, 0, -EAGAIN);
		check_held(&holders[6], OTHER, true, 1, -EAGAIN);
		ck_assert_int_eq(raw_try_join(&client, true), -EAGAIN);
		raw_leave(&client);
		end_holder(&holders[6]);
		while (raw_try_join(&client, false) == -EAGAIN)
			raw_leave(&client);
		raw_leave(&client);

		for (int i = 0; i < 6; i++)
			end_holder(&holders[i]);
	}
	ck_assert(daemon_said(&test_daemon, "see LIMITS in evl-cused(8)"));
}
END_TEST

/* One of two is kept, too. */
START_TEST(of_a_few_places_one_is_for_root_and_tools)
{
	struct raw_client client;
	struct holder holders[2];

	start_for_all("--max-clients", "2");
	for (int round = 0; round < 3; round++) {
		while (hold(&holders[0], SOMEBODY, 2, false).nr < 1)
			end_holder(&holders[0]);
		ck_assert_int_eq(holders[0].held.error, -EDQUOT);
		check_held(&holders[1], OTHER, false, 0, -EAGAIN);
		end_holder(&holders[1]);

		/* As soon as the daemon has seen who left. */
		while (raw_try_join(&client, true) == -EAGAIN)
			raw_leave(&client);
		raw_leave(&client);
		while (raw_try_join(&client, false) == -EAGAIN)
			raw_leave(&client);
		raw_leave(&client);
		end_holder(&holders[0]);
	}
}
END_TEST

START_TEST(a_single_place_is_anybodys)
{
	struct holder holder;

	start_for_all("--max-clients", "1");
	ck_assert_int_eq(hold(&holder, SOMEBODY, 1, false).nr, 1);
	end_holder(&holder);
}
END_TEST

static int run_evl_ps(void *arg)
{
	uid_t uid = geteuid();

	/* A program with rights that its user has not looks at no environment. */
	if (setresuid(uid, uid, uid))
		return 126;
	dup2(*(int *)arg, STDERR_FILENO);
	execl(getenv("EVL_PS"), "evl-ps", NULL);

	return 127;
}

/* @remedy: in the line which it says. */
static void check_tool(const char *remedy)
{
	int fd = memfd_create("said", MFD_CLOEXEC);
	char text[512];
	ssize_t len;

	ck_assert_int_eq(child_wait(child_start(run_evl_ps, &fd)), 3);
	len = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	ck_assert_msg(strstr(text, remedy) != NULL, "%s", text);
	ck_assert_msg(strstr(text, test_daemon.socket) != NULL, "%s", text);
}

START_TEST(a_tool_too_many_is_told_the_remedy)
{
	struct raw_client clients[2];
	struct holder holder;

	start_for_all("--max-clients", "2");
	raw_join(&clients[0], false);
	raw_join(&clients[1], false);
	check_tool("with more --max-clients");
	raw_leave(&clients[0]);
	raw_leave(&clients[1]);

	while (hold(&holder, SOMEBODY, 7, true).nr < 2)
		end_holder(&holder);
	become(SOMEBODY);
	check_tool("with more --max-clients");
	become(0);
	end_holder(&holder);
}
END_TEST

/* Nor can root's, whose user may have all. */
START_TEST(a_process_of_root_has_a_share_of_the_places)
{
	struct holder holder;
	struct raw_client client;

	start_for_all("--max-clients", "24");
	check_held(&holder, 0, false, 6, -EDQUOT);
	raw_join(&client, true);
	raw_leave(&client);
	end_holder(&holder);
}
END_TEST

static int new_element(const char *class)
{
	return strcmp(class, "xbuf") == 0 ? raw_xbuf("", 16, 16)
					  : raw_clone(class, "", NULL, 0);
}

/* Options with which one user may have 4, and all users 6. */
static const struct {
	const char *class, *option, *value;
	int error; /* what the fifth of a user gets */
} classes[] = {
	{ "thread", "--max-threads", "6", -EDQUOT },
	{ "xbuf", "--max-xbufs", "4", -EAGAIN },
};

START_TEST(nobody_can_make_all_elements)
{
	const char *class = classes[_i].class;
	int fds[6], fd;

	start_for_all(classes[_i].option, classes[_i].value);
	become(SOMEBODY);
	for (int i = 0; i < 4; i++) {
		fds[i] = new_element(class);
		ck_assert_int_ge(fds[i], 0);
	}
	ck_assert_int_eq(new_element(class), classes[_i].error);

	become(OTHER);
	fds[4] = new_element(class);
	ck_assert_int_ge(fds[4], 0);
	become(0);
	ck_assert(daemon_said(&test_daemon, "user 65534 has 4 elements"));
	ck_assert(daemon_said(&test_daemon, classes[_i].option));
	fds[5] = new_element(class);
	ck_assert_int_ge(fds[5], 0);
	ck_assert_int_eq(new_element(class), -EAGAIN);

	become(SOMEBODY);
	ck_assert_int_eq(new_element(class), classes[_i].error);
	close(fds[0]);
	while ((fd = new_element(class)) == classes[_i].error)
		sched_yield();
	ck_assert_int_ge(fd, 0);
	close(fd);
	for (int i = 1; i < 6; i++)
		close(fds[i]);
	become(0);
}
END_TEST

START_TEST(nobody_can_take_all_memory_for_rings)
{
	size_t half = (size_t)sysconf(_SC_PHYS_PAGES) / 2 *
		      (size_t)sysconf(_SC_PAGESIZE);
	uint32_t size = half / 12 < 1u << 30 ? (uint32_t)(half / 12) : 1u << 30;
	int fds[1024], count = 0, fd;

	start_for_all("--max-xbufs", "4096");
	become(SOMEBODY);
	while (count < 1024 && (fd = raw_xbuf("", size, size)) >= 0)
		fds[count++] = fd;
	ck_assert_int_eq(fd, -EDQUOT);
	ck_assert_int_ge(count, 4);

	become(OTHER);
	fd = raw_xbuf("", size, size);
	ck_assert_int_ge(fd, 0);
	close(fd);
	become(0);
	fd = raw_xbuf("", size, size);
	ck_assert_int_ge(fd, 0);
	close(fd);

	become(SOMEBODY);
	while (count > 0)
		close(fds[--count]);
	while ((fd = raw_xbuf("", size, size)) == -EDQUOT)
		sched_yield();
	ck_assert_int_ge(fd, 0);
	close(fd);
	become(0);
}
END_TEST

/* 4 clients and 64 threads need 5 channels, of which a user may have 3. */
START_TEST(nobody_can_make_all_channels)
{
	struct raw_channel channels[5], one;
	struct raw_client client, root;
	const char *const args[] = { "--mode=0666", "--max-clients=4",
				     "--max-threads=64", NULL };
	int ret;

	start_for_all_with(args);
	for (int round = 0; round < 3; round++) {
		become(SOMEBODY);
		raw_join(&client, false);
		for (int i = 0; i < 3; i++)
			while ((ret = raw_channel_new(&client, &channels[i])))
				ck_assert(round && ret == -EDQUOT);
		ck_assert_int_eq(raw_channel_new(&client, &one), -EDQUOT);
		become(0);
		raw_join(&root, false);
		ck_assert_int_eq(raw_channel_new(&root, &one), 0);
		raw_channel_free(&one);
		for (int i = 0; i < 3; i++)
			raw_channel_free(&channels[i]);
		raw_leave(&client);
		raw_leave(&root);
	}
}
END_TEST

START_TEST(nobody_can_take_all_our_descriptors)
{
	struct rlimit limit = { 200, 200 };
	struct raw_client clients[100], root;
	int count = 0, ret = 0;

	start_for_all(NULL, NULL);
	ck_assert_int_eq(prlimit(test_daemon.pid, RLIMIT_NOFILE, &limit, NULL),
			 0);
	become(SOMEBODY);
	while (count < 100 && (ret = raw_try_join(&clients[count], false)) == 0)
		count++;
	ck_assert_int_eq(ret, -EDQUOT);
	ck_assert_int_ge(count, 40);

	become(0);
	ck_assert(!daemon_said(&test_daemon, "raise RLIMIT_NOFILE"));
	raw_join(&root, false);
	raw_leave(&root);
	while (count >= 0)
		raw_leave(&clients[count--]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/shares");
	TCase *tcase = tcase_create("shares");

	if (geteuid()) {
		puts("skipped: only root can be several users");
		return 77;
	}

	/* Each test starts its own. */
	tcase_add_checked_fixture(tcase, NULL, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nobody_can_take_all_places);
	tcase_add_test(tcase, of_a_few_places_one_is_for_root_and_tools);
	tcase_add_test(tcase, a_single_place_is_anybodys);
	tcase_add_test(tcase, a_tool_too_many_is_told_the_remedy);
	tcase_add_test(tcase, a_process_of_root_has_a_share_of_the_places);
	tcase_add_loop_test(tcase, nobody_can_make_all_elements, 0, 2);
	tcase_add_test(tcase, nobody_can_take_all_memory_for_rings);
	tcase_add_test(tcase, nobody_can_make_all_channels);
	tcase_add_test(tcase, nobody_can_take_all_our_descriptors);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

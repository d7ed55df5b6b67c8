/* SPDX-License-Identifier: MIT */
/* Who may do what: the system's daemon with its links in /dev, an ordinary
 * user's own one, and the owner, group and mode of what they show. */
#include "daemon.h"
#include "launch.h"
#include "raw-client.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NOBODY	 65534
#define SOMEBODY 12345 /* without an entry in any file */

/* Where the root's daemon lives. */
#define SYSTEM_DIR CONTROL_SYSTEM_DIR

static void setup(void)
{
	launch_setup();
	launch_private_dev(0666);
}

static void serve_from(const char *socket, const char *devdir)
{
	snprintf(test_daemon.socket, sizeof(test_daemon.socket), "%s", socket);
	snprintf(test_daemon.devdir, sizeof(test_daemon.devdir), "%s", devdir);
}

/* Say hello, attach, make a node: all of that works. */
static int use_daemon(void *arg)
{
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;
	int xfd;

	raw_enter(&client, &ch, &slot);
	xfd = raw_xbuf("used", 16, 16);
	if (xfd < 0 || access(node_path("evl/xbuf/used"), R_OK | W_OK))
		return 1;
	close(xfd);
	raw_exit(&client, &ch, &slot);

	return 0;
}

static void check_service(void)
{
	ck_assert_int_eq(child_wait(child_start(use_daemon, NULL)), 0);
}

static void check_mode(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	ck_assert_msg((st.st_mode & 07777) == mode, "%s: %o", path, st.st_mode);
	ck_assert_msg(st.st_uid == uid && st.st_gid == gid, "%s: %u:%u", path,
		      st.st_uid, st.st_gid);
}

START_TEST(the_systems_daemon_links_its_nodes_from_dev)
{
	struct launch l = {
		.args = { "--front", "fuse", "--driver",
			  getenv("EVL_LOOPBACK") },
	};
	char before[1024], target[64] = "";

	strcpy(before, launch_list("/dev"));
	ck_assert(launch(&l));
	serve_from(SYSTEM_DIR "/control", "/dev");
	check_mode(SYSTEM_DIR, 0755, 0, 0);
	check_mode(SYSTEM_DIR "/control", 0660, 0, 0);
	check_mode("/dev/evl/xbuf/clone", 0660, 0, 0);
	check_mode("/dev/loopback", 0660, 0, 0);
	ck_assert_int_gt(readlink("/dev/evl", target, sizeof(target) - 1), 0);
	ck_assert_str_eq(target, SYSTEM_DIR "/dev/evl");
	check_service();

	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert_str_eq(launch_list("/dev"), before);
	ck_assert(!launch_mounted(SYSTEM_DIR));
	ck_assert_int_ne(access(SYSTEM_DIR "/control", F_OK), 0);
	launch_close(&l);
}
END_TEST

START_TEST(links_of_a_killed_daemon_go_with_the_next)
{
	struct launch killed = {
		.args = { "--front", "fuse", "--driver",
			  getenv("EVL_LOOPBACK") },
	};
	struct launch next = { .args = { "--front", "fuse" } };
	char before[1024];

	strcpy(before, launch_list("/dev"));
	serve_from(SYSTEM_DIR "/control", "/dev");
	for (int i = 0; i < 2; i++) {
		ck_assert(launch(&killed));
		check_service();
		ck_assert_int_eq(launch_end(&killed, SIGKILL), 128 + SIGKILL);
		launch_close(&killed);
	}
	ck_assert(launch(&next));
	check_service();
	ck_assert_int_ne(readlink("/dev/loopback", before, 0), 0);
	ck_assert_int_ne(
		faccessat(AT_FDCWD, "/dev/loopback", F_OK, AT_SYMLINK_NOFOLLOW),
		0);
	ck_assert_int_eq(launch_end(&next, SIGTERM), 0);
	ck_assert_str_eq(launch_list("/dev"), before);
	ck_assert(!launch_mounted(SYSTEM_DIR));
	launch_close(&next);
}
END_TEST

START_TEST(what_is_in_dev_already_stays_there)
{
	struct launch l = { .args = { "--front", "fuse" } };

	ck_assert_int_eq(mkdir("/dev/evl", 0755), 0);
	launch_refused(&l, EXIT_NO_FRONT, "/dev/evl", "remove it");
	check_mode("/dev/evl", 0755, 0, 0);
	ck_assert(!launch_mounted(SYSTEM_DIR));
	ck_assert_int_ne(access(SYSTEM_DIR "/control", F_OK), 0);

	ck_assert_int_eq(rmdir("/dev/evl"), 0);
	ck_assert_int_eq(symlink("/tmp", "/dev/evl"), 0);
	launch_refused(&l, EXIT_NO_FRONT, "/dev/evl", "remove it");
	check_mode("/dev/evl", 01777, 0, 0);
}
END_TEST

START_TEST(mode_and_group_hold_for_socket_and_nodes)
{
	struct launch l = {
		.args = { "--front", "fuse", "--mode", "0640", "--group",
			  "65534", "--driver", getenv("EVL_LOOPBACK") },
	};
	int xfd;

	ck_assert(launch(&l));
	serve_from(SYSTEM_DIR "/control", "/dev");
	check_mode(SYSTEM_DIR "/control", 0640, 0, NOBODY);
	check_mode("/dev/evl/xbuf/clone", 0640, 0, NOBODY);
	check_mode("/dev/loopback", 0640, 0, NOBODY);
	xfd = raw_xbuf("shown", 16, 16);
	check_mode("/dev/evl/xbuf/shown", 0640, 0, NOBODY);
	close(xfd);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	launch_close(&l);
}
END_TEST

static int become(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	       setresuid(uid, uid, uid);
}

static int use_as_member(void *arg)
{
	return become(SOMEBODY, NOBODY) ? 126 : use_daemon(NULL);
}

static int be_kept_out(void *arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (become(SOMEBODY, SOMEBODY))
		return 126;
	strcpy(addr.sun_path, test_daemon.socket);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 ||
	    errno != EACCES)
		return 1;
	if (raw_open("evl/xbuf/clone", O_RDWR) >= 0 || errno != EACCES)
		return 2;

	return 0;
}

START_TEST(members_of_the_group_may_and_others_may_not)
{
	struct launch l = {
		.args = { "--front", "fuse", "--mode", "0660", "--group",
			  "nogroup" },
	};

	ck_assert(launch(&l));
	serve_from(SYSTEM_DIR "/control", "/dev");
	ck_assert_int_eq(child_wait(child_start(use_as_member, NULL)), 0);
	ck_assert_int_eq(child_wait(child_start(be_kept_out, NULL)), 0);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	launch_close(&l);
}
END_TEST

/*
 * A client of another user than the daemon's attaches, leaves its slot to a
 * child, and executes another program: a privileged one, say. What the child
 * asks the daemon to write where that program has its memory must not get
 * there, though its process has the number the daemon knows.
 */

/* The program: main() comes here when it finds these descriptors. */
static int be_victim(int ready_fd, int end_fd)
{
	static char page[4096];
	uint64_t where = (uintptr_t)page;
	char byte;

	memset(page, 'v', sizeof(page));
	if (write(ready_fd, &where, sizeof(where)) != sizeof(where))
		return 2;
	close(ready_fd);
	if (read(end_fd, &byte, 1) < 0)
		return 3;

	return page[0] == 'v' && page[7] == 'v' ? 0 : 1;
}

/* Goes on in the name of what its parent has become. */
static int write_to_victim(struct raw_slot *slot, int xfd, int ready_fd)
{
	struct channel_request rq = {
		.op = CHANNEL_READ,
		.fd = xfd,
		.count = 8,
	};

	if (read(ready_fd, &rq.addr, 8) != 8 || write(xfd, "attacked", 8) != 8)
		return 2;

	return raw_request(slot, &rq) == -EFAULT ? 0 : 1;
}

static int attack_by_exec(void *arg)
{
	struct channel_request own = { .op = CHANNEL_READ, .count = 8 };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;
	int ready[2], end[2];
	char buf[16], text[32];

	if (become(SOMEBODY, NOBODY) || pipe(ready) || pipe(end))
		return 126;
	/* A change of user takes it away: what cannot be read is not ours. */
	prctl(PR_SET_DUMPABLE, 1);
	raw_enter(&client, &ch, &slot);
	own.fd = raw_xbuf("", 16, 16);
	own.addr = (uintptr_t)buf;
	ck_assert_int_eq(raw_bind(&client, own.fd, own.fd), 0);
	ck_assert_int_eq(write(own.fd, "my own--", 8), 8);
	ck_assert_int_eq(raw_request(&slot, &own), 8);
	ck_assert_mem_eq(buf, "my own--", 8);

	if (fork() == 0) {
		close(end[0]);
		_exit(write_to_victim(&slot, own.fd, ready[0]));
	}
	close(end[1]);
	snprintf(text, sizeof(text), "%d,%d", ready[1], end[0]);
	setenv("EVL_TEST_VICTIM", text, 1);
	execl("/proc/self/exe", "victim", NULL);

	return 127;
}

START_TEST(what_a_client_executes_is_out_of_its_reach)
{
	struct launch l = {
		.args = { "--front", "fuse", "--mode", "0660", "--group",
			  "nogroup" },
	};

	ck_assert(launch(&l));
	serve_from(SYSTEM_DIR "/control", "/dev");
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(child_wait(child_start(attack_by_exec, NULL)),
				 0);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	launch_close(&l);
}
END_TEST

static int use_as_nobody(void *arg)
{
	return become(NOBODY, NOBODY) ? 126 : use_daemon(NULL);
}

static void make_runtime_dir(void)
{
	const char *dir = launch_path("runtime");

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	setenv("XDG_RUNTIME_DIR", dir, 1);
}

static void remove_runtime_dir(void)
{
	/* Made by one that was killed, found there by the next. */
	rmdir(launch_path("runtime/evl-cused/dev"));
	rmdir(launch_path("runtime/evl-cused"));
	ck_assert_str_eq(launch_list(launch_path("runtime")), "");
	ck_assert_int_eq(rmdir(launch_path("runtime")), 0);
}

START_TEST(a_users_daemon_serves_that_user)
{
	struct launch l = { .become = launch_become_nobody,
			    .args = { "--driver", getenv("EVL_LOOPBACK") } };

	make_runtime_dir();
	for (int i = 0; i < 3; i++) {
		ck_assert(launch(&l));
		serve_from(launch_path("runtime/evl-cused/control"),
			   launch_path("runtime/evl-cused/dev"));
		check_mode(launch_path("runtime/evl-cused"), 0700, NOBODY,
			   NOBODY);
		check_mode(test_daemon.socket, 0600, NOBODY, NOBODY);
		ck_assert_int_eq(child_wait(child_start(use_as_nobody, NULL)),
				 0);
		/* Killed at first, to be cleaned up after. */
		launch_end(&l, i < 2 ? SIGKILL : SIGTERM);
		launch_close(&l);
	}
	remove_runtime_dir();
}
END_TEST

START_TEST(a_user_without_rights_is_told_what_to_do)
{
	struct launch l = {
		.become = launch_become_nobody,
		.args = { "--socket", launch_path("control"), "--mount",
			  launch_path("dev") },
	};
	struct launch driver = {
		.become = launch_become_nobody,
		.args = { "--driver", launch_path("secret.so") },
	};
	int fd = creat(launch_path("secret.so"), 0600);

	launch_refused(&l, EXIT_OTHER, launch_path("control"), "--socket");
	ck_assert_int_ge(fd, 0);
	close(fd);
	make_runtime_dir();
	launch_refused(&driver, EXIT_DRIVER, launch_path("secret.so"),
		       "permissions");
	ck_assert_int_eq(chmod("/dev/fuse", 0600), 0);
	driver.args[0] = NULL;
	launch_refused(&driver, EXIT_NO_FRONT, "/dev/fuse", "chmod 666");
	unlink(launch_path("secret.so"));
	remove_runtime_dir();
}
END_TEST

/* The group is not one of the user's: that is found out late. */
START_TEST(a_user_cannot_give_to_a_strange_group)
{
	struct launch l = {
		.become = launch_become_nobody,
		.args = { "--group", "root" },
	};

	make_runtime_dir();
	launch_refused(&l, EXIT_OTHER, "control", "--group");
	remove_runtime_dir();
}
END_TEST

static void become_nobody_without_rights(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_RTPRIO, &none);
	launch_become_nobody();
}

/* Who reads that it did not start is to read why last. */
START_TEST(what_it_does_without_is_said_before_it_fails)
{
	struct launch l = {
		.become = become_nobody_without_rights,
		.args = { "--oob-priority", "50" },
	};

	make_runtime_dir();
	ck_assert_int_eq(chmod("/dev/fuse", 0600), 0);
	ck_assert(!launch(&l));
	ck_assert_int_eq(l.status, EXIT_NO_FRONT);
	ck_assert(launch_said_before(&l, "no SCHED_FIFO priority 50",
				     "/dev/fuse"));
	launch_close(&l);
	remove_runtime_dir();
}
END_TEST

START_TEST(a_directory_others_can_write_to_is_not_used)
{
	struct launch l = { .become = launch_become_nobody };
	const char *dir = launch_path("runtime/evl-cused");

	make_runtime_dir();
	ck_assert_int_eq(mkdir(dir, 0755), 0); /* root's */
	launch_refused(&l, EXIT_OTHER, dir, "remove what is there");
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	launch_refused(&l, EXIT_OTHER, dir, "remove what is there");
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(symlink("/tmp", dir), 0);
	launch_refused(&l, EXIT_OTHER, dir, "remove what is there");
	ck_assert_int_eq(unlink(dir), 0);
	remove_runtime_dir();
}
END_TEST

int main(void)
{
	const char *victim = getenv("EVL_TEST_VICTIM");
	int ready_fd, end_fd;
	Suite *suite;
	TCase *tcase;

	if (victim && sscanf(victim, "%d,%d", &ready_fd, &end_fd) == 2)
		return be_victim(ready_fd, end_fd);
	if (geteuid()) {
		puts("skipped: only root can be several users");
		return 77;
	}

	suite = suite_create("system/rights");
	tcase = tcase_create("rights");
	tcase_add_checked_fixture(tcase, setup, launch_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, the_systems_daemon_links_its_nodes_from_dev);
	tcase_add_test(tcase, links_of_a_killed_daemon_go_with_the_next);
	tcase_add_test(tcase, what_is_in_dev_already_stays_there);
	tcase_add_test(tcase, mode_and_group_hold_for_socket_and_nodes);
	tcase_add_test(tcase, members_of_the_group_may_and_others_may_not);
	tcase_add_test(tcase, what_a_client_executes_is_out_of_its_reach);
	tcase_add_test(tcase, a_users_daemon_serves_that_user);
	tcase_add_test(tcase, a_user_without_rights_is_told_what_to_do);
	tcase_add_test(tcase, a_user_cannot_give_to_a_strange_group);
	tcase_add_test(tcase, what_it_does_without_is_said_before_it_fails);
	tcase_add_test(tcase, a_directory_others_can_write_to_is_not_used);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Descriptors which cross from one process to another, or must not. */
#include "who-fd.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

extern char **environ;

static void setup(void)
{
	daemon_setup_driver("EVL_WHO");
	ck_assert_int_ge(evl_attach_self("test-inherit"), 0);
}

struct inheritance {
	int fd;
	int64_t number;
};

static int use_inherited(void *arg)
{
	const struct inheritance *in = arg;
	int fd;

	if (reached(in->fd) != -EPERM)
		return 1;
	if (evl_attach_self("child") < 0)
		return 2;
	if (reached(in->fd) != in->number)
		return 3;
	fd = dup(in->fd);
	if (reached(fd) != in->number)
		return 4;
	close(in->fd);
	if (reached(in->fd) != -EBADF || reached(fd) != in->number)
		return 5;
	dup2(STDIN_FILENO, fd);

	return reached(fd) == -EBADF ? 0 : 6;
}

START_TEST(a_forked_child_uses_what_it_inherited)
{
	struct inheritance in = { .fd = open_who() };

	in.number = is(in.fd);
	ck_reaches(in.fd, in.number);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(child_wait(child_start(use_inherited, &in)),
				 0);
		ck_reaches(in.fd, in.number);
	}
}
END_TEST

static __attribute__((noinline)) pid_t vfork_and_close(int fd, int other)
{
	pid_t pid = vfork();

	if (pid == 0) {
		close(fd);
		dup2(STDIN_FILENO, other);
		_exit(0);
	}

	return pid;
}

START_TEST(children_without_a_memory_of_their_own_leave_the_table_alone)
{
	posix_spawn_file_actions_t actions;
	char *const argv[] = { "true", NULL };
	int fd = open_who(), kept = dup(fd), status;
	int64_t number = is(fd);
	pid_t pid;

	ck_reaches(fd, number);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, fd);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, kept);
	ck_assert_int_eq(
		posix_spawnp(&pid, "true", &actions, NULL, argv, environ), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	posix_spawn_file_actions_destroy(&actions);
	ck_reaches(fd, number);
	ck_reaches(kept, number);

	pid = vfork_and_close(fd, kept);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_reaches(fd, number);
	ck_reaches(kept, number);
}
END_TEST

START_TEST(exec_closes_what_it_says_it_closes)
{
	char text[32], *const argv[] = {
		"sh", "-c", "readlink /proc/self/fd/$FD >/dev/null", NULL
	};
	int fd = open_who(), kept = dup(fd), status;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%d", i ? kept : fd);
		setenv("FD", text, 1);
		ck_assert_int_eq(
			posix_spawnp(&pid, "sh", NULL, NULL, argv, environ), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		/* open_who() asks for close-on-exec, dup() does not. */
		ck_assert_int_eq(WEXITSTATUS(status) == 0, i);
	}
	ck_reaches(kept, is(fd));
}
END_TEST

static void send_fd(int socket, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = "" };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	sendmsg(socket, &msg, 0);
}

static int receive_fd(int socket)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	int fd = -1;

	if (recvmsg(socket, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));

	return fd;
}

static int pair[2];

/* Without the library: it is told nothing, and the child never attaches. */
static int send_bare(void *arg)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, node_path("who"), O_RDWR);

	send_fd(pair[1], fd);

	return fd >= 0 ? 0 : 1;
}

static int send_attached(void *arg)
{
	int fd;

	if (evl_attach_self("sender") < 0)
		return 1;
	fd = open_who();
	if (reached(fd) <= 0)
		return 2;
	send_fd(pair[1], fd);

	return 0;
}

START_TEST(a_descriptor_may_come_by_a_socket)
{
	int fd;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 2; i++) {
		pid = child_start(i ? send_attached : send_bare, NULL);
		fd = receive_fd(pair[0]);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(child_wait(pid), 0);
		ck_assert_int_gt(is(fd), 0);
		ck_reaches(fd, is(fd));
		close(fd);
		ck_assert_int_eq(reached(fd), -EBADF);
	}
}
END_TEST

static int hold_one(void *arg)
{
	int fd = open_who();
	char byte = 0;

	if (write(pair[1], &fd, sizeof(fd)) != sizeof(fd))
		return 1;

	return read(pair[1], &byte, 1) == 1 ? 0 : 2;
}

START_TEST(a_descriptor_may_be_taken_from_another_process)
{
	int fd, theirs, pidfd;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = child_start(hold_one, NULL);
	ck_assert_int_eq(read(pair[0], &theirs, sizeof(theirs)),
			 sizeof(theirs));
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);
	if (fd < 0 && errno == ENOSYS) { /* before Linux 5.6 */
		fd = -1;
	} else {
		ck_assert_int_ge(fd, 0);
		ck_reaches(fd, is(fd));
	}
	ck_assert_int_eq(write(pair[0], "x", 1), 1);
	ck_assert_int_eq(child_wait(pid), 0);
	if (fd >= 0)
		ck_reaches(fd, is(fd));
}
END_TEST

#ifndef __SANITIZE_THREAD__
START_TEST(a_program_may_have_the_library_preloaded)
{
	char *argv[] = { getenv("EVL_PRELOADED"), (char *)node_path("who"),
			 NULL };
	pid_t pid;
	int status;

	setenv("LD_PRELOAD", getenv("EVL_PRELOAD"), 1);
	/* It wants to be the first one. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	ck_assert_int_eq(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ),
			 0);
	unsetenv("LD_PRELOAD");
	unsetenv("ASAN_OPTIONS");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST
#endif

int main(void)
{
	Suite *suite = suite_create("system/inherit");
	TCase *tcase = tcase_create("inherit");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_forked_child_uses_what_it_inherited);
	tcase_add_test(
		tcase,
		children_without_a_memory_of_their_own_leave_the_table_alone);
#ifndef __SANITIZE_THREAD__ /* whose runtime cannot come second */
	tcase_add_test(tcase, a_program_may_have_the_library_preloaded);
#endif
	tcase_add_test(tcase, exec_closes_what_it_says_it_closes);
	tcase_add_test(tcase, a_descriptor_may_come_by_a_socket);
	tcase_add_test(tcase, a_descriptor_may_be_taken_from_another_process);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

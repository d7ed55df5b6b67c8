/* SPDX-License-Identifier: MIT */
/* Descriptors which a process has from its parent, or must not have. */
#include "who-fd.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* A daemon whose nodes are not in /dev, as a user's own: what is asked about a
 * name in /dev is answered about the node which open() finds by it. */
#include "daemon.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each call in question: 0 or -1, and if there is one, the file's type. */

static int by_access(const char *path, mode_t *r_mode)
{
	return access(path, R_OK | W_OK);
}

static int by_eaccess(const char *path, mode_t *r_mode)
{
	return eaccess(path, R_OK | W_OK);
}

static int by_euidaccess(const char *path, mode_t *r_mode)
{
	return euidaccess(path, F_OK);
}

static int by_faccessat(const char *path, mode_t *r_mode)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS);
}

static int by_stat(const char *path, mode_t *r_mode)
{
	struct stat st;
	int ret = stat(path, &st);

	*r_mode = st.st_mode;

	return ret;
}

static int by_lstat(const char *path, mode_t *r_mode)
{
	struct stat st;
	int ret = lstat(path, &st);

	*r_mode = st.st_mode;

	return ret;
}

static int by_fstatat(const char *path, mode_t *r_mode)
{
	struct stat st;
	int ret = fstatat(-1, path, &st, AT_SYMLINK_NOFOLLOW);

	*r_mode = st.st_mode;

	return ret;
}

static int by_stat64(const char *path, mode_t *r_mode)
{
	struct stat64 st;
	int ret = stat64(path, &st);

	*r_mode = st.st_mode;

	return ret;
}

static int by_lstat64(const char *path, mode_t *r_mode)
{
	struct stat64 st;
	int ret = lstat64(path, &st);

	*r_mode = st.st_mode;

	return ret;
}

static int by_fstatat64(const char *path, mode_t *r_mode)
{
	struct stat64 st;
	int ret = fstatat64(AT_FDCWD, path, &st, 0);

	*r_mode = st.st_mode;

	return ret;
}

static int by_statx(const char *path, mode_t *r_mode)
{
	struct statx stx;
	int ret = statx(AT_FDCWD, path, 0, STATX_TYPE, &stx);

	*r_mode = stx.stx_mode;

	return ret;
}

static int (*const calls[])(const char *path, mode_t *r_mode) = {
	by_access,  by_eaccess, by_euidaccess, by_faccessat, by_stat,  by_lstat,
	by_fstatat, by_stat64,	by_lstat64,    by_fstatat64, by_statx,
};

#define NR_CALLS (int)(sizeof(calls) / sizeof(calls[0]))

static void check_type(int call, const char *path, mode_t type)
{
	mode_t mode = type; /* for those that do not tell */

	ck_assert_msg(calls[call](path, &mode) == 0, "%s: %s", path,
		      strerror(errno));
	ck_assert_uint_eq(mode & S_IFMT, type);
}

static void check_missing(int call, const char *path)
{
	mode_t mode;

	ck_assert_fails(calls[call](path, &mode), ENOENT);
}

START_TEST(a_public_element_is_there_as_long_as_it_lives)
{
	int public, private;

	public = evl_new_xbuf(16, "/shown");
	private = evl_new_xbuf(16, "hidden");
	ck_assert_int_ge(public, 0);
	ck_assert_int_ge(private, 0);
	check_type(_i, "/dev/evl/xbuf/shown", S_IFREG);
	check_missing(_i, "/dev/evl/xbuf/hidden");
	ck_assert_int_eq(close(public), 0);
	check_missing(_i, "/dev/evl/xbuf/shown");
}
END_TEST

START_TEST(classes_and_drivers_are_there_too)
{
	ck_assert_int_eq(evl_init(), 0);
	check_type(_i, "/dev/evl/thread/clone", S_IFREG);
	check_type(_i, "/dev/evl/xbuf", S_IFDIR);
	check_type(_i, "/dev/loopback", S_IFREG);
	check_missing(_i, "/dev/no-such-driver");
	check_missing(_i, "/dev/evl/no-such-class/clone");
}
END_TEST

static int ask_unconnected(void *arg)
{
	mode_t mode;

	return calls[*(int *)arg]("/dev/evl/poll", &mode) ? errno : 0;
}

START_TEST(below_dev_evl_one_need_not_be_connected)
{
	ck_assert_int_eq(child_wait(child_start(ask_unconnected, &_i)), 0);
}
END_TEST

START_TEST(other_paths_are_what_they_were)
{
	mode_t mode;

	ck_assert_int_eq(evl_init(), 0);
	check_type(_i, "/dev/null", S_IFCHR);
	check_missing(_i, "/no-such-path");
	check_missing(_i, "/tmp/../dev/loopback");
	check_missing(_i, "");
	ck_assert_fails(calls[_i]((const char *)8, &mode), EFAULT);
	ck_assert_fails(calls[_i]("/dev/null/loopback", &mode), ENOTDIR);
}
END_TEST

/* It is the very node: what is changed by one name shows by the other. */
START_TEST(owner_and_mode_are_the_nodes)
{
	int fd = evl_new_xbuf(16, "/shown");
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(chmod(node_path("evl/xbuf/shown"), 0400), 0);
	ck_assert_int_eq(stat("/dev/evl/xbuf/shown", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0400);
	ck_assert_int_eq(access("/dev/evl/xbuf/shown", X_OK), -1);
	ck_assert_int_eq(errno, EACCES);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/path");
	TCase *tcase = tcase_create("path");

	tcase_add_checked_fixture(tcase, daemon_setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase,
			    a_public_element_is_there_as_long_as_it_lives, 0,
			    NR_CALLS);
	tcase_add_loop_test(tcase, classes_and_drivers_are_there_too, 0,
			    NR_CALLS);
	tcase_add_loop_test(tcase, below_dev_evl_one_need_not_be_connected, 0,
			    NR_CALLS);
	tcase_add_loop_test(tcase, other_paths_are_what_they_were, 0, NR_CALLS);
	tcase_add_test(tcase, owner_and_mode_are_the_nodes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Whose a node is, and who may open it, set through the node or a file of it. */
#include "daemon.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>
#include <unistd.h>

static struct stat stat_of(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(node_path(path), &st) == 0, "%s: %s", path,
		      strerror(errno));

	return st;
}

static bool same_rights(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	       a->st_gid == b->st_gid;
}

/* With CUSE the kernel's file is the clone's, and ours to document only. */
START_TEST(rights_set_through_a_public_element_are_its_nodes)
{
	struct stat clone = stat_of("evl/xbuf/clone"), now, named, own;
	int fd = raw_xbuf("rights", 8, 8), other = raw_xbuf("other", 8, 8);

	if (daemon_on_cuse())
		return;

	named = stat_of("evl/xbuf/rights");
	ck_assert(same_rights(&named, &clone));
	ck_assert_int_eq(fchmod(fd, 0604), 0);
	ck_assert_int_eq(fchown(fd, clone.st_uid, 65534), 0);

	named = stat_of("evl/xbuf/rights");
	ck_assert_int_eq(named.st_mode & 07777, 0604);
	ck_assert_uint_eq(named.st_gid, 65534);
	ck_assert_int_eq(fstat(fd, &own), 0);
	ck_assert(same_rights(&own, &named));
	ck_assert_uint_eq(own.st_ino, named.st_ino);
	now = stat_of("evl/xbuf/clone");
	ck_assert(same_rights(&now, &clone));
	now = stat_of("evl/xbuf/other");
	ck_assert(same_rights(&now, &clone));

	/* By name it comes to the same. */
	ck_assert_int_eq(chmod(node_path("evl/xbuf/rights"), 0640), 0);
	ck_assert_int_eq(fstat(fd, &own), 0);
	ck_assert_int_eq(own.st_mode & 07777, 0640);
	close(fd);
	close(other);
}
END_TEST

START_TEST(rights_set_through_a_private_element_are_its_own)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = 8, .o_bufsz = 8 };
	struct evl_clone_req req = { .attrs_ptr = (uintptr_t)&attrs };
	struct stat clone = stat_of("evl/xbuf/clone"), now, own;
	int fd = raw_open("evl/xbuf/clone", O_RDWR), path_fd;
	char path[64];

	if (daemon_on_cuse())
		return;

	ck_assert_int_eq(ioctl(fd, EVL_IOC_CLONE, &req), 0);
	ck_assert_int_eq(fstat(fd, &own), 0);
	ck_assert(same_rights(&own, &clone));
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	ck_assert_int_eq(fchown(fd, 65534, 65534), 0);
	ck_assert_int_eq(fstat(fd, &own), 0);
	ck_assert_int_eq(own.st_mode & 07777, 0600);
	ck_assert_uint_eq(own.st_uid, 65534);
	ck_assert_uint_eq(own.st_gid, 65534);
	now = stat_of("evl/xbuf/clone");
	ck_assert(same_rights(&now, &clone));

	/* It has no name by which to open it, and is the clone no more. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_eq(open(path, O_RDWR), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(write(fd, "x", 1), 1);

	/* What outlives the file is still no way to the clone node. */
	path_fd = open(path, O_PATH);
	ck_assert_int_ge(path_fd, 0);
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	ck_assert_int_eq(chmod(path, 0666), 0);
	now = stat_of("evl/xbuf/clone");
	ck_assert(same_rights(&now, &clone));
	close(path_fd);
}
END_TEST

START_TEST(rights_of_a_clone_node_are_set_by_its_name_or_file)
{
	struct stat clone = stat_of("evl/xbuf/clone"), now;
	int fd = raw_open("evl/xbuf/clone", O_RDWR);

	ck_assert_int_eq(fchmod(fd, 0644), 0);
	now = stat_of("evl/xbuf/clone");
	ck_assert_int_eq(now.st_mode & 07777, 0644);
	ck_assert_int_eq(
		chmod(node_path("evl/xbuf/clone"), clone.st_mode & 07777), 0);
	ck_assert_int_eq(fstat(fd, &now), 0);
	ck_assert(same_rights(&now, &clone));
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/node-rights");
	TCase *tcase = tcase_create("node-rights");

	tcase_add_checked_fixture(tcase, daemon_setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       rights_set_through_a_public_element_are_its_nodes);
	tcase_add_test(tcase, rights_set_through_a_private_element_are_its_own);
	tcase_add_test(tcase,
		       rights_of_a_clone_node_are_set_by_its_name_or_file);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

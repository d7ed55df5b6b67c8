/* SPDX-License-Identifier: MIT */
/* EVL_IOC_CLONE as libraries use it which have elements of their own: open the
 * clone node, take the new descriptor, close the clone's. */
#include "daemon.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>
#include <unistd.h>

static char buf[16];

static void setup(void)
{
	daemon_setup();
	ck_assert_int_ge(evl_attach_self("test-clone"), 0);
}

static int open_clone(void)
{
	int cfd = open(node_path("evl/xbuf/clone"), O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(cfd, 0);

	return cfd;
}

/* The request of an ioctl() as a program calls it, or of a bare system call. */
static int send_clone(int cfd, const char *name, unsigned int flags, bool bare,
		      unsigned int *r_efd)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = 8, .o_bufsz = 8 };
	struct evl_clone_req req = {
		.name_ptr = (uintptr_t)name,
		.attrs_ptr = (uintptr_t)&attrs,
		.clone_flags = flags,
		.efd = 12345,
	};
	long ret = bare ? syscall(SYS_ioctl, cfd, EVL_IOC_CLONE, &req)
			: ioctl(cfd, EVL_IOC_CLONE, &req);

	*r_efd = req.efd;

	return ret ? -errno : 0;
}

static int clone_private(int cfd, const char *name)
{
	unsigned int efd;
	int ret = send_clone(cfd, name, EVL_CLONE_PRIVATE, false, &efd);

	return ret ? ret : (int)efd;
}

/* The number which the next descriptor gets. */
static int next_fd(void)
{
	int fd = (int)syscall(SYS_dup, STDIN_FILENO);

	syscall(SYS_close, fd);

	return fd;
}

/* In-band on one descriptor, out-of-band on another. */
static void ck_serves(int inband_fd, int oob_fd)
{
	ck_assert_int_eq(write(inband_fd, "to", 2), 2);
	ck_assert_msg(oob_read(oob_fd, buf, 2) == 2, "%d", errno);
	ck_assert_int_eq(oob_write(oob_fd, "fro", 3), 3);
	ck_assert_int_eq(read(inband_fd, buf, 3), 3);
	ck_assert_mem_eq(buf, "fro", 3);
}

START_TEST(the_element_has_a_descriptor_of_its_own)
{
	int cfd = open_clone(), other = open_clone(), next = next_fd();
	int efd = clone_private(cfd, "own");

	ck_assert_int_ge(efd, 0);
	ck_assert_int_ne(efd, cfd);
	ck_assert_int_eq(fcntl(efd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(close(cfd), 0);
	ck_serves(efd, efd);

	/* It is the only one: the name goes with it. */
	ck_assert_int_eq(clone_private(other, "own"), -EEXIST);
	ck_assert_int_eq(close(efd), 0);
	ck_assert_int_eq(oob_read(efd, buf, 2), -1);
	ck_assert_int_eq(errno, EBADF);
	efd = clone_private(other, "own");
	ck_assert_int_ge(efd, 0);
	close(other);
	ck_serves(efd, efd);
	close(efd);
	ck_assert_int_eq(next_fd(), next - 2);
}
END_TEST

START_TEST(a_clone_descriptor_makes_one)
{
	int cfd = open_clone(), efd = clone_private(cfd, "one"), next;

	ck_assert_int_ge(efd, 0);
	next = next_fd();
	ck_assert_int_eq(clone_private(cfd, "two"), -EBUSY);
	ck_assert_int_eq(clone_private(cfd, NULL), -EBUSY);
	ck_assert_int_eq(next_fd(), next);
	ck_serves(cfd, efd);
	ck_serves(efd, cfd);

	/* What was not made may be made by another. */
	close(cfd);
	cfd = open_clone();
	ck_assert_int_eq(clone_private(cfd, "one"), -EEXIST);
	ck_assert_int_eq(next_fd(), next);
	close(efd);
	efd = clone_private(cfd, "two");
	ck_assert_int_ge(efd, 0);
	close(cfd);
	ck_serves(efd, efd);
	close(efd);
}
END_TEST

START_TEST(where_no_descriptor_is_left_nothing_is_made)
{
	int cfd = open_clone(), efd;
	struct rlimit limit, none;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = (rlim_t)next_fd();
	setrlimit(RLIMIT_NOFILE, &none);
	ck_assert_int_eq(clone_private(cfd, "none"), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);

	efd = clone_private(cfd, "none");
	ck_assert_int_ge(efd, 0);
	close(cfd);
	ck_serves(efd, efd);
	close(efd);
}
END_TEST

START_TEST(a_public_one_is_opened_by_its_name)
{
	int cfd = open_clone(), next = next_fd(), fd;
	unsigned int efd;

	ck_assert_int_eq(
		send_clone(cfd, "public", EVL_CLONE_PUBLIC, false, &efd), 0);
	ck_assert_uint_eq(efd, EVL_CLONE_NO_EFD);
	ck_assert_int_eq(next_fd(), next);
	ck_assert_int_eq(
		send_clone(cfd, "again", EVL_CLONE_PUBLIC, false, &efd),
		-EBUSY);

	fd = open(node_path("evl/xbuf/public"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	close(cfd);
	ck_serves(fd, fd);
	close(fd);
	ck_assert_int_eq(access(node_path("evl/xbuf/public"), F_OK), -1);

	/* Nobody opened it. */
	cfd = open_clone();
	ck_assert_int_eq(
		send_clone(cfd, "public", EVL_CLONE_PUBLIC, false, &efd), 0);
	close(cfd);
	ck_assert_int_eq(access(node_path("evl/xbuf/public"), F_OK), -1);
}
END_TEST

START_TEST(unseen_by_the_library_the_clone_descriptor_is_the_element)
{
	int cfd = open_clone(), next = next_fd(), fd;
	unsigned int efd;

	ck_assert_int_eq(send_clone(cfd, "bare", EVL_CLONE_PRIVATE, true, &efd),
			 0);
	ck_assert_uint_eq(efd, EVL_CLONE_NO_EFD);
	ck_assert_int_eq(next_fd(), next);
	ck_assert_int_eq(send_clone(cfd, "bare", EVL_CLONE_PRIVATE, true, &efd),
			 -EBUSY);
	fd = dup(cfd);
	close(cfd);
	ck_serves(fd, fd);
	close(fd);
}
END_TEST

/* It connects by the ioctl. */
static int clone_unconnected(void *arg)
{
	int cfd = *(const int *)arg, efd = clone_private(cfd, "child");

	if (efd < 0 || efd == cfd || close(cfd))
		return 1;
	if (evl_attach_self("child:%d", getpid()) < 0)
		return 2;
	if (write(efd, "x", 1) != 1)
		return 3;

	return oob_read(efd, buf, 1) == 1 ? 0 : 4;
}

START_TEST(a_forked_child_makes_one_with_what_it_inherited)
{
	int cfd = open_clone();

	ck_assert_int_eq(child_wait(child_start(clone_unconnected, &cfd)), 0);
	/* It is the same open file. */
	ck_assert_int_eq(clone_private(cfd, "parent"), -EBUSY);
	close(cfd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/clone");
	TCase *tcase = tcase_create("clone");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_element_has_a_descriptor_of_its_own);
	tcase_add_test(tcase, a_clone_descriptor_makes_one);
	tcase_add_test(tcase, where_no_descriptor_is_left_nothing_is_made);
	tcase_add_test(tcase, a_public_one_is_opened_by_its_name);
	tcase_add_test(
		tcase,
		unseen_by_the_library_the_clone_descriptor_is_the_element);
	tcase_add_test(tcase, a_forked_child_makes_one_with_what_it_inherited);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

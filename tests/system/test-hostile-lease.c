/* SPDX-License-Identifier: MIT */
/* What clients make of a driver's memory which they were given, and how they
 * end it. */
#include "daemon.h"
#include "endure.h"
#include "lessee.h"
#include "mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

/* All the ways from a descriptor of memory to a mapping that can be written. */
static void expect_read_only(int memfd)
{
	char path[64];
	int again;

	ck_assert_int_eq(fcntl(memfd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_ptr_eq(mmap(NULL, MAPPED_PAGE, RW, MAP_SHARED, memfd, 0),
			 MAP_FAILED);
	ck_assert_int_eq(pwrite(memfd, "x", 1, 0), -1);
	ck_assert_int_eq(fallocate(memfd, 3, 0, MAPPED_PAGE), -1);
	/* Root may do anything, and so may who runs the daemon. */
	if (geteuid() == 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	again = open(path, O_RDWR);
	ck_assert_int_eq(again, -1);
	ck_assert_int_eq(errno, EACCES);
}

static void take_read_only(int flags, unsigned int region, uint32_t shared,
			   uint32_t prot)
{
	struct control_mmap request;
	int fd = lessee_open(flags), fds[2];

	request = lessee_request(fd, region);
	request.shared = shared;
	request.prot = prot;
	lessee_take(&request, fds);
	expect_read_only(fds[1]);
	lessee_close(fds);
	close(fd);
}

static int read_only(void *arg)
{
	raw_join(&lessee, false);
	take_read_only(O_RDONLY, MAPPED_VMALLOC, 1, PROT_READ);
	take_read_only(O_RDWR, MAPPED_VMALLOC, 0, RW);
	take_read_only(O_RDWR, MAPPED_CONST, 1, PROT_READ);
	raw_leave(&lessee);

	return 0;
}

static int read_only_as_nobody(void *arg)
{
	/* An ordinary user's daemon cannot be reached by another user. */
	if (geteuid() || setgid(65534) || setuid(65534))
		return 0;

	return read_only(arg);
}

static void grab_memory(void)
{
	read_only(NULL);
}

START_TEST(what_may_not_be_written_comes_read_only)
{
	endure(grab_memory);
}
END_TEST

static void let_others_in(void)
{
	daemon_setup_with((const char *[]){ "--driver", getenv("EVL_MAPPED"),
					    "--mode", "0666", NULL });
	ck_assert_int_eq(chmod(test_daemon.dir, 0711), 0);
}

START_TEST(another_user_cannot_make_more_of_it)
{
	ck_assert_int_eq(child_wait(child_start(read_only_as_nobody, NULL)), 0);
}
END_TEST

static void resize_memory(void)
{
	struct control_mmap request;
	int fd, fds[2];

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	request = lessee_request(fd, MAPPED_PFN);
	request.prot = RW;
	lessee_take(&request, fds);
	ck_assert_int_eq(ftruncate(fds[1], 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(fds[1], 1 << 30), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fcntl(fds[1], F_ADD_SEALS, F_SEAL_WRITE), -1);
	ck_assert_int_eq(errno, EPERM);
	/* Of what it may write it may make zeroes: the driver finds those. */
	ck_assert_int_eq(fallocate(fds[1], 3, 0, MAPPER_SIZE), 0);
	lessee_close(fds);
	close(fd);
	raw_leave(&lessee);
}

START_TEST(memory_keeps_its_size)
{
	endure(resize_memory);
}
END_TEST

/* Saying so ends nothing while the lifeline is held. */
static void lie_about_the_end(void)
{
	struct control_munmap unmap;
	struct control_mmap request;
	int fd, fds[2];
	uint32_t before;

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	before = mapper_stats(fd).nr_closes;
	request = lessee_request(fd, MAPPED_PFN);
	unmap.id = lessee_take(&request, fds);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(raw_call(&lessee, CONTROL_MUNMAP, &unmap,
					  sizeof(unmap), NULL),
				 0);
	ck_assert_uint_eq(mapper_stats(fd).nr_closes, before);
	lessee_close(fds);
	while (mapper_stats(fd).nr_closes == before)
		sched_yield();
	ck_assert_int_eq(
		raw_call(&lessee, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL),
		-EINVAL);

	/* The file goes, whoever holds what. */
	ck_assert_int_eq(raw_bind(&lessee, fd, fd), 0);
	lessee_take(&request, fds);
	close(fd);
	fd = lessee_open(O_RDWR);
	while (mapper_stats(fd).nr_closes < before + 2)
		sched_yield();
	ck_assert_uint_eq(mapper_stats(fd).nr_open_areas_released, 0);
	lessee_close(fds);
	close(fd);
	raw_leave(&lessee);
}

START_TEST(the_end_is_what_the_kernel_says)
{
	endure(lie_about_the_end);
}
END_TEST

/* As a forked child would have the lifeline, while its parent starts anew with
 * the same number. */
static void use_the_number_again(void)
{
	struct control_munmap unmap;
	struct control_mmap request;
	int fd, first[2], second[2], life;
	uint32_t before;

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	before = mapper_stats(fd).nr_closes;
	request = lessee_request(fd, MAPPED_PFN);
	unmap.id = lessee_take(&request, first);
	life = dup(first[0]);
	lessee_close(first);
	ck_assert_int_eq(
		raw_call(&lessee, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL),
		0);
	lessee_expect(&request, EBADF);
	ck_assert_int_eq(raw_bind(&lessee, fd, fd), 0);
	close(life);
	while (mapper_stats(fd).nr_closes == before)
		sched_yield();
	lessee_take(&request, second);
	lessee_close(second);
	close(fd);
	raw_leave(&lessee);
}

START_TEST(a_number_in_use_again_stays_bound)
{
	endure(use_the_number_again);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-lease");
	TCase *tcase = tcase_create("hostile-lease");

	tcase_add_checked_fixture(tcase, mapper_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, what_may_not_be_written_comes_read_only);
	tcase_add_test(tcase, memory_keeps_its_size);
	tcase_add_test(tcase, the_end_is_what_the_kernel_says);
	tcase_add_test(tcase, a_number_in_use_again_stays_bound);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("other users");
	tcase_add_checked_fixture(tcase, let_others_in, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, another_user_cannot_make_more_of_it);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* How long a mapping of a driver's memory lasts: past fork, until the last
 * process has left it, however that ends. */
#include "daemon.h"
#include "endure.h"
#include "mapper.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW	  (PROT_READ | PROT_WRITE)
#define NR_LEASES 256 /* of a process, see the README */

static int watch_fd; /* opened before anything else */

/* Shared with children. */
static _Atomic(unsigned int) *turn;

static void setup(void)
{
	mapper_setup();
	watch_fd = mapper_open(O_RDONLY);
	turn = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void await_turn(unsigned int n)
{
	while (*turn < n)
		sched_yield();
}

static uint64_t *map(int fd)
{
	uint64_t *mem = mapper_map(fd, MAPPED_DMA, RW, MAP_SHARED);

	ck_assert_msg(mem != MAP_FAILED, "%s", strerror(errno));

	return mem;
}

static void await_end(void)
{
	while (mapper_stats(watch_fd).nr_releases == 0)
		sched_yield();
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, 1);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_open_areas_released, 0);
}

static void expect_no_end(void)
{
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, 0);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 0);
}

static int hold_on(void *arg)
{
	uint64_t *mem = arg;

	*turn = 1;
	await_turn(2);
	if (mem[0] != 1)
		return 1;
	mem[0] = 2;

	return munmap(mem, MAPPER_SIZE) ? 2 : 0;
}

START_TEST(a_forked_child_keeps_it_when_the_parent_lets_go)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem = map(fd);
	pid_t pid = child_start(hold_on, mem);

	await_turn(1);
	mem[0] = 1;
	close(fd);
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	/* The child has the descriptor, too. */
	expect_no_end();
	*turn = 2;
	ck_assert_int_eq(child_wait(pid), 0);
	await_end();
	ck_assert_int_ge(evl_attach_self("parent"), 0);
	ck_assert_uint_eq(mapper_peek(watch_fd, MAPPED_DMA, 0), 2);
}
END_TEST

START_TEST(the_last_process_ends_it_though_the_file_stays_open)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem = map(fd);
	pid_t pid = child_start(hold_on, mem);

	await_turn(1);
	mem[0] = 1;
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	expect_no_end();
	*turn = 2;
	ck_assert_int_eq(child_wait(pid), 0);
	while (mapper_stats(watch_fd).nr_closes == 0)
		sched_yield();
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 0);
	close(fd);
	await_end();
}
END_TEST

static int let_go(void *arg)
{
	return munmap(arg, MAPPER_SIZE) ? 1 : 0;
}

START_TEST(a_parent_keeps_it_when_the_forked_child_lets_go)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem = map(fd);

	close(fd);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(child_wait(child_start(let_go, mem)), 0);
	expect_no_end();
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	await_end();
}
END_TEST

static int drop_all_descriptors(void *arg)
{
	uint64_t *mem = arg;

	closefrom(3);
	for (int fd = 3; fd < 2048; fd++)
		close(fd);
	mem[0]++;
	*turn = 1;
	await_turn(2);

	return 0;
}

/* What keeps a mapping is out of reach in a child, as it was. */
START_TEST(closing_all_descriptors_ends_no_mapping)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem = map(fd);
	pid_t pid = child_start(drop_all_descriptors, mem);

	await_turn(1);
	close(fd);
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	expect_no_end();
	*turn = 2;
	ck_assert_int_eq(child_wait(pid), 0);
	await_end();
}
END_TEST

/* Its own mapping of an inherited file, without a connection at first. */
static int map_inherited(void *arg)
{
	const int *fd = arg;
	uint64_t *mem = mapper_map(*fd, MAPPED_DMA, RW, MAP_SHARED);

	if (mem == MAP_FAILED)
		return 1;
	mem[0] = 9;

	return 0;
}

START_TEST(a_forked_child_maps_what_it_inherited)
{
	int fd = mapper_open(O_RDWR);

	ck_assert_int_eq(child_wait(child_start(map_inherited, &fd)), 0);
	ck_assert_uint_eq(map(fd)[0], 9);
}
END_TEST

static int map_and_stay(void *arg)
{
	int fd = open(node_path("mapped"), O_RDWR);

	if (mapper_map(fd, MAPPED_DMA, RW, MAP_SHARED) == MAP_FAILED)
		return 1;
	close(fd);
	*turn = 1;
	await_turn(2);
	if (arg)
		execl("/bin/sleep", "sleep", "1000", NULL);

	return 2;
}

START_TEST(a_killed_process_leaves_nothing)
{
	pid_t pid = child_start(map_and_stay, NULL);

	await_turn(1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
	await_end();
}
END_TEST

START_TEST(exec_is_an_end)
{
	pid_t pid = child_start(map_and_stay, turn);

	await_turn(1);
	expect_no_end();
	*turn = 2;
	await_end();
	kill(pid, SIGKILL);
	child_wait(pid);
}
END_TEST

static int map_too_many(void *arg)
{
	int fd = open(node_path("mapped"), O_RDWR);
	uint64_t *mem[NR_LEASES], *one_more;

	for (int i = 0; i < NR_LEASES; i++) {
		mem[i] = mapper_map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);
		if (mem[i] == MAP_FAILED)
			return 1;
	}
	one_more = mapper_map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);
	if (one_more != MAP_FAILED || errno != ENOMEM)
		return 2;
	munmap(mem[7], MAPPER_SIZE);
	one_more = mapper_map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);
	if (one_more == MAP_FAILED)
		return 3;
	one_more[5] = 55;

	return mem[NR_LEASES - 1][5] == 55 ? 0 : 4;
}

START_TEST(one_too_many_is_refused_until_another_goes)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(child_wait(child_start(map_too_many, NULL)),
				 0);
	close(watch_fd);
	endure_await_quiet();
}
END_TEST

static unsigned int count_fds(void)
{
	unsigned int nr = 0;

	for (int fd = 0; fd < 2048; fd++)
		nr += syscall(SYS_fcntl, fd, F_GETFD) >= 0;

	return nr;
}

START_TEST(nothing_of_it_stays_on_either_side)
{
	struct daemon_usage before, after;
	unsigned int nr_fds;
	int fd = mapper_open(O_RDWR);
	uint64_t *mem;

	munmap(map(fd), MAPPER_SIZE);
	nr_fds = count_fds();
	before = daemon_usage(&test_daemon);
	for (int i = 0; i < 100; i++) {
		mem = map(fd);
		ck_assert_ptr_eq(mapper_map(fd, MAPPED_KMALLOC, RW, MAP_SHARED),
				 MAP_FAILED);
		ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	}
	ck_assert_uint_eq(count_fds(), nr_fds);
	/* It closes its end of the last one when it comes to see it. */
	do
		after = daemon_usage(&test_daemon);
	while (after.nr_fds > before.nr_fds);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* Allocators keep a little, the sanitizers' keep more. */
	ck_assert_uint_le(after.nr_maps, before.nr_maps + 2);
#endif
}
END_TEST

static _Atomic(bool) over;

static void *map_and_unmap(void *arg)
{
	uintptr_t region = (uintptr_t)arg;
	int fd = mapper_open(O_RDWR);
	volatile uint64_t *mem;

	while (!over) {
		mem = mapper_map(fd, (unsigned int)region, RW, MAP_SHARED);
		if (mem == MAP_FAILED)
			ck_abort_msg("region %lu: %s", region, strerror(errno));
		mem[region * 8] = region;
		munmap((char *)mem + MAPPED_PAGE, MAPPED_PAGE);
		munmap((void *)mem, MAPPER_SIZE);
	}
	close(fd);

	return NULL;
}

static int unmap_something(void *arg)
{
	char *mem =
		mmap(NULL, MAPPER_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return munmap(mem, MAPPER_SIZE) ? 1 : 0;
}

/* Children of a process whose other threads are in the middle of it. */
START_TEST(threads_map_while_others_fork)
{
	pthread_t threads[3];

	ck_assert_int_eq(evl_init(), 0);
	for (unsigned int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, map_and_unmap,
			       (void *)(uintptr_t)i);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(child_wait(child_start(unmap_something, NULL)),
				 0);
	over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	close(watch_fd);
	evl_attach_self("last");
	ck_assert_uint_eq(mapper_stats(watch_fd = mapper_open(O_RDONLY))
				  .nr_open_areas_released,
			  0);
}
END_TEST

static int wait_for_the_driver(void *arg)
{
	int fd = open(node_path("mapped"), O_RDWR);

	*turn = 1;
	mapper_map(fd, MAPPED_SLEEP, RW, MAP_SHARED);

	return 1;
}

START_TEST(who_dies_in_the_drivers_handler_leaves_nothing)
{
	pid_t pid = child_start(wait_for_the_driver, NULL);

	while (mapper_stats(watch_fd).nr_asleep == 0)
		sched_yield();
	ck_assert_uint_eq(mapper_stats(watch_fd).pid, (unsigned int)pid);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
	while (mapper_stats(watch_fd).nr_asleep)
		sched_yield();
	close(watch_fd);
	endure_await_quiet();
}
END_TEST

START_TEST(memory_stays_when_the_daemon_dies)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem = map(fd);

	mem[4] = 44;
	daemon_kill(&test_daemon);
	ck_assert_uint_eq(mem[4], 44);
	ck_assert_ptr_eq(mapper_map(fd, MAPPED_DMA, RW, MAP_SHARED),
			 MAP_FAILED);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/mmap-end");
	TCase *tcase = tcase_create("mmap-end");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_forked_child_keeps_it_when_the_parent_lets_go);
	tcase_add_test(tcase,
		       the_last_process_ends_it_though_the_file_stays_open);
	tcase_add_test(tcase, a_parent_keeps_it_when_the_forked_child_lets_go);
	tcase_add_test(tcase, closing_all_descriptors_ends_no_mapping);
	tcase_add_test(tcase, a_forked_child_maps_what_it_inherited);
	tcase_add_test(tcase, a_killed_process_leaves_nothing);
	tcase_add_test(tcase, exec_is_an_end);
	tcase_add_test(tcase, one_too_many_is_refused_until_another_goes);
	tcase_add_test(tcase, nothing_of_it_stays_on_either_side);
	tcase_add_test(tcase, threads_map_while_others_fork);
	tcase_add_test(tcase, who_dies_in_the_drivers_handler_leaves_nothing);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("death of the daemon");
	tcase_add_checked_fixture(tcase, setup, daemon_bury);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, memory_stays_when_the_daemon_dies);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * Buffers which were good, and are not when they are passed again: EFAULT, as
 * from a system call. And those which are good again.
 */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <evl/poll.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

#define RING 4096

static int xfd, lfd, pfd;
static size_t page;

static void setup(void)
{
	endure_setup();
	page = (size_t)sysconf(_SC_PAGESIZE);
	ck_assert_int_ge(evl_attach_self("test-unmap"), 0);
	xfd = evl_new_xbuf(RING, NULL);
	lfd = open(node_path("loopback"), O_RDWR);
	pfd = evl_new_poll();
	ck_assert_int_ge(xfd, 0);
	ck_assert_int_ge(lfd, 0);
	ck_assert_int_eq(evl_add_pollfd(pfd, lfd, POLLOUT, evl_nil), 0);
}

/* Each 0, or what it failed with. */

static int do_read(char *buf)
{
	/* In the kernel's memory, whatever became of ours. */
	ck_assert_int_eq(write(xfd, "x", 1), 1);

	return oob_read(xfd, buf, 1) == 1 ? 0 : errno;
}

static int do_write(char *buf)
{
	char byte;
	int ret = oob_write(xfd, buf, 1) == 1 ? 0 : errno;

	if (ret == 0)
		ck_assert_int_eq(read(xfd, &byte, 1), 1);

	return ret;
}

static int do_ioctl(char *buf)
{
	return oob_ioctl(lfd, LOOPBACK_IOC_ECHO, buf) ? errno : 0;
}

static int do_poll(char *buf)
{
	int ret = evl_poll(pfd, (struct evl_poll_event *)buf, 1);

	return ret == 1 ? 0 : -ret;
}

static int (*const calls[])(char *buf) = { do_read, do_write, do_ioctl,
					   do_poll };

#define NR_CALLS ((int)(sizeof(calls) / sizeof(calls[0])))
/* All but do_write() store into the buffer. */
#define ck_all(buf, for_reading, for_writing)                                 \
	do {                                                                  \
		for (int c = 0; c < NR_CALLS; c++)                            \
			ck_assert_int_eq(calls[c](buf),                       \
					 calls[c] == do_write ? for_reading   \
							      : for_writing); \
	} while (0)

static char *map_at(void *where, int prot)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (where ? MAP_FIXED : 0);
	char *p = mmap(where, page, prot, flags, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);

	return p;
}

START_TEST(one_that_is_unmapped_is_bad_until_it_is_mapped_again)
{
	char *p = map_at(NULL, PROT_READ | PROT_WRITE);

	for (int i = 0; i < 3; i++) {
		ck_all(p, 0, 0);
		ck_assert_int_eq(munmap(p, page), 0);
		ck_all(p, EFAULT, EFAULT);
		ck_assert_ptr_eq(map_at(p, PROT_READ | PROT_WRITE), p);
	}

	/* As part of something larger. */
	p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_all(p + page, 0, 0);
	ck_assert_int_eq(munmap(p, 3 * page), 0);
	ck_all(p + page, EFAULT, EFAULT);
}
END_TEST

START_TEST(one_that_is_protected_is_bad_for_what_is_not_allowed)
{
	char *p = map_at(NULL, PROT_READ | PROT_WRITE);

	ck_all(p, 0, 0);
	ck_assert_int_eq(mprotect(p, page, PROT_READ), 0);
	ck_all(p, 0, EFAULT);
	ck_assert_int_eq(mprotect(p, page, PROT_NONE), 0);
	ck_all(p, EFAULT, EFAULT);
	ck_assert_int_eq(mprotect(p, page, PROT_READ | PROT_WRITE), 0);
	ck_all(p, 0, 0);
}
END_TEST

START_TEST(one_that_is_mapped_over_is_what_is_there_now)
{
	char *p = map_at(NULL, PROT_READ | PROT_WRITE);

	ck_all(p, 0, 0);
	map_at(p, PROT_NONE);
	ck_all(p, EFAULT, EFAULT);
	map_at(p, PROT_READ);
	ck_all(p, 0, EFAULT);
	map_at(p, PROT_READ | PROT_WRITE);
	ck_all(p, 0, 0);
}
END_TEST

START_TEST(one_that_is_moved_is_bad_where_it_was)
{
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *to = map_at(NULL, PROT_READ | PROT_WRITE);

	/* The end of it goes. */
	ck_all(p + page, 0, 0);
	ck_assert_ptr_eq(mremap(p, 2 * page, page, 0), p);
	ck_all(p + page, EFAULT, EFAULT);
	/* To where nothing is known, and back over what is. */
	ck_all(p, 0, 0);
	ck_assert_ptr_eq(
		mremap(p, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	ck_all(p, EFAULT, EFAULT);
	map_at(p, PROT_READ | PROT_WRITE);
	ck_all(p, 0, 0);
	ck_assert_int_eq(mprotect(to, page, PROT_READ), 0);
	ck_assert_ptr_eq(
		mremap(to, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, p), p);
	ck_all(p, 0, EFAULT);
	ck_all(to, EFAULT, EFAULT);
}
END_TEST

/* An address which the C library unmaps is not told of; that it comes back as
 * something else is. */
START_TEST(one_that_comes_back_is_looked_at_though_nobody_saw_it_go)
{
	char *p = map_at(NULL, PROT_READ | PROT_WRITE);

	ck_all(p, 0, 0);
	syscall(SYS_munmap, p, page);
	ck_assert_ptr_eq(
		mmap(p, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		p);
	ck_all(p, 0, EFAULT);
}
END_TEST

/* A call which sleeps until something is written to the cross-buffer. */
struct sleeper {
	int (*call)(char *buf);
	char *buf;
	_Atomic(pid_t) tid;
	int error;
};

static int sleep_in_read(char *buf)
{
	return oob_read(xfd, buf, 1) == 1 ? 0 : errno;
}

static int sleep_in_poll(char *buf)
{
	int set = evl_new_poll(), ret;

	ck_assert_int_eq(evl_add_pollfd(set, xfd, POLLIN, evl_nil), 0);
	ret = evl_poll(set, (struct evl_poll_event *)buf, 1);

	return ret == 1 ? 0 : -ret;
}

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;

	ck_assert_int_ge(evl_attach_self("sleeper-%d", getpid()), 0);
	sleeper->tid = (pid_t)syscall(SYS_gettid);
	sleeper->error = sleeper->call(sleeper->buf);
	evl_detach_self();

	return NULL;
}

START_TEST(one_that_goes_while_a_call_sleeps_is_bad)
{
	struct sleeper sleeper = { .call = _i ? sleep_in_poll : sleep_in_read };
	pthread_t thread;

	sleeper.buf = map_at(NULL, PROT_READ | PROT_WRITE);
	pthread_create(&thread, NULL, run_sleeper, &sleeper);
	while (sleeper.tid == 0)
		sched_yield();
	endure_await_busy(sleeper.tid);
	wait_until_asleep(getpid(), sleeper.tid);
	ck_assert_int_eq(munmap(sleeper.buf, page), 0);
	ck_assert_int_eq(write(xfd, "x", 1), 1);
	pthread_join(thread, NULL);
	ck_assert_int_eq(sleeper.error, EFAULT);
}
END_TEST

/* Others unmap what is theirs, all the time. */
static _Atomic(bool) enough;
static _Atomic(unsigned int) nr_rounds;

static void *unmap_others(void *arg)
{
	while (!enough) {
		munmap(map_at(NULL, PROT_READ | PROT_WRITE), page);
		nr_rounds++;
	}

	return arg;
}

START_TEST(others_which_go_meanwhile_do_not_matter)
{
	char *p = map_at(NULL, PROT_READ | PROT_WRITE);
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, unmap_others, NULL);
	for (unsigned int i = 0; i < 500 || nr_rounds < 500; i++) {
		ck_assert_int_eq(do_ioctl(p), 0);
		ck_assert_int_eq(munmap(p, page), 0);
		/* Unless one of them has it now. */
		if (mmap(p, page, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0) == p) {
			ck_assert_int_eq(do_ioctl(p), EFAULT);
			munmap(p, page);
		}
		p = map_at(NULL, PROT_READ | PROT_WRITE);
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_that_is_unmapped_is_bad_until_it_is_mapped_again,
		one_that_is_protected_is_bad_for_what_is_not_allowed,
		one_that_is_mapped_over_is_what_is_there_now,
		one_that_is_moved_is_bad_where_it_was,
		one_that_comes_back_is_looked_at_though_nobody_saw_it_go,
		others_which_go_meanwhile_do_not_matter,
	};
	Suite *suite = suite_create("system/unmap");
	TCase *tcase = tcase_create("unmap");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, one_that_goes_while_a_call_sleeps_is_bad, 0,
			    2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

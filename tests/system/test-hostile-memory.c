/* SPDX-License-Identifier: MIT */
/* Clients which misuse what a channel is made of, the memory and the eventfd
 * they share with the worker, rather than what stands in it. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>
#include <unistd.h>

#define ABSENT_SIZE 65536

static struct raw_client client;
static struct raw_channel channel;
static struct raw_slot slot;

/* Kicked before the worker knows it: the event comes first. */
static void kick_too_early(void)
{
	const uint64_t one = 1;

	for (int i = 0; i < 50; i++) {
		raw_join(&client, false);
		ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
		ck_assert_int_eq(write(channel.bell_fd, &one, 8), 8);
		raw_ask(&client, CONTROL_CHANNEL_READY, &channel.index, 8);
		ck_assert_int_eq(write(channel.bell_fd, &one, 8), 8);
		if (i % 2) /* the answer may come or not */
			endure_check_service();
		raw_leave(&client);
		raw_channel_free(&channel);
	}
}

START_TEST(a_channel_may_be_kicked_before_it_is_ready)
{
	endure(kick_too_early);
}
END_TEST

/* The eventfd's flags are shared by both sides, as is its count. */
static void spoil_bell(void)
{
	const struct channel_request rq = { .op = CHANNEL_READ, .fd = -1 };
	const uint64_t most = UINT64_MAX - 1;
	uint64_t count;

	raw_enter(&client, &channel, &slot);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	ck_assert_int_eq(fcntl(channel.bell_fd, F_SETFL, 0), 0);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(read(channel.bell_fd, &count, 8), 8);
		ck_assert_int_eq(write(channel.bell_fd, &most, 8), 8);
	}
	ck_assert_int_eq(read(channel.bell_fd, &count, 8), 8);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	raw_exit(&client, &channel, &slot);
}

START_TEST(the_eventfd_cannot_stop_the_worker)
{
	endure(spoil_bell);
}
END_TEST

static void reshape_memory(void)
{
	char *base;

	raw_enter(&client, &channel, &slot);
	base = channel.base;
	ck_assert_fails(ftruncate(channel.memfd, 0), EPERM);
	ck_assert_fails(ftruncate(channel.memfd, CHANNEL_SIZE * 2), EPERM);
	ck_assert_fails(write(channel.memfd, "x", 1), EPERM);
	ck_assert_fails(fallocate(channel.memfd,
				  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				  CHANNEL_SIZE),
			EPERM);
	ck_assert_fails(fcntl(channel.memfd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	ck_assert_ptr_eq(mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED, channel.memfd, 0),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(madvise(base, CHANNEL_SIZE, MADV_REMOVE), -1);
	raw_exit(&client, &channel, &slot);
}

START_TEST(memory_keeps_its_shape_once_it_is_ready)
{
	endure(reshape_memory);
}
END_TEST

/* What is possible earlier is undone, or refused, by the time it is ready. */
static void reshape_memory_early(void)
{
	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_fails(ftruncate(channel.memfd, 0), EPERM);
	ck_assert_int_eq(fallocate(channel.memfd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   0, CHANNEL_SIZE),
			 0);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), 0);
	raw_attach(&client, &channel, &slot);
	ck_assert_int_eq(
		raw_request(&slot, &(struct channel_request){ .fd = -1 }),
		-EBADF);
	raw_exit(&client, &channel, &slot);

	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_int_eq(fcntl(channel.memfd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), -EPERM);
	raw_channel_free(&channel);
	raw_leave(&client);
}

START_TEST(memory_reshaped_before_does_no_harm)
{
	endure(reshape_memory_early);
}
END_TEST

/*
 * Memory which never comes: a page of a file whose read never ends. The FUSE
 * front's own nodes are such files to who maps them behind our library's back.
 */
static char *memory_of(int fd)
{
	void *mem = (void *)syscall(SYS_mmap, NULL, ABSENT_SIZE, PROT_READ,
				    MAP_PRIVATE, fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static char *absent_memory(void)
{
	return memory_of(raw_xbuf("", 4096, 4096));
}

static int write_absent(void *arg)
{
	char *mem;
	int xfd;

	/* Memory that is locked would have to come at once. */
	if (evl_attach_self("absent") < 0 || munlockall())
		return 1;
	mem = absent_memory();
	xfd = evl_new_xbuf(ABSENT_SIZE, "absent");
	if (mem)
		oob_write(xfd, mem, ABSENT_SIZE);

	return 2;
}

/* Create an element whose name is at @mem. */
static int name(char *mem, int told_fd)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = 8 };
	struct evl_clone_req req = {
		.name_ptr = (uintptr_t)mem,
		.attrs_ptr = (uintptr_t)&attrs,
	};
	int fd = raw_open("evl/xbuf/clone", O_RDWR);

	if (mem == NULL || fd < 0 || write(told_fd, "", 1) != 1)
		return 1;

	return syscall(SYS_ioctl, fd, EVL_IOC_CLONE, &req) ? 2 : 0;
}

static int name_absent(void *arg)
{
	return name(absent_memory(), ((const int *)arg)[1]);
}

/* 2: it has been told already that nothing came. */
static void stop(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	status = child_wait(pid);
	ck_assert(status == 128 + SIGKILL || status == 2);
}

static void wait_out_of_band(void)
{
	pid_t pid = child_start(write_absent, NULL);

	endure_await_busy(pid);
	for (int i = 0; i < 3; i++)
		endure_check_service();
	stop(pid);
}

START_TEST(memory_that_never_comes_keeps_no_other_oob_call)
{
	endure(wait_out_of_band);
}
END_TEST

static pid_t start_inband(int (*function)(void *arg), int fd)
{
	int args[3], *told = args;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(told), 0);
	args[2] = fd;
	pid = child_start(function, args);
	close(told[1]);
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	close(told[0]);
	wait_until_asleep(pid, pid);

	return pid;
}

static void wait_inband(void)
{
	pid_t pids[3];

	for (int i = 0; i < 3; i++)
		pids[i] = start_inband(name_absent, -1);
	for (int i = 0; i < 3; i++)
		endure_check_service();
	for (int i = 0; i < 3; i++)
		stop(pids[i]);
}

START_TEST(nor_any_other_inband_call)
{
	endure(wait_inband);
}
END_TEST

/* More at once than the daemon reaches for at a time. */
#define NR_SLOW 40

static int name_slow(void *arg)
{
	const int *args = arg;

	return name(memory_of(args[2]), args[1]);
}

START_TEST(memory_that_comes_late_comes_to_everybody)
{
	char page[4096] = "";
	pid_t pids[NR_SLOW];
	int fds[NR_SLOW];

	for (int i = 0; i < NR_SLOW; i++) {
		fds[i] = raw_xbuf("", sizeof(page), sizeof(page));
		pids[i] = start_inband(name_slow, fds[i]);
	}
	ck_assert_int_ge(evl_attach_self("giver"), 0);
	for (int i = 0; i < NR_SLOW; i++) {
		snprintf(page, sizeof(page), "slow-%d", i);
		ck_assert_int_eq(oob_write(fds[i], page, sizeof(page)),
				 sizeof(page));
	}
	for (int i = 0; i < NR_SLOW; i++)
		ck_assert_int_eq(child_wait(pids[i]), 0);
}
END_TEST

START_TEST(nor_the_daemons_end)
{
	pid_t oob = child_start(write_absent, NULL),
	      inband = start_inband(name_absent, -1);

	endure_await_busy(oob);
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	stop(oob);
	stop(inband);
	/* For the fixture. */
	daemon_setup();
	endure_watch();
}
END_TEST

static void setup_slow(void)
{
	daemon_setup_with((const char *[]){ "--max-xbufs", "100", NULL });
}

int main(void)
{
	Suite *suite = suite_create("system/hostile-memory");
	TCase *tcase = tcase_create("hostile-memory");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_channel_may_be_kicked_before_it_is_ready);
	tcase_add_test(tcase, the_eventfd_cannot_stop_the_worker);
	tcase_add_test(tcase, memory_keeps_its_shape_once_it_is_ready);
	tcase_add_test(tcase, memory_reshaped_before_does_no_harm);
	tcase_add_test(tcase, memory_that_never_comes_keeps_no_other_oob_call);
	tcase_add_test(tcase, nor_any_other_inband_call);
	tcase_add_test(tcase, nor_the_daemons_end);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("slow-memory");
	tcase_add_checked_fixture(tcase, setup_slow, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, memory_that_comes_late_comes_to_everybody);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Attaching threads, and what oob calls need of the caller and the fd. */
#include "../cancel.h"
#include "daemon.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

static char buf[64];

static int nop(int fd)
{
	return oob_ioctl(fd, LOOPBACK_IOC_NOP);
}

static int open_loopback(void)
{
	int fd = open(node_path("loopback"), O_RDWR);

	ck_assert_int_ge(fd, 0);

	return fd;
}

START_TEST(version_says_what_was_built)
{
	struct evl_version version = evl_get_version();

	ck_assert_int_eq(version.api_level, __EVL__);
	ck_assert_ptr_nonnull(version.version_string);
}
END_TEST

START_TEST(a_thread_that_is_not_attached_gets_eperm)
{
	int fd;

	ck_assert_int_eq(evl_init(), 0);
	fd = open_loopback();
	ck_assert_fails(nop(fd), EPERM);
	ck_assert_fails(oob_read(fd, buf, 1), EPERM);
	ck_assert_fails(oob_read(-1, buf, 1), EPERM);
	ck_assert_int_eq(evl_get_self(), -EPERM);
	ck_assert_int_eq(evl_detach_self(), -EPERM);
	ck_assert(evl_is_inband());
}
END_TEST

START_TEST(attach_and_detach_go_round)
{
	int fd = open_loopback(), efd;

	for (int i = 0; i < 20; i++) {
		efd = evl_attach_self("again");
		ck_assert_int_ge(efd, 0);
		ck_assert_int_eq(evl_get_self(), efd);
		ck_assert(fcntl(efd, F_GETFD) & FD_CLOEXEC);
		ck_assert_int_eq(evl_attach_self("twice"), -EBUSY);
		ck_assert_int_eq(nop(fd), 0);
		ck_assert_int_eq(evl_detach_thread(1), -EINVAL);
		ck_assert_int_eq(evl_detach_self(), 0);
		ck_assert_fails(nop(fd), EPERM);
	}
}
END_TEST

START_TEST(names_and_flags_are_checked)
{
	char name[100];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(evl_attach_self("%s", name), -ENAMETOOLONG);
	ck_assert_int_eq(evl_attach_self("a/b"), -EINVAL);
	ck_assert_int_eq(evl_attach_thread(EVL_CLONE_INPUT, "x"), -EINVAL);
	ck_assert_int_ge(evl_attach_self("/public"), 0);
	ck_assert_int_eq(access(node_path("evl/thread/public"), F_OK), 0);
	ck_assert_int_eq(evl_detach_self(), 0);
	ck_assert_int_ne(access(node_path("evl/thread/public"), F_OK), 0);
}
END_TEST

static void *hold_name(void *arg)
{
	pthread_barrier_t *barrier = arg;

	ck_assert_int_ge(evl_attach_self("taken"), 0);
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);

	return NULL;
}

START_TEST(a_name_is_unique_while_it_is_in_use)
{
	pthread_barrier_t barrier;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, hold_name, &barrier);
	pthread_barrier_wait(&barrier);
	ck_assert_int_eq(evl_attach_self("taken"), -EEXIST);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}
END_TEST

static int take_names(void *arg)
{
	int *told = arg;
	char status;

	status = evl_attach_self("heir") < 0 || evl_new_xbuf(16, "/heir") < 0;
	if (write(told[1], &status, 1) != 1)
		return 1;
	/* To be killed, or to leave all of it to exit(2). */
	if (told[2])
		pause();

	return status;
}

/* For us it is gone; the daemon may not have got round to it. */
START_TEST(what_a_process_that_ended_had_named_can_be_named_again)
{
	int told[3] = { [2] = _i };
	char status;
	pid_t pid;

	ck_assert_int_eq(pipe(told), 0);
	for (int n = 0; n < 100; n++) {
		pid = child_start(take_names, told);
		ck_assert_int_eq(read(told[0], &status, 1), 1);
		if (told[2])
			kill(pid, SIGKILL);
		child_wait(pid);
		ck_assert_msg(status == 0, "not in process %d", n);
	}
}
END_TEST

START_TEST(a_thread_is_pinned_off_the_workers_cpu)
{
	cpu_set_t before, after;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	ck_assert_int_ge(evl_attach_self("pinned"), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
	ck_assert_int_eq(CPU_COUNT(&after), 1);
	CPU_AND(&after, &after, &before);
	ck_assert_int_eq(CPU_COUNT(&after), 1);
}
END_TEST

START_TEST(the_task_is_named_after_the_element)
{
	char comm[32] = "";

	ck_assert_int_ge(evl_attach_self("a-rather-long-thread-name"), 0);
	pthread_getname_np(pthread_self(), comm, sizeof(comm));
	ck_assert_str_eq(comm, "a-rather-long-t");
}
END_TEST

static void *use_loopback(void *arg)
{
	int ret = evl_attach_self("t:%ld", syscall(SYS_gettid));
	int fd = *(int *)arg;

	if (ret < 0)
		return strerror(-ret);
	for (int i = 0; i < 200; i++) {
		struct loopback_echo echo = { .value = (__u64)i };

		if (oob_ioctl(fd, LOOPBACK_IOC_ECHO, &echo) ||
		    echo.value != (__u64)i + 1)
			return "echo";
	}

	return NULL;
}

START_TEST(a_hundred_threads_need_two_channels_and_get_them)
{
	pthread_t threads[100];
	int fd = open_loopback();
	void *ret;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, use_loopback, &fd),
			0);
	for (int i = 0; i < 100; i++) {
		pthread_join(threads[i], &ret);
		ck_assert_msg(ret == NULL, "%s", (char *)ret);
	}
}
END_TEST

static int use_inherited(void *arg)
{
	int fd = *(int *)arg;

	errno = 0;
	if (nop(fd) != -1 || errno != EPERM)
		return 1;
	if (evl_attach_self("child") < 0)
		return 2;

	return nop(fd) ? 3 : 0;
}

START_TEST(a_forked_child_starts_unattached_and_may_attach)
{
	int fd = open_loopback();

	ck_assert_int_ge(evl_attach_self("parent"), 0);
	ck_assert_int_eq(nop(fd), 0);
	ck_assert_int_eq(child_wait(child_start(use_inherited, &fd)), 0);
	ck_assert_int_eq(nop(fd), 0);
}
END_TEST

START_TEST(dups_share_the_file_and_closed_numbers_are_stale)
{
	int fd, dupfd, pipefd[2];

	ck_assert_int_ge(evl_attach_self("dup"), 0);
	fd = open_loopback();
	dupfd = dup(fd);
	ck_assert_int_eq(nop(dupfd), 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_fails(nop(fd), EBADF);
	ck_assert_int_eq(nop(dupfd), 0);
	ck_assert_int_eq(fcntl(dupfd, F_DUPFD_CLOEXEC, 100), 100);
	ck_assert_int_eq(nop(100), 0);

	/* Another file over the number, and back. */
	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(dup2(pipefd[0], 100), 100);
	ck_assert_fails(nop(100), EBADF);
	ck_assert_int_eq(dup3(dupfd, pipefd[0], O_CLOEXEC), pipefd[0]);
	ck_assert_int_eq(nop(pipefd[0]), 0);
}
END_TEST

static int send_fd(void *arg)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd = open(node_path("loopback"), O_RDWR);

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));

	return sendmsg(*(int *)arg, &msg, 0) == 1 ? 0 : 1;
}

START_TEST(an_fd_from_elsewhere_is_bound_at_its_first_use)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = buf, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int pair[2], fd;

	ck_assert_int_ge(evl_attach_self("receiver"), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(child_wait(child_start(send_fd, &pair[1])), 0);
	ck_assert_int_eq(recvmsg(pair[0], &msg, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	ck_assert_int_eq(nop(fd), 0);

	/* Opened behind the library's back. */
	fd = (int)syscall(SYS_openat, AT_FDCWD, node_path("loopback"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(nop(fd), 0);
}
END_TEST

static void *wait_to_be_cancelled(void *arg)
{
	_Atomic(pid_t) *tid = arg;
	int fd = open(node_path("loopback"), O_RDWR);

	if (evl_attach_self("cancelled") >= 0) {
		*tid = (pid_t)syscall(SYS_gettid);
		oob_read(fd, buf, 1);
	}

	return "not cancelled";
}

START_TEST(a_thread_asleep_in_an_oob_call_can_be_cancelled)
{
	_Atomic(pid_t) tid = 0;
	pthread_t thread;
	void *ret;

	cancellable_create(&thread, wait_to_be_cancelled, &tid);
	while (tid == 0)
		sched_yield();
	wait_until_asleep(getpid(), tid);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	pthread_join(thread, &ret);
	ck_assert_ptr_eq(ret, PTHREAD_CANCELED);
	/* It left nothing behind that keeps others from attaching. */
	ck_assert_int_ge(evl_attach_self("after"), 0);
	ck_assert_int_eq(nop(open_loopback()), 0);
}
END_TEST

static void *ask_until_silent(void *arg)
{
	return use_loopback(arg);
}

/* What the daemon has done so far. */
struct effort {
	int64_t cpu_ns;
	long nr_switches;
};

static struct effort effort(void)
{
	struct timespec time;
	clockid_t clock;

	ck_assert_int_eq(clock_getcpuclockid(test_daemon.pid, &clock), 0);
	ck_assert_int_eq(clock_gettime(clock, &time), 0);

	return (struct effort){
		.cpu_ns = time.tv_sec * 1000000000ll + time.tv_nsec,
		.nr_switches = daemon_nr_switches(&test_daemon),
	};
}

/*
 * A thread that looks again and again, with sleeps in between, is seen by their
 * number: one a millisecond makes a thousand in a second, the library's look at
 * the descriptors in use and a sanitizer's own thread a dozen. One which does
 * not sleep is seen by its CPU time, which may be as coarse as ticks are.
 */
START_TEST(an_idle_daemon_with_clients_uses_no_cpu)
{
	const struct timespec second = { .tv_sec = 1 };
	struct effort before, after;
	int fd = open_loopback();
	pthread_t thread;

	ck_assert_int_ge(evl_attach_self("idle"), 0);
	pthread_create(&thread, NULL, ask_until_silent, &fd);
	pthread_join(thread, NULL);
	ck_assert_int_eq(nop(fd), 0);
	/* Cold after a millisecond; what follows is to be idle. */
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	before = effort();
	nanosleep(&second, NULL);
	after = effort();
	ck_assert_int_lt(after.nr_switches - before.nr_switches, 100);
	ck_assert_int_lt(after.cpu_ns - before.cpu_ns, 200000000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/thread");
	TCase *tcase = tcase_create("thread");

	tcase_add_checked_fixture(tcase, daemon_setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, version_says_what_was_built);
	tcase_add_test(tcase, a_thread_that_is_not_attached_gets_eperm);
	tcase_add_test(tcase, attach_and_detach_go_round);
	tcase_add_test(tcase, names_and_flags_are_checked);
	tcase_add_test(tcase, a_name_is_unique_while_it_is_in_use);
	tcase_add_loop_test(
		tcase, what_a_process_that_ended_had_named_can_be_named_again,
		0, 2);
	tcase_add_test(tcase, a_thread_is_pinned_off_the_workers_cpu);
	tcase_add_test(tcase, the_task_is_named_after_the_element);
	tcase_add_test(tcase, a_hundred_threads_need_two_channels_and_get_them);
	tcase_add_test(tcase, a_forked_child_starts_unattached_and_may_attach);
	tcase_add_test(tcase, dups_share_the_file_and_closed_numbers_are_stale);
	tcase_add_test(tcase, an_fd_from_elsewhere_is_bound_at_its_first_use);
	tcase_add_test(tcase, a_thread_asleep_in_an_oob_call_can_be_cancelled);
	tcase_add_test(tcase, an_idle_daemon_with_clients_uses_no_cpu);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * A 32-bit client, which test-compat runs: client32 DEVDIR CASE. Exit status 0
 * if the case holds, 1 after a line that says what does not, 2: no such case.
 * Check has no 32-bit build.
 *
 * Without _FILE_OFFSET_BITS, as old programs are.
 */
#include "client32.h"
#include "drivers/careless.h"
#include "drivers/compat.h"
#include "drivers/mapped.h"

#include <errno.h>
#include <evl/evl.h>
#include <evl/poll.h>
#include <evl/xbuf.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

static const char *devdir;

_Noreturn void fail(const char *file, int line, const char *cond, int error)
{
	printf("%s:%d: %s does not hold (errno %d)\n", file, line, cond, error);
	exit(1);
}

int open_node(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", devdir, name);
	fd = open(path, flags);
	check(fd >= 0);

	return fd;
}

void attach(void)
{
	check(evl_attach_self("narrow-%d", getpid()) >= 0);
}

/* One of each, for both stages. */
static int (*const ioctls[])(int fd, unsigned long cmd, ...) = { ioctl,
								 oob_ioctl };

static void attaches(void)
{
	int fd = open_node("loopback", O_RDWR);

	check(sizeof(void *) == 4 && sizeof(off_t) == 4);
	check_fails(oob_ioctl(fd, LOOPBACK_IOC_NOP), EPERM);
	for (int i = 0; i < 20; i++) {
		attach();
		check(oob_ioctl(fd, LOOPBACK_IOC_NOP) == 0);
		check(evl_detach_self() == 0);
		check_fails(oob_ioctl(fd, LOOPBACK_IOC_NOP), EPERM);
	}
}

static void *attach_and_call(void *arg)
{
	struct loopback_echo echo = { .value = 1ull << 40 };

	check(evl_attach_self("thread-%d-%d", getpid(), *(int *)arg) >= 0);
	for (int i = 0; i < 200; i++)
		check(oob_ioctl(*(int *)arg, LOOPBACK_IOC_ECHO, &echo) == 0);
	check(echo.value == (1ull << 40) + 200);

	return NULL;
}

static void threads_attach(void)
{
	pthread_t threads[6];
	int fds[6];

	for (int i = 0; i < 6; i++) {
		fds[i] = open_node("loopback", O_RDWR);
		check(!pthread_create(&threads[i], NULL, attach_and_call,
				      &fds[i]));
	}
	for (int i = 0; i < 6; i++)
		check(!pthread_join(threads[i], NULL));
}

static void reads_and_writes(void)
{
	static char out[LOOPBACK_MSG_MAX], in[LOOPBACK_MSG_MAX];
	int fd = open_node("loopback", O_RDWR | O_NONBLOCK);

	attach();
	for (size_t n = 1; n <= sizeof(out); n = n * 3 + 1) {
		memset(out, (int)n, n);
		check(oob_write(fd, out, n) == (ssize_t)n);
		check(oob_read(fd, in, n) == (ssize_t)n);
		check(memcmp(in, out, n) == 0);
		check(write(fd, out, n) == (ssize_t)n);
		memset(in, 0, n);
		check(oob_read(fd, in, n) == (ssize_t)n);
		check(memcmp(in, out, n) == 0);
	}
	check_fails(oob_read(fd, in, 1), EAGAIN);
	check_fails(oob_write(fd, (void *)0xfffff000, 8), EFAULT);
	check_fails(oob_write(fd, NULL, 8), EFAULT);
}

static void gets_compat_handlers(void)
{
	int fd = open_node("compat", O_RDWR);

	attach();
	for (int i = 0; i < 2; i++) {
		check(ioctls[i](fd, COMPAT_WHO) == 32);
		check(ioctls[i](fd, COMPAT_CALLS) == 1);
		check_fails(ioctls[i](fd, LOOPBACK_IOC_NOP), ENOTTY);
	}
}

static void gets_no_other_handlers(void)
{
	int none = open_node("no-compat", O_RDWR);
	int ptr = open_node("ptr-compat", O_RDWR);

	attach();
	for (int i = 0; i < 2; i++) {
		check_fails(ioctls[i](none, COMPAT_WHO), ENOTTY);
		check_fails(ioctls[i](ptr, COMPAT_WHO), ENOTTY);
	}
}

static void converts_pointers(void)
{
	int fd = open_node("loopback", O_RDWR);
	struct loopback_echo echo = { .value = 1 };

	attach();
	for (int i = 0; i < 2; i++)
		check(ioctls[i](fd, LOOPBACK_IOC_ECHO, &echo) == 0);
	check(echo.value == 3);
}

static void passes_nested_pointers(void)
{
	static char text[10000]; /* more than a page */
	struct compat_text32 args = { .len = sizeof(text) };
	int fd = open_node("compat", O_RDWR);

	attach();
	for (int i = 0; i < 2; i++) {
		memset(text, 'a' + i, sizeof(text));
		args.text = (unsigned long)text;
		args.len = 2000;
		check(ioctls[i](fd, COMPAT_UPPER, &args) == 2000);
		for (int n = 0; n < 2000; n++)
			check(text[n] == 'A' + i);
		check(text[2000] == 'a' + i);
		args.text = 0xfffffff0;
		check_fails(ioctls[i](fd, COMPAT_UPPER, &args), EFAULT);
	}
}

/* Nested, and from the upper half of what 32 bits can say. */
static void reaches_high_memory(void)
{
	char *page =
		mmap((void *)0xe0000000, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	struct compat_text32 *args = (void *)page;
	int fd = open_node("compat", O_RDWR);

	attach();
	check(page == (void *)0xe0000000);
	for (int i = 0; i < 2; i++) {
		strcpy(page + 64, "high");
		args->text = 0xe0000040;
		args->len = 4;
		check(ioctls[i](fd, COMPAT_UPPER, args) == 4);
		check(strcmp(page + 64, "HIGH") == 0);
	}
}

static void passes_times(void)
{
	struct __evl_timespec ts = { .tv_sec = 1234567, .tv_nsec = 999999999 };
	int fd = open_node("compat", O_RDWR);

	attach();
	check(sizeof(ts) == 16);
	for (int i = 0; i < 2; i++) {
		ts.tv_nsec = 999999999;
		check(ioctls[i](fd, COMPAT_SECONDS, &ts) == 1234567);
		ts.tv_nsec = 1000000000;
		check_fails(ioctls[i](fd, COMPAT_SECONDS, &ts), EINVAL);
	}
}

static void uses_xbufs(void)
{
	static char big[20000], back[20000]; /* more than a window */
	int xfd;

	attach();
	xfd = evl_new_xbuf(sizeof(big), "narrow-xbuf-%d", getpid());
	check(xfd >= 0);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	check(oob_write(xfd, big, sizeof(big)) == sizeof(big));
	check(read(xfd, back, sizeof(back)) == sizeof(back));
	check(memcmp(big, back, sizeof(big)) == 0);
	memset(back, 0, sizeof(back));
	check(write(xfd, big, sizeof(big)) == sizeof(big));
	check(oob_read(xfd, back, sizeof(back)) == sizeof(back));
	check(memcmp(big, back, sizeof(big)) == 0);
	check(fcntl(xfd, F_SETFL, O_NONBLOCK) == 0);
	check_fails(oob_read(xfd, back, 1), EAGAIN);
	check(close(xfd) == 0);
}

static void polls_with_time_limits(void)
{
	struct evl_poll_event events[2];
	struct timespec date;
	int pfd, xfd;

	attach();
	pfd = evl_new_poll();
	xfd = evl_new_xbuf(64, "narrow-polled-%d", getpid());
	check(pfd >= 0 && xfd >= 0);
	check(evl_add_pollfd(pfd, xfd, POLLIN, evl_intval(1ll << 40)) == 0);
	clock_gettime(CLOCK_MONOTONIC, &date);
	date.tv_sec -= 1;
	check(evl_timedpoll(pfd, events, 2, &date) == -ETIMEDOUT);
	check(write(xfd, "x", 1) == 1);
	check(evl_poll(pfd, events, 2) == 1);
	check(events[0].fd == (unsigned int)xfd && events[0].events == POLLIN);
	check(events[0].pollval.lval == 1ll << 40);
}

static void maps_memory(void)
{
	const size_t size = MAPPED_PAGES * MAPPED_PAGE;
	int fd = open_node("mapped", O_RDWR);
	off_t last = MAPPED_DMA * MAPPED_STRIDE * MAPPED_PAGE;
	char *one, *two;

	attach();
	one = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, last);
	two = mmap64(NULL, size, PROT_READ, MAP_SHARED, fd, last);
	check(one != MAP_FAILED && two != MAP_FAILED);
	strcpy(one + size - 8, "shared");
	check(strcmp(two + size - 8, "shared") == 0);
	check(munmap(one, size) == 0 && munmap(two, size) == 0);
}

static volatile int nr_signals;
static int waker_fd;

static void on_signal(int sig)
{
	(void)sig;
	if (++nr_signals == 3 && write(waker_fd, "woken", 5) != 5)
		nr_signals = -1;
}

/* A timer fires until the reader has what it waits for, or is interrupted. */
static ssize_t read_under_signals(int flags, char *buf)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = flags };
	const struct itimerspec often = {
		.it_value = { .tv_nsec = 20000000 },
		.it_interval = { .tv_nsec = 20000000 },
	};
	const struct itimerspec never = { .it_value = { .tv_sec = 0 } };
	timer_t timer;
	ssize_t ret;
	int saved;

	nr_signals = 0;
	sigaction(SIGALRM, &action, NULL);
	check(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
	check(timer_settime(timer, 0, &often, NULL) == 0);
	ret = oob_read(waker_fd, buf, 5);
	saved = errno;
	check(timer_settime(timer, 0, &never, NULL) == 0);
	errno = saved;

	return ret;
}

static void restarts_after_signals(void)
{
	char buf[8] = "";

	attach();
	waker_fd = evl_new_xbuf(64, "narrow-signals-%d", getpid());
	check(waker_fd >= 0);
	check(read_under_signals(SA_RESTART, buf) == 5);
	check(nr_signals >= 3 && strcmp(buf, "woken") == 0);
	check_fails(read_under_signals(0, buf), EINTR);
	check(nr_signals >= 1);
}

static void forks(void)
{
	int fd = open_node("compat", O_RDWR), status;

	attach();
	check(oob_ioctl(fd, COMPAT_WHO) == 32);
	if (fork() == 0) {
		check_fails(oob_ioctl(fd, COMPAT_WHO), EPERM);
		check(ioctl(fd, COMPAT_WHO) == 32);
		attach();
		check(oob_ioctl(fd, COMPAT_WHO) == 32);
		_exit(0);
	}
	check(wait(&status) > 0 && status == 0);
	check(oob_ioctl(fd, COMPAT_WHO) == 32);
}

/* Words of 4 bytes: a pointer among them is found all the same. */
static void survives_careless_drivers(void)
{
	char *here =
		mmap((void *)0x20000000, 65536, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	unsigned int words[] = { 0x30000000, 0x12345678 };
	int fd = open_node("careless", O_RDWR);

	check(here == (void *)0x20000000);
	memcpy(here + 64, words, sizeof(words));
	attach();
	for (int i = 0; i < 2; i++) {
		check_fails(ioctls[i](fd, CARELESS_DEREF, here), EFAULT);
		check_fails(ioctls[i](fd, CARELESS_NESTED, here + 64), EFAULT);
		check(ioctls[i](fd, CARELESS_RELEASES) >= 0);
	}
	check_fails(oob_read(fd, here, 8), EFAULT);
	check_fails(oob_write(fd, here, 8), EFAULT);
}

/* Files of others are as large as ever. */
static void opens_no_other_huge_files(void)
{
	char path[64];
	int fd;

	attach();
	snprintf(path, sizeof(path), "/tmp/evl-huge-%d", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_LARGEFILE, 0600);
	check(fd >= 0);
	check(ftruncate64(fd, 1ll << 33) == 0);
	check_fails(open(path, O_RDWR | O_TRUNC), EOVERFLOW);
	check(lseek64(fd, 0, SEEK_END) == 1ll << 33);
	check(open(path, O_RDWR | O_LARGEFILE) >= 0);
	check(unlink(path) == 0);
}

/* An edge in version 1 is shorter here than for others. */
static void reads_edges(void)
{
	struct gpio_v2_line_request req = {
		.offsets = { 1 },
		.config = { .flags = GPIO_V2_LINE_FLAG_INPUT |
				     GPIO_V2_LINE_FLAG_EDGE_RISING },
		.num_lines = 1,
	};
	struct gpioevent_request old = {
		.eventflags = GPIOEVENT_REQUEST_BOTH_EDGES,
	};
	int chip = open_node("gpio-sim", O_RDWR);
	struct gpio_sim_level level = { .level = 1 };
	struct gpioevent_data edges[3];
	struct gpio_v2_line_event event;

	attach();
	check(ioctl(chip, GPIO_GET_LINEEVENT_IOCTL, &old) == 0);
	check(ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &req) == 0);
	check(oob_ioctl(chip, GPIO_SIM_IOC_PULL, &level) == 0);
	level.level = 0;
	check(ioctl(chip, GPIO_SIM_IOC_PULL, &level) == 0);
	check(oob_read(old.fd, edges, 12) == 12);
	check(edges[0].id == GPIOEVENT_EVENT_RISING_EDGE);
	level.level = 1;
	check(oob_ioctl(chip, GPIO_SIM_IOC_PULL, &level) == 0);
	check(read(old.fd, edges, sizeof(edges)) == 24);
	check(edges[0].id == GPIOEVENT_EVENT_FALLING_EDGE);
	check(edges[1].id == GPIOEVENT_EVENT_RISING_EDGE);
	check(edges[1].timestamp >= edges[0].timestamp);

	level.offset = 1;
	check(oob_ioctl(chip, GPIO_SIM_IOC_PULL, &level) == 0);
	check(oob_read(req.fd, &event, sizeof(event)) == sizeof(event));
	check(event.offset == 1 && event.seqno == 1);
}

static const struct {
	const char *name;
	void (*func)(void);
} cases[] = {
#define CASE(name)          \
	{                   \
#name, name \
	}
	CASE(attaches),
	CASE(threads_attach),
	CASE(reads_and_writes),
	CASE(gets_compat_handlers),
	CASE(gets_no_other_handlers),
	CASE(converts_pointers),
	CASE(passes_nested_pointers),
	CASE(reaches_high_memory),
	CASE(passes_times),
	CASE(uses_xbufs),
	CASE(sets_nonblock_by_any_name),
	CASE(finds_nodes_in_dev),
	CASE(polls_with_time_limits),
	CASE(maps_memory),
	CASE(restarts_after_signals),
	CASE(forks),
	CASE(survives_careless_drivers),
	CASE(receives_descriptors),
	CASE(duplicates_by_any_name),
	CASE(opens_no_other_huge_files),
	CASE(reads_edges),
};

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;

	devdir = argv[1];
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[2]) == 0) {
			cases[i].func();
			return 0;
		}
	}

	return 2;
}

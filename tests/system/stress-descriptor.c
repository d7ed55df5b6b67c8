/* SPDX-License-Identifier: MIT */
/*
 * Processes and threads which open, duplicate, replace, close and use
 * descriptors at random, as long as asked. Each file carries a number; each
 * thread knows what its own descriptors must reach, and pokes at everybody
 * else's on the way. See --help.
 */
#include "daemon.h"
#include "drivers/who.h"
#include "endure.h"

#include <argp.h>
#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_OWN	   16
#define MAX_NUMBER 400 /* about as high as descriptors get */
#define NOT_OURS   0   /* as a number: oob calls must say EBADF */

static struct {
	long seconds, seed;
	int nr_threads, nr_processes;
} want = { 60, 0, 8, 4 };

static const struct argp_option options[] = {
	{ "seconds", 's', "N", 0, "How long (60)", 0 },
	{ "seed", 'r', "N", 0, "Where chance begins (the time)", 0 },
	{ "threads", 't', "N", 0, "Threads of each process (8)", 0 },
	{ "processes", 'p', "N", 0, "Processes (4)", 0 },
	{ 0 },
};

/* Of all processes. */
struct board {
	_Atomic(uint64_t) nr_steps, nr_checks, nr_forks;
	char complaint[256]; /* of the first who found something wrong */
	_Atomic(bool) wrong;
};

static struct board *board;

struct own {
	int fd;
	int64_t number; /* which open it must reach, or NOT_OURS */
};

struct stresser {
	pthread_t thread;
	unsigned int dice;
	struct own own[MAX_OWN];
	unsigned int nr_own;
	char name[32];
};

static _Atomic(bool) enough; /* of this process */

static unsigned int below(struct stresser *s, unsigned int limit)
{
	return (unsigned int)rand_r(&s->dice) % limit;
}

static int64_t reached(int fd)
{
	uint64_t number = 0;

	return oob_ioctl(fd, WHO_GET, &number) ? -errno : (int64_t)number;
}

static void complain(const struct stresser *s, const struct own *own,
		     int64_t got, const char *what)
{
	if (!atomic_exchange(&board->wrong, true))
		snprintf(board->complaint, sizeof(board->complaint),
			 "%s: %s: descriptor %d must reach %lld, gives %lld",
			 s->name, what, own->fd, (long long)own->number,
			 (long long)got);
}

static void check(struct stresser *s, const struct own *own, const char *what)
{
	int64_t expected = own->number == NOT_OURS ? -EBADF : own->number;
	int64_t got = reached(own->fd);

	board->nr_checks++;
	if (got != expected)
		complain(s, own, got, what);
}

static void add(struct stresser *s, int fd, int64_t number)
{
	if (fd < 0)
		return;
	s->own[s->nr_own++] = (struct own){ .fd = fd, .number = number };
	check(s, &s->own[s->nr_own - 1], "new");
}

static void drop(struct stresser *s, unsigned int n)
{
	int fd = s->own[n].fd;

	s->own[n] = s->own[--s->nr_own];
	close(fd);
}

static void open_one(struct stresser *s)
{
	uint64_t number = 0;
	int fd;

	if (below(s, 4) == 0) {
		add(s, open("/dev/zero", O_RDWR | O_CLOEXEC), NOT_OURS);
		return;
	}

	fd = open(node_path("who"), O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, WHO_GET, &number) == 0)
		add(s, fd, (int64_t)number);
	else
		complain(s, &(struct own){ .fd = fd }, -errno, "open");
}

static void dup_one(struct stresser *s)
{
	const struct own *own = &s->own[below(s, s->nr_own)];
	int fd = -1;

	switch (below(s, 4)) {
	case 0:
		fd = dup(own->fd);
		break;
	case 1:
		fd = fcntl(own->fd, F_DUPFD, 0);
		break;
	case 2:
		fd = fcntl(own->fd, F_DUPFD_CLOEXEC, 100);
		break;
	case 3: /* behind the library's back */
		fd = (int)syscall(SYS_dup, own->fd);
		break;
	}
	add(s, fd, own->number);
}

static void dup_over_one(struct stresser *s)
{
	const struct own *from = &s->own[below(s, s->nr_own)];
	struct own *to = &s->own[below(s, s->nr_own)];

	if (from == to)
		return;
	if (below(s, 2))
		dup2(from->fd, to->fd);
	else
		dup3(from->fd, to->fd, O_CLOEXEC);
	to->number = from->number;
	check(s, to, "replaced");
}

static int check_as_child(struct stresser *s)
{
	if (evl_attach_self("stress-child-%d", getpid()) < 0)
		return 1;
	for (unsigned int i = 0; i < s->nr_own; i++)
		check(s, &s->own[i], "inherited");
	while (s->nr_own)
		drop(s, s->nr_own - 1);

	return 0;
}

static void fork_one(struct stresser *s)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check_as_child(s));
	if (pid < 0)
		return;
	board->nr_forks++;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		complain(s, &(struct own){ .fd = -1 }, status, "child");
}

static void step(struct stresser *s)
{
	unsigned int dice = below(s, 1000);

	if (s->nr_own == 0 || (s->nr_own < MAX_OWN && dice < 200))
		open_one(s);
	else if (s->nr_own < MAX_OWN && dice < 400)
		dup_one(s);
	else if (dice < 500)
		dup_over_one(s);
	else if (dice < 700)
		check(s, &s->own[below(s, s->nr_own)], "kept");
	else if (dice < 800) /* whatever it is, and whoever is closing it */
		(void)reached((int)below(s, MAX_NUMBER));
	else if (dice < 998)
		drop(s, below(s, s->nr_own));
	else
		fork_one(s);
	board->nr_steps++;
}

static void *stress(void *arg)
{
	struct stresser *s = arg;

	if (evl_attach_self("%s", s->name) < 0) {
		complain(s, &(struct own){ .fd = -1 }, -errno, "attach");
		return NULL;
	}
	while (!enough && !board->wrong)
		step(s);
	while (s->nr_own)
		drop(s, s->nr_own - 1);
	evl_detach_self();

	return NULL;
}

static long now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec;
}

static void await_end(long end)
{
	while (now_s() < end && !board->wrong)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static int be_process(void *arg)
{
	struct stresser *stressers;
	int index = *(int *)arg;

	stressers = calloc((size_t)want.nr_threads, sizeof(*stressers));
	for (int i = 0; i < want.nr_threads; i++) {
		stressers[i].dice =
			(unsigned int)(want.seed * 1000 + index * 100 + i);
		snprintf(stressers[i].name, sizeof(stressers[i].name),
			 "stress-%d-%d-%d", getpid(), index, i);
		pthread_create(&stressers[i].thread, NULL, stress,
			       &stressers[i]);
	}
	await_end(now_s() + want.seconds);
	enough = true;
	for (int i = 0; i < want.nr_threads; i++)
		pthread_join(stressers[i].thread, NULL);
	free(stressers);

	return 0;
}

static void show_progress(long seconds)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%ld s, %llu steps ", seconds,
			(unsigned long long)board->nr_steps);
}

START_TEST(no_descriptor_ever_reaches_a_wrong_file)
{
	pid_t pids[64];
	long start = now_s();

	for (int i = 0; i < want.nr_processes; i++)
		pids[i] = child_start(be_process, &i);
	while (now_s() < start + want.seconds && !board->wrong) {
		show_progress(now_s() - start);
		await_end(now_s() + 1);
	}
	for (int i = 0; i < want.nr_processes; i++)
		ck_assert_int_eq(child_wait(pids[i]), 0);

	printf("%llu steps, %llu checks, %llu forks\n",
	       (unsigned long long)board->nr_steps,
	       (unsigned long long)board->nr_checks,
	       (unsigned long long)board->nr_forks);
	ck_assert_msg(!board->wrong, "%s", board->complaint);
	ck_assert_uint_gt(board->nr_checks, 0);
	/* No file, no channel, and an empty index. */
	endure_await_quiet();
}
END_TEST

static int parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's':
		want.seconds = strtol(arg, NULL, 0);
		break;
	case 'r':
		want.seed = strtol(arg, NULL, 0);
		break;
	case 't':
		want.nr_threads = (int)strtol(arg, NULL, 0);
		break;
	case 'p':
		want.nr_processes = (int)strtol(arg, NULL, 0);
		break;
	case ARGP_KEY_END:
		if (want.seconds < 1 || want.nr_threads < 1 ||
		    want.nr_processes < 1 || want.nr_processes > 64)
			argp_error(state, "numbers from 1 on, processes to 64");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Use descriptors of a live daemon at random.",
	};
	Suite *suite = suite_create("system/stress-descriptor");
	TCase *tcase = tcase_create("stress");

	want.seed = time(NULL) % 1000000;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	printf("--seed %ld\n", want.seed);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	tcase_add_checked_fixture(tcase, endure_setup_who, endure_teardown);
	tcase_set_timeout(tcase, (double)want.seconds + 120);
	tcase_add_test(tcase, no_descriptor_ever_reaches_a_wrong_file);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

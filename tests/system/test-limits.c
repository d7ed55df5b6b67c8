/* SPDX-License-Identifier: MIT */
/* Limits: who comes last gets an errno that says so, the log says which option
 * to raise, and there is room again when somebody has left. */
#include "daemon.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void start(const char *option, const char *value)
{
	const char *const args[] = { option, value, NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

static void stop(void)
{
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	daemon_clean(&test_daemon);
}

static int init_status(void *arg)
{
	return -evl_init();
}

/* What evl_init() says to one more process. */
static int one_more(void)
{
	return -child_wait(child_start(init_status, NULL));
}

START_TEST(a_client_too_many_is_told_to_come_again)
{
	struct raw_client clients[2];

	start("--max-clients", "2");
	for (int round = 0; round < 10; round++) {
		raw_join(&clients[0], false);
		raw_join(&clients[1], true);
		ck_assert_int_eq(one_more(), -EAGAIN);
		ck_assert_int_eq(one_more(), -EAGAIN);
		raw_leave(&clients[0]);
		/* As soon as the daemon has seen it. */
		while (one_more() == -EAGAIN)
			sched_yield();
		raw_leave(&clients[1]);
		while (one_more() == -EAGAIN)
			sched_yield();
	}
	ck_assert(daemon_said(&test_daemon,
			      "2 clients are connected, one more "
			      "was refused: raise --max-clients"));
	stop();
}
END_TEST

struct thread {
	pthread_t thread;
	pthread_barrier_t *barrier;
	int ret;
};

static void *stay_attached(void *arg)
{
	struct thread *self = arg;

	self->ret = evl_attach_self("limits:%ld", syscall(SYS_gettid));
	pthread_barrier_wait(self->barrier); /* it has tried */
	pthread_barrier_wait(self->barrier); /* may leave */

	return NULL;
}

START_TEST(a_thread_too_many_is_refused)
{
	pthread_barrier_t barrier;
	struct thread threads[2] = { { .barrier = &barrier },
				     { .barrier = &barrier } };

	start("--max-threads", "2");
	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i].thread, NULL, stay_attached,
			       &threads[i]);
	pthread_barrier_wait(&barrier);
	ck_assert_int_ge(threads[0].ret, 0);
	ck_assert_int_ge(threads[1].ret, 0);
	ck_assert_int_eq(evl_attach_self("third"), -EAGAIN);
	ck_assert(daemon_said(&test_daemon, "raise --max-threads"));

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i].thread, NULL);
		close(threads[i].ret);
	}
	ck_assert_int_ge(evl_attach_self("third"), 0);
	ck_assert_int_eq(evl_detach_self(), 0);
	stop();
}
END_TEST

START_TEST(a_cross_buffer_too_many_is_refused)
{
	int first, second;

	start("--max-xbufs", "2");
	first = evl_new_xbuf(16, "first");
	second = evl_new_xbuf(16, "/second");
	ck_assert_int_ge(first, 0);
	ck_assert_int_ge(second, 0);
	ck_assert_int_eq(evl_new_xbuf(16, "third"), -EAGAIN);
	ck_assert_int_eq(evl_new_xbuf(16, "/third"), -EAGAIN);
	ck_assert(daemon_said(&test_daemon, "raise --max-xbufs"));
	close(first);
	ck_assert_int_ge(evl_new_xbuf(16, "third"), 0);
	stop();
}
END_TEST

START_TEST(memory_for_rings_is_limited)
{
	int fds[16], count = 0, ret = 0;

	/* They would take eight times what half a gigabyte machine has. */
	start("--max-xbufs", "4096");
	while (count < 16) {
		ret = evl_create_xbuf(1u << 30, 1u << 30, 0, "big:%d", count);
		if (ret < 0)
			break;
		fds[count++] = ret;
	}
	ck_assert(count == 16 || ret == -ENOMEM);
	while (count > 0)
		close(fds[--count]);
	ck_assert_int_ge(evl_new_xbuf(16, "small"), 0);
	stop();
}
END_TEST

static unsigned int nr_log_lines(void)
{
	unsigned int count = 0;
	FILE *file = fopen(test_daemon.log, "r");
	char line[512];

	/* The daemon's own: a sanitizer may have a word to say, too. */
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		count += strncmp(line, "evl-cused: ", 11) == 0;
	fclose(file);

	return count;
}

/*
 * Without a descriptor for one more, those who knock are left in the queue and
 * the log is not filled with them.
 */
START_TEST(out_of_descriptors_it_goes_on_and_takes_who_waits_later)
{
	struct rlimit limit = { 40, 40 };
	struct raw_client early, late;
	int fds[40];
	unsigned int nr_lines;

	start(NULL, NULL);
	raw_join(&early, false);
	ck_assert_int_eq(prlimit(test_daemon.pid, RLIMIT_NOFILE, &limit, NULL),
			 0);
	for (int i = 0; i < 40; i++)
		fds[i] = raw_connect();
	while (!daemon_said(&test_daemon, "raise RLIMIT_NOFILE"))
		sched_yield();

	/* It says so once, however many rounds its loop makes. */
	nr_lines = nr_log_lines();
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(raw_call(&early, CONTROL_SYNC,
					  &(struct control_sync){ 0 }, 8, NULL),
				 0);
	ck_assert_uint_eq(nr_log_lines(), nr_lines);

	for (int i = 0; i < 40; i++)
		close(fds[i]);
	raw_join(&late, false);
	raw_leave(&late);
	raw_leave(&early);
	stop();
}
END_TEST

static int make_request(void *arg)
{
	char buf[4];
	int xfd;

	if (evl_attach_self("request:%d", getpid()) < 0)
		return 1;
	xfd = evl_new_xbuf(16, "request:%d", getpid());
	if (xfd < 0 || oob_write(xfd, "here", 4) != 4)
		return 2;

	return read(xfd, buf, 4) == 4 ? 0 : 3;
}

/* The worker spins for the first client, without end, and sees the others. */
START_TEST(spinning_for_one_client_the_worker_serves_all)
{
	const struct channel_request rq = { .op = CHANNEL_READ, .fd = -1 };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;

	start("--spin", "always");
	raw_enter(&client, &ch, &slot);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(child_wait(child_start(make_request, NULL)),
				 0);
	ck_assert_int_eq(raw_request(&slot, &rq), -EBADF);
	raw_exit(&client, &ch, &slot);
	stop();
}
END_TEST

/*
 * What one user may have. Users are told apart by the effective id: a test of
 * one process is several of them in turn.
 */
#define SOMEBODY 65534
#define OTHER	 65533

static void start_for_all_with(const char *const *args)
{
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_eq(chmod(test_daemon.dir, 0755), 0);
}

static void start_for_all(const char *option, const char *value)
{
	const char *const args[] = { "--mode", "0666", option, value, NULL };

	start_for_all_with(args);
}

static void become(uid_t uid)
{
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(seteuid(uid), 0);
}

/* A process which connects up to @wanted times, and stays. */
struct holder {
	pid_t pid;
	int end_fd; /* owned; closed, it ends */
	struct held {
		int nr, error;
	} held;
};

static void hold_places(uid_t uid, int wanted, bool tools, int told_fd,
			int end_fd)
{
	struct held held = { .nr = 0 };
	struct raw_client client;
	char none;

	become(uid);
	for (; held.nr < wanted; held.nr++) {
		held.error = raw_try_join(&client, tools);
		if (held.error)
			break;
	}
	if (write(told_fd, &held, sizeof(held)) != sizeof(held))
		_exit(1);
	_exit(read(end_fd, &none, 1) != 0);
}

static struct held hold(struct holder *holder, uid_t uid, int wanted,
			bool tools)
{
	int told[2], end[2];

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
	holder->pid = fork();
	ck_assert_int_ge(holder->pid, 0);
	if (holder->pid == 0) {
		close(end[1]);
		hold_places(uid, wanted, tools, told[1], end[0]);
	}
	close(told[1]);
	close(end[0]);
	holder->end_fd = end[1];
	ck_assert_int_eq(read(told[0], &holder->held, sizeof(holder->held)),
			 sizeof(holder->held));
	close(told[0]);

	return holder->held;
}

static void end_holder(struct holder *holder)
{
	kill(holder->pid, SIGKILL); /* others may have its pipe, too */
	close(holder->end_fd);
	ck_assert_int_eq(child_wait(holder->pid), 128 + SIGKILL);
}

static void check_held(struct holder *holder, uid_t uid, bool tools, int nr,
		       int error)
{
	struct held held = hold(holder, uid, 7, tools);

	ck_assert_int_eq(held.nr, nr);
	ck_assert_int_eq(held.error, error);
}

/* 24 places: 6 for a process, 16 for a user and one more for its tools, one for
 * root and tools. */
START_TEST(nobody_can_take_all_places)
{
	struct raw_client client;
	struct holder holders[7];

	start_for_all("--max-clients", "24");
	for (int round = 0; round < 3; round++) {
		/* As soon as the daemon has seen who left. */
		while (hold(&holders[0], SOMEBODY, 7, false).nr < 6)
			end_holder(&holders[0]);
		ck_assert_int_eq(holders[0].held.error, -EDQUOT);
		check_held(&holders[1], SOMEBODY, false, 6, -EDQUOT);
		check_held(&holders[2], SOMEBODY, false, 4, -EDQUOT);
		check_held(&holders[3], SOMEBODY, true, 1, -EDQUOT);

		check_held(&holders[4], OTHER, false, 6, -EDQUOT);
		check_held(&holders[5], OTHER, false, 0, -EAGAIN);
		check_held(&holders[6], OTHER, true, 1, -EAGAIN);
		ck_assert_int_eq(raw_try_join(&client, true), -EAGAIN);
		raw_leave(&client);
		end_holder(&holders[6]);
		while (raw_try_join(&client, false) == -EAGAIN)
			raw_leave(&client);
		raw_leave(&client);

		for (int i = 0; i < 6; i++)
			end_holder(&holders[i]);
	}
	ck_assert(daemon_said(&test_daemon, "see LIMITS in evl-cused(8)"));
	stop();
}
END_TEST

/* Nor can root's, whose user may have all. */
START_TEST(a_process_of_root_has_a_share_of_the_places)
{
	struct holder holder;
	struct raw_client client;

	start_for_all("--max-clients", "24");
	check_held(&holder, 0, false, 6, -EDQUOT);
	raw_join(&client, true);
	raw_leave(&client);
	end_holder(&holder);
	stop();
}
END_TEST

static int new_element(const char *class)
{
	return strcmp(class, "xbuf") == 0 ? raw_xbuf("", 16, 16)
					  : raw_clone(class, "", NULL, 0);
}

/* Options with which one user may have 4, and all users 6. */
static const struct {
	const char *class, *option, *value;
	int error; /* what the fifth of a user gets */
} classes[] = {
	{ "thread", "--max-threads", "6", -EDQUOT },
	{ "xbuf", "--max-xbufs", "4", -EAGAIN },
};

START_TEST(nobody_can_make_all_elements)
{
	const char *class = classes[_i].class;
	int fds[6], fd;

	start_for_all(classes[_i].option, classes[_i].value);
	become(SOMEBODY);
	for (int i = 0; i < 4; i++) {
		fds[i] = new_element(class);
		ck_assert_int_ge(fds[i], 0);
	}
	ck_assert_int_eq(new_element(class), classes[_i].error);

	become(OTHER);
	fds[4] = new_element(class);
	ck_assert_int_ge(fds[4], 0);
	become(0);
	ck_assert(daemon_said(&test_daemon, "user 65534 has 4 elements"));
	ck_assert(daemon_said(&test_daemon, classes[_i].option));
	fds[5] = new_element(class);
	ck_assert_int_ge(fds[5], 0);
	ck_assert_int_eq(new_element(class), -EAGAIN);

	become(SOMEBODY);
	ck_assert_int_eq(new_element(class), classes[_i].error);
	close(fds[0]);
	while ((fd = new_element(class)) == classes[_i].error)
		sched_yield();
	ck_assert_int_ge(fd, 0);
	close(fd);
	for (int i = 1; i < 6; i++)
		close(fds[i]);
	become(0);
	stop();
}
END_TEST

START_TEST(nobody_can_take_all_memory_for_rings)
{
	size_t half = (size_t)sysconf(_SC_PHYS_PAGES) / 2 *
		      (size_t)sysconf(_SC_PAGESIZE);
	uint32_t size = half / 12 < 1u << 30 ? (uint32_t)(half / 12) : 1u << 30;
	int fds[1024], count = 0, fd;

	start_for_all("--max-xbufs", "4096");
	become(SOMEBODY);
	while (count < 1024 && (fd = raw_xbuf("", size, size)) >= 0)
		fds[count++] = fd;
	ck_assert_int_eq(fd, -EDQUOT);
	ck_assert_int_ge(count, 4);

	become(OTHER);
	fd = raw_xbuf("", size, size);
	ck_assert_int_ge(fd, 0);
	close(fd);
	become(0);
	fd = raw_xbuf("", size, size);
	ck_assert_int_ge(fd, 0);
	close(fd);

	become(SOMEBODY);
	while (count > 0)
		close(fds[--count]);
	while ((fd = raw_xbuf("", size, size)) == -EDQUOT)
		sched_yield();
	ck_assert_int_ge(fd, 0);
	close(fd);
	become(0);
	stop();
}
END_TEST

/* 4 clients and 64 threads need 5 channels, of which a user may have 3. */
START_TEST(nobody_can_make_all_channels)
{
	struct raw_channel channels[5], one;
	struct raw_client client, root;
	const char *const args[] = { "--mode=0666", "--max-clients=4",
				     "--max-threads=64", NULL };
	int ret;

	start_for_all_with(args);
	for (int round = 0; round < 3; round++) {
		become(SOMEBODY);
		raw_join(&client, false);
		for (int i = 0; i < 3; i++)
			while ((ret = raw_channel_new(&client, &channels[i])))
				ck_assert(round && ret == -EDQUOT);
		ck_assert_int_eq(raw_channel_new(&client, &one), -EDQUOT);
		become(0);
		raw_join(&root, false);
		ck_assert_int_eq(raw_channel_new(&root, &one), 0);
		raw_channel_free(&one);
		for (int i = 0; i < 3; i++)
			raw_channel_free(&channels[i]);
		raw_leave(&client);
		raw_leave(&root);
	}
	stop();
}
END_TEST

START_TEST(nobody_can_take_all_our_descriptors)
{
	struct rlimit limit = { 200, 200 };
	struct raw_client clients[100], root;
	int count = 0, ret = 0;

	start_for_all(NULL, NULL);
	ck_assert_int_eq(prlimit(test_daemon.pid, RLIMIT_NOFILE, &limit, NULL),
			 0);
	become(SOMEBODY);
	while (count < 100 && (ret = raw_try_join(&clients[count], false)) == 0)
		count++;
	ck_assert_int_eq(ret, -EDQUOT);
	ck_assert_int_ge(count, 40);

	become(0);
	ck_assert(!daemon_said(&test_daemon, "raise RLIMIT_NOFILE"));
	raw_join(&root, false);
	raw_leave(&root);
	while (count >= 0)
		raw_leave(&clients[count--]);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/limits");
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_client_too_many_is_told_to_come_again);
	tcase_add_test(tcase, a_thread_too_many_is_refused);
	tcase_add_test(tcase, a_cross_buffer_too_many_is_refused);
	tcase_add_test(tcase, memory_for_rings_is_limited);
	tcase_add_test(tcase,
		       out_of_descriptors_it_goes_on_and_takes_who_waits_later);
	tcase_add_test(tcase, spinning_for_one_client_the_worker_serves_all);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("shares");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nobody_can_take_all_places);
	tcase_add_test(tcase, a_process_of_root_has_a_share_of_the_places);
	tcase_add_loop_test(tcase, nobody_can_make_all_elements, 0, 2);
	tcase_add_test(tcase, nobody_can_take_all_memory_for_rings);
	tcase_add_test(tcase, nobody_can_make_all_channels);
	tcase_add_test(tcase, nobody_can_take_all_our_descriptors);
	if (geteuid() == 0)
		suite_add_tcase(suite, tcase);
	else
		puts("shares skipped: only root can be several users");

	return suite_run(suite);
}

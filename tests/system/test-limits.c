/* SPDX-License-Identifier: MIT */
/* Limits: who comes last gets an errno that says so, the log says which option
 * to raise, and there is room again when somebody has left. */
#include "daemon.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void start(const char *option, const char *value)
{
	daemon_setup_with((const char *[]){ option, value, NULL });
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
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/limits");
	TCase *tcase = tcase_create("limits");

	/* Each test starts its own. */
	tcase_add_checked_fixture(tcase, NULL, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_client_too_many_is_told_to_come_again);
	tcase_add_test(tcase, a_thread_too_many_is_refused);
	tcase_add_test(tcase, a_cross_buffer_too_many_is_refused);
	tcase_add_test(tcase, memory_for_rings_is_limited);
	tcase_add_test(tcase,
		       out_of_descriptors_it_goes_on_and_takes_who_waits_later);
	tcase_add_test(tcase, spinning_for_one_client_the_worker_serves_all);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

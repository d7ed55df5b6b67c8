/* SPDX-License-Identifier: MIT */
/*
 * The client library's conversation with a daemon: the first words, answers in
 * any order, descriptors, death.
 */
#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../helpers.h"
#include "channel.h"
#include "client-daemon.h"
#include "client.h"
#include "control.h"
#include "fd-table.h"

/* What evl_init() returns, and prints. */
static int init_says(char *text, size_t size)
{
	int saved = dup(STDERR_FILENO), log_fd = memfd_create("log", 0), ret;
	ssize_t len;

	dup2(log_fd, STDERR_FILENO);
	ret = evl_init();
	/* The first answer is the last. */
	ck_assert_int_eq(evl_init(), ret);
	dup2(saved, STDERR_FILENO);
	len = pread(log_fd, text, size - 1, 0);
	text[len > 0 ? len : 0] = '\0';
	close(log_fd);
	close(saved);

	return ret;
}

static unsigned int nr_lines(const char *text)
{
	unsigned int nr = 0;

	while (*text)
		nr += *text++ == '\n';

	return nr;
}

START_TEST(a_good_daemon_is_joined_in_silence)
{
	char text[512];

	client_daemon_start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert(client_live());
}
END_TEST

START_TEST(without_a_daemon_one_line_names_the_socket)
{
	char text[512];

	close(client_daemon.listen_fd);
	ck_assert_int_eq(init_says(text, sizeof(text)), -ENOSYS);
	ck_assert_ptr_nonnull(strstr(text, "evl: core not enabled"));
	ck_assert_ptr_nonnull(strstr(text, "evl-cused"));
	ck_assert_ptr_nonnull(strstr(text, client_daemon.path));
	ck_assert_ptr_nonnull(strstr(text, "start one"));
	ck_assert_uint_eq(nr_lines(text), 1);
	ck_assert_int_eq(evl_attach_self("x"), -ENOSYS);
}
END_TEST

START_TEST(another_abi_is_told_with_both_numbers)
{
	char text[512];

	client_daemon.welcome.abi = 4711;
	client_daemon.welcome.error = -ENOEXEC;
	if (_i) /* of a size we know nothing about */
		client_daemon.welcome_size = 12;
	client_daemon_start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), -ENOEXEC);
	ck_assert_ptr_eq(strstr(text, "evl: ABI mismatch"), text);
	ck_assert_ptr_nonnull(strstr(text, "4711"));
	ck_assert_uint_eq(nr_lines(text), 1);
}
END_TEST

START_TEST(a_welcome_which_makes_no_sense_is_refused)
{
	char text[512];
	int expected = -EPROTO;

	switch (_i) {
	case 0:
		client_daemon.welcome.magic++;
		break;
	case 1:
		client_daemon.welcome_size--;
		break;
	case 2:
		client_daemon.welcome.devdir[0] = '\0';
		break;
	case 3:
		memset(client_daemon.welcome.devdir, '/',
		       sizeof(client_daemon.welcome.devdir));
		break;
	case 4:
		client_daemon.welcome.error = -EAGAIN;
		expected = -EAGAIN;
		break;
	default:
		client_daemon.welcome_size = 0; /* it hangs up */
		expected = -ENOSYS;
		break;
	}
	client_daemon_start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), expected);
	ck_assert(!client_live());
}
END_TEST

/* One line names the socket and what to do. */
static void check_complaint(int expected, const char *remedy)
{
	char text[512];

	ck_assert_int_eq(init_says(text, sizeof(text)), expected);
	ck_assert_msg(strncmp(text, "evl: ", 5) == 0, "%s", text);
	ck_assert_msg(strstr(text, client_daemon.path) != NULL, "%s", text);
	ck_assert_msg(strstr(text, remedy) != NULL, "%s", text);
	ck_assert_ptr_null(strstr(text, "core not enabled"));
	ck_assert_uint_eq(nr_lines(text), 1);
	ck_assert(!client_live());
}

static const struct {
	int error;
	const char *remedy;
} refusals[] = {
	{ -EAGAIN, "more --max-clients" },
	{ -EDQUOT, "more --max-clients" },
	{ -EACCES, "--group" },
};

START_TEST(what_a_daemon_refuses_for_is_told)
{
	client_daemon.welcome.error = refusals[_i].error;
	client_daemon_start(ECHO);
	check_complaint(refusals[_i].error, refusals[_i].remedy);
}
END_TEST

START_TEST(a_socket_for_others_is_told)
{
	if (geteuid()) {
		ck_assert_int_eq(chmod(client_daemon.path, 0), 0);
		check_complaint(-EACCES, "--group");
		return;
	}

	ck_assert_int_eq(seteuid(65534), 0);
	check_complaint(-EACCES, "--group");
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(a_process_without_descriptors_is_told)
{
	struct rlimit limit, none;
	char text[512];
	int fds[5];

	/* Those which init_says() needs, and no more. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	for (int i = 0; i < 5; i++)
		fds[i] = dup(STDERR_FILENO);
	none.rlim_cur = (rlim_t)fds[1] + 1;
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(init_says(text, sizeof(text)), -EMFILE);
	ck_assert_ptr_nonnull(strstr(text, "ulimit -n"));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* It takes as long as one waits for a daemon: ten seconds. */
START_TEST(a_daemon_that_does_not_answer_is_told)
{
	check_complaint(-ETIMEDOUT, "it is stopped");
}
END_TEST

START_TEST(the_connection_is_out_of_the_applications_reach)
{
	char text[512];
	int fd;

	client_daemon_start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), 0);
	fd = fd_table_next_internal(0, UINT32_MAX);
	ck_assert_int_ge(fd, 100);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(fd_table_next_internal((uint32_t)fd + 1, UINT32_MAX),
			 -1);
}
END_TEST

static int sync_with(uint64_t id)
{
	struct control_sync sync = { .file_id = id };

	return control_ask(CONTROL_SYNC, &sync, sizeof(sync));
}

static void *ask_many(void *arg)
{
	long nr_wrong = 0;
	int n = *(int *)arg;

	for (int i = 0; i < 500; i++)
		nr_wrong += sync_with((uint64_t)(n * 1000 + i)) != n * 1000 + i;

	return (void *)nr_wrong;
}

/* More threads than calls which can be under way. */
START_TEST(every_caller_gets_its_own_answer)
{
	enum { THREADS = 100 };
	pthread_t threads[THREADS];
	int numbers[THREADS];
	void *nr_wrong;

	client_daemon_start(_i ? NOISE : ECHO);
	ck_assert_int_eq(client_connect(NULL), 0);
	for (int n = 0; n < THREADS; n++) {
		numbers[n] = n;
		ck_assert_int_eq(pthread_create(&threads[n], NULL, ask_many,
						&numbers[n]),
				 0);
		if (_i && n == 9) /* noise is slow */
			break;
	}
	for (int n = 0; n < (_i ? 10 : THREADS); n++) {
		pthread_join(threads[n], &nr_wrong);
		ck_assert_ptr_null(nr_wrong);
	}
}
END_TEST

static void *ask_once(void *arg)
{
	int n = *(int *)arg;

	return (void *)(long)(sync_with((uint64_t)n) - n);
}

static void ask_batch(int expected_error)
{
	pthread_t threads[BATCH];
	int numbers[BATCH];
	void *result;

	for (int n = 0; n < BATCH; n++) {
		numbers[n] = n;
		ck_assert_int_eq(pthread_create(&threads[n], NULL, ask_once,
						&numbers[n]),
				 0);
	}
	for (int n = 0; n < BATCH; n++) {
		pthread_join(threads[n], &result);
		ck_assert_int_eq((long)result,
				 expected_error ? expected_error - n : 0);
	}
}

START_TEST(answers_come_in_any_order)
{
	client_daemon_start(REVERSE);
	ck_assert_int_eq(client_connect(NULL), 0);
	ask_batch(0);
	ask_batch(0);
}
END_TEST

START_TEST(death_ends_the_calls_under_way_and_all_later_ones)
{
	client_daemon_start(HANG_UP);
	ck_assert_int_eq(client_connect(NULL), 0);
	ask_batch(-ENODEV);
	ck_assert_int_eq(sync_with(1), -ENODEV);
	ck_assert(client_dead());
	ck_assert_int_eq(client_connect(NULL), -ENODEV);
	ck_assert_int_eq(evl_attach_self("x"), -ENODEV);
	ck_assert_int_eq(evl_new_xbuf(10, NULL), -ENODEV);
}
END_TEST

START_TEST(a_channel_comes_with_its_descriptors)
{
	struct channel *ch;

	client_daemon_start(CHANNELS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(channel_new(&ch), 0);
	ck_assert_ptr_eq(channel_get(3), ch);
	ck_assert(fd_table_internal(ch->kick_fd));
	ck_assert_ptr_null(channel_get(0));
	/* The same one again: we have it already. */
	ck_assert_int_eq(channel_new(&ch), -EPROTO);
}
END_TEST

START_TEST(a_channel_dies_with_the_daemon)
{
	struct channel *ch;

	client_daemon_start(CHANNELS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(channel_new(&ch), 0);
	shutdown(client_daemon.fd, SHUT_RDWR);
	while (!atomic_load(&ch->dead))
		sched_yield();
	while (channel_done(channel_slot_at(ch->hdr, 63)) != CHANNEL_SEQ_DEAD)
		sched_yield();
}
END_TEST

START_TEST(a_channel_without_descriptors_is_refused)
{
	struct channel *ch;

	client_daemon_start(NO_FDS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(channel_new(&ch), -EPROTO);
	ck_assert_ptr_null(channel_get(3));
}
END_TEST

START_TEST(a_path_below_dev_follows_the_nodes)
{
	char buf[64];

	client_daemon_start(ECHO);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_str_eq(client_path("/dev/evl/xbuf/x", buf, sizeof(buf)),
			 "/nodes/evl/xbuf/x");
	ck_assert_ptr_null(client_path("/dev/evl/xbuf/x", buf, 17));
}
END_TEST

/* What comes of being asked to bind @fd, whose device is said to be @rdev. */
static struct control_errand_done bind_errand(int fd, uint64_t rdev)
{
	const struct control_errand errand = {
		.what = CONTROL_ERRAND_BIND,
		.fd = fd,
		.rdev = rdev,
	};

	return client_daemon_errand(&errand);
}

#define ck_binds(nr, vouched, expected, device)                    \
	do {                                                       \
		struct control_errand_done done_ =                 \
			bind_errand((nr), (vouched));              \
		ck_assert_int_eq(done_.result, (expected));        \
		ck_assert_uint_eq(done_.rdev, (uint64_t)(device)); \
	} while (0)

static int some_file(void)
{
	int fd = memfd_create("some", 0);

	ck_assert_int_ge(fd, 0);

	return fd;
}

START_TEST(it_binds_what_it_is_asked_to_if_that_is_the_daemons)
{
	struct stat st;
	int fd = some_file(), kept;

	ck_assert_int_eq(fstat(fd, &st), 0);
	if (_i)
		client_daemon.welcome.mount_dev = st.st_dev;
	client_daemon_start(ERRANDS);
	ck_assert_int_eq(client_connect(NULL), 0);
	/* One which looks as if it were says that it is not. */
	ck_binds(fd, 0, -EBADF, 0);
	ck_assert(fd_table_unknown(fd));
	ck_binds(open("/dev/null", O_RDWR), 0, -EBADF, 0);
	ck_binds(-1, 0, -EBADF, 0);
	ck_binds(900, 0, -EBADF, 0);
	/* Nor is it about the library's own. */
	ck_assert_int_eq(control_dup_fd(fd, &kept), 0);
	ck_binds(kept, 0, -EBADF, 0);
	ck_assert(fd_table_internal(kept));
}
END_TEST

START_TEST(whose_a_character_device_is_the_daemon_says)
{
	/* Any which not every program has open; it is only looked at. */
	int fd = open("/dev/fuse", O_PATH);
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	client_daemon.welcome.front = CONTROL_FRONT_CUSE;
	client_daemon_start(ERRANDS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_binds(some_file(), 0, -EBADF, 0);
	ck_binds(open("/dev/null", O_RDWR), 0, -EBADF, 0);
	ck_binds(fd, 0, 1, st.st_rdev);
	ck_binds(fd, st.st_rdev + 1, 1, st.st_rdev);
	/* The device knows better. */
	ck_binds(fd, st.st_rdev, -EBADF, 0);
	/* What was said once is known. */
	ck_binds(fd, 0, -EBADF, 0);
}
END_TEST

START_TEST(what_it_does_not_know_it_does_not_do)
{
	const struct control_errand errand = { .what = 1000 };

	client_daemon_start(ERRANDS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(client_daemon_errand(&errand).result, -ENOSYS);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  client_daemon_setup, client_daemon_teardown);
}

int main(void)
{
	Suite *suite = suite_create("client/control");

	add(suite, "welcome", a_good_daemon_is_joined_in_silence, 1);
	add(suite, "nobody", without_a_daemon_one_line_names_the_socket, 1);
	add(suite, "abi", another_abi_is_told_with_both_numbers, 2);
	add(suite, "nonsense", a_welcome_which_makes_no_sense_is_refused, 6);
	add(suite, "refused", what_a_daemon_refuses_for_is_told,
	    sizeof(refusals) / sizeof(refusals[0]));
	add(suite, "for-others", a_socket_for_others_is_told, 1);
	add(suite, "no-fd", a_process_without_descriptors_is_told, 1);
	add(suite, "silent", a_daemon_that_does_not_answer_is_told, 1);
	add(suite, "kept-fd", the_connection_is_out_of_the_applications_reach,
	    1);
	add(suite, "answers", every_caller_gets_its_own_answer, 2);
	add(suite, "order", answers_come_in_any_order, 1);
	add(suite, "death", death_ends_the_calls_under_way_and_all_later_ones,
	    1);
	add(suite, "channel", a_channel_comes_with_its_descriptors, 1);
	add(suite, "channel-death", a_channel_dies_with_the_daemon, 1);
	add(suite, "channel-bad", a_channel_without_descriptors_is_refused, 1);
	add(suite, "bind", it_binds_what_it_is_asked_to_if_that_is_the_daemons,
	    2);
	add(suite, "device", whose_a_character_device_is_the_daemon_says, 1);
	add(suite, "unknown", what_it_does_not_know_it_does_not_do, 1);
	add(suite, "path", a_path_below_dev_follows_the_nodes, 1);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * The client library's conversation with a daemon, which is a thread of ours:
 * the first words, answers in any order, descriptors, death.
 */
#include <check.h>
#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "../helpers.h"
#include "channel.h"
#include "client.h"
#include "control.h"
#include "fd-table.h"

#define BATCH 40

/* What the daemon does, once it has said welcome. */
enum script {
	ECHO,	  /* answers SYNC with the file id */
	REVERSE,  /* answers BATCH of them at once, the last one first */
	HANG_UP,  /* takes BATCH of them and goes */
	CHANNELS, /* makes channels */
	NO_FDS,	  /* forgets to send them along */
	NOISE,	  /* says things nobody asked for, then echoes */
};

static struct {
	struct control_welcome welcome;
	size_t welcome_size;
	enum script script;
	char dir[64], path[108];
	int listen_fd, fd;
} daemon_;

static void reply(const struct control_header *request, int32_t result,
		  const void *body, size_t size, const int *fds)
{
	struct control_header header = *request;
	char space[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec iov[2] = { { &header, sizeof(header) },
				{ (void *)body, size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *cmsg;

	header.result = result;
	if (fds) {
		msg.msg_control = space;
		msg.msg_controllen = sizeof(space);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, 2 * sizeof(int));
	}
	(void)sendmsg(daemon_.fd, &msg, MSG_NOSIGNAL);
}

static void make_channel(const struct control_header *request)
{
	const struct control_channel body = { .index = 3 };
	struct channel_header hdr = { .geometry = {
					      .magic = CHANNEL_MAGIC,
					      .abi = CHANNEL_ABI,
					      .size = CHANNEL_SIZE,
					      .nr_slots = CHANNEL_SLOTS,
					      .slot_size = sizeof(
						      struct channel_slot),
					      .window_size =
						      CHANNEL_WINDOW_SIZE,
				      } };
	int fds[2] = { memfd_create("channel", MFD_CLOEXEC),
		       eventfd(0, EFD_CLOEXEC) };

	if (ftruncate(fds[0], CHANNEL_SIZE) ||
	    pwrite(fds[0], &hdr, sizeof(hdr), 0) != sizeof(hdr))
		abort();
	reply(request, 0, &body, sizeof(body),
	      daemon_.script == NO_FDS ? NULL : fds);
	close(fds[0]);
	close(fds[1]);
}

static void make_noise(void)
{
	struct control_header header = { .type = 99, .seq = 12345 };
	unsigned int seq;
	int fds[2] = { 0, 1 };

	reply(&header, 0, NULL, 0, NULL);
	reply(&header, 7, NULL, 0, fds);
	/* Every entry of its table, numbers it will not come to. */
	header.type = CONTROL_SYNC;
	for (seq = 0; seq < 200; seq++) {
		header.seq = seq + 0x80000000;
		reply(&header, 8, NULL, 0, NULL);
	}
	(void)send(daemon_.fd, "x", 1, MSG_NOSIGNAL);
}

static void converse(void)
{
	struct {
		struct control_header header;
		struct control_sync sync;
	} asked[BATCH], *ask;
	unsigned int nr = 0;

	for (;;) {
		ask = &asked[nr];
		if (recv(daemon_.fd, ask, sizeof(*ask), 0) <= 0)
			return;

		switch (daemon_.script) {
		case CHANNELS:
		case NO_FDS:
			if (ask->header.type == CONTROL_CHANNEL_NEW)
				make_channel(&ask->header);
			else
				reply(&ask->header, 0, NULL, 0, NULL);
			break;
		case NOISE:
			make_noise();
			__attribute__((fallthrough));
		case ECHO:
			reply(&ask->header, (int32_t)ask->sync.file_id, NULL, 0,
			      NULL);
			break;
		default:
			if (++nr < BATCH)
				break;
			if (daemon_.script == HANG_UP)
				return;
			while (nr--)
				reply(&asked[nr].header,
				      (int32_t)asked[nr].sync.file_id, NULL, 0,
				      NULL);
			nr = 0;
			break;
		}
	}
}

static void *daemon_main(void *arg)
{
	struct control_hello hello;
	int fd = accept4(daemon_.listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	daemon_.fd = fd;
	if (recv(fd, &hello, sizeof(hello), 0) == sizeof(hello) &&
	    hello.magic == CONTROL_MAGIC && hello.abi == CONTROL_ABI &&
	    daemon_.welcome_size) {
		(void)send(fd, &daemon_.welcome, daemon_.welcome_size,
			   MSG_NOSIGNAL);
		converse();
	}
	close(fd);

	return NULL;
}

static void setup(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(daemon_.dir, "/tmp/evl-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(daemon_.dir));
	strcpy(daemon_.path, daemon_.dir);
	strcat(daemon_.path, "/control");
	strcpy(addr.sun_path, daemon_.path);
	setenv(CONTROL_SOCKET_ENV, daemon_.path, 1);

	daemon_.listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(daemon_.listen_fd, 0);
	ck_assert_int_eq(
		bind(daemon_.listen_fd, (struct sockaddr *)&addr, sizeof(addr)),
		0);
	ck_assert_int_eq(listen(daemon_.listen_fd, 1), 0);

	daemon_.welcome = (struct control_welcome){
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.front = CONTROL_FRONT_FUSE,
		.mount_dev = UINT64_MAX,
		.devdir = "/nodes",
	};
	daemon_.welcome_size = sizeof(daemon_.welcome);
}

static void start(enum script script)
{
	pthread_t thread;

	daemon_.script = script;
	ck_assert_int_eq(pthread_create(&thread, NULL, daemon_main, NULL), 0);
	pthread_detach(thread);
}

static void teardown(void)
{
	unlink(daemon_.path);
	rmdir(daemon_.dir);
}

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

	start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert(client_live());
}
END_TEST

START_TEST(without_a_daemon_one_line_names_the_socket)
{
	char text[512];

	close(daemon_.listen_fd);
	ck_assert_int_eq(init_says(text, sizeof(text)), -ENOSYS);
	ck_assert_ptr_nonnull(strstr(text, "evl: core not enabled"));
	ck_assert_ptr_nonnull(strstr(text, "evl-cused"));
	ck_assert_ptr_nonnull(strstr(text, daemon_.path));
	ck_assert_uint_eq(nr_lines(text), 1);
	ck_assert_int_eq(evl_attach_self("x"), -ENOSYS);
}
END_TEST

START_TEST(another_abi_is_told_with_both_numbers)
{
	char text[512];

	daemon_.welcome.abi = 4711;
	daemon_.welcome.error = -ENOEXEC;
	if (_i) /* of a size we know nothing about */
		daemon_.welcome_size = 12;
	start(ECHO);
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
		daemon_.welcome.magic++;
		break;
	case 1:
		daemon_.welcome_size--;
		break;
	case 2:
		daemon_.welcome.devdir[0] = '\0';
		break;
	case 3:
		memset(daemon_.welcome.devdir, '/',
		       sizeof(daemon_.welcome.devdir));
		break;
	case 4:
		daemon_.welcome.error = -EAGAIN;
		expected = -EAGAIN;
		break;
	default:
		daemon_.welcome_size = 0; /* it hangs up */
		expected = -ENOSYS;
		break;
	}
	start(ECHO);
	ck_assert_int_eq(init_says(text, sizeof(text)), expected);
	ck_assert(!client_live());
}
END_TEST

START_TEST(the_connection_is_out_of_the_applications_reach)
{
	char text[512];
	int fd;

	start(ECHO);
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

	start(_i ? NOISE : ECHO);
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
	start(REVERSE);
	ck_assert_int_eq(client_connect(NULL), 0);
	ask_batch(0);
	ask_batch(0);
}
END_TEST

START_TEST(death_ends_the_calls_under_way_and_all_later_ones)
{
	start(HANG_UP);
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

	start(CHANNELS);
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

	start(CHANNELS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(channel_new(&ch), 0);
	shutdown(daemon_.fd, SHUT_RDWR);
	while (!atomic_load(&ch->dead))
		sched_yield();
	while (channel_done(channel_slot_at(ch->hdr, 63)) != CHANNEL_SEQ_DEAD)
		sched_yield();
}
END_TEST

START_TEST(a_channel_without_descriptors_is_refused)
{
	struct channel *ch;

	start(NO_FDS);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_int_eq(channel_new(&ch), -EPROTO);
	ck_assert_ptr_null(channel_get(3));
}
END_TEST

START_TEST(a_path_below_dev_follows_the_nodes)
{
	char buf[64];

	start(ECHO);
	ck_assert_int_eq(client_connect(NULL), 0);
	ck_assert_str_eq(client_path("/dev/evl/xbuf/x", buf, sizeof(buf)),
			 "/nodes/evl/xbuf/x");
	ck_assert_ptr_null(client_path("/dev/evl/xbuf/x", buf, 17));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test, 0, nr);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	Suite *suite = suite_create("client/control");

	add(suite, "welcome", a_good_daemon_is_joined_in_silence, 1);
	add(suite, "nobody", without_a_daemon_one_line_names_the_socket, 1);
	add(suite, "abi", another_abi_is_told_with_both_numbers, 2);
	add(suite, "nonsense", a_welcome_which_makes_no_sense_is_refused, 6);
	add(suite, "kept-fd", the_connection_is_out_of_the_applications_reach,
	    1);
	add(suite, "answers", every_caller_gets_its_own_answer, 2);
	add(suite, "order", answers_come_in_any_order, 1);
	add(suite, "death", death_ends_the_calls_under_way_and_all_later_ones,
	    1);
	add(suite, "channel", a_channel_comes_with_its_descriptors, 1);
	add(suite, "channel-death", a_channel_dies_with_the_daemon, 1);
	add(suite, "channel-bad", a_channel_without_descriptors_is_refused, 1);
	add(suite, "path", a_path_below_dev_follows_the_nodes, 1);

	return suite_run(suite);
}

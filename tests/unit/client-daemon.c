/* SPDX-License-Identifier: MIT */
#include "client-daemon.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wire/channel.h>

struct client_daemon client_daemon;

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
	(void)sendmsg(client_daemon.fd, &msg, MSG_NOSIGNAL);
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
	      client_daemon.script == NO_FDS ? NULL : fds);
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
	(void)send(client_daemon.fd, "x", 1, MSG_NOSIGNAL);
}

static void converse(void)
{
	struct {
		struct control_header header;
		union {
			struct control_sync sync;
			struct control_errand_done done;
		};
	} asked[BATCH], *ask;
	unsigned int nr = 0;

	for (;;) {
		ask = &asked[nr];
		if (recv(client_daemon.fd, ask, sizeof(*ask), 0) <= 0)
			return;

		switch (client_daemon.script) {
		case CHANNELS:
		case NO_FDS:
			if (ask->header.type == CONTROL_CHANNEL_NEW)
				make_channel(&ask->header);
			else
				reply(&ask->header, 0, NULL, 0, NULL);
			break;
		case ERRANDS:
			if (ask->header.type == CONTROL_ERRAND_DONE) {
				client_daemon.done = ask->done;
				client_daemon.nr_done++;
			} else {
				reply(&ask->header, 0, NULL, 0, NULL);
			}
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
			if (client_daemon.script == HANG_UP)
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
	int fd = accept4(client_daemon.listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	client_daemon.fd = fd;
	if (recv(fd, &hello, sizeof(hello), 0) == sizeof(hello) &&
	    hello.magic == CONTROL_MAGIC && hello.abi == CONTROL_ABI &&
	    client_daemon.welcome_size) {
		(void)send(fd, &client_daemon.welcome,
			   client_daemon.welcome_size, MSG_NOSIGNAL);
		converse();
	}
	close(fd);

	return NULL;
}

void client_daemon_setup(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(client_daemon.dir, "/tmp/evl-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(client_daemon.dir));
	strcpy(client_daemon.path, client_daemon.dir);
	strcat(client_daemon.path, "/control");
	strcpy(addr.sun_path, client_daemon.path);
	setenv(CONTROL_SOCKET_ENV, client_daemon.path, 1);

	client_daemon.listen_fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(client_daemon.listen_fd, 0);
	ck_assert_int_eq(bind(client_daemon.listen_fd, (struct sockaddr *)&addr,
			      sizeof(addr)),
			 0);
	ck_assert_int_eq(listen(client_daemon.listen_fd, 1), 0);

	client_daemon.welcome = (struct control_welcome){
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.front = CONTROL_FRONT_FUSE,
		.mount_dev = UINT64_MAX,
		.devdir = "/nodes",
	};
	client_daemon.welcome_size = sizeof(client_daemon.welcome);
}

void client_daemon_start(enum script script)
{
	pthread_t thread;

	client_daemon.script = script;
	ck_assert_int_eq(pthread_create(&thread, NULL, daemon_main, NULL), 0);
	pthread_detach(thread);
}

struct control_errand_done
client_daemon_errand(const struct control_errand *errand)
{
	struct control_header header = { .type = CONTROL_ERRAND };
	struct iovec iov[2] = { { &header, sizeof(header) },
				{ (void *)errand, sizeof(*errand) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	unsigned int before = client_daemon.nr_done;

	header.seq = 1000 + before;
	ck_assert_int_gt(sendmsg(client_daemon.fd, &msg, MSG_NOSIGNAL), 0);
	while (client_daemon.nr_done == before)
		sched_yield();
	ck_assert_uint_eq(client_daemon.done.number, header.seq);

	return client_daemon.done;
}

void client_daemon_teardown(void)
{
	unlink(client_daemon.path);
	rmdir(client_daemon.dir);
}

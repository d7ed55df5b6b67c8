/* SPDX-License-Identifier: MIT */
#include "raw-client.h"

#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/thread.h>
#include <uapi/evl/xbuf.h>
#include <unistd.h>
#include <wire/bind.h>

int raw_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(test_daemon.socket), sizeof(addr.sun_path));
	strcpy(addr.sun_path, test_daemon.socket);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);

	return fd;
}

/* The daemon may have hung up on us already: that is for the caller to see. */
void raw_send(int fd, const void *msg, size_t size)
{
	if (send(fd, msg, size, MSG_NOSIGNAL) < 0)
		ck_assert(errno == EPIPE || errno == ECONNRESET);
}

static void take_fds(struct msghdr *msg, int fds[2])
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	fds[0] = fds[1] = -1;
	if (cmsg == NULL)
		return;

	ck_assert_int_eq(cmsg->cmsg_type, SCM_RIGHTS);
	ck_assert_uint_le(cmsg->cmsg_len, CMSG_LEN(2 * sizeof(int)));
	memcpy(fds, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));
}

size_t raw_receive(int fd, void *buf, size_t size, int r_fds[2])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t ret = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

	if (ret < 0) {
		ck_assert_int_eq(errno, ECONNRESET);
		r_fds[0] = r_fds[1] = -1;
		return 0;
	}
	ck_assert(!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)));
	take_fds(&msg, r_fds);

	return (size_t)ret;
}

void raw_await_hangup(int fd)
{
	struct control_message msg;
	int fds[2];

	while (raw_receive(fd, &msg, sizeof(msg), fds))
		if (fds[0] >= 0) {
			close(fds[0]);
			close(fds[1]);
		}
}

int raw_try_join(struct raw_client *client, bool tool)
{
	struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.tool = tool,
	};
	int fds[2];

	client->fd = raw_connect();
	client->seq = 0;
	raw_send(client->fd, &hello, sizeof(hello));
	ck_assert_uint_eq(raw_receive(client->fd, &client->welcome,
				      sizeof(client->welcome), fds),
			  sizeof(client->welcome));
	ck_assert_uint_eq(client->welcome.magic, CONTROL_MAGIC);

	return client->welcome.error;
}

void raw_join(struct raw_client *client, bool tool)
{
	ck_assert_int_eq(raw_try_join(client, tool), 0);
}

void raw_leave(struct raw_client *client)
{
	close(client->fd);
	client->fd = -1;
}

uint32_t raw_ask(struct raw_client *client, uint32_t type, const void *body,
		 size_t size)
{
	struct control_message msg = {
		.header = { .type = type, .seq = ++client->seq },
	};

	ck_assert_uint_le(size, sizeof(msg.u));
	if (size)
		memcpy(&msg.u, body, size);
	raw_send(client->fd, &msg, sizeof(msg.header) + size);

	return client->seq;
}

int raw_call_fds(struct raw_client *client, uint32_t type, const void *body,
		 size_t size, struct control_message *r_reply, int r_fds[2])
{
	uint32_t seq = raw_ask(client, type, body, size);
	size_t len = raw_receive(client->fd, r_reply, sizeof(*r_reply), r_fds);

	ck_assert_uint_ge(len, sizeof(r_reply->header));
	ck_assert_uint_eq(r_reply->header.seq, seq);
	ck_assert_uint_eq(r_reply->header.type, type);

	return r_reply->header.result;
}

int raw_call(struct raw_client *client, uint32_t type, const void *body,
	     size_t size, struct control_message *r_reply)
{
	struct control_message reply;
	int fds[2], ret;

	ret = raw_call_fds(client, type, body, size, r_reply ? r_reply : &reply,
			   fds);
	ck_assert_int_eq(fds[0], -1);

	return ret;
}

int raw_channel_new(struct raw_client *client, struct raw_channel *r_ch)
{
	struct control_message reply;
	int fds[2], ret;

	ret = raw_call_fds(client, CONTROL_CHANNEL_NEW, NULL, 0, &reply, fds);
	if (ret)
		return ret;

	ck_assert_int_ge(fds[0], 0);
	r_ch->index = reply.u.channel.index;
	r_ch->memfd = fds[0];
	r_ch->bell_fd = fds[1];
	r_ch->base = mmap(NULL, CHANNEL_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, r_ch->memfd, 0);
	ck_assert_ptr_ne(r_ch->base, MAP_FAILED);

	return 0;
}

int raw_channel_ready(struct raw_client *client, struct raw_channel *ch)
{
	struct control_channel body = { .index = ch->index };

	return raw_call(client, CONTROL_CHANNEL_READY, &body, sizeof(body),
			NULL);
}

void raw_channel_free(struct raw_channel *ch)
{
	munmap(ch->base, CHANNEL_SIZE);
	close(ch->memfd);
	close(ch->bell_fd);
}

int raw_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, node_path(path),
			    flags | O_CLOEXEC);
}

int raw_inband(int fd, unsigned long cmd, void *arg)
{
	int ret = (int)syscall(SYS_ioctl, fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int raw_clone(const char *class, const char *name, const void *attrs,
	      size_t size)
{
	struct bind_clone clone = { .attrs_len = (uint32_t)size };
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "evl/%s/clone", class);
	fd = raw_open(path, O_RDWR);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));

	snprintf(clone.name, sizeof(clone.name), "%s", name);
	clone.flags = name[0] ? EVL_CLONE_PUBLIC : 0;
	if (size)
		memcpy(clone.attrs, attrs, size);
	ret = raw_inband(fd, BIND_IOC_CLONE, &clone);
	if (ret == 0)
		return fd;

	close(fd);

	return ret;
}

int raw_xbuf(const char *name, uint32_t in, uint32_t out)
{
	struct evl_xbuf_attrs attrs = { .i_bufsz = in, .o_bufsz = out };

	return raw_clone(EVL_XBUF_DEV, name, &attrs, sizeof(attrs));
}

int raw_bind(const struct raw_client *client, int fd, int nr)
{
	struct bind_request req = { .fd = nr };

	memcpy(req.secret, client->welcome.secret, sizeof(req.secret));

	return raw_inband(fd, BIND_IOC_BIND, &req);
}

void raw_attach(struct raw_client *client, struct raw_channel *ch,
		struct raw_slot *r_slot)
{
	struct control_attach body = {
		.tid = (int32_t)syscall(SYS_gettid),
	};
	struct control_message reply;

	body.efd = raw_clone(EVL_THREAD_DEV, "", NULL, 0);
	ck_assert_int_ge(body.efd, 0);
	ck_assert_int_eq(raw_bind(client, body.efd, body.efd), 0);
	ck_assert_int_eq(
		raw_call(client, CONTROL_ATTACH, &body, sizeof(body), &reply),
		0);
	r_slot->where = reply.u.attach.slot;
	ck_assert_uint_eq(r_slot->where.channel, ch->index);
	ck_assert_uint_lt(r_slot->where.slot, CHANNEL_SLOTS);
	r_slot->ch = ch;
	r_slot->efd = body.efd;
	r_slot->shared = channel_slot_at(ch->base, r_slot->where.slot);
	r_slot->window = channel_window_at(ch->base, r_slot->where.slot);
	r_slot->seq = atomic_load(&r_slot->shared->posted);
	r_slot->chore = 0;
}

void raw_enter(struct raw_client *client, struct raw_channel *ch,
	       struct raw_slot *slot)
{
	raw_join(client, false);
	ck_assert_int_eq(raw_channel_new(client, ch), 0);
	ck_assert_int_eq(raw_channel_ready(client, ch), 0);
	raw_attach(client, ch, slot);
}

void raw_exit(struct raw_client *client, struct raw_channel *ch,
	      struct raw_slot *slot)
{
	close(slot->efd);
	raw_channel_free(ch);
	raw_leave(client);
}

void raw_ring(struct raw_slot *slot)
{
	const uint64_t one = 1;

	channel_ring(slot->ch->base, slot->where.slot);
	/* Needed or not: we do not trust what says so. No ck_assert(): it takes
	 * a lock even if all is well, and others may be forking. */
	if (write(slot->ch->bell_fd, &one, sizeof(one)) != sizeof(one))
		ck_abort_msg("the eventfd: %s", strerror(errno));
}

void raw_post(struct raw_slot *slot, const struct channel_request *rq)
{
	slot->shared->request = *rq;
	slot->seq = channel_next_seq(slot->seq);
	atomic_store(&slot->shared->posted, slot->seq);
	raw_ring(slot);
}

uint32_t raw_chore(const struct raw_slot *slot)
{
	uint32_t done = channel_done(slot->shared);

	return done >= CHANNEL_SPECIAL && done != CHANNEL_SEQ_DEAD &&
			       done != slot->chore
		       ? done
		       : 0;
}

void raw_end_chore(struct raw_slot *slot, uint32_t moved)
{
	slot->chore = channel_done(slot->shared);
	slot->shared->chore_moved = moved;
	atomic_store(&slot->shared->chore_done, slot->chore);
	raw_ring(slot);
}

void raw_do_chore(struct raw_slot *slot)
{
	const struct channel_slot *shared = slot->shared;
	struct iovec ours = {
		.iov_base =
			channel_bounce_at(slot->ch->base, shared->chore_bounce),
		.iov_len = shared->chore_len,
	};
	struct iovec theirs = {
		.iov_base = (void *)(uintptr_t)shared->chore_addr,
		.iov_len = shared->chore_len,
	};
	ssize_t ret;

	if (shared->chore_op == CHANNEL_FETCH)
		ret = process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0);
	else
		ret = process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0);
	raw_end_chore(slot, ret < 0 ? 0 : (uint32_t)ret);
}

void raw_do_chores(struct raw_slot *slot, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (poll(&pfd, 1, 0) == 0)
		if (raw_chore(slot))
			raw_do_chore(slot);
		else
			sched_yield();
}

int64_t raw_wait(struct raw_slot *slot)
{
	const struct timespec patience = { .tv_sec = 20 };
	struct channel_slot *shared = slot->shared;
	uint32_t seen;

	while ((seen = channel_prepare_wait(shared)) != slot->seq) {
		if (raw_chore(slot)) {
			raw_do_chore(slot);
			continue;
		}
		ck_assert_msg(syscall(SYS_futex, &shared->done, FUTEX_WAIT,
				      seen, &patience, NULL, 0) == 0 ||
				      errno != ETIMEDOUT,
			      "no answer to request %u", slot->seq);
	}

	return shared->result;
}

int64_t raw_request(struct raw_slot *slot, const struct channel_request *rq)
{
	raw_post(slot, rq);

	return raw_wait(slot);
}

struct control_message raw_record(uint32_t table, size_t name_at,
				  const char *name)
{
	struct control_query query = { .table = table };
	struct control_message reply;
	struct raw_client tool;

	raw_join(&tool, true);
	do {
		ck_assert_msg(raw_call(&tool, CONTROL_QUERY, &query,
				       sizeof(query), &reply) == 0,
			      "%s: it is not listed", name);
		/* Every record starts with the next one's cursor. */
		memcpy(&query.cursor, &reply.u, sizeof(query.cursor));
	} while (name && strcmp((char *)&reply.u + name_at, name) != 0);
	raw_leave(&tool);

	return reply;
}

struct control_driver_info raw_driver_info(const char *name)
{
	return raw_record(CONTROL_TABLE_DRIVERS,
			  offsetof(struct control_driver_info, name), name)
		.u.driver_info;
}

struct control_daemon_info raw_daemon_info(void)
{
	return raw_record(CONTROL_TABLE_DAEMON, 0, NULL).u.daemon_info;
}

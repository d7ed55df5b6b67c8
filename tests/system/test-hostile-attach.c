/* SPDX-License-Identifier: MIT */
/* Clients which misuse channels, attachments and descriptors: they reach what
 * is theirs and nothing else. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/thread.h>
#include <unistd.h>
#include <wire/bind.h>

#define MAX_CHANNELS 16
#define FD_LIMIT     (1 << 20)
#define MAX_BOUND    65536

static struct raw_client client;
static struct raw_channel channel;
static struct raw_slot slot;

static int ready(uint32_t index)
{
	struct control_channel body = { .index = index };

	return raw_call(&client, CONTROL_CHANNEL_READY, &body, sizeof(body),
			NULL);
}

static int attach(pid_t tid, int efd)
{
	struct control_attach body = { .tid = tid, .efd = efd };

	return raw_call(&client, CONTROL_ATTACH, &body, sizeof(body), NULL);
}

static int detach(uint32_t ch, uint32_t nr)
{
	struct control_slot body = { .channel = ch, .slot = nr };

	return raw_call(&client, CONTROL_DETACH, &body, sizeof(body), NULL);
}

static int unbind(uint32_t first, uint32_t last)
{
	struct control_unbind body = { .first = first, .last = last };

	return raw_call(&client, CONTROL_UNBIND, &body, sizeof(body), NULL);
}

static void hoard_channels(void)
{
	struct raw_channel chs[MAX_CHANNELS], more;

	raw_join(&client, false);
	ck_assert_int_eq(ready(0), -EINVAL);
	for (uint32_t i = 0; i < MAX_CHANNELS; i++) {
		ck_assert_int_eq(raw_channel_new(&client, &chs[i]), 0);
		ck_assert_uint_eq(chs[i].index, i);
	}
	ck_assert_int_eq(raw_channel_new(&client, &more), -EAGAIN);
	ck_assert_int_eq(ready(MAX_CHANNELS), -EINVAL);
	ck_assert_int_eq(ready(UINT_MAX), -EINVAL);
	/* Every other one is never said to be ready. */
	for (uint32_t i = 0; i < MAX_CHANNELS; i += 2) {
		ck_assert_int_eq(ready(i), 0);
		ck_assert_int_eq(ready(i), -EINVAL);
	}
	for (int i = 0; i < MAX_CHANNELS; i++)
		raw_channel_free(&chs[i]);
	raw_leave(&client);
}

START_TEST(channels_are_limited_and_become_ready_once)
{
	endure(hoard_channels);
}
END_TEST

static int new_thread_element(void)
{
	int efd = raw_clone(EVL_THREAD_DEV, "", NULL, 0);

	ck_assert_int_ge(efd, 0);
	ck_assert_int_eq(raw_bind(&client, efd, efd), 0);

	return efd;
}

static void attach_what_is_not_mine(void)
{
	int efd, other, xfd, unbound;

	raw_join(&client, false);
	efd = new_thread_element();
	ck_assert_int_eq(attach(getpid(), efd), -ENOSPC);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_int_eq(attach(getpid(), efd), -ENOSPC);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), 0);

	ck_assert_int_eq(attach(1, efd), -ESRCH);
	ck_assert_int_eq(attach(getppid(), efd), -ESRCH);
	ck_assert_int_eq(attach(test_daemon.pid, efd), -ESRCH);
	ck_assert_int_eq(attach(0, efd), -ESRCH);
	ck_assert_int_eq(attach(-1, efd), -ESRCH);
	ck_assert_int_eq(attach(INT_MIN, efd), -ESRCH);
	ck_assert_int_eq(attach(INT_MAX, efd), -ESRCH);

	xfd = raw_xbuf("", 16, 16);
	unbound = raw_clone(EVL_THREAD_DEV, "", NULL, 0);
	ck_assert_int_eq(raw_bind(&client, xfd, xfd), 0);
	ck_assert_int_eq(attach(getpid(), xfd), -EBADF);
	ck_assert_int_eq(attach(getpid(), unbound), -EBADF);
	ck_assert_int_eq(attach(getpid(), client.fd), -EBADF);
	ck_assert_int_eq(attach(getpid(), -1), -EBADF);
	ck_assert_int_eq(attach(getpid(), INT_MIN), -EBADF);
	ck_assert_int_eq(attach(getpid(), INT_MAX), -EBADF);
	ck_assert_int_eq(attach(getpid(), FD_LIMIT), -EBADF);

	ck_assert_int_eq(attach(getpid(), efd), 0);
	ck_assert_int_eq(attach(getpid(), efd), -EBUSY);
	other = new_thread_element();
	ck_assert_int_eq(attach(getpid(), other), -EBUSY);

	ck_assert_int_eq(detach(0, 0), 0);
	ck_assert_int_eq(attach(getpid(), efd), -EBUSY); /* it is gone */
	ck_assert_int_eq(attach(getpid(), other), 0);
	raw_channel_free(&channel);
	raw_leave(&client);
	close(efd);
	close(other);
	close(xfd);
	close(unbound);
}

START_TEST(only_ones_own_threads_and_elements_attach)
{
	endure(attach_what_is_not_mine);
}
END_TEST

static void detach_what_is_not_mine(void)
{
	raw_enter(&client, &channel, &slot);
	for (uint32_t i = 0; i < 70; i++)
		if (i != slot.where.slot)
			ck_assert_int_eq(detach(0, i), -EINVAL);
	ck_assert_int_eq(detach(1, 0), -EINVAL);
	ck_assert_int_eq(detach(UINT_MAX, 0), -EINVAL);
	ck_assert_int_eq(detach(0, UINT_MAX), -EINVAL);
	ck_assert_int_eq(detach(0, slot.where.slot), 0);
	ck_assert_int_eq(detach(0, slot.where.slot), -EINVAL);
	raw_exit(&client, &channel, &slot);
}

START_TEST(only_slots_in_use_detach)
{
	endure(detach_what_is_not_mine);
}
END_TEST

/* Everything that can end a sleeping request, at once. */
static void detach_in_a_crowd(void)
{
	struct channel_request rq = { .op = CHANNEL_READ, .count = 8 };
	struct control_unbind all = { .last = UINT_MAX };

	for (int i = 0; i < 20; i++) {
		raw_enter(&client, &channel, &slot);
		rq.fd = raw_xbuf("", 8, 8);
		ck_assert_int_eq(raw_bind(&client, rq.fd, rq.fd), 0);
		raw_post(&slot, &rq);
		endure_await_busy(getpid());
		for (int j = 0; j < 10; j++)
			raw_ask(&client, CONTROL_DETACH, &slot.where, 8);
		raw_ask(&client, CONTROL_UNBIND, &all, sizeof(all));
		close(rq.fd);
		ck_assert(raw_wait(&slot) < 0);
		raw_exit(&client, &channel, &slot);
	}
}

START_TEST(a_request_may_be_broken_in_many_ways_at_once)
{
	endure(detach_in_a_crowd);
}
END_TEST

static void *attach_and_stay(void *arg)
{
	pthread_barrier_t *barrier = arg;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int efd;

	pthread_mutex_lock(&lock);
	efd = new_thread_element();
	ck_assert_int_eq(attach((pid_t)syscall(SYS_gettid), efd), 0);
	close(efd);
	pthread_mutex_unlock(&lock);
	pthread_barrier_wait(barrier);

	return NULL;
}

/* Threads that are gone keep their slots; the process does not. */
static void fill_a_channel(void)
{
	pthread_t threads[CHANNEL_SLOTS];
	pthread_barrier_t barrier;
	int efd;

	pthread_barrier_init(&barrier, NULL, CHANNEL_SLOTS);
	raw_join(&client, false);
	ck_assert_int_eq(raw_channel_new(&client, &channel), 0);
	ck_assert_int_eq(raw_channel_ready(&client, &channel), 0);
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		pthread_create(&threads[i], NULL, attach_and_stay, &barrier);
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		pthread_join(threads[i], NULL);
	efd = new_thread_element();
	ck_assert_int_eq(attach(getpid(), efd), -ENOSPC);
	ck_assert_int_eq(detach(0, 17), 0);
	ck_assert_int_eq(attach(getpid(), efd), 0);
	ck_assert_int_eq(detach(0, 17), 0);
	close(efd);
	raw_channel_free(&channel);
	raw_leave(&client);
}

START_TEST(a_channel_has_sixty_four_slots)
{
	endure(fill_a_channel);
}
END_TEST

static _Atomic(bool) enough;

static void *detach_and_attach(void *arg)
{
	struct control_attach body = {
		.tid = getpid(),
	};
	struct control_message reply;

	for (int i = 0; i < 100; i++) {
		raw_call(&client, CONTROL_DETACH, &slot.where,
			 sizeof(slot.where), NULL);
		body.efd = raw_clone("thread", "", NULL, 0);
		ck_assert_int_eq(raw_bind(&client, body.efd, body.efd), 0);
		raw_ask(&client, CONTROL_ATTACH, &body, sizeof(body));
		ck_assert_uint_ge(raw_receive(client.fd, &reply, sizeof(reply),
					      (int[2]){ 0 }),
				  16);
		ck_assert_int_eq(reply.header.result, 0);
		close(body.efd);
	}
	enough = true;

	return NULL;
}

/* A slot changes hands while somebody keeps on posting to it. */
static void post_to_a_moving_slot(void)
{
	struct channel_request rq = { .op = CHANNEL_READ, .count = 8 };
	pthread_t thread;

	raw_enter(&client, &channel, &slot);
	rq.fd = raw_xbuf("", 8, 8);
	ck_assert_int_eq(raw_bind(&client, rq.fd, rq.fd), 0);
	enough = false;
	pthread_create(&thread, NULL, detach_and_attach, NULL);
	while (!enough)
		raw_post(&slot, &rq);
	pthread_join(thread, NULL);
	close(rq.fd);
	raw_exit(&client, &channel, &slot);
}

START_TEST(a_slot_may_be_rung_while_it_changes_hands)
{
	endure(post_to_a_moving_slot);
}
END_TEST

static int bind_with(int fd, const struct bind_request *req)
{
	struct bind_request copy = *req;

	return raw_inband(fd, BIND_IOC_BIND, &copy);
}

static void forge_secrets(void)
{
	struct raw_client tool, gone;
	struct bind_request req = { .fd = 0 };
	int xfd = raw_xbuf("", 16, 16);

	raw_join(&gone, false);
	raw_leave(&gone);
	raw_join(&client, false);
	raw_join(&tool, true);
	ck_assert_int_eq(raw_bind(&tool, xfd, xfd), -EPERM);
	ck_assert_int_eq(raw_bind(&gone, xfd, xfd), -EPERM);

	ck_assert_int_eq(bind_with(xfd, &req), -EPERM);
	for (size_t i = 0; i < sizeof(req.secret); i++) {
		memcpy(req.secret, client.welcome.secret, sizeof(req.secret));
		for (int bit = 0; bit < 8; bit++) {
			req.secret[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_eq(bind_with(xfd, &req), -EPERM);
			req.secret[i] ^= (uint8_t)(1 << bit);
		}
	}
	memset(req.secret, 0xff, sizeof(req.secret));
	ck_assert_int_eq(bind_with(xfd, &req), -EPERM);
	raw_leave(&tool);
	raw_leave(&client);
	close(xfd);
}

START_TEST(a_forged_secret_binds_nothing)
{
	endure(forge_secrets);
}
END_TEST

static void bind_strange_numbers(void)
{
	struct bind_request req = { .tag = BIND_MAX_AGE + 1 };
	int xfd = raw_xbuf("", 16, 16);

	raw_join(&client, false);
	memcpy(req.secret, client.welcome.secret, sizeof(req.secret));
	ck_assert_int_eq(bind_with(xfd, &req), -EINVAL);
	req.tag = 10;
	ck_assert_int_eq(bind_with(xfd, &req), 0);
	req.tag = 9;
	ck_assert_int_eq(bind_with(xfd, &req), -ESTALE);
	ck_assert_int_eq(raw_bind(&client, xfd, -1), -EINVAL);
	ck_assert_int_eq(raw_bind(&client, xfd, INT_MIN), -EINVAL);
	ck_assert_int_eq(raw_bind(&client, xfd, FD_LIMIT), -EBADF);
	ck_assert_int_eq(raw_bind(&client, xfd, INT_MAX), -EBADF);
	ck_assert_int_eq(raw_bind(&client, xfd, FD_LIMIT - 1), 0);
	ck_assert_int_eq(raw_bind(&client, xfd, FD_LIMIT - 1), 0);
	ck_assert_int_eq(raw_bind(&client, xfd, 0), 0);

	ck_assert_int_eq(unbind(10, 5), 0);
	ck_assert_int_eq(unbind(UINT_MAX, UINT_MAX), 0);
	ck_assert_int_eq(unbind(1, UINT_MAX - 1), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(unbind(0, UINT_MAX), 0);
	close(xfd);
	raw_leave(&client);
}

START_TEST(strange_descriptor_numbers_are_refused)
{
	endure(bind_strange_numbers);
}
END_TEST

static void bind_one_file_everywhere(void)
{
	int xfd = raw_xbuf("", 16, 16);

	raw_join(&client, false);
	for (int nr = 0; nr < MAX_BOUND; nr++)
		ck_assert_int_eq(raw_bind(&client, xfd, nr), 0);
	ck_assert_int_eq(raw_bind(&client, xfd, MAX_BOUND), -EMFILE);
	ck_assert_int_eq(raw_bind(&client, xfd, MAX_BOUND - 1), 0);
	close(xfd);
	raw_leave(&client);
}

START_TEST(bindings_are_limited)
{
	endure(bind_one_file_everywhere);
}
END_TEST

static int odd_clone(const char *name, uint32_t attrs_len, uint32_t reserved,
		     uint32_t flags)
{
	struct bind_clone clone = {
		.attrs_len = attrs_len,
		.flags = flags,
		.reserved = reserved,
	};
	int fd = raw_open("evl/xbuf/clone", O_RDWR), ret;

	memcpy(clone.name, name, strnlen(name, sizeof(clone.name)));
	clone.attrs[0] = clone.attrs[4] = 16;
	ret = raw_inband(fd, BIND_IOC_CLONE, &clone);
	close(fd);

	return ret;
}

static void clone_oddly(void)
{
	const char *const names[] = { "a/b",   "/a",  "..",  ".",
				      "clone", "a\n", "\x7f" };
	char endless[65];

	memset(endless, 'e', 64);
	endless[64] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(odd_clone(names[i], 8, 0, EVL_CLONE_PUBLIC),
				 -EINVAL);
	ck_assert_int_eq(odd_clone(endless, 8, 0, 0), -EINVAL);
	ck_assert_int_eq(odd_clone("", 8, 0, EVL_CLONE_PUBLIC), -EINVAL);
	ck_assert_int_eq(odd_clone("x", 7, 0, 0), -EINVAL);
	ck_assert_int_eq(odd_clone("x", 65, 0, 0), -EINVAL);
	ck_assert_int_eq(odd_clone("x", UINT_MAX, 0, 0), -EINVAL);
	ck_assert_int_eq(odd_clone("x", 8, 1, 0), -EINVAL);
	ck_assert_int_eq(odd_clone("x", 8, 0, EVL_CLONE_OBSERVABLE), -EINVAL);
	ck_assert_int_eq(odd_clone("x", 8, 0, 0), 0);
}

START_TEST(odd_clone_requests_are_refused)
{
	endure(clone_oddly);
}
END_TEST

static void *open_again_and_again(void *arg)
{
	int fd;

	while (!enough) {
		fd = raw_open("evl/xbuf/fleeting", O_RDWR);
		if (fd >= 0)
			close(fd);
	}

	return NULL;
}

/* The node may be gone by the time the daemon comes to open it. */
static void open_what_is_going(void)
{
	pthread_t threads[2];
	int fd;

	enough = false;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, open_again_and_again, NULL);
	for (int i = 0; i < 500; i++) {
		fd = raw_xbuf("fleeting", 16, 16);
		if (fd >= 0) /* else one of them has it still */
			close(fd);
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(what_is_being_removed_may_be_opened)
{
	endure(open_what_is_going);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-attach");
	TCase *tcase = tcase_create("hostile-attach");

	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, channels_are_limited_and_become_ready_once);
	tcase_add_test(tcase, only_ones_own_threads_and_elements_attach);
	tcase_add_test(tcase, only_slots_in_use_detach);
	tcase_add_test(tcase, a_request_may_be_broken_in_many_ways_at_once);
	tcase_add_test(tcase, a_channel_has_sixty_four_slots);
	tcase_add_test(tcase, a_slot_may_be_rung_while_it_changes_hands);
	tcase_add_test(tcase, a_forged_secret_binds_nothing);
	tcase_add_test(tcase, strange_descriptor_numbers_are_refused);
	tcase_add_test(tcase, bindings_are_limited);
	tcase_add_test(tcase, odd_clone_requests_are_refused);
	tcase_add_test(tcase, what_is_being_removed_may_be_opened);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

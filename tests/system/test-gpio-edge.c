/* SPDX-License-Identifier: MIT */
/* Edges of lines of gpio-sim, by both ABIs and on both stages. */
#include "daemon.h"
#include "endure.h"
#include "gpio.h"
#include "poller.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <unistd.h>

/* For a loop of four: each version on each stage. */
static int version_of(int i)
{
	return i / 2 + 1;
}

static bool is_oob(int i)
{
	return i % 2;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);

	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

START_TEST(edges_come_in_order_with_their_dates)
{
	int fd = gpio_edges(version_of(_i), 3);
	uint64_t last = now_ns(CLOCK_MONOTONIC);
	struct gpio_edge edge;

	gpio_pull(4, true);  /* another one's */
	gpio_pull(3, false); /* no edge */
	for (int i = 0; i < 6; i++)
		gpio_pull(3, i % 2 == 0);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_gt(
			gpio_read(fd, version_of(_i), is_oob(_i), &edge), 0);
		ck_assert_uint_eq(edge.id, i % 2 ? GPIOEVENT_EVENT_FALLING_EDGE
						 : GPIOEVENT_EVENT_RISING_EDGE);
		ck_assert_uint_ge(edge.timestamp_ns, last);
		last = edge.timestamp_ns;
	}
	ck_assert_uint_le(last, now_ns(CLOCK_MONOTONIC));
	poller_set_nonblock(fd, true);
	ck_assert_int_eq(gpio_read(fd, version_of(_i), is_oob(_i), &edge),
			 -EAGAIN);
	close(fd);
}
END_TEST

START_TEST(only_the_edges_asked_for_come)
{
	const uint32_t edges[] = { GPIOEVENT_REQUEST_RISING_EDGE,
				   GPIOEVENT_REQUEST_FALLING_EDGE };
	const uint64_t flags[] = {
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING,
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_FALLING,
	};
	struct gpio_edge edge;
	int fds[2];

	/* With inactive high, too: then they change places. */
	for (int i = 0; i < 4; i++) {
		bool falling = i % 2, low = i / 2;

		fds[0] = gpio_event(5, low ? GPIOHANDLE_REQUEST_ACTIVE_LOW : 0,
				    edges[falling]);
		fds[1] = gpio_line(
			6, flags[falling] |
				   (low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0));
		for (unsigned int n = 0; n < 2; n++) {
			ck_assert_int_ge(fds[n], 0);
			poller_set_nonblock(fds[n], true);
			gpio_pull(5 + n, true);
			ck_assert_int_eq(
				gpio_read(fds[n], (int)n + 1, true, &edge) > 0,
				falling == low);
			gpio_pull(5 + n, false);
			ck_assert_int_eq(
				gpio_read(fds[n], (int)n + 1, true, &edge) > 0,
				falling != low);
			ck_assert_uint_eq(edge.id, 1 + falling);
			close(fds[n]);
		}
	}
}
END_TEST

START_TEST(one_read_takes_as_many_as_there_is_room_for)
{
	struct gpio_v2_line_request req = gpio_lines(8, 2, GPIO_IN_BOTH);
	struct gpio_v2_line_event events[4];
	const size_t size = sizeof(events[0]);

	req.config.flags |= GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME;
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);
	gpio_pull(8, true);
	gpio_pull(9, true);
	gpio_pull(8, false);
	ck_assert_int_eq(oob_read(req.fd, events, size - 1), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(oob_read(req.fd, events, 2 * size + 1),
			 2 * (ssize_t)size);
	ck_assert_int_eq(read(req.fd, events + 2, 2 * size), (ssize_t)size);
	for (unsigned int n = 0; n < 3; n++) {
		ck_assert_uint_eq(events[n].offset, 8 + n % 2);
		ck_assert_uint_eq(events[n].seqno, n + 1);
		ck_assert_uint_eq(events[n].line_seqno, 1 + n / 2);
		ck_assert_uint_lt(now_ns(CLOCK_REALTIME) -
					  events[n].timestamp_ns,
				  60 * UINT64_C(1000000000));
	}
	gpio_pull(9, false);
	ck_assert_int_eq(oob_read(req.fd, (void *)8, size), -1);
	ck_assert_int_eq(errno, EFAULT);
	close(req.fd);
}
END_TEST

/* The first ABI keeps those which came first, the second the latest. */
START_TEST(a_full_queue_loses_some)
{
	struct gpio_v2_line_event events[65];
	struct gpio_edge edge;
	int fd = gpio_edges(1, 3), nr = 0;
	struct gpio_v2_line_request req = gpio_lines(10, 1, GPIO_IN_BOTH);

	req.event_buffer_size = 64;
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);
	for (int i = 0; i < 101; i++) {
		gpio_pull(3, i % 2 == 0);
		gpio_pull(10, i % 2 == 0);
	}
	poller_set_nonblock(fd, true);
	for (; gpio_read(fd, 1, false, &edge) > 0; nr++)
		ck_assert_uint_eq(edge.id, 1 + nr % 2);
	ck_assert_int_eq(nr, 16);
	ck_assert_int_eq(oob_read(req.fd, events, sizeof(events)),
			 64 * (ssize_t)sizeof(events[0]));
	ck_assert_uint_eq(events[0].seqno, 101 - 64 + 1);
	ck_assert_uint_eq(events[63].seqno, 101);
	close(fd);
	close(req.fd);
}
END_TEST

/* A thread of ours that reads. */
struct reader {
	int fd, version;
	bool oob;
	long ret;
	struct gpio_edge edge;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

static void *run_reader(void *arg)
{
	struct reader *reader = arg;

	if (evl_attach_self("reader:%d", gettid()) < 0)
		return NULL;
	reader->tid = gettid();
	reader->ret = gpio_read(reader->fd, reader->version, reader->oob,
				&reader->edge);

	return NULL;
}

static void reader_start(struct reader *reader)
{
	pthread_create(&reader->thread, NULL, run_reader, reader);
	while (reader->tid == 0)
		sched_yield();
	if (reader->oob)
		endure_await_busy(reader->tid);
	else
		wait_until_asleep(getpid(), reader->tid);
}

START_TEST(a_reader_sleeps_until_there_is_an_edge)
{
	struct reader reader = {
		.fd = gpio_edges(version_of(_i), 7),
		.version = version_of(_i),
		.oob = is_oob(_i),
	};

	reader_start(&reader);
	gpio_pull(7, true);
	pthread_join(reader.thread, NULL);
	ck_assert_int_gt(reader.ret, 0);
	ck_assert_uint_eq(reader.edge.id, GPIO_V2_LINE_EVENT_RISING_EDGE);
	close(reader.fd);
}
END_TEST

START_TEST(closing_ends_a_reader)
{
	struct reader reader = {
		.fd = gpio_edges(_i + 1, 7),
		.version = _i + 1,
		.oob = true,
	};

	reader_start(&reader);
	close(reader.fd);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -EIDRM);
	/* The line is free. */
	close(gpio_edges(_i + 1, 7));
}
END_TEST

START_TEST(edges_can_be_polled_for)
{
	int fd = gpio_edges(_i + 1, 7);
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	struct waiter waiter = { .set = poller_set };
	struct evl_poll_event event;
	struct gpio_edge edge;

	ck_assert_int_eq(poller_add(fd, POLLIN), 0);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	waiter_start(&waiter);
	gpio_pull(7, true);
	waiter_end(&waiter);
	waiter_ck(&waiter, fd, POLLIN);
	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	ck_assert_int_eq(pfd.revents, POLLIN);

	/* It is there already. */
	ck_assert_int_eq(evl_poll(poller_set, &event, 1), 1);
	ck_assert_int_eq(event.fd, fd);
	ck_assert_uint_eq(event.events, POLLIN);
	ck_assert_int_gt(gpio_read(fd, _i + 1, true, &edge), 0);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);

	waiter_start(&waiter);
	close(fd);
	waiter_end(&waiter);
	waiter_ck(&waiter, fd, POLLNVAL);
}
END_TEST

static struct gpio_v2_line_request debounced(uint32_t us)
{
	struct gpio_v2_line_request req = gpio_lines(11, 1, GPIO_IN_BOTH);

	req.config.num_attrs = 1;
	req.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
	req.config.attrs[0].attr.debounce_period_us = us;
	req.config.attrs[0].mask = 1;
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);

	return req;
}

START_TEST(what_bounces_is_no_edge)
{
	struct gpio_v2_line_values values = { .mask = 1 };
	struct gpio_v2_line_info info = { .offset = 11 };
	struct gpio_v2_line_request req = debounced(1000000000);
	struct gpio_edge edge;

	poller_set_nonblock(req.fd, true);
	gpio_pull(11, true);
	gpio_pull(11, false);
	gpio_pull(11, true);
	ck_assert_int_eq(gpio_read(req.fd, 2, true, &edge), -EAGAIN);
	gpio_call(req.fd, true, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
	ck_assert_uint_eq(values.bits, 0);
	gpio_call(gpio_chip, true, GPIO_V2_GET_LINEINFO_IOCTL, &info);
	ck_assert_uint_eq(info.num_attrs, 1);
	ck_assert_uint_eq(info.attrs[0].id, GPIO_V2_LINE_ATTR_ID_DEBOUNCE);
	ck_assert_uint_eq(info.attrs[0].debounce_period_us, 1000000000);
	close(req.fd);

	/* Once it has settled it is. */
	gpio_pull(11, false);
	req = debounced(100);
	gpio_pull(11, true);
	ck_assert_int_gt(gpio_read(req.fd, 2, true, &edge), 0);
	ck_assert_uint_eq(edge.id, GPIO_V2_LINE_EVENT_RISING_EDGE);
	gpio_call(req.fd, true, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
	ck_assert_uint_eq(values.bits, 1);
	close(req.fd);
}
END_TEST

/* Lines of which somebody has requested the interrupts, by both ways. */
START_TEST(edges_interrupt_drivers)
{
	int fd = open(node_path("irqs"), O_RDWR);
	uint32_t nr;

	ck_assert_int_ge(fd, 0);
	for (uint32_t i = 1; i <= 20; i++) {
		gpio_pull(0, true);
		ck_assert_int_eq(oob_read(fd, &nr, sizeof(nr)), sizeof(nr));
		ck_assert_uint_eq(nr, i);
		gpio_pull(0, false); /* the other edge */
	}
	gpio_pull(1, true);
	gpio_pull(1, false);
	ck_assert_int_eq(read(fd, &nr, sizeof(nr)), sizeof(nr));
	ck_assert_uint_eq(nr, 1);
	close(fd);
}
END_TEST

#define NR_PULLS 400

static void *pull_many(void *arg)
{
	unsigned int offset = *(unsigned int *)arg;

	if (evl_attach_self("pull:%d", gettid()) < 0)
		return NULL;
	for (int i = 0; i < NR_PULLS; i++)
		gpio_pull(offset, i % 2 == 0);

	return NULL;
}

START_TEST(no_edge_is_lost_or_out_of_order)
{
	struct gpio_v2_line_request req = gpio_lines(30, 2, GPIO_IN_BOTH);
	unsigned int offsets[] = { 30, 31 }, counts[2] = { 0, 0 };
	struct gpio_v2_line_event event;
	pthread_t threads[2];

	req.event_buffer_size = 1024;
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, pull_many, &offsets[i]);
	for (unsigned int i = 0; i < 2 * NR_PULLS; i++) {
		ssize_t ret = i % 2 ? oob_read(req.fd, &event, sizeof(event))
				    : read(req.fd, &event, sizeof(event));

		ck_assert_int_eq(ret, sizeof(event));
		ck_assert_uint_eq(event.seqno, i + 1);
		ck_assert_uint_eq(event.line_seqno,
				  ++counts[event.offset - 30]);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	close(req.fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/gpio-edge");
	TCase *tcase = tcase_create("edges");

	tcase_add_checked_fixture(tcase, gpio_setup, gpio_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, edges_come_in_order_with_their_dates, 0, 4);
	tcase_add_loop_test(tcase, a_reader_sleeps_until_there_is_an_edge, 0,
			    4);
	tcase_add_loop_test(tcase, closing_ends_a_reader, 0, 2);
	tcase_add_loop_test(tcase, edges_can_be_polled_for, 0, 2);
	tcase_add_test(tcase, only_the_edges_asked_for_come);
	tcase_add_test(tcase, one_read_takes_as_many_as_there_is_room_for);
	tcase_add_test(tcase, a_full_queue_loses_some);
	tcase_add_test(tcase, what_bounces_is_no_edge);
	tcase_add_test(tcase, edges_interrupt_drivers);
	tcase_add_test(tcase, no_edge_is_lost_or_out_of_order);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/*
 * Vectors of the caller's buffers, and other small things of EVL's. Each case
 * runs on a fiber that works for this process.
 */
#include "own-memory.h"
#include "suite.h"

#include "base/log.h"
#include "core/heap.h"
#include "core/trace.h"
#include "kapi/task.h"
#include "stage/inband.h"

#include <errno.h>
#include <evl/irq.h>
#include <evl/list.h>
#include <evl/memory.h>
#include <evl/stat.h>
#include <evl/uaccess.h>
#include <evl/uio.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <string.h>
#include <sys/mman.h>
#include <trace/events/evl.h>
#include <unistd.h>

static struct task_struct task;
static char a[8], b[8], c[8];
static struct iovec vec[4];
static void *const bad = (void *)8; /* nobody maps it */

static void setup(void)
{
	test_stage_setup();
	ck_assert_int_eq(heap_start(), 0);
	task = (struct task_struct){
		.pid = getpid(),
		.mem_fd = -1,
		.reach = &own_memory,
	};
	vec[0] = (struct iovec){ a, 4 };
	vec[1] = (struct iovec){ bad, 0 };
	vec[2] = (struct iovec){ b, 3 };
	vec[3] = (struct iovec){ c, 8 };
}

static void teardown(void)
{
	ck_assert_uint_eq(evl_get_heap_free(&evl_system_heap),
			  evl_get_heap_size(&evl_system_heap));
	heap_stop();
	test_stage_teardown();
}

static void on_a_fiber(void (*entry)(void *arg))
{
	struct fiber *fiber = test_fiber(entry, NULL, 0);

	task_set(fiber, &task);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(fiber->state, FIBER_IDLE);
}

static void load(void *arg)
{
	struct iovec fast[UIO_FASTIOV], many[UIO_MAXIOV], *iov;

	iov = evl_load_uio(vec, 4, fast);
	ck_assert_ptr_eq(iov, fast);
	ck_assert_mem_eq(iov, vec, sizeof(vec));
	ck_assert_uint_eq(evl_iov_flat_length(iov, 4), 15);
	ck_assert_uint_eq(evl_iov_flat_length(iov, 0), 0);

	memset(many, 0, sizeof(many));
	many[UIO_MAXIOV - 1].iov_len = 7;
	iov = evl_load_uio(many, UIO_MAXIOV, fast);
	ck_assert(!IS_ERR(iov) && iov != fast);
	ck_assert_uint_eq(evl_iov_flat_length(iov, UIO_MAXIOV), 7);
	evl_free(iov);

	ck_assert_int_eq(PTR_ERR(evl_load_uio(many, UIO_MAXIOV + 1, fast)),
			 -EINVAL);
	ck_assert_int_eq(PTR_ERR(evl_load_uio(bad, 1, fast)), -EFAULT);
	ck_assert_int_eq(PTR_ERR(evl_load_uio(bad, 100, fast)), -EFAULT);
	heap_stop();
	ck_assert_int_eq(PTR_ERR(evl_load_uio(many, 100, fast)), -ENOMEM);
	ck_assert_int_eq(heap_start(), 0);
}

START_TEST(a_vector_is_loaded)
{
	on_a_fiber(load);
}
END_TEST

static void load_compat(void *arg)
{
	const struct compat_iovec cvec[2] = { { 0x1000, 5 }, { 0x2000, 6 } };
	struct iovec fast[UIO_FASTIOV];

	task.compat = true;
	ck_assert_ptr_eq(
		evl_load_uio((const struct iovec *)(const void *)cvec, 2, fast),
		fast);
	ck_assert_ptr_eq(fast[1].iov_base, (void *)0x2000);
	ck_assert_uint_eq(fast[1].iov_len, 6);
	ck_assert_int_eq(PTR_ERR(evl_load_uio(bad, 1, fast)), -EFAULT);
}

START_TEST(a_32_bit_vector_is_loaded)
{
	on_a_fiber(load_compat);
}
END_TEST

static void copy_to(void *arg)
{
	struct iovec *iov = vec;
	size_t nr = 4;

	ck_assert_int_eq(evl_copy_to_uio(vec, 4, "abcdefghi", 9), 9);
	ck_assert_mem_eq(a, "abcd", 4);
	ck_assert_mem_eq(b, "efg", 3);
	ck_assert_mem_eq(c, "hi", 2);
	ck_assert_int_eq(evl_copy_to_uio(vec, 1, "xxxxxxxxx", 9), 4);
	ck_assert_int_eq(evl_copy_to_uio(vec, 0, "x", 1), 0);

	/* In pieces. */
	ck_assert_int_eq(evl_copy_to_uio_incremental(&iov, &nr, "123", 3), 3);
	ck_assert_ptr_eq(iov, vec);
	ck_assert_uint_eq(iov->iov_len, 1);
	ck_assert_int_eq(evl_copy_to_uio_incremental(&iov, &nr, "456", 3), 3);
	ck_assert_ptr_eq(iov, vec + 2);
	ck_assert_uint_eq(nr, 2);
	ck_assert_int_eq(evl_copy_to_uio_incremental(&iov, &nr, "789012345", 9),
			 9);
	ck_assert_uint_eq(nr, 0);
	ck_assert_mem_eq(a, "1234", 4);
	ck_assert_mem_eq(b, "567", 3);
	ck_assert_mem_eq(c, "89012345", 8);

	vec[0] = (struct iovec){ bad, 4 };
	iov = vec;
	nr = 1;
	ck_assert_int_eq(evl_copy_to_uio(vec, 1, "x", 1), -EFAULT);
	ck_assert_int_eq(evl_copy_to_uio_incremental(&iov, &nr, "x", 1),
			 -EFAULT);
	ck_assert_uint_eq(vec[0].iov_len, 4);
}

START_TEST(data_is_spread)
{
	on_a_fiber(copy_to);
}
END_TEST

static void copy_from(void *arg)
{
	struct kvec kvec;
	char data[20];
	size_t rest = 99;

	memcpy(a, "abcd", 4);
	memcpy(b, "efg", 3);
	memcpy(c, "hijklmno", 8);
	ck_assert_int_eq(evl_copy_from_uio(vec, 4, data, 9, &rest), 9);
	ck_assert_mem_eq(data, "abcdefghi", 9);
	ck_assert_uint_eq(rest, 6);
	ck_assert_int_eq(evl_copy_from_uio(vec, 4, data, 20, NULL), 15);
	ck_assert_int_eq(evl_copy_from_uio_to_kvec(vec, 4, 100, &kvec), 15);
	ck_assert_uint_eq(kvec.iov_len, 15);
	ck_assert_mem_eq(kvec.iov_base, "abcdefghijklmno", 15);
	evl_free(kvec.iov_base);
	ck_assert_int_eq(evl_copy_from_uio_to_kvec(vec, 4, 4u << 20, &kvec),
			 -ENOMEM);

	vec[2].iov_base = bad;
	ck_assert_int_eq(evl_copy_from_uio(vec, 4, data, 9, &rest), -EFAULT);
	ck_assert_int_eq(evl_copy_from_uio_to_kvec(vec, 4, 9, &kvec), -EFAULT);
}

START_TEST(data_is_gathered)
{
	on_a_fiber(copy_from);
}
END_TEST

static void follow_numbers(void *arg)
{
	struct __evl_timespec ts = { .tv_sec = 1, .tv_nsec = 5 };
	enum evl_tmode mode;
	ktime_t timeout;
	char data[4];

	memcpy(a, "abcd", 4);
	ck_assert_uint_eq(raw_copy_from_user_ptr64(data, evl_ptrval64(a), 4),
			  0);
	ck_assert_mem_eq(data, "abcd", 4);
	ck_assert_uint_eq(raw_copy_to_user_ptr64(evl_ptrval64(b), data, 4), 0);
	ck_assert_mem_eq(b, "abcd", 4);
	ck_assert_uint_eq(raw_copy_to_user_ptr64(8, data, 4), 4);
	ck_assert_uint_eq(raw_copy_from_user_ptr64(data, 8, 4), 4);
	ck_assert_ptr_eq(evl_valptr64(evl_ptrval64(a), char), a);

	ck_assert_int_eq(evl_fetch_utimespec(&ts, &timeout, &mode), 0);
	ck_assert_int_eq(timeout, NSEC_PER_SEC + 5);
	ck_assert_int_eq(mode, EVL_ABS);
	ts.tv_nsec = NSEC_PER_SEC;
	ck_assert_int_eq(evl_fetch_utimespec(&ts, &timeout, &mode), -EINVAL);
	ts.tv_nsec = -1;
	ck_assert_int_eq(evl_fetch_utimespec(&ts, &timeout, &mode), -EINVAL);
	ts.tv_sec = ts.tv_nsec = 0;
	ck_assert_int_eq(evl_fetch_utimespec(&ts, &timeout, &mode), 0);
	ck_assert_int_eq(timeout, EVL_INFINITE);
	ck_assert_int_eq(mode, EVL_REL);
	ck_assert_int_eq(evl_fetch_utimespec(bad, &timeout, &mode), -EFAULT);
}

START_TEST(pointers_travel_as_numbers)
{
	on_a_fiber(follow_numbers);
}
END_TEST

struct member {
	int prio;
	char name;
	struct list_head link;
};

START_TEST(lists_are_ordered_by_priority)
{
	const int prios[] = { 1, 3, 2, 3, 3, 0 };
	struct member m[6];
	char order[8] = "";
	struct member *pos;
	LIST_HEAD(list);

	for (int i = 0; i < 6; i++)
		m[i] = (struct member){ .prio = prios[i],
					.name = (char)('a' + i) };
	for (int i = 0; i < 4; i++)
		list_add_priff(&m[i], &list, prio, link);
	list_add_prilf(&m[4], &list, prio, link);
	list_add_prilf(&m[5], &list, prio, link);
	list_for_each_entry(pos, &list, link)
		order[strlen(order)] = pos->name;
	ck_assert_str_eq(order, "ebdcaf");
}
END_TEST

START_TEST(counters_count)
{
	struct evl_counter counter = { 0 };

	evl_enter_irq();
	evl_inc_counter(&counter);
	evl_exit_irq();
	ck_assert_uint_eq(evl_get_counter(&counter), 1);
	evl_set_counter(&counter, 7);
	ck_assert_uint_eq(evl_get_counter(&counter), 7);
}
END_TEST

/* With a log that can be read. */
START_TEST(trace_points_leave_notes)
{
	int log_fd = memfd_create("log", 0);
	static char log[200000];

	log_init(LOG_LEVEL_DEBUG, NULL);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	timer_base_init(&inband_stage.timers);

	trace_evl_trigger("too early");
	trace_start();
	trace_evl_trigger("a name that is longer than there is room for");
	trace_evl_trace("message");
	trace_evl_latspot(-5);
	trace_evl_fpu_corrupt(3);
	trace_flush();
	ck_assert_int_gt(pread(log_fd, log, sizeof(log) - 1, 0), 0);
	ck_assert_ptr_null(strstr(log, "too early"));
	ck_assert_ptr_nonnull(strstr(
		log, " test: trigger: a name that is longer than ther\n"));
	ck_assert_ptr_nonnull(strstr(log, " test: trace: message\n"));
	ck_assert_ptr_nonnull(strstr(log, " test: latspot: -5\n"));
	ck_assert_ptr_nonnull(strstr(log, " test: fpu_corrupt: 3\n"));

	/* More than there is room for. */
	for (int i = 0; i < 1500; i++)
		trace_evl_latspot(i);
	trace_stop();
	trace_evl_trace("too late");
	ck_assert_int_gt(pread(log_fd, log, sizeof(log) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(log, "latspot: 1023\n"));
	ck_assert_ptr_nonnull(strstr(log, "476 notes were lost"));
	ck_assert_ptr_null(strstr(log, "too late"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/uio");
	TCase *tcase = tcase_create("uio");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_vector_is_loaded);
	tcase_add_test(tcase, a_32_bit_vector_is_loaded);
	tcase_add_test(tcase, data_is_spread);
	tcase_add_test(tcase, data_is_gathered);
	tcase_add_test(tcase, pointers_travel_as_numbers);
	tcase_add_test(tcase, lists_are_ordered_by_priority);
	tcase_add_test(tcase, counters_count);
	tcase_add_test(tcase, trace_points_leave_notes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

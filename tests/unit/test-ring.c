/* SPDX-License-Identifier: MIT */
/* The rings of a cross-buffer: read and write rules, sleeping, wrapping. */
#include "core/ring.h"
#include "kapi/task.h"
#include "own-memory.h"
#include "suite.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct ring ring;
static int nr_came, nr_went, nr_edges;

static void count_changes(struct ring *r, bool came, bool edge)
{
	if (came)
		nr_came++;
	else
		nr_went++;
	nr_edges += edge;
}

static void setup_size(size_t size)
{
	test_stage_setup();
	nr_came = nr_went = nr_edges = 0;
	ck_assert_int_eq(ring_init(&ring, size, count_changes), 0);
}

static void setup(void)
{
	setup_size(8);
}

static void teardown(void)
{
	ring_deinit(&ring);
	test_stage_teardown();
}

static ssize_t put(const char *text, enum ring_mode mode)
{
	return ring_write(&ring, &ring_io_kernel, text, strlen(text), mode);
}

static ssize_t get(char *buf, size_t count, enum ring_mode mode)
{
	memset(buf, 0, 16);

	return ring_read(&ring, &ring_io_kernel, buf, count, mode);
}

struct call {
	char buf[16];
	size_t count;
	ssize_t ret;
};

static void blocking_read(void *arg)
{
	struct call *call = arg;

	call->ret = 1000;
	call->ret = ring_read(&ring, &ring_io_kernel, call->buf, call->count,
			      RING_BLOCK);
}

static void blocking_write(void *arg)
{
	struct call *call = arg;

	call->ret = 1000;
	call->ret = ring_write(&ring, &ring_io_kernel, call->buf, call->count,
			       RING_BLOCK);
}

static struct call reading(size_t count)
{
	return (struct call){ .count = count };
}

static struct call writing(const char *text)
{
	struct call call = { .count = strlen(text) };

	memcpy(call.buf, text, call.count);

	return call;
}

START_TEST(bytes_come_out_in_order_across_the_end)
{
	char buf[16];

	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(put("abcde", RING_SHORT), 5);
		ck_assert_int_eq(get(buf, 5, RING_SHORT), 5);
		ck_assert_str_eq(buf, "abcde");
	}
	ck_assert_int_eq(nr_came, 20);
	ck_assert_int_eq(nr_went, 20);
}
END_TEST

START_TEST(it_can_be_filled_to_the_last_byte_and_no_further)
{
	char buf[16];

	ck_assert_int_eq(put("abcdefgh", RING_SHORT), 8);
	ck_assert_int_eq(put("x", RING_SHORT), -EAGAIN);
	ck_assert_uint_eq(ring_fill(&ring), 8);
	ck_assert_int_eq(get(buf, 8, RING_SHORT), 8);
	ck_assert_str_eq(buf, "abcdefgh");
}
END_TEST

START_TEST(it_tells_when_it_was_empty_and_when_it_was_full)
{
	char buf[16];

	put("abc", RING_SHORT);
	ck_assert_int_eq(nr_edges, 1);
	put("defgh", RING_SHORT);
	ck_assert_int_eq(nr_edges, 1);
	get(buf, 1, RING_SHORT);
	ck_assert_int_eq(nr_edges, 2);
	get(buf, 7, RING_SHORT);
	put("ij", RING_SHORT);
	get(buf, 2, RING_SHORT);
	ck_assert_int_eq(nr_edges, 3);
}
END_TEST

START_TEST(a_write_is_stored_whole_or_not_at_all)
{
	char buf[16];

	ck_assert_int_eq(put("abcde", RING_SHORT), 5);
	ck_assert_int_eq(put("fghi", RING_SHORT), -EAGAIN);
	ck_assert_int_eq(get(buf, 16, RING_SHORT), 5);
	ck_assert_str_eq(buf, "abcde");
}
END_TEST

START_TEST(non_blocking_reads_are_short_or_exact)
{
	char buf[16];

	ck_assert_int_eq(get(buf, 4, RING_SHORT), -EAGAIN);
	ck_assert_int_eq(get(buf, 4, RING_EXACT), -EAGAIN);
	put("abc", RING_SHORT);
	ck_assert_int_eq(get(buf, 4, RING_EXACT), -EAGAIN);
	ck_assert_uint_eq(ring_fill(&ring), 3);
	ck_assert_int_eq(get(buf, 9, RING_EXACT), -EINVAL);
	ck_assert_int_eq(get(buf, 9, RING_SHORT), 3);
	ck_assert_str_eq(buf, "abc");
}
END_TEST

START_TEST(what_can_never_be_met_is_refused)
{
	char buf[16];

	ck_assert_int_eq(put("123456789", RING_SHORT), -EINVAL);
	ck_assert_int_eq(put("123456789", RING_BLOCK), -EINVAL);
	ck_assert_int_eq(get(buf, 9, RING_BLOCK), -EINVAL);
	ck_assert_int_eq(get(buf, 0, RING_BLOCK), 0);
	ck_assert_int_eq(put("", RING_BLOCK), 0);
}
END_TEST

START_TEST(a_ring_without_memory_says_so)
{
	char buf[16];

	ring_deinit(&ring);
	ck_assert_int_eq(ring_init(&ring, 0, NULL), 0);
	ck_assert_int_eq(put("a", RING_BLOCK), -ENOBUFS);
	ck_assert_int_eq(get(buf, 1, RING_BLOCK), -ENOBUFS);
	ck_assert_int_eq(get(buf, 0, RING_BLOCK), 0);
}
END_TEST

START_TEST(a_blocking_read_waits_for_all_of_it)
{
	struct call call = reading(4);

	test_fiber(blocking_read, &call, 1);
	stage_run_until_idle(&test_stage);
	put("abc", RING_SHORT);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(call.ret, 1000);
	put("d", RING_SHORT);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(call.ret, 4);
	ck_assert_str_eq(call.buf, "abcd");
}
END_TEST

START_TEST(readers_are_served_by_priority)
{
	struct call low = reading(2), high = reading(2);

	test_fiber(blocking_read, &low, 1);
	stage_run_until_idle(&test_stage);
	test_fiber(blocking_read, &high, 2);
	stage_run_until_idle(&test_stage);
	put("ab", RING_SHORT);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(high.ret, 2);
	ck_assert_int_eq(low.ret, 1000);
	put("cd", RING_SHORT);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(low.buf, "cd");
}
END_TEST

START_TEST(a_reader_behind_a_stuck_writer_reads_short)
{
	struct call writer = writing("defghi"), reader = reading(7);
	char buf[16];

	put("abc", RING_SHORT);
	test_fiber(blocking_write, &writer, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(writer.ret, 1000);
	test_fiber(blocking_read, &reader, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(reader.ret, 3);
	ck_assert_str_eq(reader.buf, "abc");
	ck_assert_int_eq(writer.ret, 6);
	ck_assert_int_eq(get(buf, 6, RING_SHORT), 6);
	ck_assert_str_eq(buf, "defghi");
}
END_TEST

START_TEST(a_writer_that_gets_stuck_wakes_a_reader_asleep_on_a_part)
{
	struct call writer = writing("defghi"), reader = reading(7);

	test_fiber(blocking_read, &reader, 1);
	stage_run_until_idle(&test_stage);
	put("abc", RING_SHORT);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(reader.ret, 1000);
	test_fiber(blocking_write, &writer, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(reader.ret, 3);
	ck_assert_int_eq(writer.ret, 6);
}
END_TEST

START_TEST(one_read_makes_room_for_several_writers)
{
	struct call a = writing("aaa"), b = writing("bbb");
	char buf[16];

	put("12345678", RING_SHORT);
	test_fiber(blocking_write, &a, 1);
	test_fiber(blocking_write, &b, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(get(buf, 6, RING_SHORT), 6);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, 3);
	ck_assert_int_eq(b.ret, 3);
	ck_assert_int_eq(get(buf, 8, RING_SHORT), 8);
	ck_assert_str_eq(buf, "78aaabbb");
}
END_TEST

START_TEST(a_broken_or_removed_sleep_takes_nothing)
{
	struct call reader = reading(4), gone = reading(4);
	struct fiber *fiber = test_fiber(blocking_read, &reader, 1);

	put("abc", RING_SHORT);
	stage_run_until_idle(&test_stage);
	fiber_break(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(reader.ret, -EINTR);

	test_fiber(blocking_read, &gone, 1);
	stage_run_until_idle(&test_stage);
	wait_queue_flush(&ring.readable, -EIDRM);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(gone.ret, -EIDRM);
	ck_assert_uint_eq(ring_fill(&ring), 3);
}
END_TEST

static unsigned long fail_after_two(char *to, void *from, size_t n)
{
	size_t good = n < 2 ? n : 2;

	memcpy(to, from, good);

	return n - good;
}

static unsigned long fail_out(void *to, const char *from, size_t n)
{
	return n;
}

static const struct ring_io bad_io = { .in = fail_after_two, .out = fail_out };

START_TEST(a_fault_leaves_zeroes_and_loses_what_was_read)
{
	char buf[16];

	put("12345", RING_SHORT);
	get(buf, 5, RING_SHORT);
	/* Wraps: three bytes up to the end, three behind it. */
	ck_assert_int_eq(ring_write(&ring, &bad_io, "abcdef", 6, RING_SHORT),
			 -EFAULT);
	ck_assert_uint_eq(ring_fill(&ring), 6);
	ck_assert_int_eq(get(buf, 6, RING_SHORT), 6);
	ck_assert_mem_eq(buf, "ab\0\0\0\0", 6);

	put("xyz", RING_SHORT);
	ck_assert_int_eq(ring_read(&ring, &bad_io, buf, 3, RING_SHORT),
			 -EFAULT);
	ck_assert_uint_eq(ring_fill(&ring), 0);
}
END_TEST

START_TEST(the_largest_ring_can_be_made)
{
	char buf[16];

	ring_deinit(&ring);
	ck_assert_int_eq(ring_init(&ring, (size_t)1 << 30, NULL), 0);
	ck_assert_int_eq(put("abc", RING_BLOCK), 3);
	ck_assert_int_eq(get(buf, 3, RING_BLOCK), 3);
	ck_assert_str_eq(buf, "abc");
}
END_TEST

#define LARGE (1u << 20)

static bool copied;

static void write_large(void *arg)
{
	struct task_struct task = { .pid = getpid(), .reach = &own_memory };

	task_set(fiber_current(), &task);
	ck_assert_int_eq(
		ring_write(&ring, &ring_io_user, arg, LARGE, RING_BLOCK),
		LARGE);
	ck_assert_int_eq(ring_read(&ring, &ring_io_user, (char *)arg + LARGE,
				   LARGE, RING_BLOCK),
			 LARGE);
	copied = true;
}

static void count_turns(void *arg)
{
	unsigned int *nr_turns = arg;

	for (; !copied; fiber_yield())
		++*nr_turns;
}

/* Or one client's megabytes would be everybody's milliseconds. */
START_TEST(others_have_their_turns_while_much_is_copied)
{
	unsigned int nr_turns = 0;
	char *buf = malloc((size_t)2 * LARGE);

	ring_deinit(&ring);
	ck_assert_int_eq(ring_init(&ring, LARGE, NULL), 0);
	for (unsigned int i = 0; i < LARGE; i++)
		buf[i] = (char)(i * 7 + i / 4096);
	test_fiber(write_large, buf, 1);
	test_fiber(count_turns, &nr_turns, 1);
	stage_run_until_idle(&test_stage);
	ck_assert(copied);
	ck_assert_uint_ge(nr_turns, 2 * LARGE / 65536 - 2);
	ck_assert_mem_eq(buf, buf + LARGE, LARGE);
	free(buf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/ring");
	TCase *tcase = tcase_create("ring");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, bytes_come_out_in_order_across_the_end);
	tcase_add_test(tcase, it_can_be_filled_to_the_last_byte_and_no_further);
	tcase_add_test(tcase, it_tells_when_it_was_empty_and_when_it_was_full);
	tcase_add_test(tcase, a_write_is_stored_whole_or_not_at_all);
	tcase_add_test(tcase, non_blocking_reads_are_short_or_exact);
	tcase_add_test(tcase, what_can_never_be_met_is_refused);
	tcase_add_test(tcase, a_ring_without_memory_says_so);
	tcase_add_test(tcase, a_blocking_read_waits_for_all_of_it);
	tcase_add_test(tcase, readers_are_served_by_priority);
	tcase_add_test(tcase, a_reader_behind_a_stuck_writer_reads_short);
	tcase_add_test(
		tcase,
		a_writer_that_gets_stuck_wakes_a_reader_asleep_on_a_part);
	tcase_add_test(tcase, one_read_makes_room_for_several_writers);
	tcase_add_test(tcase, a_broken_or_removed_sleep_takes_nothing);
	tcase_add_test(tcase, a_fault_leaves_zeroes_and_loses_what_was_read);
	tcase_add_test(tcase, the_largest_ring_can_be_made);
	tcase_add_test(tcase, others_have_their_turns_while_much_is_copied);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

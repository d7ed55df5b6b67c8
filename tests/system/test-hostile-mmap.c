/* SPDX-License-Identifier: MIT */
/* Clients which want more of a driver's memory than they may have. */
#include "daemon.h"
#include "endure.h"
#include "mapper.h"
#include "raw-client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW	  (PROT_READ | PROT_WRITE)
#define NR_LEASES 256

static struct raw_client client;

/* The device, open and bound. */
static int enter(int flags)
{
	int fd = raw_open("mapped", flags);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(&client, fd, fd), 0);

	return fd;
}

/* What is right, for a test to make worse. */
static struct control_mmap good(int fd, unsigned int region)
{
	return (struct control_mmap){
		.fd = fd,
		.prot = PROT_READ,
		.shared = 1,
		.addr = 1u << 30,
		.length = MAPPER_SIZE,
		.offset = (uint64_t)mapper_offset(region),
	};
}

static int ask(const struct control_mmap *request,
	       struct control_mapping *r_mapping, int fds[2])
{
	struct control_message reply;
	int ret = raw_call_fds(&client, CONTROL_MMAP, request, sizeof(*request),
			       &reply, fds);

	if (ret == 0)
		*r_mapping = reply.u.mapping;
	else
		ck_assert_int_eq(fds[0], -1);

	return ret;
}

static void expect(const struct control_mmap *request, int error)
{
	struct control_mapping mapping;
	int fds[2];

	ck_assert_int_eq(ask(request, &mapping, fds), -error);
}

/* One that is granted. */
static uint64_t take(const struct control_mmap *request, int fds[2])
{
	struct control_mapping mapping;

	ck_assert_int_eq(ask(request, &mapping, fds), 0);
	ck_assert_int_ge(fds[1], 0);

	return mapping.id;
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void forge_descriptors(void)
{
	const int far[] = {
		-1, INT_MIN, INT_MAX, 1 << 20, (1 << 20) - 1, 65536
	};
	struct control_mmap request;
	int fd, other;

	raw_join(&client, false);
	fd = enter(O_RDWR);
	other = raw_open("mapped", O_RDWR); /* not bound */
	for (int n = 0; n < 300; n++) {
		request = good(n, MAPPED_VMALLOC);
		if (n != fd)
			expect(&request, EBADF);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		request = good(far[i], MAPPED_VMALLOC);
		expect(&request, far[i] < 0 ? EINVAL : EBADF);
	}
	close(fd);
	close(other);
	raw_leave(&client);
}

START_TEST(a_forged_descriptor_maps_nothing)
{
	endure(forge_descriptors);
}
END_TEST

static void ask_oddly(void)
{
	const uint64_t odd[] = { 1, 4095, 4097, UINT64_MAX, (1u << 31) + 8 };
	const uint64_t page = MAPPED_PAGE;
	struct control_mmap request;
	int fd;

	raw_join(&client, false);
	fd = enter(O_RDWR);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		request = good(fd, MAPPED_VMALLOC);
		request.addr = odd[i];
		expect(&request, EINVAL);
		request = good(fd, MAPPED_VMALLOC);
		request.offset = odd[i];
		expect(&request, EINVAL);
	}
	for (uint32_t bit = 8; bit; bit *= 2) {
		request = good(fd, MAPPED_VMALLOC);
		request.prot |= bit;
		expect(&request, EINVAL);
		request = good(fd, MAPPED_VMALLOC);
		request.shared = bit;
		expect(&request, EINVAL);
		request = good(fd, MAPPED_VMALLOC);
		request.reserved = bit;
		expect(&request, EINVAL);
	}
	request = good(fd, MAPPED_VMALLOC);
	request.length = 0;
	expect(&request, EINVAL);
	for (uint64_t length = UINT64_MAX; length > 1ull << 46; length /= 2) {
		request = good(fd, MAPPED_FAULT);
		request.length = length;
		expect(&request, ENOMEM);
		request.offset = -page;
		expect(&request, length > 1ull << 62 ? ENOMEM : EOVERFLOW);
	}
	request = good(fd, MAPPED_VMALLOC);
	request.addr = -page;
	expect(&request, ENOMEM);
	request = good(fd, MAPPED_VMALLOC);
	for (request.offset = -page; request.offset > 1ull << 62;
	     request.offset -= 1ull << 60)
		expect(&request, request.offset > INT64_MAX - MAPPER_SIZE
					 ? EOVERFLOW
					 : ENXIO);
	close(fd);
	raw_leave(&client);
}

START_TEST(odd_lengths_offsets_and_words_are_refused)
{
	endure(ask_oddly);
}
END_TEST

/* As much as the daemon would do in vain: a page at a time. */
static void ask_for_a_lot(void)
{
	struct control_mmap request;
	int fd;

	raw_join(&client, false);
	fd = enter(O_RDWR);
	request = good(fd, MAPPED_FAULT);
	for (request.length = 1ull << 27; request.length < 1ull << 46;
	     request.length <<= 9)
		expect(&request, ENOMEM);
	close(fd);
	raw_leave(&client);
}

START_TEST(a_huge_area_does_not_keep_the_daemon_busy)
{
	endure(ask_for_a_lot);
}
END_TEST

/* All the ways from a descriptor of memory to a mapping that can be written. */
static void expect_read_only(int memfd)
{
	char path[64];
	int again;

	ck_assert_int_eq(fcntl(memfd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_ptr_eq(mmap(NULL, MAPPED_PAGE, RW, MAP_SHARED, memfd, 0),
			 MAP_FAILED);
	ck_assert_int_eq(pwrite(memfd, "x", 1, 0), -1);
	ck_assert_int_eq(fallocate(memfd, 3, 0, MAPPED_PAGE), -1);
	/* Root may do anything, and so may who runs the daemon. */
	if (geteuid() == 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	again = open(path, O_RDWR);
	ck_assert_int_eq(again, -1);
	ck_assert_int_eq(errno, EACCES);
}

static void take_read_only(int flags, unsigned int region, uint32_t shared,
			   uint32_t prot)
{
	struct control_mmap request;
	int fd = enter(flags), fds[2];

	request = good(fd, region);
	request.shared = shared;
	request.prot = prot;
	take(&request, fds);
	expect_read_only(fds[1]);
	close_both(fds);
	close(fd);
}

static int read_only(void *arg)
{
	raw_join(&client, false);
	take_read_only(O_RDONLY, MAPPED_VMALLOC, 1, PROT_READ);
	take_read_only(O_RDWR, MAPPED_VMALLOC, 0, RW);
	take_read_only(O_RDWR, MAPPED_CONST, 1, PROT_READ);
	raw_leave(&client);

	return 0;
}

static int read_only_as_nobody(void *arg)
{
	/* An ordinary user's daemon cannot be reached by another user. */
	if (geteuid() || setgid(65534) || setuid(65534))
		return 0;

	return read_only(arg);
}

static void grab_memory(void)
{
	read_only(NULL);
}

START_TEST(what_may_not_be_written_comes_read_only)
{
	endure(grab_memory);
}
END_TEST

static void let_others_in(void)
{
	const char *const args[] = { "--driver", getenv("EVL_MAPPED"), "--mode",
				     "0666", NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_eq(chmod(test_daemon.dir, 0711), 0);
}

START_TEST(another_user_cannot_make_more_of_it)
{
	ck_assert_int_eq(child_wait(child_start(read_only_as_nobody, NULL)), 0);
}
END_TEST

static void resize_memory(void)
{
	struct control_mmap request;
	int fd, fds[2];

	raw_join(&client, false);
	fd = enter(O_RDWR);
	request = good(fd, MAPPED_PFN);
	request.prot = RW;
	take(&request, fds);
	ck_assert_int_eq(ftruncate(fds[1], 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(fds[1], 1 << 30), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fcntl(fds[1], F_ADD_SEALS, F_SEAL_WRITE), -1);
	ck_assert_int_eq(errno, EPERM);
	/* Of what it may write it may make zeroes: the driver finds those. */
	ck_assert_int_eq(fallocate(fds[1], 3, 0, MAPPER_SIZE), 0);
	close_both(fds);
	close(fd);
	raw_leave(&client);
}

START_TEST(memory_keeps_its_size)
{
	endure(resize_memory);
}
END_TEST

static void forge_ids(void)
{
	const uint64_t ids[] = { 0, UINT64_MAX, 1u << 31, 1ull << 32 };
	struct control_segment segment = { .index = 0 };
	struct control_munmap unmap;
	struct raw_client other;
	struct control_message reply;
	struct control_mmap request;
	int fd, fds[2], more[2];
	uint64_t id;

	raw_join(&other, false);
	raw_join(&client, false);
	fd = enter(O_RDWR);
	request = good(fd, MAPPED_FAULT);
	id = take(&request, fds);

	/* Three pages and a gap. */
	for (uint32_t n = 0; n < 6; n++) {
		segment = (struct control_segment){ .id = id, .index = n };
		ck_assert_int_eq(raw_call_fds(&client, CONTROL_SEGMENT,
					      &segment, sizeof(segment), &reply,
					      more),
				 n < 4 ? 0 : -EINVAL);
		ck_assert_int_eq(more[0] >= 0, n < 4);
		ck_assert_int_eq(more[1], -1);
		close(more[0]);
	}
	segment.index = 0;
	segment.offset = 8;
	ck_assert_int_eq(raw_call(&client, CONTROL_SEGMENT, &segment,
				  sizeof(segment), NULL),
			 -EINVAL);
	segment.offset = 0;
	segment.index = UINT_MAX;
	ck_assert_int_eq(raw_call(&client, CONTROL_SEGMENT, &segment,
				  sizeof(segment), NULL),
			 -EINVAL);

	/* Another client's, and nobody's. */
	segment.index = 0;
	unmap.id = id;
	ck_assert_int_eq(raw_call(&other, CONTROL_SEGMENT, &segment,
				  sizeof(segment), NULL),
			 -EINVAL);
	ck_assert_int_eq(
		raw_call(&other, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL),
		-EINVAL);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		segment.id = unmap.id = ids[i];
		ck_assert_int_eq(raw_call(&client, CONTROL_SEGMENT, &segment,
					  sizeof(segment), NULL),
				 -EINVAL);
		ck_assert_int_eq(raw_call(&client, CONTROL_MUNMAP, &unmap,
					  sizeof(unmap), NULL),
				 -EINVAL);
	}
	close_both(fds);
	close(fd);
	raw_leave(&client);
	raw_leave(&other);
}

START_TEST(mappings_of_others_are_out_of_reach)
{
	endure(forge_ids);
}
END_TEST

static struct mapped_stats stats(int fd)
{
	struct mapped_stats st;

	ck_assert_int_eq(ioctl(fd, MAPPED_IOC_STATS, &st), 0);

	return st;
}

/* Saying so ends nothing while the lifeline is held. */
static void lie_about_the_end(void)
{
	struct control_munmap unmap;
	struct control_mmap request;
	int fd, fds[2];
	uint32_t before;

	raw_join(&client, false);
	fd = enter(O_RDWR);
	before = stats(fd).nr_closes;
	request = good(fd, MAPPED_PFN);
	unmap.id = take(&request, fds);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(raw_call(&client, CONTROL_MUNMAP, &unmap,
					  sizeof(unmap), NULL),
				 0);
	ck_assert_uint_eq(stats(fd).nr_closes, before);
	close_both(fds);
	while (stats(fd).nr_closes == before)
		sched_yield();
	ck_assert_int_eq(
		raw_call(&client, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL),
		-EINVAL);

	/* The file goes, whoever holds what. */
	ck_assert_int_eq(raw_bind(&client, fd, fd), 0);
	take(&request, fds);
	close(fd);
	fd = enter(O_RDWR);
	while (stats(fd).nr_closes < before + 2)
		sched_yield();
	ck_assert_uint_eq(stats(fd).nr_open_areas_released, 0);
	close_both(fds);
	close(fd);
	raw_leave(&client);
}

START_TEST(the_end_is_what_the_kernel_says)
{
	endure(lie_about_the_end);
}
END_TEST

/* As a forked child would have the lifeline, while its parent starts anew with
 * the same number. */
static void use_the_number_again(void)
{
	struct control_munmap unmap;
	struct control_mmap request;
	int fd, first[2], second[2], life;
	uint32_t before;

	raw_join(&client, false);
	fd = enter(O_RDWR);
	before = stats(fd).nr_closes;
	request = good(fd, MAPPED_PFN);
	unmap.id = take(&request, first);
	life = dup(first[0]);
	close_both(first);
	ck_assert_int_eq(
		raw_call(&client, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL),
		0);
	expect(&request, EBADF);
	ck_assert_int_eq(raw_bind(&client, fd, fd), 0);
	close(life);
	while (stats(fd).nr_closes == before)
		sched_yield();
	take(&request, second);
	close_both(second);
	close(fd);
	raw_leave(&client);
}

START_TEST(a_number_in_use_again_stays_bound)
{
	endure(use_the_number_again);
}
END_TEST

/* Let go of one, wait until the driver knows. */
static void give_back(uint64_t id, const int fds[2])
{
	struct control_munmap unmap = { .id = id };
	int ret;

	close_both(fds);
	/* Unless the daemon was faster. */
	ret = raw_call(&client, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL);
	ck_assert(ret == 0 || ret == -EINVAL);
}

static void take_too_many(void)
{
	struct control_mmap request;
	int fd, fds[NR_LEASES][2];
	uint64_t ids[NR_LEASES];

	raw_join(&client, false);
	fd = enter(O_RDWR);
	request = good(fd, MAPPED_VMALLOC);
	for (int i = 0; i < NR_LEASES; i++)
		ids[i] = take(&request, fds[i]);
	expect(&request, ENOMEM);
	give_back(ids[9], fds[9]);
	/* That took the number along. */
	expect(&request, EBADF);
	ck_assert_int_eq(raw_bind(&client, fd, fd), 0);
	ids[9] = take(&request, fds[9]);
	expect(&request, ENOMEM);
	for (int i = 0; i < NR_LEASES; i++)
		give_back(ids[i], fds[i]);
	close(fd);
	raw_leave(&client);
}

START_TEST(a_client_has_its_share_of_mappings)
{
	endure(take_too_many);
}
END_TEST

static void leave_early(void)
{
	struct control_mmap request;
	int fd;

	for (int i = 0; i < 50; i++) {
		raw_join(&client, false);
		fd = enter(O_RDWR);
		request = good(fd, i % 2 ? MAPPED_SLEEP : MAPPED_VMALLOC);
		raw_ask(&client, CONTROL_MMAP, &request, sizeof(request));
		if (i % 3)
			close(fd);
		raw_leave(&client);
		if (i % 3 == 0)
			close(fd);
		/* Or the stacks that are kept differ in number. */
		endure_await_quiet();
	}
}

START_TEST(who_leaves_before_the_answer_leaves_nothing)
{
	endure(leave_early);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/hostile-mmap");
	TCase *tcase = tcase_create("hostile-mmap");

	tcase_add_checked_fixture(tcase, mapper_setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_forged_descriptor_maps_nothing);
	tcase_add_test(tcase, odd_lengths_offsets_and_words_are_refused);
	tcase_add_test(tcase, a_huge_area_does_not_keep_the_daemon_busy);
	tcase_add_test(tcase, what_may_not_be_written_comes_read_only);
	tcase_add_test(tcase, memory_keeps_its_size);
	tcase_add_test(tcase, mappings_of_others_are_out_of_reach);
	tcase_add_test(tcase, the_end_is_what_the_kernel_says);
	tcase_add_test(tcase, a_number_in_use_again_stays_bound);
	tcase_add_test(tcase, a_client_has_its_share_of_mappings);
	tcase_add_test(tcase, who_leaves_before_the_answer_leaves_nothing);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("other users");
	tcase_add_checked_fixture(tcase, let_others_in, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, another_user_cannot_make_more_of_it);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

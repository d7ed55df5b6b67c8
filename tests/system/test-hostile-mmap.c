/* SPDX-License-Identifier: MIT */
/* Clients which want more of a driver's memory than they may have. */
#include "daemon.h"
#include "endure.h"
#include "lessee.h"
#include "mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR_LEASES 256

static void forge_descriptors(void)
{
	const int far[] = {
		-1, INT_MIN, INT_MAX, 1 << 20, (1 << 20) - 1, 65536
	};
	struct control_mmap request;
	int fd, other;

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	other = raw_open("mapped", O_RDWR); /* not bound */
	for (int n = 0; n < 300; n++) {
		request = lessee_request(n, MAPPED_VMALLOC);
		if (n != fd)
			lessee_expect(&request, EBADF);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		request = lessee_request(far[i], MAPPED_VMALLOC);
		lessee_expect(&request, far[i] < 0 ? EINVAL : EBADF);
	}
	close(fd);
	close(other);
	raw_leave(&lessee);
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

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.addr = odd[i];
		lessee_expect(&request, EINVAL);
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.offset = odd[i];
		lessee_expect(&request, EINVAL);
	}
	for (uint32_t bit = 8; bit; bit *= 2) {
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.prot |= bit;
		lessee_expect(&request, EINVAL);
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.shared = bit;
		lessee_expect(&request, EINVAL);
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.reserved = bit;
		lessee_expect(&request, EINVAL);
	}
	request = lessee_request(fd, MAPPED_VMALLOC);
	request.length = 0;
	lessee_expect(&request, EINVAL);
	for (uint64_t length = UINT64_MAX; length > 1ull << 46; length /= 2) {
		request = lessee_request(fd, MAPPED_FAULT);
		request.length = length;
		lessee_expect(&request, ENOMEM);
		request.offset = -page;
		lessee_expect(&request,
			      length > 1ull << 62 ? ENOMEM : EOVERFLOW);
	}
	request = lessee_request(fd, MAPPED_VMALLOC);
	request.addr = -page;
	lessee_expect(&request, ENOMEM);
	request = lessee_request(fd, MAPPED_VMALLOC);
	for (request.offset = -page; request.offset > 1ull << 62;
	     request.offset -= 1ull << 60)
		lessee_expect(&request, request.offset > INT64_MAX - MAPPER_SIZE
						? EOVERFLOW
						: ENXIO);
	close(fd);
	raw_leave(&lessee);
}

START_TEST(odd_lengths_offsets_and_words_are_refused)
{
	endure(ask_oddly);
}
END_TEST

/* The kernel says so to those who ask it first; these do not. */
static void ask_for_more_than_is_open(void)
{
	static const struct {
		int flags;
		uint32_t shared, prot;
	} cases[] = {
		{ O_WRONLY, 1, PROT_WRITE },
		{ O_WRONLY, 1, PROT_READ },
		{ O_WRONLY, 0, PROT_READ },
		{ O_WRONLY, 1, PROT_NONE },
		{ O_RDONLY, 1, PROT_READ | PROT_WRITE },
	};
	struct control_mmap request;
	int fd;

	raw_join(&lessee, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = lessee_open(cases[i].flags);
		request = lessee_request(fd, MAPPED_VMALLOC);
		request.shared = cases[i].shared;
		request.prot = cases[i].prot;
		lessee_expect(&request, EACCES);
		close(fd);
	}
	raw_leave(&lessee);
}

START_TEST(no_more_is_granted_than_the_file_is_open_for)
{
	endure(ask_for_more_than_is_open);
}
END_TEST

/* As much as the daemon would do in vain: a page at a time. */
static void ask_for_a_lot(void)
{
	struct control_mmap request;
	int fd;

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	request = lessee_request(fd, MAPPED_FAULT);
	for (request.length = 1ull << 27; request.length < 1ull << 46;
	     request.length <<= 9)
		lessee_expect(&request, ENOMEM);
	close(fd);
	raw_leave(&lessee);
}

START_TEST(a_huge_area_does_not_keep_the_daemon_busy)
{
	endure(ask_for_a_lot);
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
	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	request = lessee_request(fd, MAPPED_FAULT);
	id = lessee_take(&request, fds);

	/* Three pages and a gap. */
	for (uint32_t n = 0; n < 6; n++) {
		segment = (struct control_segment){ .id = id, .index = n };
		ck_assert_int_eq(raw_call_fds(&lessee, CONTROL_SEGMENT,
					      &segment, sizeof(segment), &reply,
					      more),
				 n < 4 ? 0 : -EINVAL);
		ck_assert_int_eq(more[0] >= 0, n < 4);
		ck_assert_int_eq(more[1], -1);
		close(more[0]);
	}
	segment.index = 0;
	segment.offset = 8;
	ck_assert_int_eq(raw_call(&lessee, CONTROL_SEGMENT, &segment,
				  sizeof(segment), NULL),
			 -EINVAL);
	segment.offset = 0;
	segment.index = UINT_MAX;
	ck_assert_int_eq(raw_call(&lessee, CONTROL_SEGMENT, &segment,
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
		ck_assert_int_eq(raw_call(&lessee, CONTROL_SEGMENT, &segment,
					  sizeof(segment), NULL),
				 -EINVAL);
		ck_assert_int_eq(raw_call(&lessee, CONTROL_MUNMAP, &unmap,
					  sizeof(unmap), NULL),
				 -EINVAL);
	}
	lessee_close(fds);
	close(fd);
	raw_leave(&lessee);
	raw_leave(&other);
}

START_TEST(mappings_of_others_are_out_of_reach)
{
	endure(forge_ids);
}
END_TEST

/* Let go of one, wait until the driver knows. */
static void give_back(uint64_t id, const int fds[2])
{
	struct control_munmap unmap = { .id = id };
	int ret;

	lessee_close(fds);
	/* Unless the daemon was faster. */
	ret = raw_call(&lessee, CONTROL_MUNMAP, &unmap, sizeof(unmap), NULL);
	ck_assert(ret == 0 || ret == -EINVAL);
}

static void take_too_many(void)
{
	struct control_mmap request;
	int fd, fds[NR_LEASES][2];
	uint64_t ids[NR_LEASES];

	raw_join(&lessee, false);
	fd = lessee_open(O_RDWR);
	request = lessee_request(fd, MAPPED_VMALLOC);
	for (int i = 0; i < NR_LEASES; i++)
		ids[i] = lessee_take(&request, fds[i]);
	lessee_expect(&request, ENOMEM);
	give_back(ids[9], fds[9]);
	/* That took the number along. */
	lessee_expect(&request, EBADF);
	ck_assert_int_eq(raw_bind(&lessee, fd, fd), 0);
	ids[9] = lessee_take(&request, fds[9]);
	lessee_expect(&request, ENOMEM);
	for (int i = 0; i < NR_LEASES; i++)
		give_back(ids[i], fds[i]);
	close(fd);
	raw_leave(&lessee);
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
		raw_join(&lessee, false);
		fd = lessee_open(O_RDWR);
		request = lessee_request(fd,
					 i % 2 ? MAPPED_SLEEP : MAPPED_VMALLOC);
		raw_ask(&lessee, CONTROL_MMAP, &request, sizeof(request));
		if (i % 3)
			close(fd);
		raw_leave(&lessee);
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
	tcase_add_test(tcase, no_more_is_granted_than_the_file_is_open_for);
	tcase_add_test(tcase, a_huge_area_does_not_keep_the_daemon_busy);
	tcase_add_test(tcase, mappings_of_others_are_out_of_reach);
	tcase_add_test(tcase, a_client_has_its_share_of_mappings);
	tcase_add_test(tcase, who_leaves_before_the_answer_leaves_nothing);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

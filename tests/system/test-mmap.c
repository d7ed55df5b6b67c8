/* SPDX-License-Identifier: MIT */
/* A driver's memory in applications: what either side stores the other sees,
 * and it lasts as mmap(2) promises. */
#include "daemon.h"
#include "endure.h"
#include "mapper.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)

static const unsigned int shared_regions[] = { MAPPED_VMALLOC, MAPPED_PFN,
					       MAPPED_DMA };

static int watch_fd; /* for mapper_stats(), opened before anything else */

static void setup(void)
{
	mapper_setup();
	watch_fd = mapper_open(O_RDONLY);
}

/* Of files which others close. */
static void await_releases(unsigned int nr)
{
	while (mapper_stats(watch_fd).nr_releases < nr)
		sched_yield();
}

static void attach(void)
{
	ck_assert_int_ge(evl_attach_self("mapper"), 0);
}

/* Of a region, which there is. */
static uint64_t *map(int fd, unsigned int region, int prot, int flags)
{
	uint64_t *mem = mapper_map(fd, region, prot, flags);

	ck_assert_msg(mem != MAP_FAILED, "region %u: %s", region,
		      strerror(errno));

	return mem;
}

static void expect_error(int fd, unsigned int region, int prot, int flags,
			 int error)
{
	void *mem = mapper_map(fd, region, prot, flags);

	ck_assert_ptr_eq(mem, MAP_FAILED);
	ck_assert_int_eq(errno, error);
}

START_TEST(both_sides_see_what_the_other_stores)
{
	unsigned int region = shared_regions[_i];
	int fd = mapper_open(O_RDWR);
	uint64_t *mem;

	attach();
	mem = map(fd, region, RW, MAP_SHARED);
	for (size_t offset = 0; offset < MAPPER_SIZE; offset += 520) {
		ck_assert_uint_eq(mem[offset / 8], 0);
		mem[offset / 8] = offset + 1;
		ck_assert_uint_eq(mapper_peek(fd, region, offset), offset + 1);
		mapper_poke(fd, region, offset, offset + 2);
		ck_assert_uint_eq(mem[offset / 8], offset + 2);
	}
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	mem = map(fd, region, PROT_READ, MAP_SHARED);
	ck_assert_uint_eq(mem[520 / 8], 522);
}
END_TEST

START_TEST(a_part_is_mapped_by_its_offset)
{
	off_t offset = mapper_offset(shared_regions[_i]);
	int fd = mapper_open(O_RDWR);
	uint64_t *all, *part;

	all = map(fd, shared_regions[_i], RW, MAP_SHARED);
	part = mmap(NULL, 2 * MAPPED_PAGE - 100, RW, MAP_SHARED, fd,
		    offset + (off_t)MAPPED_PAGE);
	ck_assert_ptr_ne(part, MAP_FAILED);
	all[MAPPED_PAGE / 8 + 5] = 77;
	ck_assert_uint_eq(part[5], 77);
	part[2 * MAPPED_PAGE / 8 - 1] = 78; /* whole pages */
	ck_assert_uint_eq(all[3 * MAPPED_PAGE / 8 - 1], 78);
}
END_TEST

START_TEST(sizes_and_offsets_are_checked)
{
	unsigned int region = shared_regions[_i];
	int error = region == MAPPED_DMA ? ENXIO : EINVAL;
	off_t start = mapper_offset(region);
	int fd = mapper_open(O_RDWR);

	ck_assert_ptr_eq(mmap(NULL, MAPPER_SIZE + 1, RW, MAP_SHARED, fd, start),
			 MAP_FAILED);
	ck_assert_int_eq(errno, error);
	ck_assert_ptr_eq(mmap(NULL, MAPPER_SIZE, RW, MAP_SHARED, fd,
			      start + (off_t)MAPPED_PAGE),
			 MAP_FAILED);
	ck_assert_int_eq(errno, error);
	ck_assert_ptr_eq(mmap(NULL, MAPPED_PAGE, RW, MAP_SHARED, fd,
			      start + (off_t)MAPPER_SIZE),
			 MAP_FAILED);
	ck_assert_int_eq(errno, error);
	ck_assert_ptr_eq(mmap(NULL, 0, RW, MAP_SHARED, fd, start), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mmap(NULL, 8, RW, MAP_SHARED, fd, start + 8),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mmap(NULL, SIZE_MAX, RW, MAP_SHARED, fd, start),
			 MAP_FAILED);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_eq(mmap(NULL, MAPPED_PAGE, RW, MAP_SHARED, fd,
			      INT64_MAX & ~(off_t)(MAPPED_PAGE - 1)),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EOVERFLOW);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_mmaps, 0);
}
END_TEST

START_TEST(protection_follows_the_way_the_file_is_open)
{
	int ro = mapper_open(O_RDONLY), wo = mapper_open(O_WRONLY);
	int rw = mapper_open(O_RDWR);
	void *mem;

	expect_error(ro, MAPPED_VMALLOC, RW, MAP_SHARED, EACCES);
	expect_error(wo, MAPPED_VMALLOC, PROT_WRITE, MAP_SHARED, EACCES);
	expect_error(wo, MAPPED_VMALLOC, PROT_READ, MAP_PRIVATE, EACCES);
	expect_error(rw, MAPPED_VMALLOC, RW | PROT_EXEC, MAP_SHARED, EPERM);

	mem = map(ro, MAPPED_VMALLOC, PROT_READ, MAP_SHARED);
	ck_assert_int_eq(mprotect(mem, MAPPER_SIZE, RW), -1);
	ck_assert_int_eq(errno, EACCES);
	mem = map(rw, MAPPED_VMALLOC, PROT_READ, MAP_SHARED);
	ck_assert_int_eq(mprotect(mem, MAPPER_SIZE, RW), 0);

	/* The driver has the last word. */
	expect_error(rw, MAPPED_CONST, RW, MAP_SHARED, EPERM);
	mem = map(rw, MAPPED_CONST, PROT_READ, MAP_SHARED);
	ck_assert_int_eq(mprotect(mem, MAPPER_SIZE, RW), -1);
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

START_TEST(a_private_mapping_is_copied_when_it_is_written)
{
	int fd = mapper_open(O_RDONLY);
	uint64_t *mem;

	attach();
	mapper_poke(fd, MAPPED_DMA, 8, 5);
	/* Locked memory is copied at once if it may be written. */
	mem = map(fd, MAPPED_DMA, PROT_READ, MAP_PRIVATE);
	ck_assert_uint_eq(mem[1], 5);
	mapper_poke(fd, MAPPED_DMA, 8, 6);
	ck_assert_uint_eq(mem[1], 6);
	ck_assert_int_eq(mprotect(mem, MAPPER_SIZE, RW), 0);
	mem[1] = 7;
	ck_assert_uint_eq(mapper_peek(fd, MAPPED_DMA, 8), 6);
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
}
END_TEST

START_TEST(what_cannot_be_mapped_says_so)
{
	int fd = mapper_open(O_RDWR),
	    other = open(node_path("loopback"), O_RDWR);
	void *mem;

	expect_error(fd, MAPPED_KMALLOC, RW, MAP_SHARED, EINVAL);
	expect_error(fd, MAPPED_NR, RW, MAP_SHARED, ENXIO);
	expect_error(other, 0, RW, MAP_SHARED, ENODEV);
	/* Without the library it is the kernel's answer. */
	mem = (void *)syscall(SYS_mmap, NULL, MAPPER_SIZE, RW, MAP_SHARED, fd,
			      0);
	ck_assert_ptr_eq(mem, MAP_FAILED);
	ck_assert_int_eq(errno, ENODEV);
}
END_TEST

static sigjmp_buf escape;

static void jump(int sig)
{
	siglongjmp(escape, sig);
}

START_TEST(pages_are_provided_by_the_fault_handler)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem;

	attach();
	mem = map(fd, MAPPED_FAULT, RW, MAP_SHARED);
	for (unsigned int n = 0; n < MAPPED_PAGES - 1; n++) {
		mem[n * MAPPED_PAGE / 8] = n + 10;
		ck_assert_uint_eq(
			mapper_peek(fd, MAPPED_FAULT, (size_t)n * MAPPED_PAGE),
			n + 10);
	}
	signal(SIGBUS, jump);
	if (sigsetjmp(escape, 1) == 0) {
		mem[(MAPPED_PAGES - 1) * MAPPED_PAGE / 8] = 1;
		ck_abort_msg("the page which is not there was written");
	}
}
END_TEST

START_TEST(a_mapping_outlives_its_descriptor)
{
	int fd = mapper_open(O_RDWR), other = mapper_open(O_RDWR);
	uint64_t *mem = map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);

	attach();
	ck_assert_int_eq(close(fd), 0);
	mem[3] = 33;
	ck_assert_uint_eq(mapper_peek(other, MAPPED_VMALLOC, 24), 33);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 0);
	ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, 1);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 1);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_open_areas_released, 0);
}
END_TEST

START_TEST(munmap_tells_the_driver_though_the_file_stays_open)
{
	int fd = mapper_open(O_RDWR);
	uint64_t *mem;

	for (unsigned int i = 1; i <= 300; i++) {
		mem = map(fd, MAPPED_PFN, RW, MAP_SHARED);
		ck_assert_int_eq(munmap(mem, MAPPER_SIZE), 0);
		ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, i);
	}
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 0);
}
END_TEST

/* Close @fd, check that the mapping it had goes with @last, a call. */
#define goes_with(fd, last)                                               \
	do {                                                              \
		close(fd);                                                \
		ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 0); \
		last;                                                     \
		ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, 1);   \
		ck_assert_uint_eq(mapper_stats(watch_fd).nr_releases, 1); \
	} while (0)

START_TEST(parts_go_one_by_one)
{
	int fd = mapper_open(O_RDWR);
	char *mem = (char *)map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);

	/* The middle, both sides of it; twice is nothing new. */
	ck_assert_int_eq(munmap(mem + MAPPED_PAGE, MAPPED_PAGE), 0);
	ck_assert_int_eq(munmap(mem + MAPPED_PAGE, MAPPED_PAGE), 0);
	ck_assert_int_eq(munmap(mem, 10), 0);
	ck_assert_int_eq(munmap(mem, 2 * MAPPED_PAGE), 0);
	ck_assert_int_eq(munmap(mem + 2 * MAPPED_PAGE, MAPPED_PAGE), 0);
	mem[3 * MAPPED_PAGE] = 1;
	goes_with(fd, munmap(mem, MAPPER_SIZE));
}
END_TEST

START_TEST(another_mapping_over_it_is_an_end_too)
{
	int fd = mapper_open(O_RDWR);
	char *mem = (char *)map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);

	ck_assert_ptr_eq(mmap(mem, 3 * MAPPED_PAGE, RW,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 mem);
	mem[3 * MAPPED_PAGE] = 1;
	goes_with(fd, mmap(mem, MAPPER_SIZE, RW,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}
END_TEST

START_TEST(one_of_ours_can_replace_another)
{
	int fd = mapper_open(O_RDWR), other = mapper_open(O_RDWR);
	uint64_t *mem = map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);
	void *same = MAP_FAILED;

	attach();
	goes_with(fd, same = mmap(mem, MAPPER_SIZE, RW, MAP_SHARED | MAP_FIXED,
				  other, mapper_offset(MAPPED_DMA)));
	ck_assert_ptr_eq(same, mem);
	ck_assert_uint_eq(mapper_stats(watch_fd).vm_start, (uintptr_t)mem);
	mem[1] = 11;
	ck_assert_uint_eq(mapper_peek(other, MAPPED_DMA, 8), 11);

	/* At this very place, or not at all. */
	same = mmap(mem, MAPPER_SIZE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE,
		    other, 0);
	ck_assert_ptr_eq(same, MAP_FAILED);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(mremap_moves_and_shrinks_but_does_not_grow)
{
	int fd = mapper_open(O_RDWR);
	char *mem = (char *)map(fd, MAPPED_VMALLOC, RW, MAP_SHARED);
	char *room = mmap(NULL, MAPPER_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_eq(
		mremap(mem, MAPPER_SIZE, 2 * MAPPER_SIZE, MREMAP_MAYMOVE),
		MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_ptr_eq(mremap(mem, 0, MAPPER_SIZE, MREMAP_MAYMOVE),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	mem[7] = 8;
	ck_assert_ptr_eq(mremap(mem, MAPPER_SIZE, MAPPER_SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, room),
			 room);
	ck_assert_int_eq(room[7], 8);
	/* Where it was is nobody's: to unmap that ends nothing. */
	munmap(mem, MAPPER_SIZE);
	ck_assert_ptr_eq(mremap(room, MAPPER_SIZE, MAPPED_PAGE, 0), room);
	munmap(room + MAPPED_PAGE, MAPPER_SIZE - MAPPED_PAGE);
	goes_with(fd, munmap(room, MAPPED_PAGE));
}
END_TEST

static int store_in_child(void *arg)
{
	int fd = open(node_path("mapped"), O_RDWR);
	_Atomic(uint64_t) *mem = mapper_map(fd, MAPPED_PFN, RW, MAP_SHARED);

	if ((void *)mem == MAP_FAILED)
		return 1;
	while (mem[0] != 1)
		sched_yield();
	mem[0] = 2;

	return 0;
}

START_TEST(two_processes_share)
{
	pid_t pid = child_start(store_in_child, NULL);
	int fd = mapper_open(O_RDWR);
	_Atomic(uint64_t) *mem =
		(_Atomic(uint64_t) *)map(fd, MAPPED_PFN, RW, MAP_SHARED);

	mem[0] = 1;
	while (mem[0] != 2)
		sched_yield();
	ck_assert_int_eq(child_wait(pid), 0);
	await_releases(1);
	ck_assert_uint_eq(mapper_stats(watch_fd).nr_closes, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/mmap");
	TCase *tcase = tcase_create("mmap");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, both_sides_see_what_the_other_stores, 0, 3);
	tcase_add_loop_test(tcase, a_part_is_mapped_by_its_offset, 0, 3);
	tcase_add_loop_test(tcase, sizes_and_offsets_are_checked, 0, 3);
	tcase_add_test(tcase, protection_follows_the_way_the_file_is_open);
	tcase_add_test(tcase, a_private_mapping_is_copied_when_it_is_written);
	tcase_add_test(tcase, what_cannot_be_mapped_says_so);
	tcase_add_test(tcase, pages_are_provided_by_the_fault_handler);
	tcase_add_test(tcase, a_mapping_outlives_its_descriptor);
	tcase_add_test(tcase,
		       munmap_tells_the_driver_though_the_file_stays_open);
	tcase_add_test(tcase, parts_go_one_by_one);
	tcase_add_test(tcase, another_mapping_over_it_is_an_end_too);
	tcase_add_test(tcase, one_of_ours_can_replace_another);
	tcase_add_test(tcase, mremap_moves_and_shrinks_but_does_not_grow);
	tcase_add_test(tcase, two_processes_share);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

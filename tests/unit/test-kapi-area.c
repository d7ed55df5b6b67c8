/* SPDX-License-Identifier: MIT */
/* Memory which drivers may hand to applications, and handing it. */
#include "kapi/area.h"
#include "kapi/memory.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define START (1ul << 30)
#define PAGES 8ul

/* What a client would map. */
static struct area area;
static struct vm_area_struct *const vma = &area.vma;

static void setup(void)
{
	area = (struct area){
		.vma = { .vm_start = START,
			 .vm_end = START + PAGES * PAGE_SIZE,
			 .vm_flags = VM_READ | VM_SHARED },
	};
}

static void teardown(void)
{
	area_deinit(&area);
}

/* "3@4" for each segment: so many pages, from that page of the memory of one of
 * @mems; "3-" where nothing is. */
static const char *segments(void *const mems[], unsigned int nr)
{
	static char text[256];
	const struct area_segment *seg;
	char *base;

	text[0] = '\0';
	for (unsigned int i = 0; i < area.nr_segments; i++) {
		seg = &area.segments[i];
		base = seg->mem ? seg->mem->base : NULL;
		sprintf(text + strlen(text), "%s%lu", i ? " " : "",
			seg->length / PAGE_SIZE);
		for (unsigned int n = 0; n < nr; n++)
			if (base && base == mems[n])
				sprintf(text + strlen(text), "%c%lu", 'a' + n,
					seg->offset / PAGE_SIZE);
		if (base == NULL)
			strcat(text, "-");
	}

	return text;
}

static bool is_memory(const void *addr, size_t size)
{
	struct memory *mem = memory_find(addr, size);

	memory_put(mem);

	return mem != NULL;
}

START_TEST(each_allocator_gives_zeroed_pages_which_can_leave)
{
	dma_addr_t handle = 0;
	struct page *pages = alloc_pages(GFP_KERNEL, 3);
	char *ptrs[] = {
		vmalloc_user(5000),
		page_address(pages),
		(char *)__get_free_pages(GFP_KERNEL, 1),
		(char *)get_zeroed_page(GFP_KERNEL),
		alloc_pages_exact(5000, GFP_KERNEL),
		dma_alloc_coherent(NULL, 5000, &handle, GFP_KERNEL),
	};
	const size_t sizes[] = { 8192, 32768, 8192, 4096, 8192, 8192 };

	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_ptr_nonnull(ptrs[i]);
		ck_assert(PAGE_ALIGNED(ptrs[i]));
		for (size_t n = 0; n < sizes[i]; n++)
			ck_assert_int_eq(ptrs[i][n], 0);
		memset(ptrs[i], 1, sizes[i]);
		ck_assert(is_memory(ptrs[i], sizes[i]));
		ck_assert(is_memory(ptrs[i] + sizes[i] - 1, 1));
		ck_assert(!is_memory(ptrs[i], sizes[i] + 1));
	}
	ck_assert_uint_eq(handle, virt_to_phys(ptrs[5]));

	vfree(ptrs[0]);
	__free_pages(pages, 3);
	free_pages((unsigned long)ptrs[2], 1);
	free_page((unsigned long)ptrs[3]);
	free_pages_exact(ptrs[4], 5000);
	dma_free_coherent(NULL, 5000, ptrs[5], handle);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert(!is_memory(ptrs[i], 1));
}
END_TEST

START_TEST(what_cannot_be_had_is_null)
{
	dma_addr_t handle;

	ck_assert_ptr_null(vmalloc_user(0));
	ck_assert_ptr_null(vmalloc_user(ULONG_MAX));
	ck_assert_ptr_null(vmalloc_user(LONG_MAX));
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 64));
	ck_assert_ptr_null(dma_alloc_coherent(NULL, 0, &handle, GFP_KERNEL));
	vfree(NULL);
	free_page(0);
	__free_pages(NULL, 0);
	dma_free_coherent(NULL, 0, NULL, 0);
}
END_TEST

START_TEST(a_page_has_many_names)
{
	char *ptr = vmalloc_user(3 * PAGE_SIZE);
	struct page *page = virt_to_page(ptr);

	ck_assert_ptr_eq(page_address(page + 2), ptr + 2 * PAGE_SIZE);
	ck_assert_ptr_eq(vmalloc_to_page(ptr + PAGE_SIZE), nth_page(page, 1));
	ck_assert_ptr_eq(pfn_to_page(page_to_pfn(page)), page);
	ck_assert_uint_eq(page_to_phys(page), virt_to_phys(ptr));
	ck_assert_ptr_eq(phys_to_virt(__pa(ptr)), ptr);
	ck_assert_uint_eq(vmalloc_to_pfn(ptr), virt_to_phys(ptr) >> PAGE_SHIFT);
	ck_assert_int_eq(get_order(1), 0);
	ck_assert_int_eq(get_order(PAGE_SIZE), 0);
	ck_assert_int_eq(get_order(PAGE_SIZE + 1), 1);
	ck_assert_int_eq(get_order(ULONG_MAX), 52);
	vfree(ptr);
}
END_TEST

START_TEST(a_descriptor_is_of_one_allocation_and_its_size)
{
	char *ptr = vmalloc_user(PAGE_SIZE), byte = 'x';
	struct memory *mem = memory_find(ptr, 1);
	int rw = memory_open(mem, true), ro = memory_open(mem, false);

	ck_assert_int_eq(pwrite(rw, &byte, 1, 7), 1);
	ck_assert_int_eq(ptr[7], 'x');
	ck_assert_int_eq(pwrite(ro, &byte, 1, 8), -1);
	ck_assert_ptr_eq(mmap(NULL, PAGE_SIZE, PROT_WRITE, MAP_SHARED, ro, 0),
			 MAP_FAILED);
	ck_assert_int_eq(ftruncate(rw, 0), -1);
	ck_assert_int_eq(ftruncate(rw, 8192), -1);
	ck_assert_int_eq(fcntl(rw, F_GETFD), FD_CLOEXEC);

	/* Freed by the driver, it is still what others have mapped. */
	vfree(ptr);
	ck_assert(!is_memory(ptr, 1));
	ck_assert_int_eq(pread(ro, &byte, 1, 7), 1);
	memory_put(mem);
	ck_assert_int_eq(lseek(ro, 0, SEEK_END), PAGE_SIZE);

	close(rw);
	close(ro);
}
END_TEST

START_TEST(memory_is_mapped_from_the_offset_on)
{
	void *mems[] = { vmalloc_user(10 * PAGE_SIZE) };

	ck_assert_int_eq(remap_vmalloc_range(vma, mems[0], 2), 0);
	ck_assert_int_eq(area_complete(&area), 0);
	ck_assert_str_eq(segments(mems, 1), "8a2");
	ck_assert_int_eq(remap_vmalloc_range(vma, mems[0], 2), -EBUSY);
	teardown();

	ck_assert_int_eq(remap_vmalloc_range(vma, mems[0], 3), -EINVAL);
	ck_assert_int_eq(remap_vmalloc_range(vma, mems[0], ULONG_MAX), -EINVAL);
	ck_assert_int_eq(remap_vmalloc_range(vma, mems[0], 1ul << 52), -EINVAL);
	ck_assert_int_eq(remap_vmalloc_range(vma, (char *)mems[0] + 8, 0),
			 -EINVAL);

	vma->vm_pgoff = 1;
	ck_assert_int_eq(
		vm_iomap_memory(vma, virt_to_phys(mems[0]), 10 * PAGE_SIZE), 0);
	ck_assert_str_eq(segments(mems, 1), "8a1");
	teardown();
	ck_assert_int_eq(
		vm_iomap_memory(vma, virt_to_phys(mems[0]), 8 * PAGE_SIZE),
		-EINVAL);
	vfree(mems[0]);
}
END_TEST

START_TEST(coherent_memory_ends_where_the_driver_says)
{
	dma_addr_t handle;
	void *mems[] = { dma_alloc_coherent(NULL, 9 * PAGE_SIZE, &handle, 0) };

	vma->vm_pgoff = 2;
	ck_assert_int_eq(
		dma_mmap_coherent(NULL, vma, mems[0], handle, 9 * PAGE_SIZE),
		-ENXIO);
	vma->vm_pgoff = 9;
	ck_assert_int_eq(
		dma_mmap_coherent(NULL, vma, mems[0], handle, 9 * PAGE_SIZE),
		-ENXIO);
	vma->vm_pgoff = 1;
	ck_assert_int_eq(dma_mmap_coherent(NULL, vma, mems[0], handle,
					   8 * PAGE_SIZE + 1),
			 0);
	ck_assert_str_eq(segments(mems, 1), "8a1");
	dma_free_coherent(NULL, 9 * PAGE_SIZE, mems[0], handle);
}
END_TEST

/* Pages @n to @n + @nr of the area from @addr, by remap_pfn_range(). */
static int remap(unsigned long n, const void *addr, unsigned long nr)
{
	return remap_pfn_range(vma, START + n * PAGE_SIZE, virt_to_pfn(addr),
			       nr * PAGE_SIZE, vma->vm_page_prot);
}

START_TEST(pieces_are_put_together)
{
	void *mems[] = { vmalloc_user(4 * PAGE_SIZE),
			 page_address(alloc_pages(GFP_KERNEL, 2)) };
	struct page *page = virt_to_page(mems[1]);

	ck_assert_int_eq(remap(4, mems[0], 2), 0);
	ck_assert_int_eq(remap(0, mems[0], 2), 0);
	ck_assert_int_eq(vm_insert_page(vma, START + 2 * PAGE_SIZE,
					virt_to_page(mems[0]) + 2),
			 0);
	ck_assert_int_eq(vm_insert_page(vma, START + 7 * PAGE_SIZE, page + 3),
			 0);
	ck_assert_str_eq(segments(mems, 2), "3a0 2a0 1b3");

	ck_assert_int_eq(vm_insert_page(vma, START + 5 * PAGE_SIZE, page),
			 -EBUSY);
	ck_assert_int_eq(remap(3, mems[1], 2), -EBUSY);
	ck_assert_int_eq(vm_insert_page(vma, START - PAGE_SIZE, page), -EFAULT);
	ck_assert_int_eq(vm_insert_page(vma, vma->vm_end, page), -EFAULT);
	ck_assert_int_eq(remap(7, mems[1], 2), -EINVAL);
	ck_assert_int_eq(remap(-1ul, mems[1], 1), -EINVAL);
	ck_assert_int_eq(remap(6, mems[1], 0), -EINVAL);
	ck_assert_int_eq(remap(6, mems[1], 1ul << 51), -EINVAL);

	ck_assert_int_eq(area_complete(&area), 0);
	ck_assert_str_eq(segments(mems, 2), "3a0 1- 2a0 1- 1b3");
	vfree(mems[0]);
	__free_pages(page, 2);
}
END_TEST

START_TEST(other_memory_is_not_mapped)
{
	char *heap = kmalloc(PAGES * PAGE_SIZE, GFP_KERNEL);
	char *plain = vmalloc(PAGES * PAGE_SIZE);
	char *freed = vmalloc_user(PAGES * PAGE_SIZE);
	char *small = vmalloc_user((PAGES - 1) * PAGE_SIZE);
	char stack[2 * PAGE_SIZE];

	vfree(freed);
	ck_assert_int_eq(remap(0, heap, PAGES), -EINVAL);
	ck_assert_int_eq(remap(0, plain, PAGES), -EINVAL);
	ck_assert_int_eq(remap_vmalloc_range(vma, plain, 0), -EINVAL);
	ck_assert_int_eq(remap(0, freed, PAGES), -EINVAL);
	ck_assert_int_eq(remap(0, small, PAGES), -EINVAL);
	ck_assert_int_eq(remap_vmalloc_range(vma, small, 0), -EINVAL);
	ck_assert_int_eq(remap(0, stack + PAGE_SIZE, 1), -EINVAL);
	ck_assert_int_eq(remap(0, NULL, 1), -EINVAL);
	ck_assert_int_eq(vm_insert_page(vma, START, NULL), -EINVAL);
	ck_assert_int_eq(vm_insert_page(vma, START, virt_to_page(heap)),
			 -EINVAL);
	ck_assert_int_eq(
		dma_mmap_coherent(NULL, vma, heap, 0, PAGES * PAGE_SIZE),
		-EINVAL);
	ck_assert_uint_eq(area.nr_segments, 0);
	kfree(heap);
	vfree(plain);
	vfree(small);
}
END_TEST

static char *pool;
static unsigned long asked; /* bits: pages the handler was asked for */

/* Page 1 is inserted, 3 is missing, 5 is none, 6 is no page of ours. */
static vm_fault_t provide(struct vm_fault *vmf)
{
	if (vmf->pgoff < 64)
		asked |= 1ul << vmf->pgoff;
	switch (vmf->pgoff) {
	case 1:
		return vmf_insert_pfn(vmf->vma, vmf->address,
				      virt_to_pfn(pool) + 1);
	case 3:
		return VM_FAULT_SIGBUS;
	case 5:
		return 0;
	case 6:
		vmf->page = virt_to_page(&pool);
		return 0;
	default:
		vmf->page = virt_to_page(pool) + vmf->pgoff;
		return 0;
	}
}

static vm_fault_t provide_nothing(struct vm_fault *vmf)
{
	return VM_FAULT_OOM;
}

START_TEST(a_fault_handler_fills_what_is_left)
{
	static const struct vm_operations_struct ops = { .fault = provide };
	static const struct vm_operations_struct oom = {
		.fault = provide_nothing
	};
	void *mems[] = { vmalloc_user(PAGE_SIZE), NULL };

	mems[1] = pool = vmalloc_user(PAGES * PAGE_SIZE);
	vma->vm_ops = &ops;
	ck_assert_int_eq(remap(4, mems[0], 1), 0);
	ck_assert_int_eq(area_complete(&area), 0);
	ck_assert_uint_eq(asked, 0xef);
	ck_assert_str_eq(segments(mems, 2), "3b0 1- 1a0 2- 1b7");
	teardown();

	vma->vm_ops = &oom;
	ck_assert_int_eq(area_complete(&area), -ENOMEM);
	vma->vm_ops = &ops;
	vma->vm_pgoff = 8; /* all of them are provided, from elsewhere */
	vma->vm_end = START + (AREA_FAULTS_MAX + 1) * PAGE_SIZE;
	ck_assert_int_eq(area_complete(&area), -ENOMEM);
	vfree(mems[0]);
	vfree(pool);
}
END_TEST

START_TEST(pieces_have_a_limit)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long addr = START;
	unsigned int n;

	vma->vm_end = START + 1000 * PAGE_SIZE;
	for (n = 0; n < AREA_SEGMENTS_MAX; n++, addr += PAGE_SIZE)
		ck_assert_int_eq(vm_insert_page(vma, addr, page), 0);
	ck_assert_int_eq(vm_insert_page(vma, addr, page), -ENOMEM);
	ck_assert_int_eq(area_complete(&area), -ENOMEM);
	__free_page(page);
}
END_TEST

/* What another process has allocated. */
START_TEST(sealed_memory_is_adopted_and_nothing_else)
{
	const size_t size = 4 * PAGE_SIZE;
	int fd = memfd_create("other", MFD_ALLOW_SEALING);
	struct memory *mem;
	void *own;

	ck_assert_ptr_null(memory_adopt(open("/dev/null", O_RDWR)));
	ck_assert_ptr_null(memory_adopt(-1));
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	ck_assert_ptr_null(memory_adopt(dup(fd)));
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS,
			       F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
			 0);
	mem = memory_adopt(fd);
	ck_assert_ptr_nonnull(mem);
	ck_assert_uint_eq(mem->size, size);

	/* With what is a part of it, and of the area, one behind the other. */
	ck_assert_int_eq(area_append(vma, 1, mem, 0, PAGE_SIZE), -EINVAL);
	ck_assert_int_eq(area_append(vma, 0, mem, 0, 0), -EINVAL);
	ck_assert_int_eq(area_append(vma, 0, mem, PAGE_SIZE, size), -EINVAL);
	ck_assert_int_eq(area_append(vma, 0, mem, ~0ul - 4095, 2 * PAGE_SIZE),
			 -EINVAL);
	ck_assert_int_eq(area_append(vma, PAGES * PAGE_SIZE, mem, 0, PAGE_SIZE),
			 -EINVAL);
	memory_get(mem);
	ck_assert_int_eq(area_append(vma, PAGE_SIZE, mem, 0, PAGE_SIZE), 0);
	ck_assert_int_eq(area_append(vma, PAGE_SIZE, mem, 0, PAGE_SIZE),
			 -EINVAL);
	ck_assert_int_eq(
		area_append(vma, 2 * PAGE_SIZE, mem, 2 * PAGE_SIZE, PAGE_SIZE),
		0);
	ck_assert_uint_eq(area.nr_segments, 2);

	fd = memory_open(mem, true);
	own = mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(own, MAP_FAILED);
	munmap(own, size);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/area");
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase,
		       each_allocator_gives_zeroed_pages_which_can_leave);
	tcase_add_test(tcase, what_cannot_be_had_is_null);
	tcase_add_test(tcase, a_page_has_many_names);
	tcase_add_test(tcase, a_descriptor_is_of_one_allocation_and_its_size);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("areas");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, memory_is_mapped_from_the_offset_on);
	tcase_add_test(tcase, coherent_memory_ends_where_the_driver_says);
	tcase_add_test(tcase, pieces_are_put_together);
	tcase_add_test(tcase, other_memory_is_not_mapped);
	tcase_add_test(tcase, a_fault_handler_fills_what_is_left);
	tcase_add_test(tcase, pieces_have_a_limit);
	tcase_add_test(tcase, sealed_memory_is_adopted_and_nothing_else);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Registers: plain memory, reached by their addresses. */
#include "base/log.h"
#include "inband-rig.h"
#include "kapi/area.h"
#include "kapi/memory.h"
#include "kapi/mmio.h"
#include "vfs/devres.h"

#include <errno.h>
#include <limits.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define START 0x40001010
#define SIZE  0x40

static struct device dev;

static void setup(void)
{
	inband_setup();
	dev.init_name = "it";
	device_initialize(&dev);
	ck_assert_int_eq(mmio_add(START, SIZE), 0);
}

static void teardown(void)
{
	devres_release_all(&dev);
	mmio_remove(START);
	inband_teardown();
}

START_TEST(who_looks_for_registers_in_vain_is_told_where)
{
	char text[300] = "";
	int log = memfd_create("log", 0), saved = dup(STDERR_FILENO);

	log_init(LOG_LEVEL_INFO, NULL);
	ck_assert_int_ge(dup2(log, STDERR_FILENO), 0);
	ck_assert_ptr_null(devm_ioremap(&dev, 0x50000000, 0x20));
	dup2(saved, STDERR_FILENO);
	ck_assert_int_gt(pread(log, text, sizeof(text) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(text, "at 0x50000000 to 0x5000001f:"));
	ck_assert_ptr_nonnull(strstr(text, "reg = 0x50000000 0x20 in its "));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	close(log);
	close(saved);
}
END_TEST

START_TEST(what_is_written_can_be_read_by_others)
{
	u8 *regs = ioremap(START, SIZE), bytes[4];
	void *part = ioremap(START + 4, 8);

	ck_assert_ptr_nonnull(regs);
	ck_assert_ptr_eq(part, regs + 4);
	for (int i = 0; i < SIZE; i++)
		ck_assert_uint_eq(readb(regs + i), 0);

	writel(0x12345678, regs + 4);
	ck_assert_uint_eq(readl(part), 0x12345678);
	ck_assert_uint_eq(readl_relaxed(part), 0x12345678);
	ck_assert_uint_eq(ioread32be(part), 0x78563412);
	writew_relaxed(0xabcd, part);
	ck_assert_uint_eq(ioread16(part), 0xabcd);
	writeb(1, regs + 8);
	writeq(~0ull, regs + 16);
	ck_assert_uint_eq(readq(regs + 16), ~0ull);
	memset_io(regs + 16, 0x55, 4);
	memcpy_fromio(bytes, regs + 18, 4);
	ck_assert_mem_eq(bytes, "\x55\x55\xff\xff", 4);
	memcpy_toio(regs, "abcd", 4);
	ck_assert_uint_eq(ioread8(regs + 1), 'b');
	iounmap(part);
	iounmap(regs);
	iounmap(NULL);

	/* It is the device's, and stays. */
	iounmap(regs);
	regs = ioremap(START, SIZE);
	ck_assert_uint_eq(ioread8(regs + 1), 'b');
	iounmap(regs);
}
END_TEST

START_TEST(nothing_is_at_other_addresses)
{
	ck_assert_ptr_null(ioremap(START - 1, 4));
	ck_assert_ptr_null(ioremap(START, SIZE + 1));
	ck_assert_ptr_null(ioremap(START + SIZE, 1));
	ck_assert_ptr_null(ioremap(START, 0));
	ck_assert_ptr_null(ioremap(START, SIZE_MAX));
	ck_assert_ptr_null(ioremap(ULLONG_MAX, 4));
}
END_TEST

START_TEST(ranges_do_not_overlap)
{
	ck_assert_int_eq(mmio_add(START, 1), -EBUSY);
	ck_assert_int_eq(mmio_add(START + SIZE - 1, 1), -EBUSY);
	ck_assert_int_eq(mmio_add(START - 1, SIZE + 2), -EBUSY);
	ck_assert_int_eq(mmio_add(START - 1, 1), 0);
	ck_assert_int_eq(mmio_add(START + SIZE, 1), 0);
	mmio_remove(START - 1);
	mmio_remove(START + SIZE);
	mmio_remove(START + 1); /* none begins there */

	ck_assert_int_eq(mmio_add(0, 0), -EINVAL);
	ck_assert_int_eq(mmio_add(MMIO_END, 1), -EINVAL);
	ck_assert_int_eq(mmio_add(MMIO_END - 1, 2), -EINVAL);
	ck_assert_int_eq(mmio_add(1, ULLONG_MAX), -EINVAL);
	ck_assert_int_eq(mmio_add(MMIO_END - 1, 1), 0);
	mmio_remove(MMIO_END - 1);
}
END_TEST

START_TEST(who_has_it_mapped_keeps_the_memory)
{
	u8 *regs = ioremap(START, SIZE), *again;

	writel(1, regs);
	mmio_remove(START);
	ck_assert_ptr_null(ioremap(START, SIZE));
	writel(2, regs);
	ck_assert_int_eq(mmio_add(START, SIZE), 0);
	again = ioremap(START, SIZE);
	ck_assert_uint_eq(readl(again), 0);
	ck_assert_uint_eq(readl(regs), 2);
	iounmap(regs);
	iounmap(again);
}
END_TEST

START_TEST(an_application_can_map_it)
{
	struct area area = {
		.vma = { .vm_start = SZ_1G,
			 .vm_end = SZ_1G + PAGE_SIZE,
			 .vm_flags = VM_READ | VM_WRITE | VM_SHARED },
	};
	char *regs = ioremap(START, SIZE);

	ck_assert_int_eq(vm_iomap_memory(&area.vma, START, SIZE), 0);
	ck_assert_uint_eq(area.nr_segments, 1);
	/* At the same place in its page. */
	ck_assert_ptr_eq(area.segments[0].mem->base + (START & ~PAGE_MASK),
			 regs);
	area_deinit(&area);
	ck_assert_int_eq(remap_pfn_range(&area.vma, SZ_1G, PHYS_PFN(START) + 1,
					 PAGE_SIZE, PAGE_SHARED),
			 -EINVAL);
	/* Not if that would give away another device's. */
	ck_assert_int_eq(mmio_add(START + SIZE, 4), 0);
	ck_assert_int_eq(vm_iomap_memory(&area.vma, START, SIZE), -EINVAL);
	mmio_remove(START + SIZE);
	iounmap(regs);
}
END_TEST

START_TEST(a_claim_keeps_others_out)
{
	struct resource *res = request_mem_region(START, 8, "it");

	ck_assert_ptr_nonnull(res);
	ck_assert_str_eq(res->name, "it");
	ck_assert_uint_eq(resource_size(res), 8);
	ck_assert_uint_eq(resource_type(res), IORESOURCE_MEM);
	ck_assert_ptr_null(request_mem_region(START + 7, 1, "other"));
	ck_assert_ptr_null(request_mem_region(START - 1, 20, "other"));
	ck_assert_ptr_null(request_mem_region(START, 0, "none"));
	ck_assert_ptr_null(request_mem_region(ULLONG_MAX, 2, "none"));
	ck_assert_ptr_nonnull(request_mem_region(START + 8, 1, "other"));
	release_mem_region(START, 7); /* was not claimed so */
	ck_assert_ptr_null(request_mem_region(START, 1, "other"));
	release_mem_region(START, 8);
	ck_assert_ptr_nonnull(request_mem_region(START, 1, "other"));
	release_mem_region(START, 1);
	release_mem_region(START + 8, 1);
}
END_TEST

START_TEST(a_device_claims_and_reaches_them)
{
	struct resource res = DEFINE_RES_MEM(START, SIZE);
	struct resource none = DEFINE_RES_MEM(START + SIZE, 4);
	struct resource irq = DEFINE_RES_IRQ(5);
	void *regs = devm_ioremap_resource(&dev, &res);

	ck_assert(!IS_ERR(regs));
	writel(7, regs);
	ck_assert_int_eq(PTR_ERR(devm_ioremap_resource(&dev, &res)), -EBUSY);
	ck_assert_int_eq(PTR_ERR(devm_ioremap_resource(&dev, &none)), -ENOMEM);
	ck_assert_int_eq(PTR_ERR(devm_ioremap_resource(&dev, &irq)), -EINVAL);
	ck_assert_int_eq(PTR_ERR(devm_ioremap_resource(&dev, NULL)), -EINVAL);
	/* What could not be reached is not claimed. */
	ck_assert_ptr_nonnull(
		devm_request_mem_region(&dev, none.start, 4, "it"));
	ck_assert_ptr_null(devm_request_mem_region(&dev, START, 4, "it"));

	/* Without a claim. */
	ck_assert_ptr_eq(devm_ioremap(&dev, START, 4), regs);
	ck_assert_ptr_null(devm_ioremap(&dev, START, SIZE + 4));
	devm_iounmap(&dev, regs);
	devm_iounmap(&dev, &dev); /* told in the log */

	devres_release_all(&dev);
	regs = devm_ioremap_resource(&dev, &res);
	ck_assert(!IS_ERR(regs));
	ck_assert_uint_eq(readl(regs), 7);
}
END_TEST

/* Another process's range, and what it has behind that. */
START_TEST(a_reserved_range_has_the_memory_it_is_given)
{
	const phys_addr_t there = 0x50000000;
	u8 *regs, *own = ioremap(START, SIZE);

	ck_assert_int_eq(mmio_reserve(there, SIZE), 0);
	ck_assert_int_eq(mmio_reserve(there, SIZE), -EBUSY);
	ck_assert_ptr_null(ioremap(there, 4));
	ck_assert_ptr_null(mmio_page(there));
	ck_assert_int_eq(mmio_fd(there), -1);

	ck_assert_int_eq(mmio_supply(there + 1, dup(mmio_fd(START))), -EINVAL);
	ck_assert_int_eq(mmio_supply(there, -1), -EINVAL);
	ck_assert_int_eq(mmio_supply(there, dup(mmio_fd(START))), 0);
	/* Once more, after it was given back. */
	ck_assert_int_eq(mmio_supply(there, dup(mmio_fd(START))), 0);

	regs = ioremap(there, SIZE);
	ck_assert_ptr_nonnull(regs);
	writel(5, own + 4);
	/* Each begins where its address lies in the page. */
	ck_assert_uint_eq(
		readl(regs + START % PAGE_SIZE + 4 - there % PAGE_SIZE), 5);
	ck_assert_ptr_nonnull(mmio_page(there));
	mmio_remove(there);
	writel(6, regs);
	iounmap(regs);
	ck_assert_int_eq(mmio_reserve(there, 2 * PAGE_SIZE), 0);
	ck_assert_int_eq(mmio_supply(there, dup(mmio_fd(START))), -EINVAL);
	mmio_remove(there);
	iounmap(own);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/mmio");
	TCase *tcase = tcase_create("mmio");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_looks_for_registers_in_vain_is_told_where);
	tcase_add_test(tcase, what_is_written_can_be_read_by_others);
	tcase_add_test(tcase, nothing_is_at_other_addresses);
	tcase_add_test(tcase, ranges_do_not_overlap);
	tcase_add_test(tcase, who_has_it_mapped_keeps_the_memory);
	tcase_add_test(tcase, an_application_can_map_it);
	tcase_add_test(tcase, a_claim_keeps_others_out);
	tcase_add_test(tcase, a_reserved_range_has_the_memory_it_is_given);
	tcase_add_test(tcase, a_device_claims_and_reaches_them);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

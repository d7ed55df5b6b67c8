/* SPDX-License-Identifier: MIT */
#include "kapi/mmio.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "kapi/export.h"
#include "kapi/guard.h"
#include "kapi/image.h"
#include "kapi/memory.h"
#include "kapi/unload.h"

#include <errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <stdbool.h>
#include <stdlib.h>

struct mmio {
	phys_addr_t start, end; /* behind the last one */
	char *memory; /* owned: whole pages, of page(start) on; NULL: reserved */
	bool is_there;	   /* its device is */
	unsigned int refs; /* that, and who has it mapped */
	struct list_head link;
};

static LIST_HEAD(ranges);

/* Somebody's word that it is his. */
struct claim {
	struct resource res;
	const void *caller;
	struct list_head link;
};

static LIST_HEAD(claims);

static bool overlaps(phys_addr_t start, phys_addr_t end, phys_addr_t other,
		     phys_addr_t other_end)
{
	return start < other_end && other < end;
}

static phys_addr_t first_page(const struct mmio *range)
{
	return range->start & PAGE_MASK;
}

static size_t size_of(const struct mmio *range)
{
	return PAGE_ALIGN(range->end) - first_page(range);
}

static void put_range(struct mmio *range)
{
	if (--range->refs > 0)
		return;

	list_del(&range->link);
	if (range->memory)
		memory_free(range->memory);
	free(range);
}

static bool is_range(phys_addr_t start, resource_size_t size)
{
	return size && start < MMIO_END && size <= MMIO_END - start;
}

static bool is_taken(phys_addr_t start, phys_addr_t end)
{
	const struct mmio *range;

	list_for_each_entry(range, &ranges, link)
		if (range->is_there &&
		    overlaps(start, end, range->start, range->end))
			return true;

	return false;
}

int mmio_reserve(phys_addr_t start, resource_size_t size)
{
	struct mmio *range;

	if (!is_range(start, size))
		return -EINVAL;
	if (is_taken(start, start + size))
		return -EBUSY;

	range = malloc(sizeof(*range));
	if (range == NULL)
		return -ENOMEM;
	*range = (struct mmio){
		.start = start,
		.end = start + size,
		.is_there = true,
		.refs = 1,
	};
	list_add_tail(&range->link, &ranges);

	return 0;
}

static struct mmio *range_at(phys_addr_t start)
{
	struct mmio *range;

	list_for_each_entry(range, &ranges, link)
		if (range->is_there && range->start == start)
			return range;

	return NULL;
}

int mmio_add(phys_addr_t start, resource_size_t size)
{
	int ret = mmio_reserve(start, size);
	struct mmio *range;

	if (ret)
		return ret;
	range = range_at(start);
	range->memory = memory_alloc(size_of(range));
	if (range->memory == NULL) {
		put_range(range);
		return -ENOMEM;
	}

	return 0;
}

int mmio_supply(phys_addr_t start, int fd)
{
	struct mmio *range = range_at(start);

	if (range == NULL || range->memory) {
		fd_close(fd);
		return range ? 0 : -EINVAL;
	}

	return memory_map(fd, size_of(range), (void **)&range->memory);
}

int mmio_fd(phys_addr_t start)
{
	const struct mmio *range = range_at(start);
	struct memory *mem;
	int fd = -1;

	if (range && range->memory) {
		mem = memory_find(range->memory, size_of(range));
		fd = mem->fd;
		/* The range has one, too. */
		memory_put(mem);
	}

	return fd;
}

void mmio_remove(phys_addr_t start)
{
	struct mmio *range = range_at(start);

	if (range == NULL)
		return;
	range->is_there = false;
	put_range(range);
}

const void *mmio_page(phys_addr_t addr)
{
	const struct mmio *range;
	const void *page = NULL;

	list_for_each_entry(range, &ranges, link) {
		if (!range->is_there || addr < first_page(range) ||
		    addr >= PAGE_ALIGN(range->end))
			continue;
		if (page || range->memory == NULL)
			return NULL;
		page = range->memory + (addr & PAGE_MASK) - first_page(range);
	}

	return page;
}

/* Drivers tell no more of it than -ENOMEM. */
static void complain(phys_addr_t offset, size_t size)
{
	static struct ratelimit_state told;

	if (__ratelimit(&told))
		log_err("driver %s: no device has registers at %#llx to %#llx: "
			"give one the line reg = %#llx %#zx in its [device] "
			"section, or by --device",
			guard_driver(), offset, offset + size - 1, offset,
			size);
}

EXPORT void __iomem *ioremap(phys_addr_t offset, size_t size)
{
	struct mmio *range;

	if (!is_range(offset, size)) {
		complain(offset, size);
		return NULL;
	}

	list_for_each_entry(range, &ranges, link) {
		if (!range->is_there || range->memory == NULL ||
		    offset < range->start || offset + size > range->end)
			continue;
		range->refs++;
		return range->memory + offset - first_page(range);
	}
	complain(offset, size);

	return NULL;
}

EXPORT void iounmap(volatile void __iomem *addr)
{
	const char *at = (const char *)addr;
	struct mmio *range;

	list_for_each_entry(range, &ranges, link) {
		if (range->memory == NULL || at < range->memory ||
		    at >= range->memory + size_of(range))
			continue;
		/* The device's own is not to be put so. */
		if (range->refs > range->is_there)
			put_range(range);
		return;
	}
}

/*
 * Claims.
 */

EXPORT struct resource *request_mem_region(resource_size_t start,
					   resource_size_t n, const char *name)
{
	struct claim *claim;

	if (n == 0 || start + n < start)
		return NULL;
	list_for_each_entry(claim, &claims, link)
		if (overlaps(start, start + n, claim->res.start,
			     claim->res.end + 1))
			return NULL;

	claim = malloc(sizeof(*claim));
	if (claim == NULL)
		return NULL;
	claim->res = DEFINE_RES_MEM_NAMED(start, n, name);
	claim->caller = __builtin_return_address(0);
	list_add_tail(&claim->link, &claims);

	return &claim->res;
}

static void drop_claim(struct claim *claim)
{
	list_del(&claim->link);
	free(claim);
}

EXPORT void release_mem_region(resource_size_t start, resource_size_t n)
{
	struct claim *claim;

	list_for_each_entry(claim, &claims, link) {
		if (claim->res.start == start &&
		    resource_size(&claim->res) == n) {
			drop_claim(claim);
			return;
		}
	}
}

unsigned int mmio_unload(struct module *mod)
{
	struct claim *claim, *next;
	unsigned int count = 0;

	list_for_each_entry_safe(claim, next, &claims, link) {
		if (image_is_of(claim->caller, mod)) {
			drop_claim(claim);
			count++;
		}
	}

	return count;
}

/* SPDX-License-Identifier: MIT */
#include "vfs/mapping.h"

#include "stage/call.h"
#include "vfs/file.h"
#include "vfs/result.h"

#include <errno.h>
#include <linux/mm.h>
#include <sys/mman.h>

#define PROT_KNOWN (PROT_READ | PROT_WRITE | PROT_EXEC)

static_assert(VM_READ == PROT_READ && VM_WRITE == PROT_WRITE, "the same bits");

static int check_numbers(const struct mapping_request *rq)
{
	uint64_t length, end;

	if (rq->length == 0 || !PAGE_ALIGNED(rq->addr) ||
	    !PAGE_ALIGNED(rq->offset) || (rq->prot & ~(uint32_t)PROT_KNOWN))
		return -EINVAL;

	length = PAGE_ALIGN(rq->length);
	if (length == 0 || length > INTPTR_MAX ||
	    __builtin_add_overflow(rq->addr, length, &end) || end > INTPTR_MAX)
		return -ENOMEM;
	if (rq->offset > INT64_MAX || length > INT64_MAX - rq->offset)
		return -EOVERFLOW;

	return 0;
}

/* In the order of the kernel's. */
static int check_rights(const struct file *filp,
			const struct mapping_request *rq)
{
	if (rq->shared && rq->prot & PROT_WRITE &&
	    !(filp->f_mode & FMODE_WRITE))
		return -EACCES;
	if (!(filp->f_mode & FMODE_READ))
		return -EACCES;
	/* Nodes are on a file system mounted noexec, or might be. */
	if (rq->prot & PROT_EXEC)
		return -EPERM;

	return filp->f_op->mmap ? 0 : -ENODEV;
}

static unsigned long flags_for(const struct file *filp,
			       const struct mapping_request *rq)
{
	unsigned long flags = rq->prot | VM_MAYREAD | VM_MAYWRITE;

	if (!rq->shared)
		return flags;
	if (!(filp->f_mode & FMODE_WRITE))
		return (flags & ~VM_MAYWRITE) | VM_MAYSHARE;

	return flags | VM_SHARED | VM_MAYSHARE;
}

static int call_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct stage_call call = {
		.what = "mmap",
		.func = (const void *)filp->f_op->mmap,
		.addr = vma->vm_start,
		.size = vma->vm_end - vma->vm_start,
	};
	int ret;

	stage_call_begin(&call);
	ret = filp->f_op->mmap(filp, vma);
	stage_call_end(&call);

	return ret;
}

static void call_close(struct vm_area_struct *vma)
{
	struct stage_call call = {
		.what = "vma close",
		.addr = vma->vm_start,
		.size = vma->vm_end - vma->vm_start,
	};

	if (vma->vm_ops == NULL || vma->vm_ops->close == NULL)
		return;

	call.func = (const void *)vma->vm_ops->close;
	stage_call_begin(&call);
	vma->vm_ops->close(vma);
	stage_call_end(&call);
}

static int ask_driver(struct mapping *mapping, struct file *filp)
{
	struct vm_area_struct *vma = &mapping->area.vma;
	int ret;

	ret = call_mmap(filp, vma);
	if (ret)
		return ret < 0 ? (int)result_sane(ret) : -EIO;

	ret = area_complete(&mapping->area);
	if (ret)
		call_close(vma);

	return ret;
}

int mapping_begin(struct mapping *mapping, struct open_file *of,
		  const struct mapping_request *rq)
{
	struct file *filp = &of->filp;
	int ret;

	ret = check_numbers(rq);
	if (ret == 0)
		ret = check_rights(filp, rq);
	if (ret)
		return ret;

	mapping->file = of;
	wait_queue_init(&mapping->over, WAIT_FIFO);
	mapping->area.vma = (struct vm_area_struct){
		.vm_start = rq->addr,
		.vm_end = rq->addr + PAGE_ALIGN(rq->length),
		.vm_flags = flags_for(filp, rq),
		.vm_pgoff = rq->offset >> PAGE_SHIFT,
		.vm_file = filp,
	};
	mapping->area.vma.vm_page_prot =
		vm_get_page_prot(mapping->area.vma.vm_flags);

	/* A RELEASE waits for us, and then finds it in the list. */
	open_file_enter(of);
	ret = ask_driver(mapping, filp);
	if (ret == 0)
		list_add_tail(&mapping->link, &of->mappings);
	open_file_leave(of);
	if (ret)
		area_deinit(&mapping->area);

	return ret;
}

static void await_end(struct mapping *mapping)
{
	mapping->nr_waiters++;
	pi_lock(&mapping->over.lock);
	wait_queue_sleep_uninterruptible(&mapping->over, DEADLINE_NONE);
	pi_unlock(&mapping->over.lock);
	mapping->nr_waiters--;
}

void mapping_end(struct mapping *mapping)
{
	struct open_file *of = mapping->file;

	if (mapping->ending) {
		await_end(mapping);
		return;
	}

	mapping->ending = true;
	open_file_enter(of);
	call_close(&mapping->area.vma);
	list_del(&mapping->link);
	open_file_leave(of);

	wait_queue_flush(&mapping->over, 0);
	while (mapping->nr_waiters)
		fiber_yield();
	area_deinit(&mapping->area);
	mapping->ended(mapping);
}

void mapping_end_all(struct open_file *of)
{
	while (!list_empty(&of->mappings))
		mapping_end(
			list_first_entry(&of->mappings, struct mapping, link));
}

bool mapping_writable(const struct mapping *mapping)
{
	unsigned long flags = mapping->area.vma.vm_flags;

	return flags & VM_MAYSHARE && flags & VM_MAYWRITE;
}

uint32_t mapping_prot(const struct mapping *mapping)
{
	return mapping->area.vma.vm_flags & (PROT_READ | PROT_WRITE);
}

/* SPDX-License-Identifier: MIT */
/*
 * Memory of an isolated driver's: its process says which descriptors of its own stand
 * for it, and we take them from there. They are sealed, so that nobody who has mapped
 * one can be killed by what the driver does to it; it stays if the driver goes.
 */
#include "isolate/proxy.h"

#include "isolate/call.h"
#include "isolate/remote.h"
#include "kapi/area.h"
#include "kapi/memory.h"

#include <errno.h>
#include <linux/mm.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a driver may take away. */
#define VM_MAY_LOSE (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE)

static struct isolate_request map_request(const struct remote_file *rf,
					  const struct vm_area_struct *vma)
{
	struct isolate_request rq = proxy_request(rf, ISOLATE_MMAP);

	rq.addr = vma->vm_start;
	rq.count = vma->vm_end - vma->vm_start;
	rq.pos = (int64_t)(vma->vm_pgoff << PAGE_SHIFT);
	rq.cmd = (uint32_t)(vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC));
	if (vma->vm_flags & VM_MAYSHARE)
		rq.cmd |= ISOLATE_SHARED;

	return rq;
}

static void unmap(struct vm_area_struct *vma, int64_t id)
{
	struct remote_file *rf = vma->vm_file->private_data;
	struct isolate_request rq = proxy_request(rf, ISOLATE_MUNMAP);
	struct isolate_answer answer;

	rq.pos = id;
	remote_call(rf->remote, &rq, &answer);
}

static void close_area(struct vm_area_struct *vma)
{
	unmap(vma, (int64_t)(intptr_t)vma->vm_private_data);
}

static const struct vm_operations_struct vm_ops = { .close = close_area };

/* One reference is ours to put, on success the area has another. */
static int add_segment(struct remote *remote, struct vm_area_struct *vma,
		       const struct isolate_segment *seg)
{
	struct memory *mem;
	int fd, ret;

	fd = (int)syscall(SYS_pidfd_getfd, remote->pid_fd, seg->fd, 0);
	if (fd < 0)
		return errno == EMFILE ? -ENFILE : -ENODEV;
	mem = memory_adopt(fd);
	if (mem == NULL)
		return -ENODEV;

	ret = area_append(vma, seg->start, mem, seg->offset, seg->length);
	if (ret)
		memory_put(mem);

	return ret;
}

static int add_segments(struct remote *remote, struct vm_area_struct *vma,
			const struct isolate_segment *segs, uint32_t nr)
{
	int ret = 0;

	for (uint32_t i = 0; i < nr && ret == 0; i++)
		ret = add_segment(remote, vma, &segs[i]);
	if (ret == -EINVAL)
		remote_distrust(remote, "it maps what there is not");

	return ret == -EINVAL ? -ENODEV : ret;
}

int proxy_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct remote_file *rf = filp->private_data;
	struct isolate_request rq = map_request(rf, vma);
	struct isolate_answer answer;
	struct isolate_segment *segs;
	int ret;

	segs = calloc(ISOLATE_SEGMENTS, sizeof(*segs));
	if (segs == NULL)
		return -ENOMEM;
	ret = (int)remote_call_segments(rf->remote, &rq, &answer, segs);
	if (ret == 0) {
		vma->vm_flags &= answer.may | ~VM_MAY_LOSE;
		vma->vm_private_data = (void *)(intptr_t)answer.pos;
		vma->vm_ops = &vm_ops;
		ret = add_segments(rf->remote, vma, segs, answer.nr_segments);
		if (ret)
			unmap(vma, answer.pos);
	}
	free(segs);

	return ret;
}

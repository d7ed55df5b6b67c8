/* SPDX-License-Identifier: MIT */
/*
 * What a client maps: the vm_area_struct its driver sees, and the memory which
 * the driver put behind each page of it, as a list of segments.
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/mm_types.h>

#define AREA_SEGMENTS_MAX 256
#define AREA_FAULTS_MAX	  16384 /* pages a fault handler is asked for */

struct memory;

struct area_segment {
	unsigned long start; /* in bytes from vm_start */
	unsigned long length;
	struct memory *mem;   /* one reference; NULL: nothing is there */
	unsigned long offset; /* in it */
};

struct area {
	struct vm_area_struct vma;
	struct area_segment *segments; /* owned; by start, without overlap */
	unsigned int nr_segments;
};

/* @area->vma is filled by the caller. */
void area_deinit(struct area *area);

/*
 * Put the memory from @base + @offset to @base + @offset + @size at address
 * @addr of @vma, which is part of a struct area. @base to there is to be of one
 * allocation. Errors as remap_pfn_range() has them.
 */
int area_insert(struct vm_area_struct *vma, unsigned long addr,
		const void *base, unsigned long offset, unsigned long size);

/*
 * Put @size bytes at @offset of @mem, of which a reference is the area's then, at
 * @start of it, behind all that is there. -EINVAL: that is not a part of either;
 * -ENOMEM.
 */
int area_append(struct vm_area_struct *vma, unsigned long start,
		struct memory *mem, unsigned long offset, unsigned long size);

/*
 * The driver's mmap handler is through: have its fault handler provide what is
 * missing; where it does not, nothing is. From a fiber. -ENOMEM.
 */
int area_complete(struct area *area);

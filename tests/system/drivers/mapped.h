/* SPDX-License-Identifier: MIT */
/* What mapped.c and its test agree on. Offsets count pages of 4 KiB. */
#pragma once

#include <linux/types.h>
#include <sys/ioctl.h>

#define MAPPED_PAGE   4096ul
#define MAPPED_PAGES  4u   /* a region has so many */
#define MAPPED_STRIDE 256u /* and begins at its number times this */

enum mapped_region {
	MAPPED_VMALLOC, /* remap_vmalloc_range() */
	MAPPED_PFN,	/* remap_pfn_range(), over alloc_pages() */
	MAPPED_DMA,	/* dma_mmap_coherent() */
	MAPPED_FAULT,	/* a page each; the last one is missing */
	MAPPED_CONST,	/* vmalloc_user(), nobody may write */
	MAPPED_KMALLOC, /* remap_pfn_range(), over what cannot be mapped */
	MAPPED_SLEEP,	/* the handler sleeps until it is broken */
	MAPPED_NR,
};

/* A word of a region: oob_ioctl(). */
struct mapped_word {
	__u32 region;
	__u32 offset; /* in bytes */
	__u64 value;
};

#define MAPPED_IOC_PEEK _IOWR('m', 1, struct mapped_word)
#define MAPPED_IOC_POKE _IOW('m', 2, struct mapped_word)

/* What has happened so far: ioctl(). */
struct mapped_stats {
	__u32 nr_mmaps;
	__u32 nr_closes;	      /* of areas, by vm_ops->close */
	__u32 nr_releases;	      /* of files */
	__u32 nr_open_areas_released; /* not closed when their file was */
	__u32 nr_asleep;	      /* in the mmap handler */
	__u32 pid;		      /* current's, in the last mmap */
	__u64 vm_start;		      /* of the last area */
};

#define MAPPED_IOC_STATS _IOR('m', 3, struct mapped_stats)

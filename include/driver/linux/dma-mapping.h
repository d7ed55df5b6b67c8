/* SPDX-License-Identifier: MIT */
/*
 * Memory which a driver shares with a device, and may share with applications.
 * There is no device here: what plays one uses the driver's own address.
 * Source: driver-api 5.4, 7.17
 */
#ifndef _LINUX_DMA_MAPPING_H
#define _LINUX_DMA_MAPPING_H

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>
#include <linux/types.h>

struct device;

/**
 * dma_alloc_coherent() - allocate memory in one piece
 * @dev:	the device; may be NULL
 * @size:	in bytes, rounded up to whole pages; 0 gives NULL
 * @r_handle:	receives the device's address of it
 * @flags:	as for alloc_pages()
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the memory, page-aligned and zeroed, or NULL; dma_free_coherent() it
 */
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *r_handle,
			 gfp_t flags);

/**
 * dma_free_coherent() - give it back
 * @dev:	the device
 * @size:	as it was then
 * @cpu_addr:	the memory; NULL does nothing
 * @handle:	the device's address of it
 *
 * Applications which have mapped it keep what they see.
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 */
void dma_free_coherent(struct device *dev, size_t size, void *cpu_addr,
		       dma_addr_t handle);

/**
 * dma_mmap_coherent() - map it into an application
 * @dev:	the device
 * @vma:	what the application maps, vm_pgoff being the offset in it
 * @cpu_addr:	the memory
 * @handle:	the device's address of it
 * @size:	its size in bytes
 *
 * Stage:  in-band, from an mmap handler.
 * Blocks: no.
 *
 * Return: 0, or
 *   -ENXIO	the application wants more than there is
 *   -EINVAL	it is not of dma_alloc_coherent()
 *   -EBUSY	there are pages already
 */
int dma_mmap_coherent(struct device *dev, struct vm_area_struct *vma,
		      void *cpu_addr, dma_addr_t handle, size_t size);

#endif /* _LINUX_DMA_MAPPING_H */

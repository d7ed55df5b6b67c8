/* SPDX-License-Identifier: MIT */
/*
 * What a device's driver takes for as long as it is bound: given back by
 * itself, the last thing first, once the driver's remove function has run or its
 * probe function failed. Of a device without a driver, when its last reference
 * is put.
 *
 * Source: driver-api 5.2, 5.4; as in Linux 6.6
 */
#ifndef _LINUX_DEVICE_DEVRES_H
#define _LINUX_DEVICE_DEVRES_H

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/types.h>
#include <stdarg.h>

struct device;
struct resource;

/*
 * Things of one's own kind.
 */

/* Give @res, what devres_alloc() returned, back. In-band, on a fiber. */
typedef void (*dr_release_t)(struct device *dev, void *res);
typedef int (*dr_match_t)(struct device *dev, void *res, void *match_data);

/**
 * devres_alloc() - make something which a device may own
 * @release:	called when that ends
 * @size:	how many bytes
 * @gfp:	GFP_KERNEL or another
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the memory, zeroed, for devres_add() or devres_free(); NULL: none left
 */
void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp);

/* Undo devres_alloc(), of what was not added. NULL does nothing. */
void devres_free(void *res);

/**
 * devres_add() - have a device own it
 * @dev:	the device
 * @res:	from devres_alloc()
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void devres_add(struct device *dev, void *res);

/**
 * devres_find() - find what a device owns
 * @dev:	the device
 * @release:	of that kind
 * @match:	is it this one? NULL: any
 * @match_data:	passed on
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the last one which was added, NULL: there is none
 */
void *devres_find(struct device *dev, dr_release_t release, dr_match_t match,
		  void *match_data);

/* The same, which the device does not own any more: devres_free() it. */
void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match,
		    void *match_data);

/**
 * devres_release() - have something given back now
 * @dev:	the device
 * @release:	which is called
 * @match:	as devres_find()
 * @match_data:	as devres_find()
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as @release.
 *
 * Return: 0, or
 *   -ENOENT	there is none
 */
int devres_release(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data);
/* The same without calling @release. */
int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match,
		   void *match_data);

/**
 * devm_add_action() - have a function called in the end
 * @dev:	the device
 * @action:	the function
 * @data:	its argument
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -ENOMEM
 */
int devm_add_action(struct device *dev, void (*action)(void *data), void *data);
/* The same; it is called at once if that fails. */
int devm_add_action_or_reset(struct device *dev, void (*action)(void *data),
			     void *data);
/* It is not to be called; and call it now. Both were added. */
void devm_remove_action(struct device *dev, void (*action)(void *data),
			void *data);
void devm_release_action(struct device *dev, void (*action)(void *data),
			 void *data);

/*
 * Memory.
 */

/**
 * devm_kmalloc() - memory for as long as a driver is bound
 * @dev:	the device
 * @size:	how many bytes
 * @gfp:	as for kmalloc()
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the memory, NULL: none left
 */
void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
	__attribute__((malloc));

/* Free it before its time. What is none of the device's is told in the log.
 * In-band, does not block. */
void devm_kfree(struct device *dev, const void *ptr);

static inline void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp)
{
	return devm_kmalloc(dev, size, gfp | __GFP_ZERO);
}

static inline void *devm_kmalloc_array(struct device *dev, size_t n,
				       size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;

	return devm_kmalloc(dev, bytes, gfp);
}

static inline void *devm_kcalloc(struct device *dev, size_t n, size_t size,
				 gfp_t gfp)
{
	return devm_kmalloc_array(dev, n, size, gfp | __GFP_ZERO);
}

/* Copies; NULL of NULL, or where there is no memory left. */
void *devm_kmemdup(struct device *dev, const void *from, size_t size,
		   gfp_t gfp);
char *devm_kstrdup(struct device *dev, const char *str, gfp_t gfp);
/* printf() to such memory. */
char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with its arguments in a va_list. */
char *devm_kvasprintf(struct device *dev, gfp_t gfp, const char *fmt,
		      va_list ap) __attribute__((format(printf, 3, 0)));

/*
 * Registers; see linux/io.h and linux/ioport.h.
 */

/**
 * devm_ioremap() - reach registers
 * @dev:	the device
 * @offset:	their address
 * @size:	how many bytes
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: where they are, NULL: nothing is at that address, or -ENOMEM
 */
void __iomem *devm_ioremap(struct device *dev, resource_size_t offset,
			   resource_size_t size);
#define devm_ioremap_wc(dev, offset, size) devm_ioremap(dev, offset, size)
#define devm_ioremap_uc(dev, offset, size) devm_ioremap(dev, offset, size)
void devm_iounmap(struct device *dev, void __iomem *addr);

/**
 * devm_ioremap_resource() - claim registers and reach them
 * @dev:	the device, for messages too
 * @res:	where they are; NULL is none
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: where they are, or an IOMEM_ERR_PTR() of
 *   -EINVAL	@res is not memory
 *   -EBUSY	somebody else has claimed some of it
 *   -ENOMEM	nothing is at that address
 */
void __iomem *devm_ioremap_resource(struct device *dev,
				    const struct resource *res);

#endif /* _LINUX_DEVICE_DEVRES_H */

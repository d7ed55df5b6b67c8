/* SPDX-License-Identifier: MIT */
/*
 * Memory for applications, of every kind that can be mapped. Files share it:
 * what is in it stays. Offsets choose the region, see mapped.h.
 */
#include "mapped.h"

#include <evl/file.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#define SIZE (MAPPED_PAGES * PAGE_SIZE)

struct mapped_file {
	struct evl_file efile;
	unsigned int nr_areas;
};

static char *memory[MAPPED_NR]; /* NULL: in several pieces, or none */
static struct page *pages;
static dma_addr_t dma_handle;
static char *single[MAPPED_PAGES - 1];
static struct mapped_stats stats;
static DECLARE_WAIT_QUEUE_HEAD(never);

static int mapped_open(struct inode *inode, struct file *filp)
{
	struct mapped_file *mf = kzalloc(sizeof(*mf), GFP_KERNEL);

	if (mf == NULL)
		return -ENOMEM;

	filp->private_data = mf;

	return evl_open_file(&mf->efile, filp);
}

static int mapped_release(struct inode *inode, struct file *filp)
{
	struct mapped_file *mf = filp->private_data;

	evl_release_file(&mf->efile);
	msleep(1); /* who does not wait for us would be told less */
	stats.nr_releases++;
	stats.nr_open_areas_released += mf->nr_areas;
	kfree(mf);

	return 0;
}

static void mapped_vm_open(struct vm_area_struct *vma)
{
	struct mapped_file *mf = vma->vm_private_data;

	mf->nr_areas++;
}

static void mapped_vm_close(struct vm_area_struct *vma)
{
	struct mapped_file *mf = vma->vm_private_data;

	msleep(1); /* as above */
	mf->nr_areas--;
	stats.nr_closes++;
}

static vm_fault_t mapped_fault(struct vm_fault *vmf)
{
	unsigned long n = vmf->pgoff;

	if (n >= ARRAY_SIZE(single))
		return VM_FAULT_SIGBUS;

	vmf->page = virt_to_page(single[n]);
	get_page(vmf->page);

	return 0;
}

static const struct vm_operations_struct mapped_vm_ops = {
	.open = mapped_vm_open,
	.close = mapped_vm_close,
};

static const struct vm_operations_struct faulting_vm_ops = {
	.open = mapped_vm_open,
	.close = mapped_vm_close,
	.fault = mapped_fault,
};

static int sleep_here(void)
{
	int ret;

	stats.nr_asleep++;
	ret = wait_event_interruptible(never, false);
	stats.nr_asleep--;

	return ret;
}

static int map_region(unsigned int region, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long offset = vma->vm_pgoff << PAGE_SHIFT;

	switch (region) {
	case MAPPED_CONST:
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vm_flags_clear(vma, VM_MAYWRITE);
		fallthrough;
	case MAPPED_VMALLOC:
		return remap_vmalloc_range(vma, memory[region], vma->vm_pgoff);
	case MAPPED_PFN:
		if (size > SIZE || offset > SIZE - size)
			return -EINVAL;
		fallthrough;
	case MAPPED_KMALLOC:
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
		return remap_pfn_range(
			vma, vma->vm_start,
			(virt_to_phys(memory[region]) + offset) >> PAGE_SHIFT,
			size, vma->vm_page_prot);
	case MAPPED_DMA:
		return dma_mmap_coherent(NULL, vma, memory[region], dma_handle,
					 SIZE);
	case MAPPED_FAULT:
		vma->vm_ops = &faulting_vm_ops;
		return 0;
	case MAPPED_SLEEP:
		return sleep_here();
	default:
		return -ENXIO;
	}
}

static int mapped_mmap(struct file *filp, struct vm_area_struct *vma)
{
	unsigned int region = vma->vm_pgoff / MAPPED_STRIDE;
	int ret;

	stats.pid = task_tgid_nr(current);
	stats.vm_start = vma->vm_start;
	vma->vm_pgoff %= MAPPED_STRIDE;
	vma->vm_ops = &mapped_vm_ops;
	ret = map_region(region, vma);
	if (ret)
		return ret;

	stats.nr_mmaps++;
	vma->vm_private_data = filp->private_data;
	vma->vm_ops->open(vma);

	return 0;
}

static u64 *word_at(const struct mapped_word *word)
{
	unsigned int page = word->offset / PAGE_SIZE;

	if (word->region >= MAPPED_NR || word->offset % sizeof(u64))
		return NULL;
	if (word->region == MAPPED_FAULT)
		return page < ARRAY_SIZE(single)
			       ? (u64 *)(single[page] +
					 offset_in_page(word->offset))
			       : NULL;
	if (memory[word->region] == NULL || word->offset >= SIZE)
		return NULL;

	return (u64 *)(memory[word->region] + word->offset);
}

static long mapped_oob_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	struct mapped_word word, __user *u_word = (void __user *)arg;
	u64 *where;

	if (cmd != MAPPED_IOC_PEEK && cmd != MAPPED_IOC_POKE)
		return -ENOTTY;
	if (raw_copy_from_user(&word, u_word, sizeof(word)))
		return -EFAULT;
	where = word_at(&word);
	if (where == NULL)
		return -EINVAL;

	if (cmd == MAPPED_IOC_POKE) {
		WRITE_ONCE(*where, word.value);
		return 0;
	}
	word.value = READ_ONCE(*where);

	return raw_copy_to_user(u_word, &word, sizeof(word)) ? -EFAULT : 0;
}

static long mapped_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (cmd != MAPPED_IOC_STATS)
		return -ENOTTY;

	return copy_to_user((void __user *)arg, &stats, sizeof(stats)) ? -EFAULT
								       : 0;
}

/* So that a mapping of the kernel's own would show. */
static ssize_t mapped_read(struct file *filp, char __user *u_buf, size_t count,
			   loff_t *ppos)
{
	return -EIO;
}

static ssize_t mapped_write(struct file *filp, const char __user *u_buf,
			    size_t count, loff_t *ppos)
{
	return -EIO;
}

static const struct file_operations mapped_fops = {
	.owner = THIS_MODULE,
	.open = mapped_open,
	.release = mapped_release,
	.read = mapped_read,
	.write = mapped_write,
	.unlocked_ioctl = mapped_ioctl,
	.oob_ioctl = mapped_oob_ioctl,
	.mmap = mapped_mmap,
};

static struct miscdevice mapped_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mapped",
	.fops = &mapped_fops,
};

static int __init mapped_init(void)
{
	memory[MAPPED_VMALLOC] = vmalloc_user(SIZE);
	memory[MAPPED_CONST] = vmalloc_user(SIZE);
	memory[MAPPED_DMA] =
		dma_alloc_coherent(NULL, SIZE, &dma_handle, GFP_KERNEL);
	memory[MAPPED_KMALLOC] = kmalloc(SIZE, GFP_KERNEL);
	pages = alloc_pages(GFP_KERNEL, get_order(SIZE));
	memory[MAPPED_PFN] = page_address(pages);
	for (unsigned int i = 0; i < ARRAY_SIZE(single); i++)
		single[i] = (char *)get_zeroed_page(GFP_KERNEL);

	return misc_register(&mapped_dev);
}

static void __exit mapped_exit(void)
{
	misc_deregister(&mapped_dev);
	for (unsigned int i = 0; i < ARRAY_SIZE(single); i++)
		free_page((unsigned long)single[i]);
	__free_pages(pages, get_order(SIZE));
	kfree(memory[MAPPED_KMALLOC]);
	dma_free_coherent(NULL, SIZE, memory[MAPPED_DMA], dma_handle);
	vfree(memory[MAPPED_CONST]);
	vfree(memory[MAPPED_VMALLOC]);
}

module_init(mapped_init);
module_exit(mapped_exit);
MODULE_LICENSE("MIT");

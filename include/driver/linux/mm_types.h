/* SPDX-License-Identifier: MIT */
/* What an application has mapped, with the members drivers use.
 * Source: driver-api 7.17 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/types.h>

struct file;
struct vm_area_struct;
struct vm_fault;

/* A page of memory. Pointers to it count pages, and lead nowhere: the functions
 * of <linux/mm.h> tell what it is. */
struct page {
	unsigned long unused[8];
};

typedef struct {
	unsigned long pgprot;
} pgprot_t;

typedef unsigned int vm_fault_t;

#define VM_FAULT_OOM	((vm_fault_t)0x1)
#define VM_FAULT_SIGBUS ((vm_fault_t)0x2)
#define VM_FAULT_NOPAGE ((vm_fault_t)0x100) /* the handler has inserted it */
#define VM_FAULT_ERROR	(VM_FAULT_OOM | VM_FAULT_SIGBUS)

/* vm_area_struct.vm_flags. */
#define VM_READ	      0x1ul
#define VM_WRITE      0x2ul
#define VM_EXEC	      0x4ul
#define VM_SHARED     0x8ul
#define VM_MAYREAD    0x10ul
#define VM_MAYWRITE   0x20ul /* a handler clears it: nor by mprotect() */
#define VM_MAYEXEC    0x40ul
#define VM_MAYSHARE   0x80ul
#define VM_PFNMAP     0x400ul
#define VM_LOCKED     0x2000ul /* all of it is, always */
#define VM_IO	      0x4000ul
#define VM_DONTCOPY   0x20000ul
#define VM_DONTEXPAND 0x40000ul
#define VM_DONTDUMP   0x4000000ul
#define VM_MIXEDMAP   0x10000000ul
#define VM_RESERVED   (VM_DONTEXPAND | VM_DONTDUMP) /* of older drivers */

/*
 * All three may be NULL, and all run in-band, on a fiber.
 *
 * @open	a copy was made: never called here, where a forked child and
 *		its parent share one area
 * @close	the last process has unmapped the last page, or all their files
 *		are closed. Before the file's release
 * @fault	provide page vmf->pgoff: called for each page which the mmap
 *		handler left out, in order, before mmap(2) returns. Sets
 *		vmf->page and returns 0, or inserts it and returns
 *		VM_FAULT_NOPAGE, or returns an error: the page is SIGBUS then,
 *		with VM_FAULT_OOM mmap(2) fails
 */
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	vm_fault_t (*fault)(struct vm_fault *vmf);
};

struct vm_area_struct {
	unsigned long vm_start; /* addresses in the application */
	unsigned long vm_end;
	unsigned long vm_flags;
	pgprot_t vm_page_prot; /* means nothing here */
	const struct vm_operations_struct *vm_ops;
	void *vm_private_data;
	unsigned long vm_pgoff; /* offset of vm_start, in pages */
	struct file *vm_file;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned int flags;
	unsigned long pgoff;
	unsigned long address;
	struct page *page;
};

#endif /* _LINUX_MM_TYPES_H */

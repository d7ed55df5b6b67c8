/* SPDX-License-Identifier: MIT */
/*
 * The caller's memory. A __user pointer belongs to another process: only these
 * calls may follow it. What came along with the request is at hand, the rest
 * is fetched from that process with a system call.
 *
 * Source: driver-api 2.16, 5.2, 7.3
 */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/types.h>

/*
 * copy_from_user() - copy @n bytes from the caller's @from
 * copy_to_user() - copy @n bytes to the caller's @to
 * clear_user() - write @n zero bytes to the caller's @to
 *
 * Stage: any, within a request. Blocks: no, though reaching beyond what came
 * along takes about a microsecond. Return: how many bytes were NOT copied: 0
 * on success. Bytes of @to which could not be fetched are zeroed.
 */
unsigned long copy_from_user(void *to, const void __user *from,
			     unsigned long n);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n);

/* Other spellings, for out-of-band handlers and where the kernel's would skip
 * access_ok(). Here they are the same. */
#define raw_copy_from_user(to, from, n) copy_from_user(to, from, n)
#define raw_copy_to_user(to, from, n)	copy_to_user(to, from, n)
#define __copy_from_user(to, from, n)	copy_from_user(to, from, n)
#define __copy_to_user(to, from, n)	copy_to_user(to, from, n)
#define __clear_user(to, n)		clear_user(to, n)

/* One scalar; 0 or -EFAULT. */
#define get_user(x, ptr)                                                  \
	__extension__({                                                   \
		union {                                                   \
			__typeof__(*(ptr)) val;                           \
			char raw[sizeof(*(ptr))];                         \
		} __gu;                                                   \
		int __gu_err =                                            \
			copy_from_user(__gu.raw, (ptr), sizeof(__gu.raw)) \
				? -EFAULT                                 \
				: 0;                                      \
		(x) = __gu.val; /* zero after a fault */                  \
		__gu_err;                                                 \
	})

#define put_user(x, ptr)                                                   \
	__extension__({                                                    \
		__typeof__(*(ptr)) __pu_val = (__typeof__(*(ptr)))(x);     \
		copy_to_user((ptr), &__pu_val, sizeof(__pu_val)) ? -EFAULT \
								 : 0;      \
	})

#define raw_get_user(x, ptr) get_user(x, ptr)
#define raw_put_user(x, ptr) put_user(x, ptr)
#define __get_user(x, ptr)   get_user(x, ptr)
#define __put_user(x, ptr)   put_user(x, ptr)

/*
 * strncpy_from_user() - copy a string of the caller's, its 0 included
 * Return: its length, @count if it is longer (@to has no 0 then), or -EFAULT.
 *
 * strnlen_user() - measure one, its 0 included, looking at @count bytes
 * Return: its size, more than @count if it is longer, or 0 after a fault.
 *
 * Stage: any, within a request. Blocks: no.
 */
long strncpy_from_user(char *to, const char __user *from, long count);
long strnlen_user(const char __user *str, long count);

/*
 * copy_struct_from_user() - copy a structure which grew, or will grow
 * @usize: its size as the caller knows it; what we know beyond reads as zero
 * Return: 0, -EFAULT, or -E2BIG if what the caller knows beyond is not zero.
 */
int copy_struct_from_user(void *to, size_t ksize, const void __user *from,
			  size_t usize);

/* A copy on the heap: kfree() it. ERR_PTR(-ENOMEM) or ERR_PTR(-EFAULT). The
 * second adds a 0. */
void *memdup_user(const void __user *from, size_t n);
void *memdup_user_nul(const void __user *from, size_t n);
char *strndup_user(const char __user *from, long n);

/*
 * access_ok() - can there be @size bytes of the caller's at @addr at all?
 * They need not be there: the copying tells. Stage: any. Blocks: no.
 */
bool user_access_ok(const void __user *addr, unsigned long size);
#define access_ok(addr, size) \
	user_access_ok((const void __user *)(addr), (size))

/*
 * simple_read_from_buffer() - what a read handler does that has it all
 * @ppos: how far the file was read; moved on
 * @available: bytes at @from, of which the caller wants @count from there on
 * Return: how many it got, 0 at the end; -EINVAL, or -EFAULT if it got none.
 * Stage: in-band, from a handler. Blocks: as copy_to_user().
 */
static inline ssize_t simple_read_from_buffer(void __user *to, size_t count,
					      loff_t *ppos, const void *from,
					      size_t available)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if ((size_t)pos >= available || count == 0)
		return 0;
	if (count > available - (size_t)pos)
		count = available - (size_t)pos;
	left = copy_to_user(to, (const char *)from + pos, count);
	if (left == count)
		return -EFAULT;
	count -= left;
	*ppos = pos + (loff_t)count;

	return (ssize_t)count;
}

/* The same for a write handler, into @available bytes at @to. */
static inline ssize_t simple_write_to_buffer(void *to, size_t available,
					     loff_t *ppos,
					     const void __user *from,
					     size_t count)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if ((size_t)pos >= available || count == 0)
		return 0;
	if (count > available - (size_t)pos)
		count = available - (size_t)pos;
	left = copy_from_user((char *)to + pos, from, count);
	if (left == count)
		return -EFAULT;
	count -= left;
	*ppos = pos + (loff_t)count;

	return (ssize_t)count;
}

/* An address which a structure has as a number. */
#define u64_to_user_ptr(x) ((void __user *)(unsigned long)(x))

/* memdup_user(), to be given back by kvfree(). */
#define vmemdup_user(from, n) memdup_user(from, n)

#endif /* _LINUX_UACCESS_H */

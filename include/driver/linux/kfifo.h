/* SPDX-License-Identifier: MIT */
/*
 * Rings of elements of one type. One who puts and one who gets need no lock
 * between them, on whatever stages they are; several of a kind do.
 *
 *	DECLARE_KFIFO(events, struct event, 16);	a member, with its buffer
 *	DECLARE_KFIFO_PTR(events, struct event);	one to be allocated
 *	DEFINE_KFIFO(events, struct event, 16);		a variable, ready for use
 *	struct kfifo bytes;				to be allocated, of bytes
 *
 * A ring is named to these calls by its address. Its size is a power of two.
 * None of them blocks. Any stage, but for kfifo_alloc() and kfifo_free(), which
 * are for in-band, and those which copy to a user, which are for requests.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_KFIFO_H
#define _LINUX_KFIFO_H

#include <errno.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <string.h>

/* Counted in elements; both counters run on, and wrap with their type. */
struct __kfifo {
	unsigned int in;    /* written by who puts */
	unsigned int out;   /* written by who gets */
	unsigned int mask;  /* size - 1 */
	unsigned int esize; /* of an element, in bytes */
	void *data;	    /* NULL: none yet */
};

/* clang-format off */
/* @elem takes no room; it is there for its type. */
#define __STRUCT_KFIFO(type, size)					\
	{								\
		struct __kfifo kfifo;					\
		type elem[0];						\
		type buf[size];						\
	}
#define __KFIFO_SIZE(size) ((size) < 2 || ((size) & ((size) - 1)) ? -1 : (size))

#define STRUCT_KFIFO(type, size)      struct __STRUCT_KFIFO(type, __KFIFO_SIZE(size))
#define STRUCT_KFIFO_PTR(type)	      struct __STRUCT_KFIFO(type, 0)
#define DECLARE_KFIFO(name, type, size) STRUCT_KFIFO(type, size) name
#define DECLARE_KFIFO_PTR(name, type)	STRUCT_KFIFO_PTR(type) name

struct kfifo __STRUCT_KFIFO(unsigned char, 0);

#define DEFINE_KFIFO(name, type, size)					\
	DECLARE_KFIFO(name, type, size) = {				\
		.kfifo = {						\
			.mask = (size) - 1,				\
			.esize = sizeof(type),				\
			.data = (name).buf,				\
		},							\
	}

/* A ring of DECLARE_KFIFO(), before anything else. */
#define INIT_KFIFO(fifo)						\
	__kfifo_init(&(fifo).kfifo, (fifo).buf,				\
		     sizeof((fifo).buf) / sizeof((fifo).buf[0]),	\
		     sizeof((fifo).elem[0]))

/*
 * For a ring of DECLARE_KFIFO_PTR(): room for @size elements, or more; 0, or
 *   -EINVAL	@size is below 2
 *   -ENOMEM
 * kfifo_free() it. Or with a buffer of one's own, of @size bytes: as much of it
 * is used as is a power of two.
 */
#define kfifo_alloc(fifo, size, gfp) \
	__kfifo_alloc(&(fifo)->kfifo, size, sizeof((fifo)->elem[0]), gfp)
#define kfifo_init(fifo, buffer, size)					\
	__kfifo_init_bytes(&(fifo)->kfifo, buffer, size,		\
			   sizeof((fifo)->elem[0]))
#define kfifo_free(fifo)	__kfifo_free(&(fifo)->kfifo, (fifo)->buf)

#define kfifo_initialized(fifo) ((fifo)->kfifo.mask != 0)
#define kfifo_esize(fifo)	(sizeof((fifo)->elem[0]))
#define kfifo_size(fifo)	((fifo)->kfifo.mask + 1)
#define kfifo_len(fifo)		__kfifo_len(&(fifo)->kfifo)
#define kfifo_avail(fifo)	(kfifo_size(fifo) - kfifo_len(fifo))
#define kfifo_is_empty(fifo)	(kfifo_len(fifo) == 0)
#define kfifo_is_full(fifo)	(kfifo_len(fifo) > (fifo)->kfifo.mask)
#define kfifo_is_empty_spinlocked(fifo, lock) \
	__kfifo_locked(lock, kfifo_is_empty(fifo))

/* Forget all that is in it: nobody may use it meanwhile; or, for who gets. */
#define kfifo_reset(fifo)	__kfifo_reset(&(fifo)->kfifo)
#define kfifo_reset_out(fifo)	__kfifo_skip(&(fifo)->kfifo, ~0U)
/* For who gets: leave out the first one. */
#define kfifo_skip(fifo)	((void)__kfifo_skip(&(fifo)->kfifo, 1))

/* One element: 1, or 0 if the ring is full or empty. */
#define kfifo_put(fifo, val)						\
	__extension__({							\
		__typeof__((fifo)->elem[0]) __fifo_val = (val);		\
		__kfifo_in(&(fifo)->kfifo, &__fifo_val, 1);		\
	})
#define kfifo_get(fifo, ptr) \
	__kfifo_out(&(fifo)->kfifo, __kfifo_check(fifo, ptr), 1)
#define kfifo_peek(fifo, ptr) \
	__kfifo_out_peek(&(fifo)->kfifo, __kfifo_check(fifo, ptr), 1)

/* Up to @n elements; how many it were. */
#define kfifo_in(fifo, ptr, n)	     __kfifo_in(&(fifo)->kfifo, ptr, n)
#define kfifo_out(fifo, ptr, n)	     __kfifo_out(&(fifo)->kfifo, ptr, n)
#define kfifo_out_peek(fifo, ptr, n) __kfifo_out_peek(&(fifo)->kfifo, ptr, n)

/* The same, under a lock. */
#define kfifo_in_spinlocked(fifo, ptr, n, lock) \
	__kfifo_locked(lock, kfifo_in(fifo, ptr, n))
#define kfifo_out_spinlocked(fifo, ptr, n, lock) \
	__kfifo_locked(lock, kfifo_out(fifo, ptr, n))
#define kfifo_in_locked(fifo, ptr, n, lock) \
	kfifo_in_spinlocked(fifo, ptr, n, lock)
#define kfifo_out_locked(fifo, ptr, n, lock) \
	kfifo_out_spinlocked(fifo, ptr, n, lock)
#define kfifo_in_spinlocked_noirqsave(fifo, ptr, n, lock) \
	kfifo_in_spinlocked(fifo, ptr, n, lock)
#define kfifo_out_spinlocked_noirqsave(fifo, ptr, n, lock) \
	kfifo_out_spinlocked(fifo, ptr, n, lock)

/*
 * From and to the caller's memory, up to @len bytes, in whole elements; *@copied
 * says how many bytes it were. 0, or -EFAULT.
 */
#define kfifo_from_user(fifo, from, len, copied) \
	__kfifo_from_user(&(fifo)->kfifo, from, len, copied)
#define kfifo_to_user(fifo, to, len, copied) \
	__kfifo_to_user(&(fifo)->kfifo, to, len, copied)

/* @ptr points to an element, or the compiler complains. */
#define __kfifo_check(fifo, ptr)					\
	__extension__({							\
		__typeof__((fifo)->elem[0]) *__fifo_ptr = (ptr);	\
		__fifo_ptr;						\
	})
#define __kfifo_locked(lock, expr)					\
	__extension__({							\
		unsigned long __fifo_flags;				\
		unsigned int __fifo_ret;				\
		spin_lock_irqsave(lock, __fifo_flags);			\
		__fifo_ret = (expr);					\
		spin_unlock_irqrestore(lock, __fifo_flags);		\
		__fifo_ret;						\
	})
/* clang-format on */

static inline void __kfifo_init(struct __kfifo *fifo, void *data, size_t size,
				size_t esize)
{
	*fifo = (struct __kfifo){
		.mask = (unsigned int)size - 1,
		.esize = (unsigned int)esize,
		.data = data,
	};
}

static inline int __kfifo_alloc(struct __kfifo *fifo, unsigned int size,
				size_t esize, gfp_t gfp)
{
	void *data;

	*fifo = (struct __kfifo){ .data = NULL };
	if (size < 2 || size > 1U << 31)
		return -EINVAL;

	size = (unsigned int)roundup_pow_of_two(size);
	data = kmalloc_array(size, esize, gfp);
	if (data == NULL)
		return -ENOMEM;
	__kfifo_init(fifo, data, size, esize);

	return 0;
}

static inline int __kfifo_init_bytes(struct __kfifo *fifo, void *buffer,
				     unsigned int size, size_t esize)
{
	*fifo = (struct __kfifo){ .data = NULL };
	if (size / esize < 2)
		return -EINVAL;
	__kfifo_init(fifo, buffer, rounddown_pow_of_two(size / esize), esize);

	return 0;
}

static inline void __kfifo_free(struct __kfifo *fifo, const void *buf)
{
	if (fifo->data != buf)
		kfree(fifo->data);
	*fifo = (struct __kfifo){ .data = NULL };
}

static inline unsigned int __kfifo_len(const struct __kfifo *fifo)
{
	/* Acquire, both: what the other side did to the elements before. Out
	 * first, so that no more than is there seems to be there. */
	unsigned int out = __atomic_load_n(&fifo->out, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&fifo->in, __ATOMIC_ACQUIRE) - out;
}

static inline void __kfifo_reset(struct __kfifo *fifo)
{
	/* Relaxed, both: nobody else is about. */
	__atomic_store_n(&fifo->in, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&fifo->out, 0, __ATOMIC_RELAXED);
}

/* Where element @n is, and how many of @count follow it in one piece. */
static inline char *__kfifo_piece(const struct __kfifo *fifo, unsigned int n,
				  unsigned int *count)
{
	unsigned int place = n & fifo->mask, room = fifo->mask + 1 - place;

	if (*count > room)
		*count = room;

	return (char *)fifo->data + (size_t)place * fifo->esize;
}

/* How many of @count elements there is room for. */
static inline unsigned int __kfifo_room(const struct __kfifo *fifo,
					unsigned int count)
{
	unsigned int room = fifo->mask + 1 - __kfifo_len(fifo);

	if (fifo->data == NULL)
		return 0;

	return count < room ? count : room;
}

/* How many of @count elements are there. */
static inline unsigned int __kfifo_there(const struct __kfifo *fifo,
					 unsigned int count)
{
	unsigned int len = __kfifo_len(fifo);

	return count < len ? count : len;
}

static inline unsigned int __kfifo_in(struct __kfifo *fifo, const void *from,
				      unsigned int count)
{
	unsigned int in = fifo->in, done, piece;

	count = __kfifo_room(fifo, count);
	for (done = 0; done < count; done += piece) {
		char *to;

		piece = count - done;
		to = __kfifo_piece(fifo, in + done, &piece);
		memcpy(to, (const char *)from + (size_t)done * fifo->esize,
		       (size_t)piece * fifo->esize);
	}
	/* Release: the elements, to __kfifo_len(). */
	__atomic_store_n(&fifo->in, in + count, __ATOMIC_RELEASE);

	return count;
}

static inline unsigned int __kfifo_out_peek(const struct __kfifo *fifo,
					    void *to, unsigned int count)
{
	unsigned int done, piece;

	count = __kfifo_there(fifo, count);
	for (done = 0; done < count; done += piece) {
		const char *from;

		piece = count - done;
		from = __kfifo_piece(fifo, fifo->out + done, &piece);
		memcpy((char *)to + (size_t)done * fifo->esize, from,
		       (size_t)piece * fifo->esize);
	}

	return count;
}

static inline unsigned int __kfifo_skip(struct __kfifo *fifo,
					unsigned int count)
{
	count = __kfifo_there(fifo, count);
	/* Release: we are done with the elements, to __kfifo_len(). */
	__atomic_store_n(&fifo->out, fifo->out + count, __ATOMIC_RELEASE);

	return count;
}

static inline unsigned int __kfifo_out(struct __kfifo *fifo, void *to,
				       unsigned int count)
{
	return __kfifo_skip(fifo, __kfifo_out_peek(fifo, to, count));
}

static inline int __kfifo_from_user(struct __kfifo *fifo,
				    const void __user *from, size_t len,
				    unsigned int *copied)
{
	unsigned int in = fifo->in, done, piece, count;
	int ret = 0;

	count = len / fifo->esize > fifo->mask + 1
			? fifo->mask + 1
			: (unsigned int)(len / fifo->esize);
	count = __kfifo_room(fifo, count);
	for (done = 0; done < count; done += piece) {
		char *to;

		piece = count - done;
		to = __kfifo_piece(fifo, in + done, &piece);
		if (copy_from_user(to,
				   (const char __user *)from +
					   (size_t)done * fifo->esize,
				   (size_t)piece * fifo->esize)) {
			ret = -EFAULT;
			break;
		}
	}
	*copied = done * fifo->esize;
	/* Release: the elements, to __kfifo_len(). */
	__atomic_store_n(&fifo->in, in + done, __ATOMIC_RELEASE);

	return ret;
}

static inline int __kfifo_to_user(struct __kfifo *fifo, void __user *to,
				  size_t len, unsigned int *copied)
{
	unsigned int done, piece, count;
	int ret = 0;

	count = len / fifo->esize > fifo->mask + 1
			? fifo->mask + 1
			: (unsigned int)(len / fifo->esize);
	count = __kfifo_there(fifo, count);
	for (done = 0; done < count; done += piece) {
		const char *from;

		piece = count - done;
		from = __kfifo_piece(fifo, fifo->out + done, &piece);
		if (copy_to_user((char __user *)to + (size_t)done * fifo->esize,
				 from, (size_t)piece * fifo->esize)) {
			ret = -EFAULT;
			break;
		}
	}
	*copied = __kfifo_skip(fifo, done) * fifo->esize;

	return ret;
}

#endif /* _LINUX_KFIFO_H */

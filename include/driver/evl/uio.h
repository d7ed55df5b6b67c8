/* SPDX-License-Identifier: MIT */
/*
 * Moving data from and to vectors of the caller's buffers. All of it within a
 * request, on any stage; none blocks.
 *
 * Source: driver-api 2.17
 */
#ifndef _EVL_UIO_H
#define _EVL_UIO_H

#include <evl/memory.h>
#include <evl/prelude.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/uio.h>

/**
 * evl_load_uio() - get a vector from the caller
 * @u_iov:	where it is; a 32-bit caller's is of that kind
 * @iovlen:	how many buffers it has
 * @fast_iov:	UIO_FASTIOV of them
 *
 * Return: the vector, in @fast_iov if there is room, else to be freed by
 *	   evl_free(); or an ERR_PTR() of
 *   -EINVAL	@iovlen is above UIO_MAXIOV
 *   -EFAULT	it cannot be read
 *   -ENOMEM
 */
struct iovec *evl_load_uio(const struct iovec __user *u_iov, size_t iovlen,
			   struct iovec *fast_iov);

/**
 * evl_copy_to_uio() - spread data over the caller's buffers
 * @iov:	the vector
 * @iovlen:	how many buffers it has
 * @data:	the data
 * @len:	how many bytes
 *
 * Return: how many bytes there was room for, or -EFAULT
 */
ssize_t evl_copy_to_uio(const struct iovec *iov, size_t iovlen,
			const void *data, size_t len);

/**
 * evl_copy_to_uio_incremental() - the same, for who goes on later
 * @iovp:	the vector, where to go on after the call; what is left of its
 *		first buffer stands in that
 * @iovlenp:	how many buffers are left
 * @data:	the data
 * @len:	how many bytes
 *
 * Return: as evl_copy_to_uio()
 */
ssize_t evl_copy_to_uio_incremental(struct iovec **iovp, size_t *iovlenp,
				    const void *data, size_t len);

/**
 * evl_copy_from_uio() - gather data from the caller's buffers
 * @iov:	the vector
 * @iovlen:	how many buffers it has
 * @data:	where to
 * @len:	room there, in bytes
 * @remainder:	receives how many bytes of the buffers did not fit; may be NULL
 *
 * Return: how many bytes were gathered, or -EFAULT
 */
ssize_t evl_copy_from_uio(const struct iovec *iov, size_t iovlen, void *data,
			  size_t len, size_t *remainder);

/**
 * evl_copy_from_uio_to_kvec() - gather data in memory of the core's heap
 * @iov:	the vector
 * @iovlen:	how many buffers it has
 * @count:	how many bytes at most
 * @kvec:	receives the memory, for evl_free(), and how much is in it
 *
 * Return: how many bytes were gathered, or
 *   -EFAULT	a buffer cannot be read
 *   -ENOMEM
 */
ssize_t evl_copy_from_uio_to_kvec(const struct iovec *iov, size_t iovlen,
				  size_t count, struct kvec *kvec);

/* The room in all buffers, in bytes. */
size_t evl_iov_flat_length(const struct iovec *iov, int iovlen);

#endif /* _EVL_UIO_H */

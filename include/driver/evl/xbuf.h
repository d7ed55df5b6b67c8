/* SPDX-License-Identifier: MIT */
/*
 * A driver's access to a cross-buffer which an application made and named to
 * it by a descriptor. The driver is on the out-of-band end: what it writes the
 * application gets from read(2), what it reads the application sent by
 * write(2).
 */
#ifndef _EVL_XBUF_H
#define _EVL_XBUF_H

#include <evl/prelude.h>
#include <linux/types.h>

struct evl_file;
struct evl_xbuf;

/**
 * evl_get_xbuf() - find the cross-buffer a descriptor refers to
 * @efd:	a descriptor number of the process `current` belongs to
 * @efilpp:	receives the file, to be given to evl_put_xbuf(); untouched on
 *		failure
 *
 * close(2) of the last descriptor waits until evl_put_xbuf() is called.
 *
 * Stage:  any, within a request.
 * Blocks: as evl_get_file().
 * Source: seed-4; driver-api 2.20, 3.6
 *
 * Return: the cross-buffer, or NULL if @efd refers to none
 */
struct evl_xbuf *evl_get_xbuf(int efd, struct evl_file **efilpp);

/**
 * evl_put_xbuf() - end the use of a cross-buffer
 * @efilp:	from evl_get_xbuf()
 *
 * Stage:  any.
 * Blocks: no.
 * Source: seed-4; driver-api 2.20, 3.7
 */
void evl_put_xbuf(struct evl_file *efilp);

/**
 * evl_read_xbuf() - take bytes the application sent by write(2)
 * @xbuf:	the cross-buffer
 * @buf:	where to
 * @count:	how many
 * @f_flags:	0, or O_NONBLOCK for all or nothing at once
 *
 * Stage:  out-of-band, from a handler; with O_NONBLOCK any.
 * Blocks: until @count bytes are there, unless a writer is stuck because the
 *	   ring is full: then less is returned.
 * Source: seed-4; driver-api 2.20, 3.3, 3.8
 *
 * Return: the bytes taken, or
 *   -EAGAIN	fewer than @count are there, with O_NONBLOCK
 *   -EINVAL	@count exceeds the ring
 *   -ENOBUFS	there is no ring in this direction
 *   -EPERM	the caller cannot sleep here
 *   -EINTR	the wait was broken
 *   -EIDRM	a file of the cross-buffer was closed
 */
ssize_t evl_read_xbuf(struct evl_xbuf *xbuf, void *buf, size_t count,
		      int f_flags);

/**
 * evl_write_xbuf() - send bytes which the application gets from read(2)
 * @xbuf:	the cross-buffer
 * @buf:	the bytes, which go as one message
 * @count:	how many
 * @f_flags:	0, or O_NONBLOCK
 *
 * Stage:  out-of-band, from a handler; with O_NONBLOCK any.
 * Blocks: until there is room for all of it.
 * Source: seed-4; driver-api 2.20, 3.4, 3.8
 *
 * Return: @count, or
 *   -EAGAIN	there is no room, with O_NONBLOCK
 *   -EINVAL	@count exceeds the ring
 *   -ENOBUFS	there is no ring in this direction
 *   -EPERM	the caller cannot sleep here
 *   -EINTR	the wait was broken
 *   -EIDRM	a file of the cross-buffer was closed
 */
ssize_t evl_write_xbuf(struct evl_xbuf *xbuf, const void *buf, size_t count,
		       int f_flags);

#endif /* _EVL_XBUF_H */

/* SPDX-License-Identifier: MIT */
/*
 * Cross-buffers: a pair of byte rings between the two stages. The call picks
 * the ring, not the thread which makes it:
 *
 *	oob_write()  --- inbound,  i_bufsz --->  read(2)
 *	oob_read()  <--- outbound, o_bufsz ---   write(2)
 *
 * A write is stored whole or not at all, and never mixes with another. A read
 * takes the oldest bytes and knows nothing of message borders. It waits for
 * all it asked for, unless the descriptor has O_NONBLOCK or a writer sleeps
 * for want of room: then it takes what is there. poll(2), select(2) and
 * epoll(7) work on the in-band ends.
 *
 * The kernel cuts a large read(2) or write(2) in pieces, and each piece is a
 * call of its own: messages of others may come between, and a write may end
 * short. On the FUSE front a piece has up to 1 MiB, on CUSE up to 128 KiB, less
 * what the buffer is off a page boundary. oob_read() and oob_write() are never
 * cut.
 *
 * Once created, a cross-buffer is used with open(2), read(2), write(2),
 * oob_read(), oob_write() and close(2); it lives until its last descriptor is
 * closed. Those calls fail with ENOBUFS on a ring of size 0. A write larger
 * than its ring fails with EINVAL, with O_NONBLOCK too; a read larger than its
 * ring only without.
 *
 * Source: user-api 10.1, 10.3 to 10.8
 */
#ifndef _EVL_XBUF_H
#define _EVL_XBUF_H

#include <evl/compiler.h>
#include <stddef.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/xbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * evl_create_xbuf() - create a cross-buffer
 * @i_bufsz:	size of the inbound ring (oob_write() to read(2)) in bytes, up
 *		to 2^30; 0 for none
 * @o_bufsz:	size of the outbound ring (write(2) to oob_read()), likewise
 * @flags:	EVL_CLONE_PRIVATE, or EVL_CLONE_PUBLIC for a node in
 *		/dev/evl/xbuf; EVL_CLONE_NONBLOCK sets O_NONBLOCK on the
 *		descriptor
 * @fmt:	name, as for printf(3), unique in its class; a leading slash
 *		means EVL_CLONE_PUBLIC and is not part of the name; NULL for
 *		none
 * @...:	what @fmt needs
 *
 * Needs no evl_init() and no attachment.
 *
 * Stage:  in-band.
 * Blocks: until the daemon answers.
 * Source: user-api 4.1 to 4.3, 10.2
 *
 * Return: a descriptor open for reading and writing (close-on-exec), or
 *   -EACCES	no permission to use the daemon or its xbuf class
 *   -EAGAIN	the daemon has no room for another cross-buffer
 *   -EEXIST	the name is taken
 *   -EINVAL	bad @flags; both sizes are 0, or one is over 2^30; a name with
 *		a slash inside, or which is ".", ".." or "clone"; a public
 *		name, which is a file's, with control characters or a dot in
 *		front (a private one may have them); EVL_CLONE_PUBLIC without
 *		a name
 *   -EMFILE	too many descriptors in this process
 *   -ENAMETOOLONG	the name is over EVL_MAX_NAME_LEN
 *   -ENFILE	too many descriptors in the system
 *   -ENODEV	the daemon is gone
 *   -ENOEXEC	the daemon speaks another ABI
 *   -ENOMEM	not enough memory
 *   -ENOSYS	no evl-cused is running
 */
int evl_create_xbuf(size_t i_bufsz, size_t o_bufsz, int flags, const char *fmt,
		    ...) __check_printf(4, 5);

/**
 * evl_new_xbuf() - create a private cross-buffer with two rings of one size
 * @io_bufsz:	size of each ring
 * @fmt:	as for evl_create_xbuf()
 * @...:	what @fmt needs
 *
 * Source: user-api 10, 10.2
 *
 * Return: as evl_create_xbuf().
 */
#define evl_new_xbuf(__io_bufsz, ...)                                        \
	(__extension__({                                                     \
		size_t __evl_bufsz = (__io_bufsz);                           \
		evl_create_xbuf(__evl_bufsz, __evl_bufsz, EVL_CLONE_PRIVATE, \
				__VA_ARGS__);                                \
	}))

#ifdef __cplusplus
}
#endif

#endif /* _EVL_XBUF_H */

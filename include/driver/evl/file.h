/* SPDX-License-Identifier: MIT */
/*
 * The out-of-band side of an open file. A driver embeds a struct evl_file in
 * what it keeps about each file, hands it over in its open handler, and takes
 * it back in its release handler before it frees it.
 *
 * Source: driver-api 2.1; seed-2
 */
#ifndef _EVL_FILE_H
#define _EVL_FILE_H

#include <evl/prelude.h>
#include <linux/fs.h>

struct evl_file {
	struct file *filp; /* whose out-of-band side this is; NULL: released */
};

/**
 * evl_open_file() - let a file take out-of-band requests
 * @efilp:	its out-of-band side; must live as long as @filp is open
 * @filp:	the file, as the open handler got it
 *
 * Called again for the same two it changes nothing. Several files may have one
 * @efilp: then references on it are on none of them in particular, @efilp->filp
 * is the one which came last of those that are open, and it is released with
 * the last of them.
 *
 * Stage:  in-band, from an open handler, or for a file which a handler makes.
 * Blocks: no.
 *
 * Return: 0, or
 *   -ENOMEM	not enough memory; @filp takes none
 *   -EPERM	called out-of-band
 */
int evl_open_file(struct evl_file *efilp, struct file *filp);

/**
 * evl_release_file() - wait for the last out-of-band request on a file
 * @efilp:	from evl_open_file()
 *
 * First wake whoever sleeps in the driver on behalf of this file, as with
 * evl_destroy_flag(): this call does not, and waits for them. On return no
 * handler works on the file, nor will one start; its data may be freed.
 *
 * Stage:  in-band, from a release handler, once.
 * Blocks: until all requests on the file have ended and, if no other open file
 *	   has @efilp, all references to it are put.
 */
void evl_release_file(struct evl_file *efilp);

/**
 * evl_get_file() - find the file a descriptor refers to
 * @fd:		a descriptor number of the process `current` belongs to
 *
 * Unlike a kernel we are told of descriptors by the process itself; about one
 * which we do not know it is asked. Not if the caller holds a spin lock or a
 * mutex: it is not found then.
 *
 * Stage:  any, within a request.
 * Blocks: no, but for a descriptor which is asked about: until the process has
 *	   answered, the caller gets a signal, or 30 seconds are over.
 *
 * Return: the file with a reference, to be dropped by evl_put_file(); or NULL
 *	   if @fd is not open or takes no out-of-band requests, or if the
 *	   process does not use libevlclient: who would tell of @fd?
 */
struct evl_file *evl_get_file(unsigned int fd);

/**
 * evl_get_fileref() - take another reference
 * @efilp:	a file the caller holds a reference on
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_get_fileref(struct evl_file *efilp);

/**
 * evl_put_file() - drop a reference
 * @efilp:	from evl_get_file() or evl_get_fileref(); once it is put, the
 *		file may be released at any time
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_put_file(struct evl_file *efilp);

#endif /* _EVL_FILE_H */

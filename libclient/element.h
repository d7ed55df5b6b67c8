/* SPDX-License-Identifier: MIT */
/*
 * Making elements: open the class's clone node, send it one ioctl, and that
 * descriptor is the element.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <wire/bind.h>

struct element {
	int fd;
	char name[sizeof(((struct bind_clone *)0)->name)]; /* "": none */
};

/*
 * @class: its directory in /dev/evl; @flags: EVL_CLONE_*; @fmt: the name, see
 * evl_create_xbuf(). The process is connected.
 *
 * Blocks: until the daemon answers.
 *
 * Return: 0, with a bound descriptor (close-on-exec) in *@r_element, or what
 * evl_create_xbuf() lists.
 */
int element_new(const char *class, const void *attrs, size_t attrs_len,
		unsigned int flags, const char *fmt, va_list ap,
		struct element *r_element)
	__attribute__((format(printf, 5, 0)));

/*
 * Open the node /dev/evl/<@node>, and make sure that it is the daemon's. The
 * process is connected. A descriptor (close-on-exec), not bound yet, or -errno.
 */
int element_open_node(const char *node, bool nonblock);

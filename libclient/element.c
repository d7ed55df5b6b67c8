/* SPDX-License-Identifier: MIT */
/*
 * The clone protocol and the rules for names.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uapi/evl/factory.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "element.h"
#include "owner.h"
#include "sys.h"

static_assert(sizeof(((struct bind_clone *)0)->name) == EVL_MAX_NAME_LEN + 1,
	      "one limit for names");

__attribute__((format(printf, 3, 0))) static int
name_make(struct bind_clone *clone, char *buf, const char *fmt, va_list ap)
{
	const size_t size = sizeof(clone->name) + 1; /* and a slash */
	const char *name = buf;
	int len;

	if (fmt == NULL)
		return clone->flags & EVL_CLONE_PUBLIC ? -EINVAL : 0;

	len = vsnprintf(buf, size, fmt, ap);
	if (len < 0)
		return -EINVAL;

	if (*name == '/') {
		clone->flags |= EVL_CLONE_PUBLIC;
		name++;
		len--;
	}
	if ((size_t)len >= sizeof(clone->name))
		return -ENAMETOOLONG;
	/* It becomes the name of a file. */
	if (len == 0 || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return -EINVAL;

	memcpy(clone->name, name, (size_t)len + 1);

	return 0;
}

/* With CUSE the nodes go with the daemon, and sooner than we are told: does it
 * fail for that? */
static int why_failed(int error)
{
	struct control_rdev any = { .rdev = 0 };

	return control_ask(CONTROL_RDEV, &any, sizeof(any)) == -ENODEV
		       ? -ENODEV
		       : client_error(error);
}

int element_open_node(const char *node, bool nonblock)
{
	char name[64], buf[CONTROL_PATH_MAX + sizeof(name)];
	const char *path;
	int fd;

	(void)snprintf(name, sizeof(name), "/dev/evl/%s", node);
	path = client_path(name, buf, sizeof(buf));
	if (path == NULL)
		return -ENAMETOOLONG;

	fd = sys_open(path, O_RDWR | O_CLOEXEC | (nonblock ? O_NONBLOCK : 0));
	if (fd < 0)
		return why_failed(fd);

	if (!owner_is_daemon(fd)) {
		sys_unopen(fd);
		return why_failed(-ENXIO);
	}

	return fd;
}

static int clone_open(const char *class, bool nonblock)
{
	char node[64];

	(void)snprintf(node, sizeof(node), "%s/clone", class);

	return element_open_node(node, nonblock);
}

int element_new(const char *class, const void *attrs, size_t attrs_len,
		unsigned int flags, const char *fmt, va_list ap,
		struct element *r_element)
{
	char buf[sizeof(((struct bind_clone *)0)->name) + 1];
	struct bind_clone clone = { .attrs_len = (uint32_t)attrs_len };
	int fd, ret;

	clone.flags = flags & EVL_CLONE_MASK & ~(unsigned)EVL_CLONE_NONBLOCK;
	ret = name_make(&clone, buf, fmt, ap);
	if (ret)
		return ret;

	assert(attrs_len <= sizeof(clone.attrs));
	if (attrs_len)
		memcpy(clone.attrs, attrs, attrs_len);

	fd = clone_open(class, flags & EVL_CLONE_NONBLOCK);
	if (fd < 0)
		return fd;

	ret = sys_ioctl(fd, BIND_IOC_CLONE, &clone);
	if (ret == 0)
		ret = bind_new(fd);
	if (ret) {
		bind_close(fd);
		return why_failed(ret);
	}

	r_element->fd = fd;
	memcpy(r_element->name, clone.name, sizeof(r_element->name));

	return 0;
}

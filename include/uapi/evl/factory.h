/* SPDX-License-Identifier: MIT */
/*
 * How elements are made: open /dev/evl/<class>/clone, one EVL_IOC_CLONE on it.
 * Applications use the evl_create_*() calls, which do this for them, where there
 * is one for the class.
 *
 *	cfd = open("/dev/evl/<class>/clone", O_RDWR);
 *	ioctl(cfd, EVL_IOC_CLONE, &req);
 *	fd = public ? open("/dev/evl/<class>/<name>", O_RDWR) : (int)req.efd;
 *	close(cfd);
 *
 * Source: user-api 4.2, 4.4, 26.1, 26.2
 */
#ifndef _EVL_UAPI_FACTORY_H
#define _EVL_UAPI_FACTORY_H

#include <linux/ioctl.h>
#include <uapi/evl/types.h>

/* The longest element name, without the final 0. */
#define EVL_MAX_NAME_LEN 63

/* Creation flags. The low half word belongs to the library's own flags. */
#define EVL_CLONE_PRIVATE    (0 << 16)
#define EVL_CLONE_PUBLIC     (1 << 16) /* also a node in /dev/evl/<class> */
#define EVL_CLONE_OBSERVABLE (1 << 17)
#define EVL_CLONE_NONBLOCK   (1 << 18) /* O_NONBLOCK on the new descriptor */
#define EVL_CLONE_UNICAST    (1 << 19)
#define EVL_CLONE_MASTER     EVL_CLONE_UNICAST /* its old name */
#define EVL_CLONE_INPUT	     (1 << 20)
#define EVL_CLONE_OUTPUT     (1 << 21)
#define EVL_CLONE_SHAREABLE  (1 << 22)
#define EVL_CLONE_COREDEV    (1U << 31) /* the core's own, ignored here */
#define EVL_CLONE_MASK	     (((__u32)-1 << 16) & ~EVL_CLONE_COREDEV)

struct evl_element_ids {
	__u32 minor;
	fundle_t fundle;
	__u32 state_offset; /* ~0: the element shares no state */
};

struct evl_clone_req {
	__aligned_u64 name_ptr;	 /* (const char *), 0 for none */
	__aligned_u64 attrs_ptr; /* the class's attribute block */
	__u32 clone_flags;
	/* Filled by the core: */
	struct evl_element_ids eids;
	__u32 efd; /* a private element's, see below */
};

/* In ->efd: the element is public, and has to be opened by its name. Or
 * libevlclient did not see the ioctl: see there. */
#define EVL_CLONE_NO_EFD ((__u32)-1)

/*
 * Make an element. ->efd is a new descriptor of it, close-on-exec. A public one
 * lives on while the clone descriptor, or any of its own, is open.
 *
 * Unlike in the kernel the clone descriptor refers to the element, too: the same
 * open file as ->efd, with its mode and flags. And ->efd takes libevlclient's
 * ioctl(): after a bare system call, or in a program without the library, it is
 * EVL_CLONE_NO_EFD. Then the clone descriptor is what there is, for calls
 * in-band; dup() makes another.
 *
 * Return: 0, or -1 with errno
 *   EBUSY	done before on this clone descriptor, or it is an ->efd
 *   EEXIST	the class has one of that name
 *   EINVAL	bad flags, attributes or name; a public one without a name
 *   ENAMETOOLONG the name has more than EVL_MAX_NAME_LEN characters
 *   EAGAIN	there are as many as there may be
 *   EDQUOT	the user has its share of them
 *   EMFILE	this process has no descriptor left: nothing was made
 *   EFAULT	the request, its name or attributes cannot be read
 *   ESTALE	the class is gone
 *   ENOMEM	not enough memory
 *   or what the driver's build function says
 */
#define EVL_IOC_CLONE _IOWR('f', 0, struct evl_clone_req)

#endif /* _EVL_UAPI_FACTORY_H */

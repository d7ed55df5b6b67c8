/* SPDX-License-Identifier: MIT */
/*
 * How elements are made: open /dev/evl/<class>/clone, one EVL_IOC_CLONE on it.
 * Applications use the evl_create_*() calls, which do this for them.
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
	__u32 efd;
};

#define EVL_IOC_CLONE _IOWR('f', 0, struct evl_clone_req)

#endif /* _EVL_UAPI_FACTORY_H */

/* SPDX-License-Identifier: MIT */
/*
 * From a request to the driver's handler for it, and what surrounds that: open
 * modes, the argument of an ioctl, all that precedes and follows a release.
 *
 * Stage: in-band, on the request's fiber. Blocks: as long as the handler.
 */
#pragma once

#include <sys/types.h>

struct open_file;
struct vfs_request;

/* The driver's answer, or -errno. */
ssize_t dispatch(struct vfs_request *rq);
/* The release of @of, which is over then. */
void dispatch_release(struct open_file *of);

/* For a handler which does not come back: what follows an ioctl, whatever its
 * result. */
void dispatch_end_ioctl(struct vfs_request *rq);

/*
 * What a driver's read and write get as their __user buffer is ours. It goes by
 * an address where nobody has any memory, so that who dereferences it faults
 * as on EVL, and who goes beyond its end finds nothing.
 */
unsigned long dispatch_address(const struct vfs_request *rq);

/* SPDX-License-Identifier: MIT */
/*
 * Telling the daemon's files from others'.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum owner {
	OWNER_OTHER,
	OWNER_DAEMON,
	OWNER_OF_DEVICE, /* whoever has that character device */
};

/* Whose @fd is, as far as the kernel knows; its device in *@r_rdev. */
enum owner owner_of(int fd, dev_t *r_rdev);

/* That the daemon has the character device @rdev it has said. */
bool owner_knows(dev_t rdev);
void owner_remember(dev_t rdev);

/*
 * True: @fd is a file on one of the daemon's nodes, so that it may be sent our
 * ioctls. Nobody else's file ever sees one.
 *
 * Blocks: for a character device, until the daemon answers.
 */
bool owner_is_daemon(int fd);

/* True: @fd is a node of a FUSE front's, of whatever daemon. */
bool owner_is_fuse(int fd);

/* If @fd may be a node, and nobody has connected yet: do. For calls which a
 * driver may answer with a new descriptor, or for which it looks one up. */
void owner_connect(int fd);

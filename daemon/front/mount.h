/* SPDX-License-Identifier: MIT */
/*
 * Where the FUSE mount goes, and the links from /dev to what is on it. Leaves
 * nothing behind, and tidies up what a killed daemon left.
 *
 * Stage: in-band, on the loop; may wait for fusermount3.
 */
#pragma once

/* With the final 0. It must fit where clients are told of it. */
#define MOUNT_PATH_MAX 256

/*
 * Make @path ready to be mounted on: the directory is made if missing, and a
 * dead mount taken off it. -errno, with a line in *r_why, if it cannot be, or
 * if somebody uses it.
 */
int mount_point_open(const char *path, const char **r_why);
/* Remove the directories made by mount_point_open(). */
void mount_point_close(void);
/* Without links in it; absolute. */
const char *mount_point_path(void);
/* Take off what is mounted there, in use or not. */
int mount_point_detach(const char *path);

/* Remove links from /dev to what is, or was, mounted on @point. */
void links_clean(const char *point);
/* /dev/NAME to NAME on the mount. -EEXIST: something else is there. */
int link_add(const char *name);
void link_remove(const char *name);

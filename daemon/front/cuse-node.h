/* SPDX-License-Identifier: MIT */
/*
 * The file in /dev through which a CUSE device is opened. Where /dev is a
 * devtmpfs the kernel makes and removes it; elsewhere, in a container say, we
 * do.
 *
 * Stage: in-band. None blocks.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct node;

/* The device's name in the kernel, '!' for '/': into NODE_PATH_MAX bytes. */
void cuse_node_name(const struct node *node, char *name);

/* -EEXIST, after a line in the log: something else is there. What a killed
 * daemon left is removed. */
int cuse_node_check(const struct node *node);

/* The number of the device, from sysfs. False: the kernel has none of that
 * name. */
bool cuse_node_find(const struct node *node, dev_t *r_rdev);

/* Make the file if the kernel has not, and give it the node's owner and mode.
 * *r_made: it has to be removed. */
int cuse_node_show(const struct node *node, dev_t rdev, bool *r_made);

/* The device goes; @made as above. */
void cuse_node_remove(const struct node *node, bool made);

/* Take the name away while the device is still there. */
void cuse_node_unlink(const struct node *node);

/* The owner and mode people gave the file are the node's. */
void cuse_node_get_owner(struct node *node);

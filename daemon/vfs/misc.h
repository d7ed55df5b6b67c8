/* SPDX-License-Identifier: MIT */
#pragma once

struct file_operations;
struct module;
struct node;

/* Deregister every misc device of @mod's. Returns how many. In-band. */
unsigned int misc_drop(struct module *mod);

/* The operations of the driver behind @node: those of its misc device, if it is
 * the node of one, which itself has those that all of them share. In-band. */
const struct file_operations *misc_node_fops(const struct node *node);

/* SPDX-License-Identifier: MIT */
/* The trees of <linux/rbtree.h>, which are libbsd's, under other names. */
#include <linux/rbtree.h>

#include "kapi/export.h"

#include <assert.h>
#include <bsd/sys/cdefs.h>

#undef RB_ROOT
#include <bsd/sys/tree.h>

struct node {
	RB_ENTRY(node) entry;
};

RB_HEAD(tree, node);

#define SAME_PLACE(ours, theirs) \
	(offsetof(struct rb_node, ours) == offsetof(struct node, entry.theirs))

static_assert(SAME_PLACE(rb_left, rbe_left) &&
		      SAME_PLACE(rb_right, rbe_right) &&
		      SAME_PLACE(parent, rbe_parent) &&
		      SAME_PLACE(color, rbe_color) &&
		      sizeof(struct rb_node) == sizeof(struct node) &&
		      sizeof(struct rb_root) == sizeof(struct tree),
	      "a node and a root are those of libbsd");

/* Where one belongs is for its driver to say. */
static int compare(const struct node *a, const struct node *b)
{
	return a < b ? -1 : a > b;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(tree, node, entry, compare)

static struct node *node_of(const struct rb_node *node)
{
	return (struct node *)(void *)node;
}

static struct tree *tree_of(const struct rb_root *root)
{
	return (struct tree *)(void *)root;
}

static struct rb_node *from(struct node *node)
{
	return (struct rb_node *)(void *)node;
}

EXPORT void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	node->color = RB_RED;
	tree_RB_INSERT_COLOR(tree_of(root), node_of(node));
}

EXPORT void rb_erase(struct rb_node *node, struct rb_root *root)
{
	tree_RB_REMOVE(tree_of(root), node_of(node));
}

EXPORT void rb_replace_node(struct rb_node *victim, struct rb_node *node,
			    struct rb_root *root)
{
	struct rb_node *parent = victim->parent;

	*node = *victim;
	if (parent == NULL)
		root->rb_node = node;
	else if (parent->rb_left == victim)
		parent->rb_left = node;
	else
		parent->rb_right = node;
	if (node->rb_left)
		node->rb_left->parent = node;
	if (node->rb_right)
		node->rb_right->parent = node;
}

EXPORT struct rb_node *rb_first(const struct rb_root *root)
{
	return from(RB_MIN(tree, tree_of(root)));
}

EXPORT struct rb_node *rb_last(const struct rb_root *root)
{
	return from(RB_MAX(tree, tree_of(root)));
}

EXPORT struct rb_node *rb_next(const struct rb_node *node)
{
	return from(RB_NEXT(tree, NULL, node_of(node)));
}

EXPORT struct rb_node *rb_prev(const struct rb_node *node)
{
	return from(RB_PREV(tree, NULL, node_of(node)));
}

/* Down from @node, to the left where it can be: what has no children. */
static struct rb_node *deepest(const struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ? node->rb_left : node->rb_right;

	return (struct rb_node *)node;
}

EXPORT struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest(root->rb_node);
}

EXPORT struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = node->parent;

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest(parent->rb_right);

	return parent;
}

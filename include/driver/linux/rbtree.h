/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees of what embeds a node. The driver's own loop finds where one
 * belongs, rb_link_node() puts it there and rb_insert_color() balances the tree;
 * rb_add() and rb_find() are such loops. Plain memory, for any stage: the caller
 * provides whatever locking a tree needs. None blocks.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <stdbool.h>
#include <stddef.h>

struct rb_node {
	struct rb_node *rb_left;
	struct rb_node *rb_right;
	struct rb_node *parent; /* the core's own, as what follows */
	int color;
};

/* Zero-filled is a working, empty one. */
struct rb_root {
	struct rb_node *rb_node;
};

/* One which knows its first node. */
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

/* clang-format off */
#undef RB_ROOT /* the C libraries of BSD have one, which is something else */
#define RB_ROOT	       (struct rb_root){ NULL }
#define RB_ROOT_CACHED (struct rb_root_cached){ { NULL }, NULL }
/* clang-format on */

#define RB_EMPTY_ROOT(root) ((root)->rb_node == NULL)
/* A node says of itself that it is in no tree, after RB_CLEAR_NODE(). */
#define RB_EMPTY_NODE(node)	    ((node)->parent == (node))
#define RB_CLEAR_NODE(node)	    ((node)->parent = (node))

#define rb_parent(node)		    ((node)->parent)
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                            \
	__extension__({                                             \
		__typeof__(ptr) __rb_ptr = (ptr);                   \
		__rb_ptr ? rb_entry(__rb_ptr, type, member) : NULL; \
	})

/* Put @node where *@link, a child of @parent or the root, is NULL. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	*node = (struct rb_node){ .parent = parent };
	*link = node;
}

/* Balance the tree, to which @node was just linked. */
void rb_insert_color(struct rb_node *node, struct rb_root *root);
/* Take @node out of its tree. */
void rb_erase(struct rb_node *node, struct rb_root *root);
/* @node, which is in no tree, takes the place of @victim. */
void rb_replace_node(struct rb_node *victim, struct rb_node *node,
		     struct rb_root *root);

/* In order; NULL: there is none. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Children come before their parent, who may then be freed. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
#define rbtree_postorder_for_each_entry_safe(pos, tmp, root, member)	\
	for (pos = rb_entry_safe(rb_first_postorder(root),		\
				 __typeof__(*(pos)), member);		\
	     pos && (tmp = rb_entry_safe(rb_next_postorder(&(pos)->member), \
					 __typeof__(*(pos)), member), 1); \
	     pos = tmp)
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#define rb_first_cached(tree) ((tree)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node,
					  struct rb_root_cached *tree,
					  bool leftmost)
{
	if (leftmost)
		tree->rb_leftmost = node;
	rb_insert_color(node, &tree->rb_root);
}

/* The first node, if it is another one now. */
static inline struct rb_node *rb_erase_cached(struct rb_node *node,
					      struct rb_root_cached *tree)
{
	struct rb_node *first = NULL;

	if (tree->rb_leftmost == node)
		first = tree->rb_leftmost = rb_next(node);
	rb_erase(node, &tree->rb_root);

	return first;
}

/* Add @node behind those which are not greater. */
static inline void rb_add(struct rb_node *node, struct rb_root *tree,
			  bool (*less)(struct rb_node *,
				       const struct rb_node *))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left
					  : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);
}

/* The same; @node, if it is the first one now. */
static inline struct rb_node *
rb_add_cached(struct rb_node *node, struct rb_root_cached *tree,
	      bool (*less)(struct rb_node *, const struct rb_node *))
{
	bool leftmost =
		tree->rb_leftmost == NULL || less(node, tree->rb_leftmost);

	rb_add(node, &tree->rb_root, less);
	if (leftmost)
		tree->rb_leftmost = node;

	return leftmost ? node : NULL;
}

/* One for which @cmp is 0, which else is negative to go left; or NULL. */
static inline struct rb_node *
rb_find(const void *key, const struct rb_root *tree,
	int (*cmp)(const void *key, const struct rb_node *))
{
	struct rb_node *node = tree->rb_node;

	while (node) {
		int c = cmp(key, node);

		if (c == 0)
			break;
		node = c < 0 ? node->rb_left : node->rb_right;
	}

	return node;
}

/* Add @node unless there is an equal one, which is returned. */
static inline struct rb_node *
rb_find_add(struct rb_node *node, struct rb_root *tree,
	    int (*cmp)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		int c = cmp(node, *link);

		if (c == 0)
			return *link;
		parent = *link;
		link = c < 0 ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);

	return NULL;
}

#endif /* _LINUX_RBTREE_H */

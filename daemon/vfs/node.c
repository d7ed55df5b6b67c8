/* SPDX-License-Identifier: MIT */
#include "vfs/node.h"

#include "base/error.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static LIST_HEAD(nodes); /* by serial */
static unsigned int nr_nodes;
static uint64_t last_serial;
static const struct node_host *host;

static mode_t default_mode = 0660;
static uid_t default_uid;
static gid_t default_gid;

void node_set_defaults(mode_t mode, uid_t uid, gid_t gid)
{
	default_mode = mode;
	default_uid = uid;
	default_gid = gid;
}

/* Every component a plain name, no way out of /dev. */
static bool path_is_sane(const char *path)
{
	size_t len;

	for (;;) {
		len = strcspn(path, "/");
		if (len == 0 || len > 255 || path[0] == '.')
			return false;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)path[i] < ' ' || path[i] == 0x7f)
				return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}

int node_init(struct node *node, const char *path,
	      const struct file_operations *fops, const char *driver)
{
	if (strlen(path) >= sizeof(node->path))
		return -ENAMETOOLONG;
	if (!path_is_sane(path))
		return -EINVAL;

	memset(node, 0, sizeof(*node));
	memcpy(node->path, path, strlen(path) + 1);
	node->fops = fops;
	node->driver = driver;
	node->mode = default_mode;
	node->uid = default_uid;
	node->gid = default_gid;
	node->refs = 1;

	return 0;
}

/* Does @path lead through a directory named @dir? */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* Whoever shows them has one thing only under a name. */
static int check_free(const char *path)
{
	struct node *node;

	list_for_each_entry(node, &nodes, link) {
		if (strcmp(node->path, path) == 0 || is_below(node->path, path))
			return -EEXIST;
		if (is_below(path, node->path))
			return -ENOTDIR;
	}

	return 0;
}

int node_add(struct node *node)
{
	int ret;

	assert(!node->listed);
	ret = check_free(node->path);
	if (ret)
		return ret;

	node->inode.i_mode = (umode_t)(S_IFCHR | node->mode);
	node->serial = ++last_serial;
	/* Listed first: the host may sleep, and the name is taken from now. */
	node->listed = true;
	list_add_tail(&node->link, &nodes);
	nr_nodes++;
	node_get(node);

	ret = host ? host->add(node) : 0;
	/* Unless it was taken off again while the host slept. */
	if (ret && node->listed) {
		node->listed = false;
		list_del(&node->link);
		nr_nodes--;
		node_put(node);
	}

	return ret;
}

void node_remove(struct node *node)
{
	if (!node->listed)
		return;

	node->listed = false;
	list_del(&node->link);
	nr_nodes--;
	if (host)
		host->remove(node);
	node_put(node);
}

int node_move_file(void *front_data, struct node *node)
{
	return host && front_data ? host->move_file(front_data, node) : 0;
}

void node_drain(void)
{
	if (host)
		host->drain();
}

int node_set_host(const struct node_host *new_host)
{
	struct node *node;
	int ret;

	if (new_host == NULL) {
		list_for_each_entry(node, &nodes, link)
			host->remove(node);
		host = NULL;
		return 0;
	}

	host = new_host;
	list_for_each_entry(node, &nodes, link) {
		ret = host->add(node);
		if (ret == 0)
			continue;
		log_err("driver %s: node %s cannot be shown: %s: start without "
			"it, or give it another name",
			node->driver, node->path, strerrordesc_np(-ret));
		return err_trace(ret);
	}

	return 0;
}

void node_get(struct node *node)
{
	node->refs++;
}

void node_put(struct node *node)
{
	assert(node->refs > 0);
	if (--node->refs == 0 && node->destroy)
		node->destroy(node);
}

struct node *node_find(const char *path)
{
	struct node *node;

	list_for_each_entry(node, &nodes, link)
		if (strcmp(node->path, path) == 0)
			return node;

	return NULL;
}

struct node *node_after(uint64_t serial)
{
	struct node *node;

	list_for_each_entry(node, &nodes, link)
		if (node->serial > serial)
			return node;

	return NULL;
}

unsigned int node_count(void)
{
	return nr_nodes;
}

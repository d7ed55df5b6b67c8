/* SPDX-License-Identifier: MIT */
#include "front/fuse-tree.h"

#include "vfs/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Large, so that no write is past the end: those are locked. */
#define NODE_SIZE ((off_t)1 << 62) /* libclient/bind.c knows it */

/* The attributes of directories never change. */
#define DIRECTORY_ATTR_TIMEOUT 3600.

#define READDIR_MAX	       65536

#define SELF_COOKIE	       1 /* offsets of "." and ".."; entries' ids go on from 3 */
#define PARENT_COOKIE	       2

struct entry {
	struct list_head link;	   /* in parent->children, by id */
	struct list_head children; /* of a directory */
	struct entry *parent;	   /* borrowed; NULL: unlinked, or the root */
	struct node *node;	   /* borrowed; NULL: a directory, or none */
	struct inode_ref *inode;   /* of a directory the kernel knows */
	uint64_t id;		   /* st_ino, offset in the directory */
	unsigned int refs;	   /* while linked one, and one per inode */
	bool directory;
	mode_t mode; /* permission bits, for when there is no node */
	uid_t uid;
	gid_t gid;
	time_t born;
	char name[];
};

/* What the kernel knows of an entry; its address is the number it has there. */
struct inode_ref {
	struct list_head link; /* inodes */
	struct entry *entry;   /* one reference */
	uint64_t nlookup;      /* to be forgotten */
};

static struct entry root = {
	.link = LIST_HEAD_INIT(root.link),
	.children = LIST_HEAD_INIT(root.children),
	.id = FUSE_ROOT_ID,
	.refs = 1,
	.directory = true,
	.mode = 0755,
};
static LIST_HEAD(inodes);
static uint64_t last_id = PARENT_COOKIE;
static unsigned int nr_files;

static void entry_put(struct entry *entry)
{
	if (--entry->refs == 0)
		free(entry);
}

/* Without a parent it is not linked. */
static struct entry *entry_new(struct entry *parent, const char *name,
			       size_t len)
{
	struct entry *entry;

	entry = calloc(1, sizeof(*entry) + len + 1);
	if (entry == NULL)
		return NULL;

	memcpy(entry->name, name, len);
	entry->id = ++last_id;
	entry->refs = 1;
	entry->mode = root.mode;
	entry->uid = root.uid;
	entry->gid = root.gid;
	entry->born = time(NULL);
	INIT_LIST_HEAD(&entry->children);
	INIT_LIST_HEAD(&entry->link);
	entry->parent = parent;
	if (parent)
		list_add_tail(&entry->link, &parent->children);

	return entry;
}

static void entry_unlink(struct entry *entry)
{
	list_del_init(&entry->link);
	entry->parent = NULL;
	entry_put(entry);
}

/* @name need not end at @len. */
static struct entry *find_child(const struct entry *dir, const char *name,
				size_t len)
{
	struct entry *entry;

	list_for_each_entry(entry, &dir->children, link)
		if (strncmp(entry->name, name, len) == 0 &&
		    entry->name[len] == '\0')
			return entry;

	return NULL;
}

/* Directories without a name in them are not there. */
static void prune(struct entry *dir)
{
	struct entry *parent;

	for (; dir != &root && list_empty(&dir->children); dir = parent) {
		parent = dir->parent;
		entry_unlink(dir);
	}
}

/* The directory of @path's last component, made as needed. */
static int make_parents(const char **path, struct entry **r_dir)
{
	struct entry *dir = &root, *child;
	const char *slash;
	size_t len;

	for (; (slash = strchr(*path, '/')); *path = slash + 1, dir = child) {
		len = (size_t)(slash - *path);
		child = find_child(dir, *path, len);
		if (child && !child->directory)
			return -ENOTDIR;
		if (child)
			continue;

		child = entry_new(dir, *path, len);
		if (child == NULL) {
			prune(dir);
			return -ENOMEM;
		}
		child->directory = true;
	}
	*r_dir = dir;

	return 0;
}

int tree_add(struct node *node)
{
	const char *name = node->path;
	struct entry *dir, *entry;
	int ret;

	ret = make_parents(&name, &dir);
	if (ret)
		return ret;
	if (find_child(dir, name, strlen(name)))
		return -EEXIST;

	entry = entry_new(dir, name, strlen(name));
	if (entry == NULL) {
		prune(dir);
		return -ENOMEM;
	}
	entry->node = node;
	node->front_data = entry;
	nr_files++;

	return 0;
}

static void copy_owner(struct entry *entry, const struct node *node)
{
	entry->mode = node->mode;
	entry->uid = node->uid;
	entry->gid = node->gid;
}

void tree_remove(struct node *node)
{
	struct entry *entry = node->front_data, *dir;

	if (entry == NULL)
		return;

	/* For fstat() of who still has it open. */
	copy_owner(entry, node);
	entry->node = NULL;
	node->front_data = NULL;
	nr_files--;

	dir = entry->parent;
	entry_unlink(entry);
	prune(dir);
}

bool tree_has(const char *name)
{
	return find_child(&root, name, strlen(name)) != NULL;
}

unsigned int tree_count(void)
{
	return nr_files;
}

static struct inode_ref *inode_of(fuse_ino_t ino)
{
	return (struct inode_ref *)(uintptr_t)ino;
}

static struct entry *entry_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &root : inode_of(ino)->entry;
}

struct node *tree_node(fuse_ino_t ino)
{
	return entry_of(ino)->node;
}

static void inode_free(struct inode_ref *inode)
{
	inode->entry->inode = NULL;
	entry_put(inode->entry);
	list_del(&inode->link);
	free(inode);
}

void tree_forget(fuse_ino_t ino, uint64_t nlookup)
{
	struct inode_ref *inode = inode_of(ino);

	if (ino == FUSE_ROOT_ID)
		return;

	inode->nlookup -= nlookup < inode->nlookup ? nlookup : inode->nlookup;
	if (inode->nlookup == 0)
		inode_free(inode);
}

/* One more lookup of @entry: a directory's own inode, or a fresh one. */
static struct inode_ref *inode_get(struct entry *entry)
{
	struct inode_ref *inode = entry->inode;

	if (inode == NULL) {
		inode = calloc(1, sizeof(*inode));
		if (inode == NULL)
			return NULL;

		inode->entry = entry;
		entry->refs++;
		list_add(&inode->link, &inodes);
		if (entry->directory)
			entry->inode = inode;
	}
	inode->nlookup++;

	return inode;
}

void *tree_inode(fuse_ino_t ino)
{
	return inode_of(ino);
}

/* One that only @was, an inode's entry, has anything to do with. */
static struct entry *nameless_entry(const struct entry *was)
{
	struct entry *entry = entry_new(NULL, "", 0);

	if (entry && was->node)
		copy_owner(entry, was->node);

	return entry;
}

int tree_move(void *data, struct node *node)
{
	struct entry *entry = node ? node->front_data : NULL;
	struct inode_ref *inode = data;

	if (entry)
		entry->refs++;
	else
		entry = nameless_entry(inode->entry);
	if (entry == NULL)
		return -ENOMEM;

	entry_put(inode->entry);
	inode->entry = entry;

	return 0;
}

void tree_init(void)
{
	root.uid = geteuid();
	root.gid = getegid();
	root.born = time(NULL);
}

void tree_clear(void)
{
	struct inode_ref *inode, *tmp;

	list_for_each_entry_safe(inode, tmp, &inodes, link)
		inode_free(inode);
}

static void fill_stat(const struct entry *entry, struct stat *st)
{
	const struct node *node = entry->node;

	*st = (struct stat){
		.st_ino = entry->id,
		.st_mode = S_IFREG | (node ? node->mode : entry->mode),
		.st_nlink = entry->parent ? 1 : 0,
		.st_uid = node ? node->uid : entry->uid,
		.st_gid = node ? node->gid : entry->gid,
		.st_size = NODE_SIZE,
		.st_blksize = 4096,
		.st_atime = entry->born,
		.st_mtime = entry->born,
		.st_ctime = entry->born,
	};
	if (entry->directory) {
		st->st_mode = S_IFDIR | entry->mode;
		st->st_nlink = 2;
		st->st_size = 0;
	}
}

static double attr_timeout(const struct entry *entry)
{
	return entry->directory ? DIRECTORY_ATTR_TIMEOUT : 0.;
}

void tree_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param param = { .ino = 0 };
	struct inode_ref *inode;
	struct entry *entry;

	entry = find_child(entry_of(parent), name, strlen(name));
	if (entry == NULL) {
		fuse_reply_err(req, ENOENT);
		return;
	}

	inode = inode_get(entry);
	if (inode == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}

	param.ino = (uintptr_t)inode;
	param.attr_timeout = attr_timeout(entry);
	fill_stat(entry, &param.attr);
	/* It does not forget what it did not learn. */
	if (fuse_reply_entry(req, &param))
		tree_forget(param.ino, 1);
}

void tree_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	const struct entry *entry = entry_of(ino);
	struct stat st;

	fill_stat(entry, &st);
	fuse_reply_attr(req, &st, attr_timeout(entry));
}

static int set_owner(struct entry *entry, const struct stat *attr, int to_set)
{
	struct node *node = entry->node;

	if (entry->directory)
		return -EPERM;

	/* Without a node only those who have it open see this. */
	if (to_set & FUSE_SET_ATTR_MODE)
		*(node ? &node->mode : &entry->mode) = attr->st_mode & 0777;
	if (to_set & FUSE_SET_ATTR_UID)
		*(node ? &node->uid : &entry->uid) = attr->st_uid;
	if (to_set & FUSE_SET_ATTR_GID)
		*(node ? &node->gid : &entry->gid) = attr->st_gid;

	return 0;
}

/* Times and sizes are taken in silence: a device has no use for them. */
void tree_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		  struct fuse_file_info *fi)
{
	const int owner =
		FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
	int ret = 0;

	if (to_set & owner)
		ret = set_owner(entry_of(ino), attr, to_set);

	if (ret)
		fuse_reply_err(req, -ret);
	else
		tree_getattr(req, ino, fi);
}

/* Add one name to @buf. False: it does not fit. */
static bool put_name(fuse_req_t req, char *buf, size_t size, size_t *fill,
		     const char *name, const struct entry *entry,
		     uint64_t cookie)
{
	struct stat st;
	size_t len;

	fill_stat(entry, &st);
	len = fuse_add_direntry(req, buf + *fill, size - *fill, name, &st,
				(off_t)cookie);
	if (len > size - *fill)
		return false;
	*fill += len;

	return true;
}

/* The names of @dir behind @offset, as many as go into @buf. */
static size_t list_names(fuse_req_t req, const struct entry *dir,
			 uint64_t offset, char *buf, size_t size)
{
	const struct entry *parent = dir->parent ? dir->parent : dir;
	const struct entry *entry;
	size_t fill = 0;

	if (offset < SELF_COOKIE &&
	    !put_name(req, buf, size, &fill, ".", dir, SELF_COOKIE))
		return fill;
	if (offset < PARENT_COOKIE &&
	    !put_name(req, buf, size, &fill, "..", parent, PARENT_COOKIE))
		return fill;

	list_for_each_entry(entry, &dir->children, link)
		if (entry->id > offset &&
		    !put_name(req, buf, size, &fill, entry->name, entry,
			      entry->id))
			break;

	return fill;
}

void tree_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		  struct fuse_file_info *fi)
{
	const struct entry *dir = entry_of(ino);
	char *buf;

	if (size > READDIR_MAX)
		size = READDIR_MAX;
	buf = malloc(size);
	if (buf == NULL) {
		fuse_reply_err(req, ENOMEM);
		return;
	}

	size = list_names(req, dir, (uint64_t)offset, buf, size);
	fuse_reply_buf(req, buf, size);
	free(buf);
}

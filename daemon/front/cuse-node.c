/* SPDX-License-Identifier: MIT */
#include "front/cuse-node.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "vfs/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEV_PATH_MAX (sizeof("/dev/") + NODE_PATH_MAX)

static void dev_path(const struct node *node, char *path)
{
	snprintf(path, DEV_PATH_MAX, "/dev/%s", node->path);
}

void cuse_node_name(const struct node *node, char *name)
{
	char *slash = name;

	memcpy(name, node->path, strlen(node->path) + 1);
	while ((slash = strchr(slash, '/')))
		*slash = '!';
}

enum device_kind {
	DEVICE_NONE, /* a device file without a device behind it */
	DEVICE_CUSE, /* somebody serves it as we would */
	DEVICE_OTHER,
};

static enum device_kind device_kind(const struct stat *st)
{
	char path[64], target[256];
	ssize_t size;

	if (!S_ISCHR(st->st_mode) || access("/sys/dev/char", F_OK) < 0)
		return DEVICE_OTHER;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(st->st_rdev),
		 minor(st->st_rdev));
	size = readlink(path, target, sizeof(target) - 1);
	if (size < 0)
		return errno == ENOENT ? DEVICE_NONE : DEVICE_OTHER;
	target[size] = '\0';

	return strstr(target, "/cuse/") ? DEVICE_CUSE : DEVICE_OTHER;
}

int cuse_node_check(const struct node *node)
{
	char path[DEV_PATH_MAX];
	enum device_kind kind;
	struct stat st;

	dev_path(node, path);
	if (lstat(path, &st) < 0)
		return 0;

	kind = device_kind(&st);
	if (kind == DEVICE_NONE && unlink(path) == 0)
		return 0;

	if (kind == DEVICE_CUSE)
		log_err("%s: another daemon serves it: stop that one first",
			path);
	else
		log_err("%s: something else is there already: remove it, or "
			"name the node otherwise",
			path);

	return -EEXIST;
}

bool cuse_node_find(const struct node *node, dev_t *r_rdev)
{
	char path[sizeof("/sys/class/cuse//dev") + NODE_PATH_MAX];
	char name[NODE_PATH_MAX], text[32];
	unsigned int nr_major, nr_minor;
	_cleanup_fd_ int fd = -1;
	ssize_t size;

	cuse_node_name(node, name);
	snprintf(path, sizeof(path), "/sys/class/cuse/%s/dev", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;

	size = read(fd, text, sizeof(text) - 1);
	if (size <= 0)
		return false;
	text[size] = '\0';
	if (sscanf(text, "%u:%u", &nr_major, &nr_minor) != 2)
		return false;
	*r_rdev = makedev(nr_major, nr_minor);

	return true;
}

/* The directories on the way, for everybody to pass. */
static int make_parents(char *path)
{
	char *slash = path + strlen("/dev");
	int ret = 0;

	while (ret == 0 && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(path, 0755) == 0)
			ret = chmod(path, 0755) < 0 ? -errno : 0;
		else if (errno != EEXIST)
			ret = -errno;
		*slash = '/';
	}

	return ret;
}

static void remove_parents(char *path)
{
	char *slash;

	/* Until one that is not empty. */
	while ((slash = strrchr(path, '/')) && slash > path + strlen("/dev")) {
		*slash = '\0';
		if (rmdir(path) < 0)
			break;
	}
}

static int make_file(char *path, dev_t rdev)
{
	int ret;

	ret = make_parents(path);
	if (ret == 0 && mknod(path, S_IFCHR | 0600, rdev) < 0)
		ret = -errno;

	return ret;
}

int cuse_node_show(const struct node *node, dev_t rdev, bool *r_made)
{
	char path[DEV_PATH_MAX];
	struct stat st;
	int ret = 0;

	dev_path(node, path);
	*r_made = false;
	if (lstat(path, &st) < 0) {
		ret = make_file(path, rdev);
		*r_made = ret == 0;
	} else if (!S_ISCHR(st.st_mode) || st.st_rdev != rdev) {
		ret = -EEXIST;
	}

	if (ret == 0 && (chown(path, node->uid, node->gid) < 0 ||
			 chmod(path, node->mode) < 0))
		ret = -errno;
	if (ret)
		log_err("%s: cannot make it with mode %o for user %u, group "
			"%u: %s: see who else uses /dev",
			path, node->mode, node->uid, node->gid,
			strerrordesc_np(-ret));

	return ret;
}

void cuse_node_unlink(const struct node *node)
{
	char path[DEV_PATH_MAX];

	dev_path(node, path);
	unlink(path);
	remove_parents(path);
}

void cuse_node_remove(const struct node *node, bool made)
{
	if (made)
		cuse_node_unlink(node);
}

void cuse_node_get_owner(struct node *node)
{
	char path[DEV_PATH_MAX];
	struct stat st;

	dev_path(node, path);
	if (lstat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return;

	node->mode = st.st_mode & 0777;
	node->uid = st.st_uid;
	node->gid = st.st_gid;
}

/* SPDX-License-Identifier: MIT */
/*
 * The FUSE front: nodes are files of a mount, which any kernel and any user
 * can have. One session serves them all.
 */
#include "front/front.h"
#include "front/fuse-tree.h"
#include "front/mount.h"
#include "front/request.h"
#include "front/why.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "wire/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TO_STRING(x) #x
#define STRING_OF(x) TO_STRING(x)

#define MAX_READ     1048576 /* SESSION_IO_MAX, for a string */
static_assert(MAX_READ == SESSION_IO_MAX, "one size");

static struct session mount_session;
static bool link_dev;
static uint64_t mount_dev;

uint64_t front_mount_dev(void)
{
	return mount_dev;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->max_read = SESSION_IO_MAX;
	if (conn->max_write > SESSION_IO_MAX)
		conn->max_write = SESSION_IO_MAX;
	conn->max_readahead = 0;
	/*
	 * O_TRUNC comes as a change of size, which we answer with the size
	 * that files have; otherwise the kernel would think this one empty.
	 * Asynchronous direct I/O is a background request, of which a few that
	 * sleep would keep all others, and RELEASE, from us.
	 */
	conn->want &=
		~(unsigned int)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_ASYNC_DIO);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	tree_forget(ino, nlookup);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count,
			    struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		tree_forget(forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *node = tree_node(ino);

	if (node)
		request_open(&mount_session, req, node, tree_inode(ino), fi);
	else
		fuse_reply_err(req, ENXIO);
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	request_release(&mount_session, req, fi);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t pos,
		    struct fuse_file_info *fi)
{
	request_read(&mount_session, req, size, fi);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf,
		     size_t size, off_t pos, struct fuse_file_info *fi)
{
	request_write(&mount_session, req, buf, size, fi);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	request_flush(&mount_session, req, fi);
}

static void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	request_poll(&mount_session, req, fi, ph);
}

/* What the kernel would not have passed on is in the caller's memory yet. */
static void op_bare_ioctl(fuse_req_t req, struct fuse_file_info *fi,
			  unsigned int flags, const void *in, size_t in_size)
{
	struct request_ioctl ioc = { .flags = flags };
	struct bind_ioctl bare;

	if (in_size != sizeof(bare)) {
		fuse_reply_err(req, EINVAL);
		return;
	}

	memcpy(&bare, in, sizeof(bare));
	ioc.cmd = bare.cmd;
	ioc.arg = (unsigned long)bare.arg;
	if (bare.reserved)
		fuse_reply_err(req, EINVAL);
	else
		request_ioctl(&mount_session, req, fi, &ioc);
}

/* The kernel copies what the command's number announces, in one trip. */
static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd,
		     void *arg, struct fuse_file_info *fi, unsigned int flags,
		     const void *in, size_t in_size, size_t out_size)
{
	const struct request_ioctl ioc = {
		.cmd = cmd,
		.arg = (unsigned long)arg,
		.flags = flags,
		.in = in,
		.in_size = in_size,
		.out_size = out_size,
	};

	if (flags & FUSE_IOCTL_DIR)
		fuse_reply_err(req, ENOTTY);
	else if (cmd == BIND_IOC_IOCTL)
		op_bare_ioctl(req, fi, flags, in, in_size);
	else
		request_ioctl(&mount_session, req, fi, &ioc);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = {
		.f_bsize = 4096,
		.f_frsize = 4096,
		.f_files = tree_count(),
		.f_namemax = NAME_MAX,
	};

	fuse_reply_statfs(req, &st);
}

/* Names come and go with their drivers only. */
static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode, dev_t rdev)
{
	fuse_reply_err(req, EPERM);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *fi)
{
	fuse_reply_err(req, EPERM);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode)
{
	fuse_reply_err(req, EPERM);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fuse_reply_err(req, EPERM);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t new_parent, const char *new_name,
		      unsigned int flags)
{
	fuse_reply_err(req, EPERM);
}

static const struct fuse_lowlevel_ops operations = {
	.init = op_init,
	.lookup = tree_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = tree_getattr,
	.setattr = tree_setattr,
	.readdir = tree_readdir,
	.statfs = op_statfs,
	.open = op_open,
	.release = op_release,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.poll = op_poll,
	.ioctl = op_ioctl,
	.mknod = op_mknod,
	.create = op_create,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_unlink,
	.rename = op_rename,
};

static bool is_executable(const char *dir, size_t len, const char *name)
{
	bool found;
	char *path;

	if (asprintf(&path, "%.*s/%s", (int)len, dir, name) < 0)
		return false;
	found = access(path, X_OK) == 0;
	free(path);

	return found;
}

/* Where libfuse looks. */
static bool has_fusermount(void)
{
	const char *dir = getenv("PATH"); /* NOLINT(concurrency-mt-unsafe) */
	const char *next;

	if (is_executable("/usr/bin", strlen("/usr/bin"), "fusermount3"))
		return true;

	for (; dir; dir = next) {
		next = strchrnul(dir, ':');
		if (is_executable(dir, (size_t)(next - dir), "fusermount3"))
			return true;
		next = *next ? next + 1 : NULL;
	}

	return false;
}

static int fuse_probe(const struct front_config *config, const char **r_why)
{
	int fd, ret;

	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	ret = -errno;
	if (fd >= 0) {
		fd_close(fd);
		if (geteuid() == 0 || has_fusermount())
			return 0;
		return why(r_why, -ENOENT,
			   "fusermount3: not found: install "
			   "the fuse3 package");
	}

	switch (ret) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return why(r_why, ret,
			   "/dev/fuse: %s: load the fuse module "
			   "(modprobe fuse)",
			   strerrordesc_np(-ret));
	case -EACCES:
	case -EPERM:
		return why(r_why, ret,
			   "/dev/fuse: %s: give yourself the right "
			   "to use it (chmod 666 /dev/fuse), or run as root",
			   strerrordesc_np(-ret));
	default:
		return why(r_why, ret, "/dev/fuse: %s", strerrordesc_np(-ret));
	}
}

static struct fuse_session *new_session(void)
{
	char *argv[] = {
		"evl-cused",
		"-ofsname=evl-cused,subtype=evl-cused,default_permissions,"
		"noexec,noatime,max_read=" STRING_OF(MAX_READ),
		/* Only root may, unless /etc/fuse.conf says otherwise. */
		geteuid() == 0 ? "-oallow_other" : NULL,
	};
	struct fuse_args args = FUSE_ARGS_INIT(argv[2] ? 3 : 2, argv);
	struct fuse_session *se;

	se = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	fuse_opt_free_args(&args);

	return se;
}

static void on_lost(struct session *session)
{
	log_err("%s: unmounted, or cut off, by somebody: stopping",
		mount_point_path());
	front_set_lost();
}

/* The number of what is mounted, without asking it: that would be us. */
static uint64_t mounted_dev(void)
{
	struct statx stx;

	if (statx(AT_FDCWD, mount_point_path(), AT_STATX_DONT_SYNC, STATX_TYPE,
		  &stx) < 0)
		return 0;

	return makedev(stx.stx_dev_major, stx.stx_dev_minor);
}

static int connect_fuse(const char **r_why)
{
	struct fuse_session *se;
	const char *text;
	int ret;

	se = new_session();
	if (se == NULL)
		return why(r_why, -EINVAL, "libfuse: %s",
			   session_last_message());
	if (fuse_session_mount(se, mount_point_path()) < 0) {
		text = session_last_message();
		ret = why(r_why, -EPERM,
			  "%s: cannot mount there: %s: run as a user who may "
			  "mount FUSE file systems",
			  mount_point_path(), *text ? text : "no right to");
		fuse_session_destroy(se);
		return ret;
	}

	ret = session_open(&mount_session, se);
	if (ret)
		return why(r_why, ret, "/dev/fuse: %s", strerrordesc_np(-ret));

	/* The kernel introduces itself, before anybody else can come. */
	session_drain(&mount_session);
	if (!mount_session.connected)
		return why(r_why, -EPROTO,
			   "/dev/fuse: this kernel and libfuse "
			   "do not go together: %s",
			   session_last_message());

	mount_dev = mounted_dev();

	return 0;
}

static void fuse_hangup(void)
{
	if (mount_session.se == NULL)
		return;

	request_hangup(&mount_session);
	session_disconnect(&mount_session);
	/* Unless somebody has, and perhaps mounted something else: another
	 * daemon's start takes off what looks dead. */
	if (mount_dev && mounted_dev() == mount_dev) {
		fuse_session_unmount(mount_session.se);
		mount_dev = 0;
	}
}

static void fuse_stop(void)
{
	fuse_hangup();
	/* libfuse frees what it knows of a mount only by unmounting: then it is
	 * left as it is, for we are about to exit. */
	if (mount_dev == 0)
		session_close(&mount_session);
	tree_clear();
	mount_point_close();
}

static int fuse_start(const struct front_config *config, const char **r_why)
{
	int ret;

	ret = mount_point_open(config->mount, r_why);
	if (ret)
		return ret;

	tree_init();
	mount_session = (struct session){
		.early_release = true,
		.lost = on_lost,
	};
	ret = connect_fuse(r_why);
	if (ret) {
		fuse_stop();
		return ret;
	}

	link_dev = config->link_dev;
	if (link_dev)
		links_clean(mount_point_path());

	return 0;
}

/* The first component of a node's path: what is linked from /dev. */
static void top_name(const struct node *node, char *name)
{
	size_t len = strcspn(node->path, "/");

	memcpy(name, node->path, len);
	name[len] = '\0';
}

static int fuse_add(struct node *node)
{
	char name[NODE_PATH_MAX];
	int ret;

	top_name(node, name);
	if (link_dev && !tree_has(name)) {
		ret = link_add(name);
		if (ret)
			return ret;
	}

	ret = tree_add(node);
	if (ret && link_dev && !tree_has(name))
		link_remove(name);

	return ret;
}

static void fuse_remove(struct node *node)
{
	char name[NODE_PATH_MAX];

	tree_remove(node);
	top_name(node, name);
	if (link_dev && !tree_has(name))
		link_remove(name);
}

static void fuse_drain(void)
{
	session_drain(&mount_session);
}

static bool fuse_owns_rdev(uint64_t rdev)
{
	return false;
}

static const char *fuse_devdir(void)
{
	return link_dev ? "/dev" : mount_point_path();
}

const struct front front_fuse = {
	.name = "fuse",
	.probe = fuse_probe,
	.start = fuse_start,
	.hangup = fuse_hangup,
	.stop = fuse_stop,
	.add = fuse_add,
	.remove = fuse_remove,
	.move_file = tree_move,
	.drain = fuse_drain,
	.owns_rdev = fuse_owns_rdev,
	.devdir = fuse_devdir,
};

/* SPDX-License-Identifier: MIT */
/*
 * The CUSE front: each node is a character device of the kernel's, made and
 * served through a session of its own on /dev/cuse.
 */
#include "front/cuse-node.h"
#include "front/front.h"
#include "front/request.h"
#include "front/why.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "vfs/node.h"

#include <cuse_lowlevel.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * A node as a device. There from cuse_add() until the node was removed and the
 * last file released: the kernel keeps a device whole or not at all.
 */
struct device {
	struct session session;
	struct list_head link; /* devices */
	struct node *node;     /* one reference */
	dev_t rdev;	       /* 0: the kernel has not made it */
	bool made_node;	       /* the file in /dev is of our making */
	bool removed;	       /* the node has gone */
};

static LIST_HEAD(devices);

static struct device *device_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static void device_free(struct device *device)
{
	if (device == NULL)
		return;

	session_close(&device->session);
	if (device->rdev)
		cuse_node_remove(device->node, device->made_node);
	if (!device->removed)
		device->node->front_data = NULL;
	list_del(&device->link);
	node_put(device->node);
	free(device);
}

static void free_session(struct session *session)
{
	device_free(container_of(session, struct device, session));
}

static void on_lost(struct session *session)
{
	struct device *device = container_of(session, struct device, session);

	if (device->rdev == 0)
		return; /* refused, see connect_device() */

	log_err("/dev/%s: the kernel closed it, by somebody's doing",
		device->node->path);
	request_hangup(session);
}

static void op_open(fuse_req_t req, struct fuse_file_info *fi)
{
	struct device *device = device_of(req);

	if (device->removed) {
		fuse_reply_err(req, ENXIO);
		return;
	}

	/* The file in /dev is not ours to watch: see who owns it now. */
	cuse_node_get_owner(device->node);
	request_open(&device->session, req, device->node, NULL, fi);
}

static void op_release(fuse_req_t req, struct fuse_file_info *fi)
{
	request_release(&device_of(req)->session, req, fi);
}

static void op_read(fuse_req_t req, size_t size, off_t pos,
		    struct fuse_file_info *fi)
{
	request_read(&device_of(req)->session, req, size, fi);
}

static void op_write(fuse_req_t req, const char *buf, size_t size, off_t pos,
		     struct fuse_file_info *fi)
{
	request_write(&device_of(req)->session, req, buf, size, fi);
}

static void op_poll(fuse_req_t req, struct fuse_file_info *fi,
		    struct fuse_pollhandle *ph)
{
	request_poll(&device_of(req)->session, req, fi, ph);
}

/*
 * May we reach the memory of thread @tid? Only the kernel knows (capabilities,
 * name spaces, security modules), so ask for a byte: without the right it does
 * not even look whether there is one.
 */
static bool reaches_memory(pid_t tid, const void *addr)
{
	char byte;
	struct iovec local = { .iov_base = &byte, .iov_len = 1 };
	struct iovec remote = { .iov_base = (void *)addr, .iov_len = 1 };

	if (tid == 0)
		return false;

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) >= 0 ||
	       errno == EFAULT;
}

/* Have the kernel call again with what the command's number announces. */
static void ask_for_data(fuse_req_t req, unsigned int cmd, void *arg)
{
	struct iovec iov = { .iov_base = arg, .iov_len = _IOC_SIZE(cmd) };

	fuse_reply_ioctl_retry(req, &iov, (_IOC_DIR(cmd) & _IOC_WRITE) != 0,
			       &iov, (_IOC_DIR(cmd) & _IOC_READ) != 0);
}

/*
 * What a command's number says about its argument is often wrong, so the vfs
 * copies when the driver asks for it, from the caller's own memory. Only
 * where that is out of reach the number is believed.
 */
static void op_ioctl(fuse_req_t req, int cmd, void *arg,
		     struct fuse_file_info *fi, unsigned int flags,
		     const void *in, size_t in_size, size_t out_size)
{
	const struct request_ioctl ioc = {
		.cmd = (unsigned int)cmd,
		.arg = (unsigned long)arg,
		.flags = flags,
		.in = in,
		.in_size = in_size,
		.out_size = out_size,
	};
	bool has_data = _IOC_DIR(ioc.cmd) != _IOC_NONE && _IOC_SIZE(ioc.cmd);
	bool came_with_data = in_size || out_size;

	if (has_data && !came_with_data &&
	    !reaches_memory(fuse_req_ctx(req)->pid, arg))
		ask_for_data(req, ioc.cmd, arg);
	else
		request_ioctl(&device_of(req)->session, req, fi, &ioc);
}

static const struct cuse_lowlevel_ops operations = {
	.open = op_open,
	.release = op_release,
	.read = op_read,
	.write = op_write,
	.poll = op_poll,
	.ioctl = op_ioctl,
};

static int open_cuse(void)
{
	int fd;

	fd = open("/dev/cuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int cuse_probe(const struct front_config *config, const char **r_why)
{
	int fd;

	fd = open_cuse();
	if (fd >= 0) {
		fd_close(fd);
		if (geteuid() == 0)
			return 0;
		return why(r_why, -EPERM,
			   "/dev/cuse: its devices would be root's alone: run "
			   "as root");
	}

	switch (fd) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return why(r_why, fd,
			   "/dev/cuse: %s: load the cuse module "
			   "(modprobe cuse)",
			   strerrordesc_np(-fd));
	case -EACCES:
	case -EPERM:
		return why(r_why, fd, "/dev/cuse: %s: run as root",
			   strerrordesc_np(-fd));
	default:
		return why(r_why, fd, "/dev/cuse: %s", strerrordesc_np(-fd));
	}
}

static int cuse_start(const struct front_config *config, const char **r_why)
{
	return 0;
}

static bool cuse_owns_rdev(uint64_t rdev)
{
	struct device *device;

	list_for_each_entry(device, &devices, link)
		if (device->rdev == rdev && device->session.connected)
			return true;

	return false;
}

/* The major number of our devices, 0 if there is none yet. */
static unsigned int common_major(void)
{
	struct device *device;

	list_for_each_entry(device, &devices, link)
		if (device->rdev && device->session.connected)
			return major(device->rdev);

	return 0;
}

/*
 * Left to itself the kernel takes a new major number for each device, and has
 * about 140. So all have the major the first one got. 0: let it choose.
 */
static dev_t next_rdev(void)
{
	unsigned int nr_major = common_major(), nr_minor = 0;

	if (nr_major == 0)
		return 0;
	while (cuse_owns_rdev(makedev(nr_major, nr_minor)))
		nr_minor++;

	return makedev(nr_major, nr_minor);
}

/* A session on @fd, which is taken over. */
static struct fuse_session *new_session(struct device *device, dev_t rdev,
					int fd)
{
	char name[sizeof("DEVNAME=") + NODE_PATH_MAX] = "DEVNAME=", path[32];
	const char *info[] = { name };
	const struct cuse_info ci = {
		.dev_major = major(rdev),
		.dev_minor = minor(rdev),
		.dev_info_argc = 1,
		.dev_info_argv = info,
		.flags = CUSE_UNRESTRICTED_IOCTL,
	};
	char *argv[] = { "evl-cused" };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	struct fuse_session *se;

	cuse_node_name(device->node, name + strlen(name));
	se = cuse_lowlevel_new(&args, &ci, &operations, device);
	fuse_opt_free_args(&args);
	if (se == NULL) {
		fd_close(fd);
		return NULL;
	}

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	fuse_session_mount(se, path); /* takes the number, opens nothing */

	return se;
}

/*
 * Have the kernel make the device. It has queued CUSE_INIT when open(2) of
 * /dev/cuse returns, and makes the device within the write of our answer: so
 * there is nothing to wait for. -EBUSY: it refused, the name or @rdev is taken.
 */
static int connect_device(struct device *device, dev_t rdev)
{
	struct fuse_session *se;
	int fd, ret;

	fd = open_cuse();
	if (fd < 0)
		return err_origin(fd);

	se = new_session(device, rdev, fd);
	if (se == NULL)
		return err_origin(-ENOMEM);

	ret = session_open(&device->session, se);
	if (ret == 0) {
		/* If it refuses, it closes the connection. */
		session_drain(&device->session);
		if (!device->session.connected)
			ret = -EBUSY;
		else if (!cuse_node_find(device->node, &device->rdev))
			ret = -ENODEV;
	}
	if (ret)
		session_close(&device->session);

	return ret;
}

static const char *refusal_remedy(int ret)
{
	switch (ret) {
	case -EBUSY:
		return "; its name is taken: close what was opened there "
		       "before, or stop the other daemon";
	case -EMFILE:
	case -ENFILE:
		return ": raise RLIMIT_NOFILE (ulimit -n)";
	case -ENODEV:
		return ": mount sysfs on /sys";
	default:
		return "";
	}
}

static int device_new(struct node *node, struct device **r_device)
{
	struct device *device;

	device = calloc(1, sizeof(*device));
	if (device == NULL)
		return err_origin(-ENOMEM);

	device->node = node;
	node_get(node);
	device->session.lost = on_lost;
	device->session.free = free_session;
	list_add_tail(&device->link, &devices);
	*r_device = device;

	return 0;
}

static int cuse_add(struct node *node)
{
	struct device *device;
	dev_t rdev = next_rdev();
	int ret;

	ret = cuse_node_check(node);
	if (ret)
		return ret;
	ret = device_new(node, &device);
	if (ret)
		return ret;

	ret = connect_device(device, rdev);
	if (ret == -EBUSY && rdev)
		ret = connect_device(device, 0);
	if (ret) {
		log_err("/dev/%s: the kernel does not make it: %s%s",
			node->path, strerrordesc_np(-ret), refusal_remedy(ret));
		goto fail;
	}

	ret = cuse_node_show(node, device->rdev, &device->made_node);
	if (ret)
		goto fail;
	node->front_data = device;

	return 0;
fail:
	device->removed = true;
	device_free(device);

	return ret;
}

static void cuse_remove(struct node *node)
{
	struct device *device = node->front_data;

	if (device == NULL)
		return;

	/* Those who have it open keep the device, not its name. */
	node->front_data = NULL;
	device->removed = true;
	if (!list_empty(&device->session.requests) ||
	    !list_empty(&device->session.closers))
		cuse_node_unlink(node);
	session_doom(&device->session);
}

static void cuse_hangup(void)
{
	struct device *device, *tmp;

	list_for_each_entry_safe(device, tmp, &devices, link) {
		request_hangup(&device->session);
		session_disconnect(&device->session);
	}
}

static void cuse_stop(void)
{
	struct device *device, *tmp;

	list_for_each_entry_safe(device, tmp, &devices, link)
		device_free(device);
}

/* The kernel waits for RELEASE itself. */
static void cuse_drain(void)
{
}

static const char *cuse_devdir(void)
{
	return "/dev";
}

const struct front front_cuse = {
	.name = "cuse",
	.probe = cuse_probe,
	.start = cuse_start,
	.hangup = cuse_hangup,
	.stop = cuse_stop,
	.add = cuse_add,
	.remove = cuse_remove,
	.drain = cuse_drain,
	.owns_rdev = cuse_owns_rdev,
	.devdir = cuse_devdir,
};

/* SPDX-License-Identifier: MIT */
#include "vfs/anon.h"

#include "kapi/export.h"
#include "kapi/tally.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/module.h"
#include "vfs/request.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <stdio.h>

const struct file_operations anon_spare_fops = { .open = stream_open };

static const struct fd_host *fd_host;
static struct node anon_node; /* of all of them: it is in no directory */

void anon_set_fd_host(const struct fd_host *host)
{
	fd_host = host;
}

/* Only there is a calling process, which waits. */
static bool in_handler(void)
{
	return fiber_current() && !stage_self->oob;
}

EXPORT int get_unused_fd_flags(unsigned int flags)
{
	if (!in_handler() || fd_host == NULL)
		return -EPERM;

	return fd_host->reserve(flags & (O_CLOEXEC | O_NONBLOCK));
}

EXPORT void put_unused_fd(unsigned int fd)
{
	if (in_handler())
		fd_host->give_back(fd);
}

static int init_node(void)
{
	return anon_node.path[0] ? 0
				 : node_init(&anon_node, "anon_inode",
					     &anon_spare_fops, NULL);
}

EXPORT struct file *anon_inode_getfile(const char *name,
				       const struct file_operations *fops,
				       void *priv, int flags)
{
	struct module *owner = fops->owner ? fops->owner : module_at(fops);
	struct open_file *of;
	int ret;

	if (!in_handler())
		return ERR_PTR(-EPERM);

	ret = init_node();
	if (ret == 0)
		ret = open_file_new(&anon_node, owner, &of);
	if (ret)
		return ERR_PTR(ret);

	snprintf(of->anon_name, sizeof(of->anon_name), "%s", name);
	of->opener = current->pid;
	of->tally = tally_at(fops) ? tally_at(fops) : &tally_own;
	of->filp.f_op = fops;
	of->filp.private_data = priv;
	of->filp.f_flags = (unsigned int)flags & (O_ACCMODE | O_NONBLOCK);
	of->filp.f_mode = open_file_mode((unsigned int)flags);

	return &of->filp;
}

EXPORT void fput(struct file *filp)
{
	vfs_release_file(open_file_of(filp));
}

EXPORT void fd_install(unsigned int fd, struct file *filp)
{
	struct open_file *of = open_file_of(filp), *spare = NULL;

	/* First what sleeps: the process may close the number meanwhile. */
	if (in_handler() && filp->f_flags & O_NONBLOCK)
		fd_host->set_nonblock(fd);
	if (in_handler())
		spare = fd_host->claim(fd);
	/* Somebody has closed what it took for nobody's. */
	if (spare == NULL) {
		fput(filp);
		return;
	}

	spare->stands_for = of;
	fd_host->bind(fd, of);
}

EXPORT int anon_inode_getfd(const char *name,
			    const struct file_operations *fops, void *priv,
			    int flags)
{
	struct file *filp;
	int fd;

	fd = get_unused_fd_flags((unsigned int)flags);
	if (fd < 0)
		return fd;

	filp = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(filp)) {
		put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(filp);
	}
	fd_install((unsigned int)fd, filp);

	return fd;
}

/* SPDX-License-Identifier: MIT */
#include "server/spare.h"

#include "base/error.h"
#include "server/client.h"
#include "server/errand.h"
#include "server/server.h"
#include "vfs/anon.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "wire/bind.h"

#include <errno.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <stdlib.h>

#define SPARE_PATH "evl/spare"

/* A descriptor reserved in a client, and not installed yet: its open file has
 * it as private_data. */
struct spare {
	struct list_head link; /* spares */
	struct client *client;
	unsigned int fd;
	struct open_file *of;
};

static LIST_HEAD(spares);
static struct node spare_node;

int spare_offer(struct client *client, const struct bind_request *req,
		struct open_file *of)
{
	struct spare *spare;

	if (of->node != &spare_node || of->filp.private_data)
		return -EINVAL;

	spare = malloc(sizeof(*spare));
	if (spare == NULL)
		return -ENOMEM;
	if (errand_opened(client, req->tag, req->fd)) {
		free(spare);
		return -ENOENT;
	}

	*spare = (struct spare){
		.client = client,
		.fd = (unsigned int)req->fd,
		.of = of,
	};
	of->filp.private_data = spare;
	list_add(&spare->link, &spares);

	return 0;
}

void spare_client_left(struct client *client)
{
	struct spare *spare;

	list_for_each_entry(spare, &spares, link)
		if (spare->client == client)
			spare->client = NULL;
}

static struct spare *find_spare(unsigned int fd)
{
	const struct client *client = client_of(current->files);
	struct spare *spare;

	list_for_each_entry(spare, &spares, link)
		if (client && spare->client == client && spare->fd == fd)
			return spare;

	return NULL;
}

static void free_spare(struct spare *spare)
{
	spare->of->filp.private_data = NULL;
	list_del(&spare->link);
	free(spare);
}

/* Closed, installed or not. */
static int spare_release(struct inode *inode, struct file *filp)
{
	if (filp->private_data)
		free_spare(filp->private_data);

	return 0;
}

static const struct file_operations spare_fops = {
	.open = stream_open,
	.release = spare_release,
};

static int reserve(unsigned int flags)
{
	const struct control_errand body = {
		.what = CONTROL_ERRAND_OPEN,
		.flags = flags,
	};

	return errand_run(&body);
}

static struct open_file *claim(unsigned int fd)
{
	struct spare *spare = find_spare(fd);
	struct open_file *of = spare ? spare->of : NULL;

	if (spare)
		free_spare(spare);

	return of;
}

static void give_back(unsigned int fd)
{
	struct spare *spare = find_spare(fd);
	struct control_errand body = {
		.what = CONTROL_ERRAND_CLOSE,
		.fd = (int)fd,
	};

	if (spare == NULL)
		return;

	body.file_id = spare->of->id;
	free_spare(spare);
	errand_run(&body);
}

static void set_nonblock(unsigned int fd)
{
	const struct control_errand body = {
		.what = CONTROL_ERRAND_NONBLOCK,
		.fd = (int)fd,
	};
	const struct spare *spare = find_spare(fd);

	if (spare && !(spare->of->filp.f_flags & O_NONBLOCK))
		errand_run(&body);
}

static void bind(unsigned int fd, struct open_file *of)
{
	struct client *client = client_of(current->files);

	/* At worst the library does it at the first oob call. */
	if (client)
		files_bind(client->files, fd, of, server_config()->max_fds);
}

static const struct fd_host fd_host = {
	.reserve = reserve,
	.claim = claim,
	.give_back = give_back,
	.set_nonblock = set_nonblock,
	.bind = bind,
};

int spare_init(void)
{
	int ret;

	ret = node_init(&spare_node, SPARE_PATH, &spare_fops, "evl");
	if (ret)
		return err_trace(ret);
	/* It leads nowhere by itself. */
	spare_node.mode = 0666;
	ret = node_add(&spare_node);
	if (ret)
		return err_trace(ret);
	anon_set_fd_host(&fd_host);

	return 0;
}

void spare_exit(void)
{
	anon_set_fd_host(NULL);
	node_remove(&spare_node);
}

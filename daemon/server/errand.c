/* SPDX-License-Identifier: MIT */
#include "server/errand.h"

#include "base/error.h"
#include "server/client.h"
#include "server/control.h"
#include "server/server.h"
#include "stage/wait.h"
#include "vfs/anon.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "wire/bind.h"

#include <errno.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

#define SPARE_PATH "evl/spare"

/* One that is under way, on the stack of the fiber that waits for it. */
struct errand {
	struct list_head link; /* errands */
	struct client *client;
	uint32_t number;
	struct wait_queue wq;
	bool done;
	int result; /* >= 0: of an OPEN the number */
};

/* A descriptor reserved in a client, and not installed yet: its open file has
 * it as private_data. */
struct spare {
	struct list_head link; /* spares */
	struct client *client;
	unsigned int fd;
	struct open_file *of;
};

static LIST_HEAD(errands);
static LIST_HEAD(spares);
static uint32_t last_number;
static struct node spare_node;

static struct client *client_of_caller(void)
{
	struct files_struct *files = current->files;
	struct client *client;

	for (client = client_next(NULL); client; client = client_next(client))
		if (files && client->files == files && client->fd >= 0)
			return client;

	return NULL;
}

static void send_errand(struct errand *errand,
			const struct control_errand *body)
{
	struct control_message msg = {
		.header = { .type = CONTROL_ERRAND, .seq = errand->number },
		.u.errand = *body,
	};

	control_send(errand->client, &msg, CONTROL_SIZE(errand));
}

static void finish(struct errand *errand, int result)
{
	errand->done = true;
	errand->result = result;
	wait_queue_flush(&errand->wq, 0);
}

/* Have the calling process do it, and wait. -EOPNOTSUPP: it has no library;
 * -EINTR; or what it says. */
static int run_errand(const struct control_errand *body)
{
	struct errand errand = { .client = client_of_caller() };
	int ret = 0;

	if (errand.client == NULL)
		return -EOPNOTSUPP;

	wait_queue_init(&errand.wq, WAIT_FIFO);
	errand.number = ++last_number;
	list_add_tail(&errand.link, &errands);
	send_errand(&errand, body);

	pi_lock(&errand.wq.lock);
	while (!errand.done && ret == 0)
		ret = wait_queue_sleep(&errand.wq, DEADLINE_NONE);
	pi_unlock(&errand.wq.lock);
	list_del(&errand.link);

	return errand.done ? errand.result : -EINTR;
}

static struct errand *find_errand(const struct client *client, uint32_t number)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && errand->number == number &&
		    !errand->done)
			return errand;

	return NULL;
}

void errand_done(struct client *client, const struct control_errand_done *done)
{
	struct errand *errand = find_errand(client, done->number);

	if (errand)
		finish(errand, done->result < 0 ? done->result : 0);
}

void errand_client_left(struct client *client)
{
	struct errand *errand;
	struct spare *spare;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && !errand->done)
			finish(errand, -EOPNOTSUPP);
	list_for_each_entry(spare, &spares, link)
		if (spare->client == client)
			spare->client = NULL;
}

int errand_spare(struct client *client, const struct bind_request *req,
		 struct open_file *of)
{
	struct errand *errand = find_errand(client, req->tag);
	struct spare *spare;

	if (of->node != &spare_node || of->filp.private_data)
		return -EINVAL;
	if (errand == NULL)
		return -ENOENT;

	spare = malloc(sizeof(*spare));
	if (spare == NULL)
		return -ENOMEM;

	*spare = (struct spare){
		.client = client,
		.fd = (unsigned int)req->fd,
		.of = of,
	};
	of->filp.private_data = spare;
	list_add(&spare->link, &spares);
	finish(errand, req->fd);

	return 0;
}

static struct spare *find_spare(unsigned int fd)
{
	const struct client *client = client_of_caller();
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

	return run_errand(&body);
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
	run_errand(&body);
}

static void set_nonblock(unsigned int fd)
{
	const struct control_errand body = {
		.what = CONTROL_ERRAND_NONBLOCK,
		.fd = (int)fd,
	};
	const struct spare *spare = find_spare(fd);

	if (spare && !(spare->of->filp.f_flags & O_NONBLOCK))
		run_errand(&body);
}

static void bind(unsigned int fd, struct open_file *of)
{
	struct client *client = client_of_caller();

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

int errand_init(void)
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

void errand_exit(void)
{
	anon_set_fd_host(NULL);
	node_remove(&spare_node);
}

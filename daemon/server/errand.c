/* SPDX-License-Identifier: MIT */
#include "server/errand.h"

#include "kapi/task.h"
#include "server/client.h"
#include "server/control.h"
#include "server/server.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "vfs/file.h"

#include <errno.h>
#include <linux/irq_work.h>
#include <linux/list.h>

#define MAX_SENT 16 /* to one client: its socket has room for them */

/* One that is under way, on the stack of the fiber that waits for it. */
struct errand {
	struct list_head link; /* errands, until it is done */
	struct client *client;
	struct control_errand body;
	struct open_file *of; /* whose handler waits, may be NULL */
	uint32_t number;
	bool sent;
	struct wait_queue wq; /* its lock protects the next two */
	bool done;
	int result; /* >= 0: of an OPEN the number */
};

/* In-band, all of it. */
static LIST_HEAD(errands);
static uint32_t last_number;

static void send_errand(const struct errand *errand)
{
	struct control_message msg = {
		.header = { .type = CONTROL_ERRAND, .seq = errand->number },
		.u.errand = errand->body,
	};

	control_send(errand->client, &msg, CONTROL_SIZE(errand));
}

static struct errand *first_unsent(const struct client *client)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && !errand->sent)
			return errand;

	return NULL;
}

/* So many that the client's socket takes them. */
static void send_some(struct client *client)
{
	struct errand *errand;

	if (client->fd < 0)
		return;

	/* Held: who does not take it is dropped. */
	client->nr_jobs++;
	while (client->fd >= 0 && client->nr_errands < MAX_SENT &&
	       (errand = first_unsent(client))) {
		errand->sent = true;
		client->nr_errands++;
		send_errand(errand);
	}
	client->nr_jobs--;
	client_maybe_free(client);
}

/* From here on its client and its end are ours. -EOPNOTSUPP: the process has no
 * library. */
static int begin(struct errand *errand, const struct files_struct *files)
{
	errand->client = client_of(files);
	if (errand->client == NULL)
		return -EOPNOTSUPP;

	errand->number = ++last_number;
	list_add_tail(&errand->link, &errands);
	send_some(errand->client);

	return 0;
}

/* Nobody does it any more. */
static void end(struct errand *errand)
{
	struct client *client = errand->client;

	list_del(&errand->link);
	if (errand->sent)
		client->nr_errands--;
	send_some(client);
}

/* The last we do with it: who waits may be on another stage. */
static void tell(struct errand *errand, int result)
{
	pi_lock(&errand->wq.lock);
	errand->done = true;
	errand->result = result;
	wait_queue_flush_locked(&errand->wq, 0);
	pi_unlock(&errand->wq.lock);
}

static void finish(struct errand *errand, int result)
{
	end(errand);
	tell(errand, result);
}

static void prepare(struct errand *errand, const struct control_errand *body)
{
	struct file *filp = task_current()->filp;

	*errand = (struct errand){
		.body = *body,
		.of = filp ? open_file_of(filp) : NULL,
	};
	wait_queue_init(&errand->wq, WAIT_FIFO);
}

/* 0: it is done. -EINTR, -ETIMEDOUT: it is not. */
static int await(struct errand *errand, uint64_t deadline)
{
	int ret = 0;

	pi_lock(&errand->wq.lock);
	while (!errand->done && ret == 0)
		ret = wait_queue_sleep(&errand->wq, deadline);
	if (errand->done)
		ret = 0;
	pi_unlock(&errand->wq.lock);

	return ret;
}

static int run_here(struct errand *errand, uint64_t deadline)
{
	int ret = begin(errand, current->files);

	if (ret)
		return ret;

	ret = await(errand, deadline);
	if (ret == 0)
		return errand->result;

	end(errand);

	return ret;
}

int errand_run(const struct control_errand *body)
{
	struct errand errand;

	prepare(&errand, body);

	return run_here(&errand, DEADLINE_NONE);
}

/* One of a worker's fiber. It begins and, if its fiber waits no longer, ends
 * in-band. */
struct far_errand {
	struct errand errand;
	struct files_struct *files;
	struct irq_work begin, end;
	bool ended; /* under its wq's lock */
};

static int check_release(const struct errand *errand)
{
	return errand->of && errand->of->releasing ? -EIDRM : 0;
}

static void begin_far(struct irq_work *work)
{
	struct far_errand *far = container_of(work, struct far_errand, begin);
	int ret = check_release(&far->errand);

	if (ret == 0)
		ret = begin(&far->errand, far->files);
	if (ret)
		tell(&far->errand, ret);
}

static void end_far(struct irq_work *work)
{
	struct far_errand *far = container_of(work, struct far_errand, end);
	struct errand *errand = &far->errand;

	/* Only we set it: no lock to look at it. */
	if (!errand->done)
		end(errand);

	pi_lock(&errand->wq.lock);
	far->ended = true;
	wait_queue_flush_locked(&errand->wq, 0);
	pi_unlock(&errand->wq.lock);
}

/* Works queued on one thread run in the order they were. */
static void give_up(struct far_errand *far)
{
	irq_work_queue(&far->end);
	pi_lock(&far->errand.wq.lock);
	while (!far->ended)
		wait_queue_sleep_uninterruptible(&far->errand.wq,
						 DEADLINE_NONE);
	pi_unlock(&far->errand.wq.lock);
}

static int run_far(struct far_errand *far, uint64_t deadline)
{
	int ret;

	far->files = current->files;
	far->ended = false;
	init_irq_work(&far->begin, begin_far);
	init_irq_work(&far->end, end_far);
	irq_work_queue(&far->begin);
	ret = await(&far->errand, deadline);
	if (ret)
		give_up(far);

	return far->errand.done ? far->errand.result : ret;
}

int errand_bind(unsigned int fd, uint64_t deadline)
{
	const struct control_errand body = {
		.what = CONTROL_ERRAND_BIND,
		.fd = (int)fd,
	};
	struct far_errand far;
	int ret;

	prepare(&far.errand, &body);
	ret = stage_self->oob ? 0 : check_release(&far.errand);
	if (ret == 0)
		ret = stage_self->oob ? run_far(&far, deadline)
				      : run_here(&far.errand, deadline);

	return ret >= 0 || ret == -EINTR || ret == -EIDRM ? ret : -EBADF;
}

static struct errand *find_errand(const struct client *client, uint32_t number)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && errand->number == number)
			return errand;

	return NULL;
}

/* It is to bind a character device, and does not know whose that is. */
static void vouch(struct errand *errand, uint64_t rdev)
{
	if (errand->body.rdev || !server_config()->front.owns_rdev(rdev)) {
		finish(errand, -EBADF);
		return;
	}

	errand->body.rdev = rdev;
	send_errand(errand);
}

void errand_done(struct client *client, const struct control_errand_done *done)
{
	struct errand *errand = find_errand(client, done->number);

	if (errand == NULL)
		return;

	if (done->result > 0 && errand->body.what == CONTROL_ERRAND_BIND)
		vouch(errand, done->rdev);
	else
		finish(errand, done->result < 0 ? done->result : 0);
}

int errand_opened(struct client *client, uint32_t number, int fd)
{
	struct errand *errand = find_errand(client, number);

	if (errand == NULL || errand->body.what != CONTROL_ERRAND_OPEN)
		return -ENOENT;

	finish(errand, fd);

	return 0;
}

static struct errand *first_of_client(const struct client *client)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client)
			return errand;

	return NULL;
}

static struct errand *first_of_file(const struct open_file *of)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->of == of &&
		    errand->body.what == CONTROL_ERRAND_BIND)
			return errand;

	return NULL;
}

/* One at a time, both: to end one may end others. */

void errand_client_left(struct client *client)
{
	struct errand *errand;

	while ((errand = first_of_client(client)))
		finish(errand, -EOPNOTSUPP);
}

void errand_end_in(const struct open_file *of)
{
	struct errand *errand;

	while ((errand = first_of_file(of)))
		finish(errand, -EIDRM);
}

/* SPDX-License-Identifier: MIT */
#include "own-memory.h"
#include "poll-rig.h"

#include "core/file.h"
#include "core/poll-set.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/hooks.h"

#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 128
#define PRIO	  10

struct files_struct *rig_mine, *rig_others;

static struct stack_pool *inband_stacks;
static struct node node, bare_node;
static struct rig_file files[MAX_FILES];
static unsigned int nr_files;
static struct open_file *sets[MAX_FILES];
static unsigned int nr_sets;

static __poll_t handler(struct file *filp, struct oob_poll_wait *wait)
{
	struct rig_file *file = filp->private_data;

	file->nr_asked++;
	if (file->watch)
		file->watch(file, wait);
	else
		evl_poll_watch(&file->head, wait, NULL);

	return file->ready;
}

static const struct file_operations fops = { .oob_poll = handler };
static const struct file_operations bare_fops = { .open = NULL };

/* Both stages live on this thread, which is of one at a time: the test is
 * out-of-band. */
static void change_stage(struct stage *stage)
{
	stage_leave(stage_self);
	stage_enter(stage);
}

static void step_inband(void)
{
	change_stage(&inband_stage);
	inband_run_once(false);
	change_stage(&test_stage);
}

void rig_step(void)
{
	do {
		step_inband();
	} while (stage_run_until_idle(&test_stage));
	step_inband();
}

void rig_setup(void)
{
	ck_assert_int_eq(stack_pool_new(0, 16, &inband_stacks), 0);
	ck_assert_int_eq(inband_init(inband_stacks, 16), 0);
	stage_leave(&inband_stage);
	test_stage_setup();
	nr_files = nr_sets = 0;
	ck_assert_int_eq(poll_init(false), 0);
	ck_assert_int_eq(node_init(&node, "rig", &fops, "rig"), 0);
	ck_assert_int_eq(node_init(&bare_node, "bare", &bare_fops, "rig"), 0);
	ck_assert_int_eq(files_new(1000, &rig_mine), 0);
	ck_assert_int_eq(files_new(1001, &rig_others), 0);
}

/* What rig_call()'s fiber runs. */
static struct call {
	struct task_struct task;
	long (*func)(void *arg);
	long ret;
	struct fiber *fiber; /* used again and again */
} call;

static void run_call(void *arg)
{
	task_set(call.fiber, &call.task);
	call.ret = call.func(arg);
	task_set(call.fiber, NULL);
}

/* On a fiber for rig_mine. */
static long rig_call(long (*func)(void *arg), void *arg)
{
	call.task = (struct task_struct){
		.pid = getpid(),
		.files = rig_mine,
		.reach = &own_memory,
	};
	call.func = func;
	call.ret = PENDING;
	if (call.fiber)
		fiber_start(call.fiber, run_call, arg, PRIO);
	else
		call.fiber = test_fiber(run_call, arg, PRIO);
	stage_run_until_idle(&test_stage);
	if (call.ret == PENDING)
		rig_step(); /* it has to wait for memory */
	ck_assert_int_ne(call.ret, PENDING);

	return call.ret;
}

static struct open_file *new_file(struct node *of_node, unsigned int fd)
{
	struct open_file *of;

	ck_assert_int_eq(open_file_new(of_node, NULL, &of), 0);
	change_stage(&inband_stage);
	if (of->filp.f_op->open)
		ck_assert_int_eq(
			of->filp.f_op->open(of->filp.f_inode, &of->filp), 0);
	change_stage(&test_stage);
	ck_assert_int_eq(files_bind(rig_mine, fd, of, 1u << 20), 0);

	return of;
}

struct rig_file *rig_file(unsigned int fd, bool with_handler)
{
	struct rig_file *file = &files[nr_files++];

	ck_assert_uint_le(nr_files, MAX_FILES);
	memset(file, 0, sizeof(*file));
	evl_init_poll_head(&file->head);
	ck_assert_int_eq(open_file_new(with_handler ? &node : &bare_node, NULL,
				       &file->of),
			 0);
	file->of->filp.private_data = file;
	change_stage(&inband_stage);
	ck_assert_int_eq(evl_open_file(&file->efile, &file->of->filp), 0);
	change_stage(&test_stage);
	rig_bind(rig_mine, fd, file);

	return file;
}

void rig_bind(struct files_struct *process, unsigned int fd,
	      struct rig_file *file)
{
	ck_assert_int_eq(files_bind(process, fd, file->of, 1u << 20), 0);
}

void rig_set(unsigned int fd)
{
	ck_assert_uint_lt(nr_sets, MAX_FILES);
	sets[nr_sets++] = new_file(node_find("evl/" EVL_POLL_DEV), fd);
}

void rig_close(struct files_struct *process, unsigned int fd)
{
	files_unbind(process, fd, fd);
}

static bool released;

static void release(void *arg)
{
	struct open_file *of = arg;

	files_unbind_file(of);
	if (of->filp.f_op->release)
		of->filp.f_op->release(of->filp.f_inode, &of->filp);
	finish_oob_file(&of->filp);
	open_file_free(of);
	released = true;
}

static bool release_file(struct open_file *of)
{
	struct fiber *fiber;

	for (unsigned int i = 0; i < nr_sets; i++)
		if (sets[i] == of)
			sets[i] = NULL;
	for (unsigned int i = 0; i < nr_files; i++)
		if (files[i].of == of)
			files[i].of = NULL;

	released = false;
	change_stage(&inband_stage);
	ck_assert_int_eq(inband_spawn(release, of, &fiber), 0);
	change_stage(&test_stage);
	rig_step();

	return released;
}

bool rig_release(unsigned int fd)
{
	return release_file(files_lookup(rig_mine, fd));
}

void rig_teardown(void)
{
	rig_step();
	rig_mine = files_free(rig_mine);
	rig_others = files_free(rig_others);
	for (unsigned int i = 0; i < nr_sets; i++)
		if (sets[i])
			ck_assert(release_file(sets[i]));
	for (unsigned int i = 0; i < nr_files; i++) {
		ck_assert_uint_eq(files[i].head.nr_watchers, 0);
		ck_assert(list_empty(&files[i].head.watchers));
		if (files[i].of == NULL)
			continue;
		ck_assert_uint_eq(oob_file_users(files[i].of), 0);
		ck_assert(release_file(files[i].of));
	}
	poll_exit();
	test_stage_teardown();
	stage_enter(&inband_stage);
	ck_assert_uint_eq(inband_exit(), 0);
	inband_stacks = stack_pool_free(inband_stacks);
}

void rig_set_nonblock(unsigned int fd)
{
	files_lookup(rig_mine, fd)->filp.f_flags |= O_NONBLOCK;
}

struct ioctl_call {
	struct file *filp;
	unsigned int cmd;
	void *arg;
};

static long do_ioctl(void *arg)
{
	const struct ioctl_call *ioctl_call = arg;
	struct file *filp = ioctl_call->filp;

	return filp->f_op->oob_ioctl(filp, ioctl_call->cmd,
				     (unsigned long)ioctl_call->arg);
}

long rig_ioctl(unsigned int set_fd, unsigned int cmd, void *arg)
{
	struct ioctl_call ioctl_call = {
		.filp = &files_lookup(rig_mine, set_fd)->filp,
		.cmd = cmd,
		.arg = arg,
	};

	return rig_call(do_ioctl, &ioctl_call);
}

long rig_ctl(unsigned int set_fd, unsigned int action, unsigned int fd,
	     unsigned int events)
{
	struct evl_poll_ctlreq req = {
		.action = action,
		.fd = fd,
		.events = events,
		.pollval = evl_intval(1000 + fd),
	};

	return rig_ioctl(set_fd, EVL_POLIOC_CTL, &req);
}

/* As the server does it: with a reference on the set's file. */
static void run_wait(void *arg)
{
	struct rig_wait *wait = arg;
	struct task_struct task = {
		.pid = getpid(),
		.files = wait->files,
		.reach = &own_memory,
	};
	struct file *filp;

	task_set(fiber_current(), &task);
	filp = oob_file_get(wait->files, (unsigned int)wait->set_fd);
	ck_assert_ptr_nonnull(filp);
	wait->ret = filp->f_op->oob_ioctl(filp, EVL_POLIOC_WAIT,
					  (unsigned long)&wait->req);
	oob_file_put(filp);
	task_set(fiber_current(), NULL);
}

void rig_start(struct rig_wait *wait, int prio)
{
	wait->ret = PENDING;
	if (wait->files == NULL)
		wait->files = rig_mine;
	wait->fiber = test_fiber(run_wait, wait, prio);
	rig_step();
}

void rig_poll(struct rig_wait *wait, int set_fd, int nrset)
{
	memset(wait, 0, sizeof(*wait));
	wait->set_fd = set_fd;
	wait->req = (struct evl_poll_waitreq){
		.timeout_ptr = (uintptr_t)&wait->timeout,
		.pollset_ptr = (uintptr_t)wait->results,
		.nrset = nrset,
	};
	rig_start(wait, PRIO);
}

void rig_expect(const struct rig_wait *wait, unsigned int fd,
		unsigned int events)
{
	ck_assert_int_eq(wait->ret, 0);
	ck_assert_int_eq(wait->req.nrset, 1);
	ck_assert_uint_eq(wait->results[0].fd, fd);
	ck_assert_uint_eq(wait->results[0].events, events);
	ck_assert_int_eq(wait->results[0].pollval.lval, 1000 + fd);
}

struct rig_file *rig_watched(unsigned int set_fd, unsigned int fd,
			     unsigned int events)
{
	struct rig_file *file = rig_file(fd, true);

	ck_assert_int_eq(rig_add(set_fd, fd, events), 0);

	return file;
}

void rig_signal(struct rig_file *file, int events)
{
	evl_signal_poll_events(&file->head, events);
	rig_step();
}

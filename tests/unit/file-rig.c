/* SPDX-License-Identifier: MIT */
#include "file-rig.h"

#include "kapi/task.h"
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/node.h"

#include <stdlib.h>
#include <string.h>

static struct stack_pool *stacks;
static struct node node;
enum manners rig_manners;
bool rig_shared, rig_gives_back;
int rig_open_result;
struct evl_file rig_the_one;
struct files_struct *rig_files;
struct open_file *rig_ofs[RIG_NR_FILES];

struct evl_file *rig_efilp_of(struct file *filp)
{
	return rig_shared ? &rig_the_one : filp->private_data;
}

static int driver_open(struct inode *inode, struct file *filp)
{
	/* With what somebody else left there. */
	void *mem = malloc(sizeof(struct evl_file));

	memset(mem, 0xa5, sizeof(struct evl_file));
	filp->private_data = mem;
	ck_assert_int_eq(evl_open_file(rig_efilp_of(filp), filp), 0);
	ck_assert_ptr_eq(rig_efilp_of(filp)->filp, filp);
	if (rig_manners == TWICE)
		ck_assert_int_eq(evl_open_file(rig_efilp_of(filp), filp), 0);
	if (rig_open_result && rig_gives_back)
		evl_release_file(rig_efilp_of(filp));
	if (rig_open_result)
		free(mem);

	return rig_open_result;
}

static int driver_release(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp = rig_efilp_of(filp);

	if (rig_manners == CLEARS)
		memset(efilp, 0, sizeof(*efilp));
	if (rig_manners != HASTY)
		evl_release_file(efilp);
	if (rig_manners == TWICE)
		evl_release_file(efilp);
	if (rig_manners == WIPES)
		memset(efilp, 0, sizeof(*efilp));
	/* No use after free goes unnoticed. */
	if (rig_manners == HASTY)
		memset(filp->private_data, 0xa5, sizeof(struct evl_file));
	free(filp->private_data);

	return 0;
}

static const struct file_operations fops = {
	.open = driver_open,
	.release = driver_release,
};

void rig_setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_init(&node, "some", &fops, "test"), 0);
	ck_assert_int_eq(node_add(&node), 0);
	ck_assert_int_eq(files_new(1000, &rig_files), 0);
}

void rig_teardown(void)
{
	rig_files = files_free(rig_files);
	ck_assert_uint_eq(open_file_count(), 0);
	node_remove(&node);
	inband_exit();
	stack_pool_free(stacks);
}

void rig_step(void)
{
	for (int i = 0; i < 5; i++)
		inband_run_once(false);
}

struct vfs_request rig_requests[RIG_NR_FILES];
bool rig_ended[RIG_NR_FILES];

static void note_done(struct vfs_request *rq)
{
	(void)rq;
}

static void note_free(struct vfs_request *rq)
{
	rig_ended[rq - rig_requests] = true;
}

void rig_submit(int i, enum vfs_op op)
{
	rig_requests[i] = (struct vfs_request){
		.op = op,
		.node = &node,
		.file = op == VFS_RELEASE ? rig_ofs[i] : NULL,
		.done = note_done,
		.free = note_free,
	};
	rig_ended[i] = false;
	vfs_submit(&rig_requests[i]);
	rig_step();
}

void rig_open_file(int i)
{
	rig_submit(i, VFS_OPEN);
	ck_assert(rig_ended[i]);
	ck_assert_int_eq(rig_requests[i].result, 0);
	rig_ofs[i] = rig_requests[i].file;
	ck_assert_int_eq(files_bind(rig_files, (unsigned int)i, rig_ofs[i], 16),
			 0);
}

bool rig_close_file(int i)
{
	rig_submit(i, VFS_RELEASE);

	return rig_ended[i];
}

void rig_do_get(void *arg)
{
	struct rig_get *get = arg;
	struct task_struct task = {
		.tgid = 1000,
		.files = get->files,
		.identified = true,
	};

	task_set(fiber_current(), &task);
	if (get->before)
		get->before();
	get->efilp = evl_get_file(get->fd);
	if (get->after)
		get->after();
	task_set(fiber_current(), NULL);
}

struct evl_file *rig_get(unsigned int fd)
{
	struct rig_get get = { .fd = fd, .files = rig_files };

	ck_assert_int_eq(inband_call(rig_do_get, &get), 0);

	return get.efilp;
}

void rig_put(struct evl_file *efilp)
{
	evl_put_file(efilp);
	rig_step();
}

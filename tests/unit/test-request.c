/* SPDX-License-Identifier: MIT */
/* In-band requests, as a front submits them. */
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>

static struct stack_pool *stacks;
static struct node node;
static int open_result; /* what the driver's handler returns */

static int some_open(struct inode *inode, struct file *filp)
{
	return open_result;
}

static const struct file_operations fops = { .open = some_open };

static void setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_init(&node, "some", &fops, "test"), 0);
	ck_assert_int_eq(node_add(&node), 0);
}

static void teardown(void)
{
	ck_assert_uint_eq(open_file_count(), 0);
	node_remove(&node);
	inband_exit();
	stack_pool_free(stacks);
}

static bool done, freed;

static void note_done(struct vfs_request *rq)
{
	done = true;
}

static void note_free(struct vfs_request *rq)
{
	freed = true;
}

/* Submit @rq and serve the loop until the vfs has given it back. */
static ssize_t request(struct vfs_request *rq)
{
	rq->done = note_done;
	rq->free = note_free;
	done = freed = false;
	vfs_submit(rq);
	while (!freed)
		inband_run_once(false);
	ck_assert(done);

	return rq->result;
}

static ssize_t open_by(uid_t uid, struct open_file **r_of)
{
	struct vfs_request rq = {
		.op = VFS_OPEN,
		.caller.uid = uid,
		.node = &node,
	};
	ssize_t ret = request(&rq);

	*r_of = rq.file;

	return ret;
}

static ssize_t open_node(struct open_file **r_of)
{
	return open_by(0, r_of);
}

START_TEST(what_is_opened_is_released)
{
	struct vfs_request release = { .op = VFS_RELEASE };

	open_result = 0;
	ck_assert_int_eq(open_node(&release.file), 0);
	ck_assert_ptr_nonnull(release.file);
	ck_assert_uint_eq(open_file_count(), 1);
	ck_assert_int_eq(request(&release), 0);
}
END_TEST

/* Nor has a front anything to release then. */
START_TEST(whatever_open_returns_but_0_is_an_error)
{
	struct open_file *of;

	open_result = -EBUSY;
	ck_assert_int_eq(open_node(&of), -EBUSY);
	ck_assert_ptr_null(of);
	open_result = 1;
	ck_assert_int_eq(open_node(&of), -EINVAL);
	ck_assert_ptr_null(of);
}
END_TEST

/* Its release is none of what it may have under way. */
START_TEST(a_user_has_a_share_of_the_handlers)
{
	struct vfs_request release = { .op = VFS_RELEASE, .caller.uid = 1001 };
	struct open_file *of;
	unsigned int nr = 0;

	open_result = 0;
	ck_assert_int_eq(open_by(1001, &release.file), 0);
	for (; vfs_take_fiber(1001); nr++)
		;
	ck_assert_uint_eq(nr, VFS_MAX_FIBERS / 3 * 2);
	ck_assert_int_eq(open_by(1001, &of), -EDQUOT);
	ck_assert_ptr_null(of);
	ck_assert_int_eq(request(&release), 0);
	ck_assert_int_eq(open_by(1002, &release.file), 0);
	ck_assert_int_eq(request(&release), 0);
	ck_assert_int_eq(open_by(0, &release.file), 0);
	ck_assert_int_eq(request(&release), 0);

	vfs_give_fiber(1001);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(open_by(1001, &release.file), 0);
		ck_assert_int_eq(request(&release), 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/request");
	TCase *tcase = tcase_create("request");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_opened_is_released);
	tcase_add_test(tcase, whatever_open_returns_but_0_is_an_error);
	tcase_add_test(tcase, a_user_has_a_share_of_the_handlers);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* In-band requests, as a front submits them. */
#include "stage/inband.h"
#include "stage/wait.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/uaccess.h>
#include <string.h>

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

static struct wait_queue sleepers = {
	.waiters = LIST_HEAD_INIT(sleepers.waiters),
};
static bool lingers, woken;

/* As who asks somebody else on its caller's behalf. */
static ssize_t slow_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	int ret;

	pi_lock(&sleepers.lock);
	ret = wait_queue_sleep(&sleepers, DEADLINE_NONE);
	pi_unlock(&sleepers.lock);
	if (ret == 0)
		return 7;

	vfs_linger(lingers);
	pi_lock(&sleepers.lock);
	wait_queue_sleep_uninterruptible(&sleepers, DEADLINE_NONE);
	pi_unlock(&sleepers.lock);
	if (!woken) {
		vfs_linger(false);
		pi_lock(&sleepers.lock);
		wait_queue_sleep_uninterruptible(&sleepers, DEADLINE_NONE);
		pi_unlock(&sleepers.lock);
	}

	return 5;
}

static const struct file_operations slow_fops = { .read = slow_read };

static void step(void)
{
	for (int i = 0; i < 5; i++)
		inband_run_once(false);
}

static void wake_sleepers(void)
{
	wait_queue_flush(&sleepers, 0);
	step();
}

static struct vfs_request slow;

static void begin_slow(void)
{
	struct open_file *of;

	node.fops = &slow_fops;
	ck_assert_int_eq(open_node(&of), 0);
	slow = (struct vfs_request){
		.op = VFS_READ,
		.file = of,
		.buf = &slow,
		.count = 8,
		.done = note_done,
		.free = note_free,
	};
	of->filp.f_mode = FMODE_READ;
	done = freed = woken = false;
	vfs_submit(&slow);
	step();
	ck_assert(!done);
}

static void end_slow(void)
{
	struct vfs_request release = { .op = VFS_RELEASE, .file = slow.file };

	ck_assert(freed);
	ck_assert_int_eq(request(&release), 0);
}

START_TEST(who_lingers_answers_itself)
{
	begin_slow();
	lingers = true;
	vfs_interrupt(&slow);
	step();
	ck_assert(!done);
	woken = true;
	wake_sleepers();
	ck_assert(done);
	ck_assert_int_eq(slow.result, 5);
	end_slow();
}
END_TEST

START_TEST(until_it_says_that_it_takes_longer)
{
	begin_slow();
	lingers = true;
	vfs_interrupt(&slow);
	step();
	wake_sleepers();
	ck_assert(done);
	ck_assert(!freed);
	ck_assert_int_eq(slow.result, -EINTR);
	wake_sleepers();
	end_slow();
}
END_TEST

START_TEST(without_that_the_caller_gets_away)
{
	begin_slow();
	lingers = false;
	woken = true;
	vfs_interrupt(&slow);
	step();
	ck_assert(done);
	ck_assert_int_eq(slow.result, -EINTR);
	wake_sleepers();
	end_slow();
}
END_TEST

/* Its caller is told what it returns, however long that takes. */
START_TEST(a_sleep_can_be_broken_and_no_more)
{
	begin_slow();
	lingers = false;
	woken = true;
	vfs_break(&slow);
	step();
	ck_assert(!done);
	wake_sleepers();
	ck_assert_int_eq(slow.result, 5);
	end_slow();
	/* It has no fiber any more. */
	vfs_break(&slow);
}
END_TEST

static size_t reach_nothing(struct task_struct *task, void *to,
			    unsigned long from, size_t n)
{
	memset(to, 'r', n);

	return n;
}

static const struct user_reach reach = {
	.most = 4096,
	.fetch = reach_nothing,
};

static ssize_t window_write(struct file *filp, const char __user *u_buf,
			    size_t count, loff_t *ppos)
{
	char bytes[8] = "";

	ck_assert_uint_eq((unsigned long)u_buf, 0x5000);
	ck_assert_uint_eq(copy_from_user(bytes, u_buf, 6), 0);
	ck_assert_str_eq(bytes, "windrr");

	return (ssize_t)count;
}

static long window_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	ck_assert_uint_eq(copy_to_user((void __user *)arg, "out", 3), 0);

	return 3;
}

static const struct file_operations window_fops = {
	.write = window_write,
	.unlocked_ioctl = window_ioctl,
};

/* Of a front which passes on what it was asked. */
START_TEST(a_window_may_come_along_with_how_the_rest_is_reached)
{
	struct vfs_request release = { .op = VFS_RELEASE };
	char mem[8] = "wind";
	struct vfs_request rq = {
		.op = VFS_WRITE,
		.count = 6,
		.reach = &reach,
		.window = { .base = 0x5000, .mem = mem, .readable = 4 },
	};

	node.fops = &window_fops;
	ck_assert_int_eq(open_node(&rq.file), 0);
	rq.file->filp.f_mode = FMODE_WRITE;
	ck_assert_int_eq(request(&rq), 6);
	ck_assert_uint_eq(rq.window.written, 0);

	rq.op = VFS_IOCTL;
	rq.arg = 0x5000;
	rq.window.writable = 8;
	ck_assert_int_eq(request(&rq), 3);
	ck_assert_uint_eq(rq.window.written, 3);
	ck_assert_mem_eq(mem, "outd", 4);
	release.file = rq.file;
	ck_assert_int_eq(request(&release), 0);
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
	tcase_add_test(tcase, who_lingers_answers_itself);
	tcase_add_test(tcase, until_it_says_that_it_takes_longer);
	tcase_add_test(tcase, without_that_the_caller_gets_away);
	tcase_add_test(tcase, a_sleep_can_be_broken_and_no_more);
	tcase_add_test(tcase,
		       a_window_may_come_along_with_how_the_rest_is_reached);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

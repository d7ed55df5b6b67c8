/* SPDX-License-Identifier: MIT */
/*
 * References on files, and releases which wait for them: a driver with an
 * evl_file for each of its files, and one with a single evl_file for all.
 */
#include <evl/file.h>

#include "core/file.h"
#include "kapi/task.h"
#include "stage/inband.h"
#include "stage/wait.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <stdlib.h>
#include <string.h>

#define NR_FILES 3

/* How the driver under test treats its evl_file. */
enum manners {
	GOOD,
	HASTY,	/* frees it, and does not call evl_release_file() */
	CLEARS, /* clears it, then calls evl_release_file() */
	WIPES,	/* the other way round */
	TWICE,	/* opens and releases it twice */
};

static struct stack_pool *stacks;
static struct node node;
static enum manners manners;
static bool shared;	/* one evl_file for all */
static int open_result; /* of a handler which has set it up */
static bool gives_back; /* ... and calls evl_release_file() then */
static struct evl_file the_one;
static struct files_struct *files;
static struct open_file *ofs[NR_FILES];

static struct evl_file *efilp_of(struct file *filp)
{
	return shared ? &the_one : filp->private_data;
}

static int driver_open(struct inode *inode, struct file *filp)
{
	/* With what somebody else left there. */
	void *mem = malloc(sizeof(struct evl_file));

	memset(mem, 0xa5, sizeof(struct evl_file));
	filp->private_data = mem;
	ck_assert_int_eq(evl_open_file(efilp_of(filp), filp), 0);
	ck_assert_ptr_eq(efilp_of(filp)->filp, filp);
	if (manners == TWICE)
		ck_assert_int_eq(evl_open_file(efilp_of(filp), filp), 0);
	if (open_result && gives_back)
		evl_release_file(efilp_of(filp));
	if (open_result)
		free(mem);

	return open_result;
}

static int driver_release(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp = efilp_of(filp);

	if (manners == CLEARS)
		memset(efilp, 0, sizeof(*efilp));
	if (manners != HASTY)
		evl_release_file(efilp);
	if (manners == TWICE)
		evl_release_file(efilp);
	if (manners == WIPES)
		memset(efilp, 0, sizeof(*efilp));
	/* No use after free goes unnoticed. */
	if (manners == HASTY)
		memset(filp->private_data, 0xa5, sizeof(struct evl_file));
	free(filp->private_data);

	return 0;
}

static const struct file_operations fops = {
	.open = driver_open,
	.release = driver_release,
};

static void setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_init(&node, "some", &fops, "test"), 0);
	ck_assert_int_eq(node_add(&node), 0);
	ck_assert_int_eq(files_new(1000, &files), 0);
}

static void teardown(void)
{
	files = files_free(files);
	ck_assert_uint_eq(open_file_count(), 0);
	node_remove(&node);
	inband_exit();
	stack_pool_free(stacks);
}

static void step(void)
{
	for (int i = 0; i < 5; i++)
		inband_run_once(false);
}

static struct vfs_request requests[NR_FILES];
static bool ended[NR_FILES]; /* the request on that file */

static void note_done(struct vfs_request *rq)
{
	(void)rq;
}

static void note_free(struct vfs_request *rq)
{
	ended[rq - requests] = true;
}

static void submit(int i, enum vfs_op op)
{
	requests[i] = (struct vfs_request){
		.op = op,
		.node = &node,
		.file = op == VFS_RELEASE ? ofs[i] : NULL,
		.done = note_done,
		.free = note_free,
	};
	ended[i] = false;
	vfs_submit(&requests[i]);
	step();
}

/* File @i, which is descriptor @i. */
static void open_file(int i)
{
	submit(i, VFS_OPEN);
	ck_assert(ended[i]);
	ck_assert_int_eq(requests[i].result, 0);
	ofs[i] = requests[i].file;
	ck_assert_int_eq(files_bind(files, (unsigned int)i, ofs[i], 16), 0);
}

/* True: its release is through. */
static bool close_file(int i)
{
	submit(i, VFS_RELEASE);

	return ended[i];
}

/* evl_get_file() in a handler. */
struct get {
	unsigned int fd;
	struct files_struct *files;
	void (*before)(void), (*after)(void); /* in the handler, too */
	struct evl_file *efilp;
};

static void do_get(void *arg)
{
	struct get *get = arg;
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

static struct evl_file *get(unsigned int fd)
{
	struct get get = { .fd = fd, .files = files };

	ck_assert_int_eq(inband_call(do_get, &get), 0);

	return get.efilp;
}

static void put(struct evl_file *efilp)
{
	evl_put_file(efilp);
	step();
}

START_TEST(a_release_waits_for_the_drivers_references)
{
	struct evl_file *efilp;

	manners = (enum manners)_i;
	open_file(0);
	efilp = get(0);
	ck_assert_ptr_eq(efilp, ofs[0]->filp.private_data);
	evl_get_fileref(efilp);
	ck_assert_uint_eq(oob_file_users(ofs[0]), 2);
	ck_assert(!close_file(0));
	/* Nobody gets it any more, who has it may pass it on. */
	ck_assert_ptr_null(get(0));
	if (manners == GOOD) {
		ck_assert_ptr_eq(efilp->filp, &ofs[0]->filp);
		evl_get_fileref(efilp);
		put(efilp);
	}
	put(efilp);
	ck_assert(!ended[0]);
	ck_assert_uint_eq(oob_file_users(ofs[0]), 1);
	put(efilp);
	ck_assert(ended[0]);
}
END_TEST

START_TEST(it_waits_for_handlers_and_references_alike)
{
	struct evl_file *efilp;

	open_file(0);
	efilp = get(0);
	oob_file_ref(&ofs[0]->filp);
	ck_assert_uint_eq(oob_file_users(ofs[0]), 2);
	ck_assert(!close_file(0));
	put(efilp);
	ck_assert(!ended[0]);
	oob_file_put(&ofs[0]->filp);
	step();
	ck_assert(ended[0]);
}
END_TEST

START_TEST(a_shared_one_goes_with_the_last_file)
{
	struct evl_file *efilp;

	shared = true;
	manners = (enum manners)_i;
	for (int i = 0; i < NR_FILES; i++)
		open_file(i);
	efilp = get(0);
	ck_assert_ptr_eq(efilp, &the_one);
	ck_assert_ptr_eq(get(2), &the_one);
	/* Whichever go first, who has a reference does not hold them up. */
	ck_assert(close_file(2));
	ck_assert(close_file(0));
	put(efilp);
	ck_assert(!close_file(1));
	put(efilp);
	ck_assert(ended[1]);
}
END_TEST

/* A handler works on the file which was opened last; a reference that came by
 * another one is not its. */
START_TEST(a_reference_is_not_put_on_another_file)
{
	shared = true;
	open_file(0);
	open_file(1);
	oob_file_ref(&ofs[1]->filp);
	put(get(0));
	ck_assert_uint_eq(oob_file_users(ofs[0]), 0);
	ck_assert_uint_eq(oob_file_users(ofs[1]), 1);
	ck_assert(close_file(0));
	ck_assert(!close_file(1));
	oob_file_put(&ofs[1]->filp);
	step();
	ck_assert(ended[1]);
}
END_TEST

START_TEST(a_shared_one_names_a_file_which_is_open)
{
	shared = true;
	manners = (enum manners)_i;
	for (int i = 0; i < NR_FILES; i++) {
		open_file(i);
		ck_assert_ptr_eq(the_one.filp, &ofs[i]->filp);
	}
	ck_assert(close_file(1));
	ck_assert_ptr_eq(the_one.filp, &ofs[2]->filp);
	ck_assert(close_file(2));
	ck_assert_ptr_eq(the_one.filp, &ofs[0]->filp);
	ck_assert(close_file(0));
	if (manners == GOOD)
		ck_assert_ptr_null(the_one.filp);
}
END_TEST

START_TEST(opened_again_it_does_not_go)
{
	struct evl_file *efilp;

	shared = true;
	open_file(0);
	efilp = get(0);
	ck_assert(!close_file(0));
	open_file(1);
	ck_assert(ended[0]);
	ck_assert(!close_file(1));
	/* As often as one likes; two wait for the same. */
	open_file(2);
	ck_assert(ended[1]);
	ck_assert(!close_file(2));
	put(efilp);
	ck_assert(ended[2]);

	open_file(0);
	ck_assert(close_file(0));
}
END_TEST

START_TEST(drivers_of_all_manners_may_go_on)
{
	manners = (enum manners)_i;
	for (int i = 0; i < 20; i++) {
		shared = i % 2;
		for (int n = 0; n < NR_FILES; n++) {
			open_file(n);
			put(get((unsigned int)n));
		}
		for (int n = 0; n < NR_FILES; n++)
			ck_assert(close_file((n + i) % NR_FILES));
	}
}
END_TEST

START_TEST(an_open_that_fails_leaves_nothing)
{
	struct evl_file *efilp;

	shared = _i;
	if (shared)
		open_file(0);
	open_result = -EBUSY;
	for (int i = 0; i < 4; i++) {
		gives_back = i % 2;
		submit(1, VFS_OPEN);
		ck_assert_int_eq(requests[1].result, -EBUSY);
	}
	open_result = 0;
	if (!shared)
		open_file(0);
	ck_assert_ptr_eq(efilp_of(&ofs[0]->filp)->filp, &ofs[0]->filp);
	efilp = get(0);
	ck_assert(!close_file(0));
	put(efilp);
	ck_assert(ended[0]);
}
END_TEST

START_TEST(references_on_what_is_gone_are_harmless)
{
	struct evl_file stranger;

	evl_get_fileref(&stranger);
	evl_put_file(&stranger);
	evl_release_file(&stranger);

	shared = true;
	open_file(0);
	put(&the_one); /* one too many */
	ck_assert(close_file(0));
	put(&the_one);
	open_file(0);
	ck_assert_uint_eq(oob_file_users(ofs[0]), 0);
	ck_assert(close_file(0));
}
END_TEST

static void release_open_file(void *arg)
{
	evl_release_file(efilp_of(arg));
}

START_TEST(released_early_it_takes_no_more_requests)
{
	open_file(0);
	ck_assert_int_eq(inband_call(release_open_file, &ofs[0]->filp), 0);
	ck_assert_ptr_null(oob_file_get(files, 0));
	ck_assert_int_eq(files_bind(files, 0, ofs[0], 16), 0);
	ck_assert_ptr_null(oob_file_get(files, 0));
	/* Until it is opened again. */
	ck_assert_int_eq(evl_open_file(efilp_of(&ofs[0]->filp), &ofs[0]->filp),
			 0);
	put(get(0));
	ck_assert(close_file(0));
}
END_TEST

/* Another evl_file for the same file: the first is the driver's again. */
START_TEST(a_file_has_one_at_a_time)
{
	struct evl_file *second = malloc(sizeof(*second)), *efilp;

	open_file(0);
	evl_get_fileref(efilp_of(&ofs[0]->filp));
	ck_assert_int_eq(evl_open_file(second, &ofs[0]->filp), 0);
	efilp = get(0);
	ck_assert_ptr_eq(efilp, second);
	free(ofs[0]->filp.private_data);
	ofs[0]->filp.private_data = second;
	ck_assert(!close_file(0));
	put(efilp);
	ck_assert(ended[0]);
}
END_TEST

/* What the caller's process says when it is asked. */
static int nr_asked, answer;

static int bind_it(unsigned int fd, uint64_t deadline)
{
	nr_asked++;
	if (answer == 0)
		ck_assert_int_eq(files_bind(files, fd, ofs[0], 16), 0);

	return answer;
}

START_TEST(who_knows_is_asked_about_what_we_do_not_know)
{
	open_file(0);
	ck_assert_ptr_null(get(5));
	oob_file_set_asker(bind_it);
	put(get(0));
	ck_assert_int_eq(nr_asked, 0);
	answer = -EBADF;
	ck_assert_ptr_null(get(5));
	ck_assert_int_eq(nr_asked, 1);
	answer = 0;
	ck_assert_ptr_eq(get(5), ofs[0]->filp.private_data);
	put(get(5));
	ck_assert_int_eq(nr_asked, 2);
	put(ofs[0]->filp.private_data);
	/* No process has such a number. */
	ck_assert_ptr_null(get(FILES_FD_LIMIT));
	ck_assert_int_eq(nr_asked, 2);
	ck_assert(close_file(0));
}
END_TEST

/* It says it is bound, and it is not; or only the @answer'th time. */
static int lie(unsigned int fd, uint64_t deadline)
{
	return ++nr_asked == answer ? files_bind(files, fd, ofs[1], 16) : 0;
}

START_TEST(a_lie_is_worth_nothing)
{
	open_file(1);
	oob_file_set_asker(lie);
	ck_assert_ptr_null(get(5));
	/* Others may have been at it, so it is asked again, but not for ever. */
	ck_assert_int_gt(nr_asked, 1);
	ck_assert_int_lt(nr_asked, 20);
	answer = nr_asked + 2;
	ck_assert_ptr_nonnull(get(5));
	ck_assert_int_eq(nr_asked, answer);
	put(ofs[1]->filp.private_data);
	ck_assert(close_file(1));
}
END_TEST

static raw_spinlock_t spin;
static struct mutex mutex;
static struct wait_queue queue;

static void take_spin_lock(void)
{
	raw_spin_lock(&spin);
}

static void leave_spin_lock(void)
{
	raw_spin_unlock(&spin);
}

static void take_mutex(void)
{
	mutex_lock(&mutex);
}

static void leave_mutex(void)
{
	mutex_unlock(&mutex);
}

static void join_queue(void)
{
	wait_queue_join(&queue);
}

static void break_off(void)
{
	fiber_break(fiber_current());
}

START_TEST(who_must_not_sleep_is_not_made_to)
{
	struct get gets[] = {
		{ 5, files, take_spin_lock, leave_spin_lock, NULL },
		{ 5, files, take_mutex, leave_mutex, NULL },
		{ 5, files, join_queue, wait_queue_leave, NULL },
		{ 5, files, break_off, NULL, NULL },
		{ 5, NULL, NULL, NULL, NULL }, /* a caller of no process's */
	};

	open_file(0);
	wait_queue_init(&queue, WAIT_FIFO);
	oob_file_set_asker(bind_it);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(inband_call(do_get, &gets[i]), 0);
		ck_assert_ptr_null(gets[i].efilp);
	}
	/* Nor who is no fiber. */
	ck_assert_ptr_null(evl_get_file(5));
	ck_assert_int_eq(nr_asked, 0);
	ck_assert(close_file(0));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("core/evl-file");

	add(suite, "waits", a_release_waits_for_the_drivers_references,
	    TWICE + 1);
	add(suite, "alike", it_waits_for_handlers_and_references_alike, 1);
	add(suite, "last", a_shared_one_goes_with_the_last_file, TWICE + 1);
	add(suite, "another", a_reference_is_not_put_on_another_file, 1);
	add(suite, "names", a_shared_one_names_a_file_which_is_open, HASTY + 1);
	add(suite, "again", opened_again_it_does_not_go, 1);
	add(suite, "manners", drivers_of_all_manners_may_go_on, TWICE + 1);
	add(suite, "fails", an_open_that_fails_leaves_nothing, 2);
	add(suite, "gone", references_on_what_is_gone_are_harmless, 1);
	add(suite, "early", released_early_it_takes_no_more_requests, 1);
	add(suite, "one", a_file_has_one_at_a_time, 1);

	add(suite, "ask", who_knows_is_asked_about_what_we_do_not_know, 1);
	add(suite, "lie", a_lie_is_worth_nothing, 1);
	add(suite, "sleep", who_must_not_sleep_is_not_made_to, 1);

	return suite_run(suite);
}

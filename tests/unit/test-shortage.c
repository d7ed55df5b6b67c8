/* SPDX-License-Identifier: MIT */
/*
 * No memory: each allocation which a call of the core's makes fails once, the
 * first, the second, and so on. The call says so and leaves nothing behind, or
 * leak detection tells; once there is memory it does what it should.
 */
#include "core/kthread.h"
#include "thread-rig.h"
#include "vfs/file.h"
#include "vfs/node.h"

#include <errno.h>
#include <evl/factory.h>
#include <evl/file.h>
#include <evl/memory.h>
#include <linux/module.h>

static bool counting, failed;
static unsigned int nr_left; /* allocations before the one which fails */

void *__real_calloc(size_t nr, size_t size);
/* What the program calls; libraries have their own memory. */
void *__wrap_calloc(size_t nr, size_t size);

void *__wrap_calloc(size_t nr, size_t size)
{
	if (!counting || nr_left--)
		return __real_calloc(nr, size);

	counting = false;
	failed = true;

	return NULL;
}

/* The driver. */

static struct evl_element *build(struct evl_factory *fac,
				 const char __user *u_name,
				 void __user *u_attrs, int clone_flags,
				 u32 *state_offp)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void dispose(struct evl_element *e)
{
	evl_destroy_element(e);
}

static const struct file_operations fops = {
	.open = evl_open_element,
	.release = evl_release_element,
};

static const struct file_operations bare_fops = { .open = NULL };

static struct evl_factory fac;
static struct evl_element element;
static struct open_file *file;
static struct evl_file efile;
static struct evl_kthread kthread;
static struct evl_heap heap;
static char memory[1 << 16] __attribute__((aligned(4096)));

/* Classes and elements. */

static int create_factory(void)
{
	fac = (struct evl_factory){
		.name = "thing",
		.fops = &fops,
		.nrdev = 100,
		.build = build,
		.dispose = dispose,
		.flags = EVL_FACTORY_CLONE,
	};

	return evl_create_factory(&fac);
}

static void expect_no_factory(void)
{
	ck_assert_ptr_null(fac.inside);
	ck_assert_ptr_null(node_find("evl/thing/clone"));
}

static void delete_factory(void)
{
	ck_assert_ptr_nonnull(node_find("evl/thing/clone"));
	evl_delete_factory(&fac);
	expect_no_factory();
}

static void have_element(void)
{
	ck_assert_int_eq(create_factory(), 0);
	ck_assert_int_eq(evl_init_element(&element, &fac, 0), 0);
}

static void put_element(void)
{
	evl_put_element(&element);
	delete_factory();
}

static int show_element(void)
{
	return evl_create_element_device(&element, &fac, "shown");
}

static void expect_hidden(void)
{
	ck_assert_ptr_null(node_find("evl/thing/shown"));
	/* Nor is the name taken. */
	ck_assert_str_eq(evl_element_name(&element), "thing%0");
}

/* Files. */

static void have_shown_element(void)
{
	have_element();
	ck_assert_int_eq(show_element(), 0);
	ck_assert_int_eq(
		open_file_new(node_find("evl/thing/shown"), NULL, &file), 0);
}

static int open_element(void)
{
	return evl_open_element(file->filp.f_inode, &file->filp);
}

static void expect_not_open(void)
{
	ck_assert_uint_eq(element.refs, 1);
	ck_assert_ptr_null(file->filp.oob_data);
}

static void close_element(void)
{
	ck_assert_uint_eq(element.refs, 2);
	ck_assert_int_eq(evl_release_element(file->filp.f_inode, &file->filp),
			 0);
	open_file_free(file);
	put_element();
}

static struct node bare_node;

static void have_file(void)
{
	ck_assert_int_eq(node_init(&bare_node, "bare", &bare_fops, "test"), 0);
	ck_assert_int_eq(node_add(&bare_node), 0);
	ck_assert_int_eq(open_file_new(&bare_node, NULL, &file), 0);
}

static int open_evl_file(void)
{
	return evl_open_file(&efile, &file->filp);
}

static void expect_no_evl_file(void)
{
	ck_assert_ptr_null(file->filp.oob_data);
}

static void close_file(void)
{
	ck_assert_ptr_eq(file->filp.oob_data, &efile);
	evl_release_file(&efile);
	open_file_free(file);
	node_remove(&bare_node);
}

/* Threads. */

static void run_once(void *arg)
{
}

static int start_private(void)
{
	return evl_run_kthread(&kthread, run_once, NULL, 10, EVL_CLONE_PRIVATE,
			       "some");
}

static int start_public(void)
{
	return evl_run_kthread(&kthread, run_once, NULL, 10, EVL_CLONE_PUBLIC,
			       "some");
}

static void expect_no_thread(void)
{
	ck_assert_ptr_null(kthread_core(&kthread));
	ck_assert_uint_eq(kthread_count(), 0);
	ck_assert_ptr_null(node_find("evl/thread/some"));
}

static void stop_thread(void)
{
	ck_assert_uint_eq(kthread_count(), 1);
	evl_stop_kthread(&kthread);
	expect_no_thread();
}

/* Heaps. */

static int init_heap(void)
{
	return evl_init_heap(&heap, memory, sizeof(memory));
}

static void use_heap(void)
{
	ck_assert_ptr_nonnull(evl_alloc_chunk(&heap, 100));
	evl_destroy_heap(&heap);
}

static void nothing(void)
{
}

static const struct {
	void (*prepare)(void);
	int (*call)(void);
	void (*expect_undone)(void);
	void (*use)(void);
} cases[] = {
	{ nothing, create_factory, expect_no_factory, delete_factory },
	{ have_element, show_element, expect_hidden, put_element },
	{ have_shown_element, open_element, expect_not_open, close_element },
	{ have_file, open_evl_file, expect_no_evl_file, close_file },
	{ nothing, start_private, expect_no_thread, stop_thread },
	{ nothing, start_public, expect_no_thread, stop_thread },
	{ nothing, init_heap, nothing, use_heap },
};

#define NR_CASES ((int)(sizeof(cases) / sizeof(cases[0])))

static bool finished;

static void call_again_and_again(void *arg)
{
	const int nr = *(const int *)arg;
	unsigned int n;
	int ret;

	cases[nr].prepare();
	for (n = 0;; n++) {
		nr_left = n;
		failed = false;
		counting = true;
		ret = cases[nr].call();
		counting = false;
		if (!failed)
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		cases[nr].expect_undone();
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_uint_gt(n, 0);
	cases[nr].use();
	finished = true;
}

START_TEST(whoever_cannot_have_memory_says_so)
{
	static int nr;

	nr = _i;
	rig_inband(call_again_and_again, &nr);
	ck_assert(finished);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/shortage");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_add_loop_test(tc, whoever_cannot_have_memory_says_so, 0,
			    NR_CASES);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Names of elements whose owners are going, as a program that is started anew
 * finds them. */
#include "core/element.h"
#include "core/file.h"
#include "stage/inband.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/evl/factory.h>
#include <wire/bind.h>

static struct stack_pool *stacks;
static bool held; /* by others than files */

static struct evl_element *build(struct evl_factory *fac,
				 const char __user *u_name,
				 void __user *u_attrs, int clone_flags,
				 u32 *state_offp)
{
	struct evl_element *element = calloc(1, sizeof(*element));
	int ret = evl_init_user_element(element, fac, u_name, clone_flags);

	if (ret) {
		free(element);
		return ERR_PTR(ret);
	}

	return element;
}

static void dispose(struct evl_element *element)
{
	free(element);
}

static bool is_held(const struct evl_element *element)
{
	return held;
}

static const struct file_operations fops = {
	.open = evl_open_element,
	.release = evl_release_element,
};

static struct evl_factory factory = {
	.name = "thing",
	.fops = &fops,
	.nrdev = 8,
	.flags = EVL_FACTORY_CLONE,
	.flags_allowed = EVL_CLONE_PUBLIC,
	.build = build,
	.dispose = dispose,
	.held = is_held,
};

/* A request of the kernel's. */
struct call {
	struct vfs_request rq;
	struct bind_clone clone;
	bool done, freed;
};

static void note_done(struct vfs_request *rq)
{
	container_of(rq, struct call, rq)->done = true;
}

static void note_free(struct vfs_request *rq)
{
	container_of(rq, struct call, rq)->freed = true;
}

static void step(void)
{
	for (int i = 0; i < 4; i++)
		inband_run_once(false);
}

static void submit(struct call *call)
{
	call->rq.done = note_done;
	call->rq.free = note_free;
	call->done = call->freed = false;
	vfs_submit(&call->rq);
}

static struct open_file *open_clone(void)
{
	struct call call = { .rq = { .op = VFS_OPEN,
				     .node = &factory.inside->node } };

	submit(&call);
	step();
	ck_assert(call.freed);
	ck_assert_int_eq(call.rq.result, 0);

	return call.rq.file;
}

/* Ask for @of to become "heir". */
static void start_naming(struct call *call, struct open_file *of)
{
	*call = (struct call){
		.rq = {
			.op = VFS_IOCTL,
			.file = of,
			.cmd = BIND_IOC_CLONE,
			.arg = 4096,
			.in = &call->clone,
			.in_size = sizeof(call->clone),
			.out = &call->clone,
			.out_size = sizeof(call->clone),
		},
		.clone = { .name = "heir" },
	};
	submit(call);
	step();
}

static ssize_t name(struct open_file *of)
{
	struct call call;

	start_naming(&call, of);
	ck_assert(call.freed);

	return call.rq.result;
}

static void start_release(struct call *call, struct open_file *of)
{
	*call = (struct call){ .rq = { .op = VFS_RELEASE, .file = of } };
	submit(call);
}

static void release(struct open_file *of)
{
	struct call call;

	start_release(&call, of);
	step();
	ck_assert(call.freed);
}

/* The front: what it has not told the vfs yet. */
static struct open_file *closed;
static struct call late;

static int show(struct node *node)
{
	return 0;
}

static void hide(struct node *node)
{
}

static void drain(void)
{
	if (closed)
		start_release(&late, closed);
	closed = NULL;
}

static const struct node_host front = {
	.add = show,
	.remove = hide,
	.drain = drain,
};

static void setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, 16, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_set_host(&front), 0);
	ck_assert_int_eq(__evl_create_factory(&factory, NULL), 0);
	held = false;
}

static void teardown(void)
{
	ck_assert_uint_eq(open_file_count(), 0);
	evl_delete_factory(&factory);
	node_set_host(NULL);
	inband_exit();
	stack_pool_free(stacks);
}

START_TEST(a_name_in_use_is_refused_at_once)
{
	struct open_file *a = open_clone(), *b = open_clone();

	ck_assert_int_eq(name(a), 0);
	ck_assert_int_eq(name(b), -EEXIST);
	release(a);
	ck_assert_int_eq(name(b), 0);
	release(b);
}
END_TEST

START_TEST(one_whose_file_was_closed_unheard_is_free)
{
	struct open_file *a = open_clone(), *b = open_clone();

	ck_assert_int_eq(name(a), 0);
	closed = a;
	ck_assert_int_eq(name(b), 0);
	ck_assert(late.freed);
	release(b);
}
END_TEST

START_TEST(one_whose_release_is_under_way_is_waited_for)
{
	struct open_file *a = open_clone(), *b = open_clone();
	struct call call, going;

	ck_assert_int_eq(name(a), 0);
	oob_file_ref(&a->filp);
	start_release(&going, a);
	start_naming(&call, b);
	ck_assert(!call.done);
	oob_file_put(&a->filp);
	step();
	ck_assert(going.freed && call.freed);
	ck_assert_int_eq(call.rq.result, 0);
	release(b);
}
END_TEST

START_TEST(one_that_somebody_else_holds_is_refused)
{
	struct open_file *a = open_clone(), *b = open_clone();
	struct evl_element *element;
	struct call call;

	ck_assert_int_eq(name(a), 0);
	element = element_find(&factory, "heir");
	evl_get_element(element);
	held = true;
	release(a);
	ck_assert_int_eq(name(b), -EEXIST);

	/* The holder dies, and is buried. */
	held = false;
	start_naming(&call, b);
	ck_assert(!call.done);
	evl_put_element(element);
	step();
	ck_assert_int_eq(call.rq.result, 0);
	release(b);
}
END_TEST

START_TEST(who_waits_for_a_name_can_be_interrupted)
{
	struct open_file *a = open_clone(), *b = open_clone();
	struct call call, going;

	ck_assert_int_eq(name(a), 0);
	oob_file_ref(&a->filp);
	start_release(&going, a);
	start_naming(&call, b);
	vfs_interrupt(&call.rq);
	step();
	ck_assert(call.freed);
	ck_assert_int_eq(call.rq.result, -EINTR);
	oob_file_put(&a->filp);
	step();
	release(b);
}
END_TEST

START_TEST(a_name_that_does_not_become_free_is_refused_in_the_end)
{
	struct open_file *a = open_clone(), *b = open_clone();
	struct call call, going;

	ck_assert_int_eq(name(a), 0);
	oob_file_ref(&a->filp);
	start_release(&going, a);
	start_naming(&call, b);
	while (!call.freed)
		inband_run_once(true);
	ck_assert_int_eq(call.rq.result, -EEXIST);
	oob_file_put(&a->filp);
	step();
	release(b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/namesake");
	TCase *tcase = tcase_create("namesake");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_name_in_use_is_refused_at_once);
	tcase_add_test(tcase, one_whose_file_was_closed_unheard_is_free);
	tcase_add_test(tcase, one_whose_release_is_under_way_is_waited_for);
	tcase_add_test(tcase, one_that_somebody_else_holds_is_refused);
	tcase_add_test(tcase, who_waits_for_a_name_can_be_interrupted);
	tcase_add_test(tcase,
		       a_name_that_does_not_become_free_is_refused_in_the_end);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

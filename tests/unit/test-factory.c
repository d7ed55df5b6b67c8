/* SPDX-License-Identifier: MIT */
/* Classes of elements and what they make, as drivers have them. */
#include "factory-rig.h"
#include "inband-rig.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is missing or wrong in one. */
static const struct {
	int error;
	struct evl_factory fac;
} bad[] = {
	{ -EINVAL,
	  { .fops = &rig_fops,
	    .nrdev = 1,
	    .build = rig_build,
	    .dispose = rig_dispose } },
	{ -EINVAL,
	  { .name = "x",
	    .nrdev = 1,
	    .build = rig_build,
	    .dispose = rig_dispose } },
	{ -EINVAL,
	  { .name = "x",
	    .fops = &rig_fops,
	    .build = rig_build,
	    .dispose = rig_dispose } },
	{ -EINVAL,
	  { .name = "x", .fops = &rig_fops, .nrdev = 1, .build = rig_build } },
	{ -EINVAL,
	  { .name = "x",
	    .fops = &rig_fops,
	    .nrdev = 1,
	    .dispose = rig_dispose,
	    .flags = EVL_FACTORY_CLONE } },
	{ -EINVAL,
	  { .name = "../x", .fops = &rig_fops, .flags = EVL_FACTORY_SINGLE } },
	{ -EEXIST,
	  { .name = "thing",
	    .fops = &rig_fops,
	    .nrdev = 1,
	    .dispose = rig_dispose } },
	{ -EEXIST,
	  { .name = "thing/clone",
	    .fops = &rig_fops,
	    .flags = EVL_FACTORY_SINGLE } },
};
#define NR_BAD (int)(sizeof(bad) / sizeof(bad[0]))

static int nr_bad;

static void create_bad(void)
{
	struct evl_factory other = bad[nr_bad].fac;

	ck_assert_int_eq(__evl_create_factory(&other, &rig_driver),
			 bad[nr_bad].error);
	ck_assert_ptr_null(other.inside);
	/* Nothing happens. */
	evl_delete_factory(&other);
	ck_assert_uint_eq(node_count(), 1);
}

START_TEST(a_class_which_cannot_be_is_refused)
{
	nr_bad = _i;
	rig_on_a_fiber(create_bad);
}
END_TEST

static void create_long(void)
{
	char name[NODE_PATH_MAX];
	struct evl_factory other = rig_proto;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	other.name = name;
	ck_assert_int_eq(__evl_create_factory(&other, &rig_driver),
			 -ENAMETOOLONG);
}

START_TEST(a_class_has_a_name_that_fits)
{
	rig_on_a_fiber(create_long);
}
END_TEST

static void create_single(void)
{
	struct evl_factory single = {
		.name = "single",
		.fops = &rig_fops,
		.flags = EVL_FACTORY_SINGLE,
	};
	struct node *node;

	ck_assert_int_eq(__evl_create_factory(&single, &rig_driver), 0);
	node = node_find("evl/single");
	ck_assert_ptr_nonnull(node);
	ck_assert_ptr_eq(node->fops, &rig_fops);
	ck_assert_ptr_eq(node->owner, &rig_driver);
	evl_delete_factory(&single);
	evl_delete_factory(&single);
	ck_assert_ptr_null(node_find("evl/single"));
}

START_TEST(a_single_device_has_the_operations_itself)
{
	ck_assert_ptr_nonnull(node_find("evl/thing/clone"));
	rig_on_a_fiber(create_single);
}
END_TEST

START_TEST(elements_have_numbers_and_names_as_many_as_there_are)
{
	struct thing *things[NR_THINGS];
	struct evl_element more;

	for (unsigned int i = 0; i < NR_THINGS; i++) {
		things[i] = rig_new_thing();
		ck_assert_uint_eq(things[i]->element.minor, i);
		ck_assert_int_eq(evl_element_name(&things[i]->element)[6],
				 '0' + (int)i);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_uint_ne(things[i]->element.fundle,
					  things[j]->element.fundle);
	}
	ck_assert_str_eq(evl_element_name(&things[0]->element), "thing%0");
	ck_assert_int_eq(evl_init_element(&more, &rig_fac, 0), -EAGAIN);

	/* What one had is another's. */
	evl_destroy_element(&things[1]->element);
	evl_destroy_element(&things[1]->element);
	ck_assert_int_eq(evl_init_element(&more, &rig_fac, 0), 0);
	ck_assert_uint_eq(more.minor, 1);
	evl_destroy_element(&more);

	for (unsigned int i = 0; i < NR_THINGS; i++) {
		evl_destroy_element(&things[i]->element);
		free(things[i]);
	}
	ck_assert_int_eq(rig_nr_disposed, 0);
}
END_TEST

static void show_things(void)
{
	struct thing *a = rig_new_thing(), *b = rig_new_thing();
	char name[EVL_MAX_NAME_LEN + 2];
	struct node *node;

	ck_assert_int_eq(
		evl_create_core_element_device(&a->element, &rig_fac, "a"), 0);
	node = node_find("evl/thing/a");
	ck_assert_ptr_nonnull(node);
	ck_assert_ptr_eq(node->inode.i_private, &a->element);
	ck_assert_uint_eq(MINOR(node->inode.i_rdev), a->element.minor);
	ck_assert_ptr_eq(node->owner, &rig_driver);
	ck_assert_str_eq(evl_element_name(&a->element), "a");
	ck_assert_int_eq(evl_create_core_device(&a->element, &rig_fac, "c"),
			 -EEXIST);

	ck_assert_int_eq(evl_create_element_device(&b->element, &rig_fac, "a"),
			 -EEXIST);
	ck_assert_int_eq(evl_create_element_device(&b->element, &rig_fac, ""),
			 -EINVAL);
	ck_assert_int_eq(
		evl_create_element_device(&b->element, &rig_fac, "a/b"),
		-EINVAL);
	ck_assert_int_eq(
		evl_create_element_device(&b->element, &rig_fac, "clone"),
		-EINVAL);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(evl_create_element_device(&b->element, &rig_fac, name),
			 -ENAMETOOLONG);
	name[EVL_MAX_NAME_LEN] = '\0';
	ck_assert_int_eq(evl_create_element_device(&b->element, &rig_fac, name),
			 0);

	evl_remove_element_device(&a->element);
	ck_assert_ptr_null(node_find("evl/thing/a"));
	ck_assert_int_eq(evl_create_element_device(&a->element, &rig_fac, NULL),
			 0);
	ck_assert_ptr_nonnull(node_find("evl/thing/a"));

	evl_put_element(&a->element);
	evl_put_element(&b->element);
	ck_assert_int_eq(rig_nr_disposed, 2);
	ck_assert_uint_eq(node_count(), 1);
}

START_TEST(an_element_is_shown_under_its_name)
{
	rig_on_a_fiber(show_things);
}
END_TEST

static void put_it(void *arg)
{
	evl_put_element(arg);
}

START_TEST(the_last_reference_has_it_disposed_of_on_a_fiber)
{
	struct thing *thing = rig_new_thing();

	evl_get_element(&thing->element);
	evl_put_element(&thing->element);
	ck_assert_int_eq(rig_nr_disposed, 0);
	/* On a fiber; as from an irq_work; as from a worker. */
	inband_stage.oob = _i == 2;
	if (_i == 0)
		inband_fiber(put_it, &thing->element);
	else
		evl_put_element(&thing->element);
	inband_stage.oob = false;
	ck_assert_int_eq(rig_nr_disposed, 0);
	inband_step();
	ck_assert_int_eq(rig_nr_disposed, 1);
	ck_assert_ptr_nonnull(rig_disposer);
}
END_TEST

START_TEST(elements_outlive_their_class_but_are_not_shown)
{
	struct thing *thing = rig_new_thing();
	struct evl_element more;

	rig_on_a_fiber(create_single);
	evl_delete_factory(&rig_fac);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(evl_init_element(&more, &rig_fac, 0), -ESTALE);
	ck_assert_ptr_nonnull(rig_fac.inside);
	evl_put_element(&thing->element);
	inband_step();
	ck_assert_int_eq(rig_nr_disposed, 1);
	ck_assert_ptr_null(rig_fac.inside);
	ck_assert_int_eq(evl_init_element(&more, &rig_fac, 0), -ESTALE);
}
END_TEST

START_TEST(what_a_driver_leaves_behind_is_deleted)
{
	struct module other = rig_driver;

	ck_assert_uint_eq(factory_drop(&other), 0);
	ck_assert_uint_eq(factory_drop(NULL), 0);
	ck_assert_uint_eq(factory_drop(&rig_driver), 1);
	ck_assert_uint_eq(node_count(), 0);
	/* And may come back. */
	rig_on_a_fiber(rig_create);
}
END_TEST

static const char long_name[] =
	"0123456789012345678901234567890123456789012345678901234567890123";

static void init_by_users(void)
{
	const char __user *bad_pointer = (const char __user *)8;
	struct evl_element e, other;

	ck_assert_int_eq(evl_init_user_element(&e, &rig_fac, bad_pointer, 0),
			 -EFAULT);
	ck_assert_int_eq(evl_init_user_element(&e, &rig_fac, long_name, 0),
			 -ENAMETOOLONG);
	ck_assert_int_eq(evl_init_user_element(&e, &rig_fac, long_name + 1, 0),
			 0);
	ck_assert_str_eq(evl_element_name(&e), long_name + 1);
	ck_assert_int_eq(e.clone_flags, 0);
	evl_destroy_element(&e);

	ck_assert_int_eq(
		evl_init_user_element(&e, &rig_fac, NULL, EVL_CLONE_PUBLIC),
		-EINVAL);
	ck_assert_int_eq(evl_init_user_element(&e, &rig_fac, "clone", 0),
			 -EINVAL);
	ck_assert_int_eq(evl_init_user_element(&e, &rig_fac, NULL, 0), 0);
	ck_assert_str_eq(evl_element_name(&e), "thing%0");
	ck_assert_int_eq(
		evl_init_user_element(&other, &rig_fac, "x", EVL_CLONE_PUBLIC),
		0);
	ck_assert_int_eq(other.clone_flags, EVL_CLONE_PUBLIC);
	evl_destroy_element(&e);
	evl_destroy_element(&other);
}

START_TEST(names_come_from_applications)
{
	rig_on_a_fiber(init_by_users);
}
END_TEST

static struct device no_element;

START_TEST(a_device_without_an_element_has_none)
{
	ck_assert_ptr_null(evl_get_element_by_dev(&no_element, struct thing));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/factory");
	TCase *tcase = tcase_create("factory");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_class_which_cannot_be_is_refused, 0,
			    NR_BAD);
	tcase_add_test(tcase, a_class_has_a_name_that_fits);
	tcase_add_test(tcase, a_single_device_has_the_operations_itself);
	tcase_add_test(tcase,
		       elements_have_numbers_and_names_as_many_as_there_are);
	tcase_add_test(tcase, an_element_is_shown_under_its_name);
	tcase_add_loop_test(
		tcase, the_last_reference_has_it_disposed_of_on_a_fiber, 0, 3);
	tcase_add_test(tcase, elements_outlive_their_class_but_are_not_shown);
	tcase_add_test(tcase, what_a_driver_leaves_behind_is_deleted);
	tcase_add_test(tcase, names_come_from_applications);
	tcase_add_test(tcase, a_device_without_an_element_has_none);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Platform devices and drivers: who gets whom, when, and how that ends. */
#include "bus/bind.h"
#include "inband-rig.h"
#include "servo-rig.h"
#include "vfs/node.h"

#include <errno.h>
#include <linux/delay.h>
#include <linux/of_device.h>
#include <linux/platform_device.h>
#include <string.h>

static void either_may_come_first(void *arg)
{
	ck_assert_int_eq(servo_configure("servo"), 0);
	ck_assert_int_eq(servo_configure("servo.1"), 0);
	ck_assert_int_eq(servo_configure("lamp"), 0);
	ck_assert_str_eq(servo_happened(), "");
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(servo_happened(), "probe servo, probe servo.1");
	ck_assert_int_eq(servo_configure("servo.02"),
			 0); /* a name as any other */
	ck_assert_int_eq(servo_configure("servo.2"), 0);
	ck_assert_str_eq(servo_happened(), "probe servo.2");
	ck_assert_ptr_eq(bind_next(NULL)->dev.driver, &servo_driver.driver);

	platform_driver_unregister(&servo_driver);
	ck_assert_str_eq(servo_happened(),
			 "remove servo, gone servo, remove servo.1, gone "
			 "servo.1, remove servo.2, gone servo.2");
	platform_driver_unregister(&servo_driver);
	ck_assert_ptr_null(bind_next(NULL)->dev.driver);
	ck_assert_ptr_null(dev_get_drvdata(&bind_next(NULL)->dev));

	/* And once more. */
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(servo_happened(),
			 "probe servo, probe servo.1, probe servo.2");
	platform_driver_unregister(&servo_driver);
}

/* A driver called KBUILD_MODNAME, which does not know what that is. */
static void known_by_its_file(void *arg)
{
	servo_driver.driver.name = "servo.c";
	ck_assert_int_eq(servo_configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(servo_happened(), "probe servo");
	platform_driver_unregister(&servo_driver);
	ck_assert_str_eq(servo_happened(), "remove servo, gone servo");
}

START_TEST(a_driver_s_file_is_named_like_its_device)
{
	servo_run(known_by_its_file);
}
END_TEST

START_TEST(device_and_driver_find_each_other)
{
	servo_run(either_may_come_first);
}
END_TEST

static void match_all_ways(void *arg)
{
	static const struct platform_device_id ids[] = {
		{ "servo-a", 11 },
		{ "servo-b", 12 },
		{},
	};
	static const struct of_device_id table[] = {
		{ .compatible = "acme,servo", .data = "by table" },
		{},
	};
	struct firmware_property compatible = { "compatible",
						"x,y, acme,servo" };
	struct platform_order order = { .name = "thing" };
	struct platform_device *pdev;

	servo_driver.id_table = ids;
	servo_driver.driver.of_match_table = table;
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_int_eq(platform_driver_register(&other_driver), 0);

	ck_assert_int_eq(servo_configure("servo-b.7"), 0);
	pdev = bind_next(NULL);
	ck_assert_ptr_eq(pdev->dev.driver, &servo_driver.driver);
	ck_assert_ptr_eq(platform_get_device_id(pdev), &ids[1]);
	ck_assert_ptr_eq(device_get_match_data(&pdev->dev), (void *)12);

	ck_assert_int_eq(servo_configure("servo"), 0); /* the table says who */
	pdev = bind_next(pdev);
	ck_assert_ptr_null(pdev->dev.driver);

	order.props = &compatible;
	order.nr_props = 1;
	ck_assert_int_eq(platform_configure(&order), 0);
	pdev = bind_next(pdev);
	ck_assert_ptr_eq(pdev->dev.driver, &servo_driver.driver);
	ck_assert_str_eq(of_device_get_match_data(&pdev->dev), "by table");
	ck_assert_str_eq(device_get_match_data(&pdev->dev), "by table");

	order.name = "wish";
	order.driver = "other";
	ck_assert_int_eq(platform_configure(&order), 0);
	pdev = bind_next(pdev);
	ck_assert_ptr_eq(pdev->dev.driver, &other_driver.driver);
	ck_assert_ptr_null(device_get_match_data(&pdev->dev));

	servo_happened();
	platform_driver_unregister(&other_driver);
	ck_assert_str_eq(servo_happened(), "remove wish, gone wish");
	platform_driver_unregister(&servo_driver);
	servo_driver.id_table = NULL;
	servo_driver.driver.of_match_table = NULL;
}

START_TEST(a_driver_says_what_it_is_for)
{
	servo_run(match_all_ways);
}
END_TEST

static void refuse(void *arg)
{
	struct platform_driver nameless = { .probe = servo_probe };
	struct platform_driver *both[] = { &other_driver, &servo_driver };

	ck_assert_int_eq(platform_driver_register(&nameless), -EINVAL);
	ck_assert_int_eq(driver_register(&nameless.driver), -EINVAL);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	nameless.driver.name = "servo";
	ck_assert_int_eq(platform_driver_register(&nameless), -EBUSY);
	/* All or none. */
	ck_assert_int_eq(platform_register_drivers(both, 2), -EBUSY);
	ck_assert_int_eq(platform_driver_register(&other_driver), 0);
	platform_unregister_drivers(both, 2);
	ck_assert_int_eq(platform_register_drivers(both, 2), 0);
	platform_unregister_drivers(both, 2);
}

START_TEST(drivers_have_names_of_their_own)
{
	servo_run(refuse);
}
END_TEST

static void fail_all(void *arg)
{
	const int errors[] = { -EINVAL, -ENODEV, -EIO };

	ck_assert_int_eq(servo_configure("servo"), 0);
	for (int i = 0; i < 3; i++) {
		servo_answer = errors[i];
		ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
		ck_assert_str_eq(servo_happened(), "probe servo, gone servo");
		ck_assert_ptr_null(bind_next(NULL)->dev.driver);
		ck_assert_ptr_null(dev_get_drvdata(&bind_next(NULL)->dev));
		ck_assert(!bind_next(NULL)->waits);
		platform_driver_unregister(&servo_driver);
		ck_assert_str_eq(servo_happened(), "");
	}
	servo_answer = 0;
}

START_TEST(what_a_failed_probe_made_is_given_back)
{
	servo_run(fail_all);
}
END_TEST

static void wait_for_another(void *arg)
{
	servo_answer = -EPROBE_DEFER;
	ck_assert_int_eq(servo_configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(servo_happened(), "probe servo, gone servo");
	ck_assert(bind_next(NULL)->waits);
	bind_retry();
}

static void have_it(void *arg)
{
	servo_answer = 0;
	ck_assert_int_eq(servo_configure("other"), 0);
	ck_assert_int_eq(platform_driver_register(&other_driver), 0);
	ck_assert_str_eq(servo_happened(), "probe other");
}

static void unregister_both(void *arg)
{
	platform_driver_unregister(&other_driver);
	platform_driver_unregister(&servo_driver);
}

START_TEST(who_waits_is_probed_again_when_another_was)
{
	servo_run(wait_for_another);
	ck_assert_str_eq(servo_happened(), "probe servo, gone servo");
	inband_step();
	ck_assert_str_eq(servo_happened(), "");
	servo_run(have_it);
	ck_assert_str_eq(servo_happened(), "probe servo");
	ck_assert(!bind_next(NULL)->waits);
	servo_run(unregister_both);
}
END_TEST

START_TEST(who_waits_for_nothing_is_left_alone)
{
	servo_run(wait_for_another);
	servo_run(unregister_both);
	servo_happened();
	servo_run(have_it); /* its driver has gone meanwhile */
	ck_assert_str_eq(servo_happened(), "");
	servo_run(unregister_both);
}
END_TEST

static void probe_once(void *arg)
{
	ck_assert_int_eq(platform_driver_probe(&servo_driver, servo_probe),
			 -ENODEV);
	ck_assert_int_eq(servo_configure("servo"), 0);
	servo_answer = -EPROBE_DEFER;
	ck_assert_int_eq(platform_driver_probe(&servo_driver, servo_probe),
			 -ENODEV);
	ck_assert(!bind_next(NULL)->waits);
	servo_answer = 0;
	ck_assert_int_eq(platform_driver_probe(&servo_driver, servo_probe), 0);
	ck_assert_int_eq(platform_driver_probe(&servo_driver, servo_probe),
			 -EBUSY);
	platform_driver_unregister(&servo_driver);
	servo_driver.prevent_deferred_probe = false;
}

START_TEST(a_driver_may_want_a_device_at_once)
{
	servo_run(probe_once);
}
END_TEST

/* A probe function which sleeps until it is let. */
static bool may_go_on, is_in_probe, done;

static int probe_slowly(struct platform_device *pdev)
{
	is_in_probe = true;
	while (!may_go_on)
		msleep(1);

	return servo_probe(pdev);
}

static struct platform_driver slow_driver = {
	.probe = probe_slowly,
	.remove_new = servo_remove,
	.driver = { .name = "slow" },
};

static void begin_probe(void *arg)
{
	ck_assert_int_eq(servo_configure("slow"), 0);
	ck_assert_int_eq(platform_driver_register(&slow_driver), 0);
	servo_note("registered", "slow");
}

static void end_driver(void *arg)
{
	platform_driver_unregister(&slow_driver);
	servo_note("unregistered", "slow");
	done = true;
}

START_TEST(who_unregisters_waits_for_probe_functions)
{
	inband_fiber(begin_probe, NULL);
	inband_await(&is_in_probe);
	inband_fiber(end_driver, NULL);
	inband_step();
	ck_assert_str_eq(servo_happened(), "");
	may_go_on = true;
	inband_await(&done);
	ck_assert_str_eq(servo_happened(),
			 "probe slow, registered slow, remove slow, "
			 "gone slow, unregistered slow");
}
END_TEST

static ssize_t level_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "5\n");
}
static DEVICE_ATTR_RO(level);
static struct attribute *level_attrs[] = { &dev_attr_level.attr, NULL };
ATTRIBUTE_GROUPS(level);

static void show_attributes(void *arg)
{
	servo_driver.driver.dev_groups = level_groups;
	ck_assert_int_eq(servo_configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_ptr_nonnull(node_find("evl/sys/devices/servo/level"));
	platform_driver_unregister(&servo_driver);
	ck_assert_ptr_null(node_find("evl/sys/devices/servo/level"));
	servo_driver.driver.dev_groups = NULL;
}

START_TEST(attributes_are_there_while_it_is_bound)
{
	servo_run(show_attributes);
}
END_TEST

static void forget_everything(void *arg)
{
	ck_assert_int_eq(servo_configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	servo_happened();
	/* As of a driver whose exit function has run. */
	ck_assert_uint_eq(bind_forget(NULL), 1);
	ck_assert_str_eq(servo_happened(), "gone servo");
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
}

START_TEST(what_a_driver_forgets_is_taken_back)
{
	servo_run(forget_everything);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/platform");
	TCase *tcase = tcase_create("platform");

	tcase_add_checked_fixture(tcase, servo_setup, servo_teardown);
	tcase_add_test(tcase, device_and_driver_find_each_other);
	tcase_add_test(tcase, a_driver_s_file_is_named_like_its_device);
	tcase_add_test(tcase, a_driver_says_what_it_is_for);
	tcase_add_test(tcase, drivers_have_names_of_their_own);
	tcase_add_test(tcase, what_a_failed_probe_made_is_given_back);
	tcase_add_test(tcase, who_waits_is_probed_again_when_another_was);
	tcase_add_test(tcase, who_waits_for_nothing_is_left_alone);
	tcase_add_test(tcase, a_driver_may_want_a_device_at_once);
	tcase_add_test(tcase, who_unregisters_waits_for_probe_functions);
	tcase_add_test(tcase, attributes_are_there_while_it_is_bound);
	tcase_add_test(tcase, what_a_driver_forgets_is_taken_back);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* Platform devices and drivers: who gets whom, when, and how that ends. */
#include "bus/bind.h"
#include "bus/platform.h"
#include "inband-rig.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <errno.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/of_address.h>
#include <linux/of_device.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>

#define REGS 0x10000000

static char story[256]; /* what happened */

static void note(const char *what, const char *whom)
{
	size_t len = strlen(story);

	snprintf(story + len, sizeof(story) - len, "%s%s %s", len ? ", " : "",
		 what, whom);
}

/* What it was, which is forgotten. */
static const char *happened(void)
{
	static char last[sizeof(story)];

	strcpy(last, story);
	story[0] = '\0';

	return last;
}

static int answer; /* of the next probe functions */

static void note_gone(void *data)
{
	note("gone", data);
}

static int probe(struct platform_device *pdev)
{
	note("probe", dev_name(&pdev->dev));
	ck_assert_ptr_nonnull(fiber_current());
	ck_assert_ptr_nonnull(pdev->dev.driver);
	platform_set_drvdata(pdev, story);
	if (devm_add_action(
		    &pdev->dev, note_gone,
		    devm_kstrdup(&pdev->dev, dev_name(&pdev->dev), GFP_KERNEL)))
		return -ENOMEM;

	return answer;
}

static int remove_int(struct platform_device *pdev)
{
	ck_assert_ptr_eq(platform_get_drvdata(pdev), story);
	note("remove", dev_name(&pdev->dev));

	return -EIO; /* of no interest */
}

static void remove_void(struct platform_device *pdev)
{
	remove_int(pdev);
}

static struct platform_driver servo_driver = {
	.probe = probe,
	.remove = remove_int,
	.driver = { .name = "servo" },
};

static struct platform_driver other_driver = {
	.probe = probe,
	.remove = remove_void,
	.driver = { .name = "other" },
};

static void setup(void)
{
	inband_setup();
	platform_init();
}

static void teardown(void)
{
	module_unload_all();
	ck_assert_ptr_null(bind_next(NULL));
	inband_teardown();
}

/* Run @func on a fiber, and what it queues. */
static void run(void (*func)(void *arg))
{
	ck_assert_int_eq(inband_call(func, NULL), 0);
	inband_step();
}

static int configure(const char *name)
{
	const struct platform_order order = { .name = name };

	return platform_configure(&order);
}

static void either_may_come_first(void *arg)
{
	ck_assert_int_eq(configure("servo"), 0);
	ck_assert_int_eq(configure("servo.1"), 0);
	ck_assert_int_eq(configure("lamp"), 0);
	ck_assert_str_eq(happened(), "");
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(happened(), "probe servo, probe servo.1");
	ck_assert_int_eq(configure("servo.02"), 0); /* a name as any other */
	ck_assert_int_eq(configure("servo.2"), 0);
	ck_assert_str_eq(happened(), "probe servo.2");
	ck_assert_ptr_eq(bind_next(NULL)->dev.driver, &servo_driver.driver);

	platform_driver_unregister(&servo_driver);
	ck_assert_str_eq(happened(),
			 "remove servo, gone servo, remove servo.1, gone "
			 "servo.1, remove servo.2, gone servo.2");
	platform_driver_unregister(&servo_driver);
	ck_assert_ptr_null(bind_next(NULL)->dev.driver);
	ck_assert_ptr_null(dev_get_drvdata(&bind_next(NULL)->dev));

	/* And once more. */
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(happened(),
			 "probe servo, probe servo.1, probe servo.2");
	platform_driver_unregister(&servo_driver);
}

/* A driver called KBUILD_MODNAME, which does not know what that is. */
static void known_by_its_file(void *arg)
{
	servo_driver.driver.name = "servo.c";
	ck_assert_int_eq(configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(happened(), "probe servo");
	platform_driver_unregister(&servo_driver);
	ck_assert_str_eq(happened(), "remove servo, gone servo");
}

START_TEST(a_driver_s_file_is_named_like_its_device)
{
	run(known_by_its_file);
}
END_TEST

START_TEST(device_and_driver_find_each_other)
{
	run(either_may_come_first);
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

	ck_assert_int_eq(configure("servo-b.7"), 0);
	pdev = bind_next(NULL);
	ck_assert_ptr_eq(pdev->dev.driver, &servo_driver.driver);
	ck_assert_ptr_eq(platform_get_device_id(pdev), &ids[1]);
	ck_assert_ptr_eq(device_get_match_data(&pdev->dev), (void *)12);

	ck_assert_int_eq(configure("servo"), 0); /* the table says who */
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

	happened();
	platform_driver_unregister(&other_driver);
	ck_assert_str_eq(happened(), "remove wish, gone wish");
	platform_driver_unregister(&servo_driver);
	servo_driver.id_table = NULL;
	servo_driver.driver.of_match_table = NULL;
}

START_TEST(a_driver_says_what_it_is_for)
{
	run(match_all_ways);
}
END_TEST

static void refuse(void *arg)
{
	struct platform_driver nameless = { .probe = probe };
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
	run(refuse);
}
END_TEST

static void fail_all(void *arg)
{
	const int errors[] = { -EINVAL, -ENODEV, -EIO };

	ck_assert_int_eq(configure("servo"), 0);
	for (int i = 0; i < 3; i++) {
		answer = errors[i];
		ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
		ck_assert_str_eq(happened(), "probe servo, gone servo");
		ck_assert_ptr_null(bind_next(NULL)->dev.driver);
		ck_assert_ptr_null(dev_get_drvdata(&bind_next(NULL)->dev));
		ck_assert(!bind_next(NULL)->waits);
		platform_driver_unregister(&servo_driver);
		ck_assert_str_eq(happened(), "");
	}
	answer = 0;
}

START_TEST(what_a_failed_probe_made_is_given_back)
{
	run(fail_all);
}
END_TEST

static void wait_for_another(void *arg)
{
	answer = -EPROBE_DEFER;
	ck_assert_int_eq(configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_str_eq(happened(), "probe servo, gone servo");
	ck_assert(bind_next(NULL)->waits);
	bind_retry();
}

static void have_it(void *arg)
{
	answer = 0;
	ck_assert_int_eq(configure("other"), 0);
	ck_assert_int_eq(platform_driver_register(&other_driver), 0);
	ck_assert_str_eq(happened(), "probe other");
}

static void unregister_both(void *arg)
{
	platform_driver_unregister(&other_driver);
	platform_driver_unregister(&servo_driver);
}

START_TEST(who_waits_is_probed_again_when_another_was)
{
	run(wait_for_another);
	ck_assert_str_eq(happened(), "probe servo, gone servo");
	inband_step();
	ck_assert_str_eq(happened(), "");
	run(have_it);
	ck_assert_str_eq(happened(), "probe servo");
	ck_assert(!bind_next(NULL)->waits);
	run(unregister_both);
}
END_TEST

START_TEST(who_waits_for_nothing_is_left_alone)
{
	run(wait_for_another);
	run(unregister_both);
	happened();
	run(have_it); /* its driver has gone meanwhile */
	ck_assert_str_eq(happened(), "");
	run(unregister_both);
}
END_TEST

static void probe_once(void *arg)
{
	ck_assert_int_eq(platform_driver_probe(&servo_driver, probe), -ENODEV);
	ck_assert_int_eq(configure("servo"), 0);
	answer = -EPROBE_DEFER;
	ck_assert_int_eq(platform_driver_probe(&servo_driver, probe), -ENODEV);
	ck_assert(!bind_next(NULL)->waits);
	answer = 0;
	ck_assert_int_eq(platform_driver_probe(&servo_driver, probe), 0);
	ck_assert_int_eq(platform_driver_probe(&servo_driver, probe), -EBUSY);
	platform_driver_unregister(&servo_driver);
	servo_driver.prevent_deferred_probe = false;
}

START_TEST(a_driver_may_want_a_device_at_once)
{
	run(probe_once);
}
END_TEST

static void look_at_resources(void *arg)
{
	const struct resource res[] = {
		DEFINE_RES_MEM(REGS, 0x100),
		DEFINE_RES_IRQ(7),
		DEFINE_RES_MEM(REGS + 0x1000, 4),
		DEFINE_RES_NAMED(9, 1, NULL,
				 IORESOURCE_IRQ | IORESOURCE_IRQ_LOWEDGE),
		DEFINE_RES_IRQ(0),
	};
	struct firmware_property names[] = {
		{ "reg-names", "ctrl, fifo" },
		{ "interrupt-names", "rx, tx" },
	};
	const struct platform_order order = {
		.name = "servo",
		.resources = res,
		.nr_resources = 5,
		.props = names,
		.nr_props = 2,
	};
	struct platform_device *pdev;
	struct resource *found;
	void *regs;

	ck_assert_int_eq(platform_configure(&order), 0);
	pdev = bind_next(NULL);
	ck_assert_int_eq(platform_get_irq(pdev, 0), 7);
	ck_assert_int_eq(platform_get_irq(pdev, 1), 9);
	ck_assert_int_eq(irq_get_trigger_type(9), IRQ_TYPE_EDGE_FALLING);
	ck_assert_int_eq(platform_get_irq(pdev, 2), -EINVAL);
	ck_assert_int_eq(platform_get_irq(pdev, 3), -ENXIO);
	ck_assert_int_eq(platform_get_irq_optional(pdev, 3), -ENXIO);
	ck_assert_int_eq(platform_irq_count(pdev), 3);
	ck_assert_int_eq(platform_get_irq_byname(pdev, "tx"), 9);
	ck_assert_int_eq(platform_get_irq_byname(pdev, "fifo"), -ENXIO);
	ck_assert_int_eq(platform_get_irq_byname_optional(pdev, "no"), -ENXIO);

	found = platform_get_resource(pdev, IORESOURCE_MEM, 1);
	ck_assert_uint_eq(found->start, REGS + 0x1000);
	ck_assert_str_eq(found->name, "fifo");
	ck_assert_ptr_null(platform_get_resource(pdev, IORESOURCE_MEM, 2));
	ck_assert_ptr_null(platform_get_resource(pdev, IORESOURCE_DMA, 0));
	ck_assert_ptr_eq(
		platform_get_resource_byname(pdev, IORESOURCE_MEM, "fifo"),
		found);
	ck_assert_ptr_null(
		platform_get_resource_byname(pdev, IORESOURCE_MEM, "rx"));

	regs = devm_platform_ioremap_resource(pdev, 0);
	ck_assert(!IS_ERR(regs));
	writel(3, regs);
	regs = devm_platform_ioremap_resource_byname(pdev, "fifo");
	ck_assert(!IS_ERR(regs));
	ck_assert_int_eq(
		PTR_ERR(devm_platform_ioremap_resource_byname(pdev, "fifo")),
		-EBUSY);
	ck_assert_int_eq(
		PTR_ERR(devm_platform_ioremap_resource_byname(pdev, "tx")),
		-EINVAL);
	ck_assert_int_eq(PTR_ERR(devm_platform_get_and_ioremap_resource(
				 pdev, 2, &found)),
			 -EINVAL);
	ck_assert_ptr_null(found);
}

START_TEST(a_device_has_what_was_configured)
{
	run(look_at_resources);
}
END_TEST

static void look_by_node(void *arg)
{
	const struct resource res[] = { DEFINE_RES_MEM(REGS, 0x100),
					DEFINE_RES_IRQ(7) };
	struct firmware_property names = { "interrupt-names", "rx" };
	const struct platform_order order = {
		.name = "servo",
		.resources = res,
		.nr_resources = 2,
		.props = &names,
		.nr_props = 1,
	};
	struct resource found;
	struct device_node *np;
	u32 *regs;

	ck_assert_int_eq(configure("other"), 0);
	ck_assert_int_eq(platform_configure(&order), 0);
	np = bind_next(bind_next(NULL))->dev.of_node;
	ck_assert_int_eq(of_irq_get(np, 0), 7);
	ck_assert_int_eq(of_irq_get(np, 1), -EINVAL);
	ck_assert_int_eq(of_irq_get(np, -1), -EINVAL);
	ck_assert_int_eq(of_irq_get_byname(np, "rx"), 7);
	ck_assert_int_eq(of_irq_get_byname(np, "tx"), -EINVAL);
	ck_assert_int_eq(of_irq_count(np), 1);
	ck_assert_uint_eq(irq_of_parse_and_map(np, 0), 7);
	ck_assert_uint_eq(irq_of_parse_and_map(np, 1), 0);
	ck_assert_int_eq(of_irq_get(NULL, 0), -EINVAL);
	ck_assert_int_eq(of_irq_get_byname(NULL, "rx"), -EINVAL);
	ck_assert_int_eq(of_irq_count(NULL), 0);

	ck_assert_int_eq(of_address_to_resource(np, 0, &found), 0);
	ck_assert_uint_eq(found.start, REGS);
	ck_assert_int_eq(of_address_to_resource(np, 1, &found), -EINVAL);
	ck_assert_int_eq(of_address_to_resource(np, -1, &found), -EINVAL);
	ck_assert_int_eq(of_address_to_resource(NULL, 0, &found), -EINVAL);
	ck_assert_ptr_null(of_iomap(np, 1));
	regs = of_iomap(np, 0);
	ck_assert_ptr_nonnull(regs);
	writel(5, regs);
	iounmap(regs);
	regs = of_io_request_and_map(np, 0, NULL);
	ck_assert(!IS_ERR(regs));
	ck_assert_uint_eq(readl(regs), 5);
	ck_assert_int_eq(PTR_ERR(of_io_request_and_map(np, 0, "it")), -EBUSY);
	ck_assert_int_eq(PTR_ERR(of_io_request_and_map(np, 1, "it")), -EINVAL);
	iounmap(regs);
	release_mem_region(REGS, 0x100);
}

START_TEST(a_node_knows_its_device)
{
	run(look_by_node);
}
END_TEST

static void make_devices(void *arg)
{
	const struct resource res = DEFINE_RES_MEM(REGS, 16);
	const struct resource bad = DEFINE_RES_MEM(1ull << 60, 16);
	const struct resource second[] = { DEFINE_RES_MEM(REGS + 64, 16),
					   DEFINE_RES_MEM(REGS + 8, 1) };
	struct platform_device *a, *b;

	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	a = platform_device_register_simple("servo", 4, &res, 1);
	ck_assert(!IS_ERR(a));
	ck_assert_str_eq(dev_name(&a->dev), "servo.4");
	ck_assert_str_eq(a->resource->name, "servo.4");
	b = platform_device_register_simple("servo", 4, NULL, 0);
	ck_assert_int_eq(PTR_ERR(b), -EEXIST);
	b = platform_device_register_simple("servo", 5, &res, 1);
	ck_assert_int_eq(PTR_ERR(b), -EBUSY);
	/* Nothing is left of its first registers. */
	b = platform_device_register_simple("servo", 5, second, 2);
	ck_assert_int_eq(PTR_ERR(b), -EBUSY);
	ck_assert_ptr_null(ioremap(REGS + 64, 16));
	b = platform_device_register_simple("servo", 5, &bad, 1);
	ck_assert_int_eq(PTR_ERR(b), -EINVAL);
	b = platform_device_register_simple("a/b", 5, NULL, 0);
	ck_assert_int_eq(PTR_ERR(b), -EINVAL);
	b = platform_device_register_simple("", 5, NULL, 0);
	ck_assert_int_eq(PTR_ERR(b), -EINVAL);
	b = platform_device_register_simple(NULL, 5, NULL, 0);
	ck_assert_int_eq(PTR_ERR(b), -EINVAL);
	happened();

	b = platform_device_register_data(&a->dev, "servo", PLATFORM_DEVID_AUTO,
					  "data", 5);
	ck_assert(!IS_ERR(b));
	ck_assert_str_eq(dev_get_platdata(&b->dev), "data");
	ck_assert_ptr_eq(b->dev.parent, &a->dev);
	ck_assert_str_eq(happened(), "probe servo.0.auto");
	platform_device_unregister(b);
	ck_assert_str_eq(happened(), "remove servo.0.auto, gone servo.0.auto");
	platform_device_unregister(a);
	ck_assert_str_eq(happened(), "remove servo.4, gone servo.4");
	ck_assert_ptr_null(ioremap(REGS, 16));

	/* It may show the node of another device, whose that stays. */
	ck_assert_int_eq(configure("servo.8"), 0);
	a = bind_next(NULL);
	b = platform_device_register_full(&(struct platform_device_info){
		.name = "servo",
		.id = 9,
		.of_node = a->dev.of_node,
	});
	ck_assert(!IS_ERR(b));
	ck_assert_ptr_eq(b->dev.of_node, a->dev.of_node);
	platform_device_unregister(b);
	ck_assert_str_eq(a->dev.of_node->full_name, "servo.8");
	platform_device_unregister(NULL);
	platform_device_unregister(ERR_PTR(-EINVAL));
	platform_device_put(platform_device_alloc("never-added", 1));
	platform_driver_unregister(&servo_driver);
}

START_TEST(drivers_make_devices_too)
{
	run(make_devices);
}
END_TEST

static void release_nothing(struct device *dev)
{
	note("release", dev_name(dev));
}

static void register_own(void *arg)
{
	static struct platform_device own = {
		.name = "servo",
		.id = PLATFORM_DEVID_NONE,
		.dev = { .release = release_nothing },
	};

	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_int_eq(platform_device_register(&own), 0);
	ck_assert_str_eq(happened(), "probe servo");
	platform_device_unregister(&own);
	ck_assert_str_eq(happened(), "remove servo, gone servo, release servo");
	/* And once more. */
	ck_assert_int_eq(platform_device_register(&own), 0);
	platform_device_unregister(&own);
	platform_driver_unregister(&servo_driver);
}

START_TEST(a_device_may_be_the_drivers_own_memory)
{
	run(register_own);
}
END_TEST

/* A probe function which sleeps until it is let. */
static bool may_go_on, is_in_probe, done;

static int probe_slowly(struct platform_device *pdev)
{
	is_in_probe = true;
	while (!may_go_on)
		msleep(1);

	return probe(pdev);
}

static struct platform_driver slow_driver = {
	.probe = probe_slowly,
	.remove_new = remove_void,
	.driver = { .name = "slow" },
};

static void begin_probe(void *arg)
{
	ck_assert_int_eq(configure("slow"), 0);
	ck_assert_int_eq(platform_driver_register(&slow_driver), 0);
	note("registered", "slow");
}

static void end_driver(void *arg)
{
	platform_driver_unregister(&slow_driver);
	note("unregistered", "slow");
	done = true;
}

START_TEST(who_unregisters_waits_for_probe_functions)
{
	inband_fiber(begin_probe, NULL);
	inband_await(&is_in_probe);
	inband_fiber(end_driver, NULL);
	inband_step();
	ck_assert_str_eq(happened(), "");
	may_go_on = true;
	inband_await(&done);
	ck_assert_str_eq(happened(),
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
	ck_assert_int_eq(configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	ck_assert_ptr_nonnull(node_find("evl/sys/devices/servo/level"));
	platform_driver_unregister(&servo_driver);
	ck_assert_ptr_null(node_find("evl/sys/devices/servo/level"));
	servo_driver.driver.dev_groups = NULL;
}

START_TEST(attributes_are_there_while_it_is_bound)
{
	run(show_attributes);
}
END_TEST

static void forget_everything(void *arg)
{
	ck_assert_int_eq(configure("servo"), 0);
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
	happened();
	/* As of a driver whose exit function has run. */
	ck_assert_uint_eq(bind_forget(NULL), 1);
	ck_assert_str_eq(happened(), "gone servo");
	ck_assert_int_eq(platform_driver_register(&servo_driver), 0);
}

START_TEST(what_a_driver_forgets_is_taken_back)
{
	run(forget_everything);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/platform");
	TCase *tcase = tcase_create("platform");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, device_and_driver_find_each_other);
	tcase_add_test(tcase, a_driver_s_file_is_named_like_its_device);
	tcase_add_test(tcase, a_driver_says_what_it_is_for);
	tcase_add_test(tcase, drivers_have_names_of_their_own);
	tcase_add_test(tcase, what_a_failed_probe_made_is_given_back);
	tcase_add_test(tcase, who_waits_is_probed_again_when_another_was);
	tcase_add_test(tcase, who_waits_for_nothing_is_left_alone);
	tcase_add_test(tcase, a_driver_may_want_a_device_at_once);
	tcase_add_test(tcase, a_device_has_what_was_configured);
	tcase_add_test(tcase, a_node_knows_its_device);
	tcase_add_test(tcase, drivers_make_devices_too);
	tcase_add_test(tcase, a_device_may_be_the_drivers_own_memory);
	tcase_add_test(tcase, who_unregisters_waits_for_probe_functions);
	tcase_add_test(tcase, attributes_are_there_while_it_is_bound);
	tcase_add_test(tcase, what_a_driver_forgets_is_taken_back);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
/* What a platform device has, and devices which drivers make themselves. */
#include "bus/bind.h"
#include "inband-rig.h"
#include "servo-rig.h"

#include <errno.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <string.h>

#define REGS 0x10000000

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
	servo_run(look_at_resources);
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

	ck_assert_int_eq(servo_configure("other"), 0);
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
	servo_run(look_by_node);
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
	servo_happened();

	b = platform_device_register_data(&a->dev, "servo", PLATFORM_DEVID_AUTO,
					  "data", 5);
	ck_assert(!IS_ERR(b));
	ck_assert_str_eq(dev_get_platdata(&b->dev), "data");
	ck_assert_ptr_eq(b->dev.parent, &a->dev);
	ck_assert_str_eq(servo_happened(), "probe servo.0.auto");
	platform_device_unregister(b);
	ck_assert_str_eq(servo_happened(),
			 "remove servo.0.auto, gone servo.0.auto");
	platform_device_unregister(a);
	ck_assert_str_eq(servo_happened(), "remove servo.4, gone servo.4");
	ck_assert_ptr_null(ioremap(REGS, 16));

	/* It may show the node of another device, whose that stays. */
	ck_assert_int_eq(servo_configure("servo.8"), 0);
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
	servo_run(make_devices);
}
END_TEST

static void release_nothing(struct device *dev)
{
	servo_note("release", dev_name(dev));
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
	ck_assert_str_eq(servo_happened(), "probe servo");
	platform_device_unregister(&own);
	ck_assert_str_eq(servo_happened(),
			 "remove servo, gone servo, release servo");
	/* And once more. */
	ck_assert_int_eq(platform_device_register(&own), 0);
	platform_device_unregister(&own);
	platform_driver_unregister(&servo_driver);
}

START_TEST(a_device_may_be_the_drivers_own_memory)
{
	servo_run(register_own);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/platform-device");
	TCase *tcase = tcase_create("inband");

	tcase_add_checked_fixture(tcase, servo_setup, servo_teardown);
	tcase_add_test(tcase, a_device_has_what_was_configured);
	tcase_add_test(tcase, a_node_knows_its_device);
	tcase_add_test(tcase, drivers_make_devices_too);
	tcase_add_test(tcase, a_device_may_be_the_drivers_own_memory);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}

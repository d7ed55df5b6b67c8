/* SPDX-License-Identifier: MIT */
#include "servo-rig.h"

#include "bus/bind.h"
#include "inband-rig.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>

static char servo_story[256]; /* what happened */

void servo_note(const char *what, const char *whom)
{
	size_t len = strlen(servo_story);

	snprintf(servo_story + len, sizeof(servo_story) - len, "%s%s %s",
		 len ? ", " : "", what, whom);
}

/* What it was, which is forgotten. */
const char *servo_happened(void)
{
	static char last[sizeof(servo_story)];

	strcpy(last, servo_story);
	servo_story[0] = '\0';

	return last;
}

int servo_answer; /* of the next probe functions */

static void note_gone(void *data)
{
	servo_note("gone", data);
}

int servo_probe(struct platform_device *pdev)
{
	servo_note("probe", dev_name(&pdev->dev));
	ck_assert_ptr_nonnull(fiber_current());
	ck_assert_ptr_nonnull(pdev->dev.driver);
	platform_set_drvdata(pdev, servo_story);
	if (devm_add_action(
		    &pdev->dev, note_gone,
		    devm_kstrdup(&pdev->dev, dev_name(&pdev->dev), GFP_KERNEL)))
		return -ENOMEM;

	return servo_answer;
}

static int remove_int(struct platform_device *pdev)
{
	ck_assert_ptr_eq(platform_get_drvdata(pdev), servo_story);
	servo_note("remove", dev_name(&pdev->dev));

	return -EIO; /* of no interest */
}

void servo_remove(struct platform_device *pdev)
{
	remove_int(pdev);
}

struct platform_driver servo_driver = {
	.probe = servo_probe,
	.remove = remove_int,
	.driver = { .name = "servo" },
};

struct platform_driver other_driver = {
	.probe = servo_probe,
	.remove = servo_remove,
	.driver = { .name = "other" },
};

void servo_setup(void)
{
	inband_setup();
	platform_init();
}

void servo_teardown(void)
{
	module_unload_all();
	ck_assert_ptr_null(bind_next(NULL));
	inband_teardown();
}

/* Run @func on a fiber, and what it queues. */
void servo_run(void (*func)(void *arg))
{
	ck_assert_int_eq(inband_call(func, NULL), 0);
	inband_step();
}

int servo_configure(const char *name)
{
	const struct platform_order order = { .name = name };

	return platform_configure(&order);
}

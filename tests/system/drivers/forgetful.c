/* SPDX-License-Identifier: MIT */
/*
 * A driver which forgets its threads when it ends: one sleeps in memory that is
 * freed; with ENDLESS one looks politely for ever, or with RUDE without even
 * giving way.
 */
#include <evl/device.h>
#include <linux/module.h>
#include <linux/slab.h>

struct state {
	struct evl_flag flag;
	struct evl_kthread thread;
};

static struct state *state;

static void sleep_on(void *arg)
{
	struct state *s = arg;

	while (evl_wait_flag(&s->flag) == 0)
		;
	evl_raise_flag(&s->flag); /* it is there still */
}

#ifdef ENDLESS
static struct evl_kthread endless;
static bool never;

static void look_on(void *arg)
{
	while (!READ_ONCE(never))
		if (!IS_ENABLED(RUDE))
			cpu_relax();
}
#endif

static int __init forgetful_init(void)
{
	int ret;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (state == NULL)
		return -ENOMEM;
	evl_init_flag(&state->flag);
	ret = evl_run_kthread(&state->thread, sleep_on, state, 10,
			      EVL_CLONE_PUBLIC, "forgotten");
#ifdef ENDLESS
	if (ret == 0)
		ret = evl_run_kthread(&endless, look_on, NULL, 5,
				      EVL_CLONE_PRIVATE, "endless");
#endif

	return ret;
}
module_init(forgetful_init);

static void __exit forgetful_exit(void)
{
	kfree(state);
}
module_exit(forgetful_exit);

MODULE_LICENSE("MIT");

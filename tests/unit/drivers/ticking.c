/* SPDX-License-Identifier: MIT */
/* Its exit function leaves its timers running: one which is periodic, and one
 * which starts itself again. For test-linking.c. */
#include <evl/timer.h>
#include <linux/module.h>

#define PERIOD_NS 50000

/* For the test. */
unsigned int nr_ticks;
EXPORT_SYMBOL(nr_ticks);

static struct evl_timer periodic, again;

/* Takes its time, so that it is often under way. */
static void tick(struct evl_timer *timer)
{
	ktime_t end = evl_ktime_monotonic() + PERIOD_NS;

	while (evl_ktime_monotonic() < end)
		;
	__atomic_fetch_add(&nr_ticks, 1, __ATOMIC_RELAXED);
	if (timer == &again)
		evl_start_timer(&again, evl_abs_timeout(&again, PERIOD_NS),
				EVL_INFINITE);
}

static int __init ticking_init(void)
{
	evl_init_timer(&periodic, tick);
	evl_init_timer(&again, tick);
	evl_start_timer(&periodic, evl_abs_timeout(&periodic, PERIOD_NS),
			PERIOD_NS);
	evl_start_timer(&again, evl_abs_timeout(&again, PERIOD_NS),
			EVL_INFINITE);

	return 0;
}
module_init(ticking_init);

static void __exit ticking_exit(void)
{
}
module_exit(ticking_exit);

/* SPDX-License-Identifier: MIT */
/*
 * Its init function takes its time, in which somebody ends the daemon; or,
 * if asked to, it does not end until it is stopped.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <signal.h>
#include <unistd.h>

static bool for_ever;
module_param(for_ever, bool, 0444);
MODULE_PARM_DESC(for_ever, "never come to an end");

static int late_init(void)
{
	if (for_ever)
		pr_info("late: begins\n");
	else
		kill(getpid(), SIGTERM);
	do
		msleep(100);
	while (for_ever);

	return 0;
}

static void late_exit(void)
{
}

module_init(late_init);
module_exit(late_exit);
MODULE_LICENSE("Dual MIT/GPL");

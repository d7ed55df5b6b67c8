/* SPDX-License-Identifier: MIT */
/* Its init function takes its time, in which somebody ends the daemon. */
#include <linux/delay.h>
#include <linux/module.h>
#include <signal.h>
#include <unistd.h>

static int late_init(void)
{
	kill(getpid(), SIGTERM);
	msleep(100);

	return 0;
}

static void late_exit(void)
{
}

module_init(late_init);
module_exit(late_exit);
MODULE_LICENSE("Dual MIT/GPL");

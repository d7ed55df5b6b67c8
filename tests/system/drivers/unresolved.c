/* SPDX-License-Identifier: MIT */
/* A driver which needs a service that no daemon has. */
#include <linux/module.h>

int no_such_service(void);

static int __init unresolved_init(void)
{
	return no_such_service();
}

module_init(unresolved_init);
MODULE_LICENSE("MIT");

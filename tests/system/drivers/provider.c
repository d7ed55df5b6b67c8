/* SPDX-License-Identifier: MIT */
/* Lends a counter to consumer.c, which has global symbols of the same names. */
#include <linux/module.h>

#include "provider.h"

int data = 100;

int next(void);
int next(void)
{
	return ++data;
}

int provider_count(void)
{
	return next();
}
EXPORT_SYMBOL_GPL(provider_count);

static int __init provider_init(void)
{
	return 0;
}
module_init(provider_init);

static void __exit provider_exit(void)
{
}
module_exit(provider_exit);
MODULE_LICENSE("MIT");

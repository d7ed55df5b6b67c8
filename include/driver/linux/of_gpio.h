/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.1; as in Linux 6.6 */
#ifndef _LINUX_OF_GPIO_H
#define _LINUX_OF_GPIO_H

#include <linux/gpio.h>
#include <linux/of.h>

/**
 * of_get_named_gpio() - the number of a line that was configured
 * @np:		of which device
 * @list_name:	the property, as "enable-gpios"
 * @index:	which one of it, from 0
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the number, for gpio_request(), or
 *   -ENOENT	there is none such
 *   -EPROBE_DEFER its chip is not there
 *   -EINVAL	its chip has no such line, or that makes no sense
 */
int of_get_named_gpio(const struct device_node *np, const char *list_name,
		      int index);

#endif /* _LINUX_OF_GPIO_H */

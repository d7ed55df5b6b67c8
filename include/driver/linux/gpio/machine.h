/* SPDX-License-Identifier: MIT */
/*
 * Which GPIO lines devices have, said by a driver. (Of devices which are
 * configured, the configuration says so: evl-cused.conf(5).)
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_GPIO_MACHINE_H
#define _LINUX_GPIO_MACHINE_H

#include <linux/list.h>
#include <linux/types.h>

enum gpio_lookup_flags {
	GPIO_ACTIVE_HIGH = 0,
	GPIO_ACTIVE_LOW = 1 << 0,
	GPIO_OPEN_DRAIN = 1 << 1,
	GPIO_OPEN_SOURCE = 1 << 2,
	GPIO_PERSISTENT = 0,
	GPIO_TRANSITORY = 1 << 3, /* this and those below mean nothing here */
	GPIO_PULL_UP = 1 << 4,
	GPIO_PULL_DOWN = 1 << 5,
	GPIO_PULL_DISABLE = 1 << 6,
	GPIO_LOOKUP_FLAGS_DEFAULT = GPIO_ACTIVE_HIGH | GPIO_PERSISTENT,
};

struct gpiod_lookup {
	const char *key; /* label of a chip, or name of a line */
	u16 chip_hwnum;	 /* which line of the chip; U16_MAX: @key is a line's */
	const char *con_id;  /* what it is for; NULL: anything */
	unsigned int idx;    /* which one of those */
	unsigned long flags; /* GPIO_* */
};

struct gpiod_lookup_table {
	struct list_head list;	     /* the core's own */
	const char *dev_id;	     /* the device's name; NULL: no device's */
	struct gpiod_lookup table[]; /* the last one is empty */
};

#define GPIO_LOOKUP(key, chip_hwnum, con_id, flags) \
	GPIO_LOOKUP_IDX(key, chip_hwnum, con_id, 0, flags)
/* clang-format off */
#define GPIO_LOOKUP_SINGLE(_name, _dev_id, _key, _hwnum, _con_id, _flags) \
	static struct gpiod_lookup_table _name = {			\
		.dev_id = (_dev_id),					\
		.table = {						\
			GPIO_LOOKUP(_key, _hwnum, _con_id, _flags),	\
			{},						\
		},							\
	}
#define GPIO_LOOKUP_IDX(_key, _hwnum, _con_id, _idx, _flags)		\
	(struct gpiod_lookup){						\
		.key = (_key),						\
		.chip_hwnum = (_hwnum),					\
		.con_id = (_con_id),					\
		.idx = (_idx),						\
		.flags = (_flags),					\
	}
/* clang-format on */

/**
 * gpiod_add_lookup_table() - say which lines a device has
 * @table:	one device's lines; stays the caller's until it is removed
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void gpiod_add_lookup_table(struct gpiod_lookup_table *table);
void gpiod_add_lookup_tables(struct gpiod_lookup_table **many, size_t n);
void gpiod_remove_lookup_table(struct gpiod_lookup_table *table);

#endif /* _LINUX_GPIO_MACHINE_H */

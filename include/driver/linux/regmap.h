/* SPDX-License-Identifier: MIT */
/*
 * Registers by number, in memory (linux/io.h): there is no other bus.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_REGMAP_H
#define _LINUX_REGMAP_H

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/types.h>

struct device;
struct regmap;

struct regmap_config {
	const char *name;
	int reg_bits;		   /* of a number: 8, 16 or 32 */
	int reg_stride;		   /* between registers, in bytes; 0: 1 */
	int val_bits;		   /* of a register: 8, 16, 32 or 64 */
	unsigned int max_register; /* 0: any */
	bool (*writeable_reg)(struct device *dev, unsigned int reg);
	bool (*readable_reg)(struct device *dev, unsigned int reg);
	bool fast_io; /* means nothing here */
};

/**
 * devm_regmap_init_mmio() - number registers
 * @dev:	the device, which owns the map
 * @regs:	where they are
 * @config:	what they are like; copied
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the map, or an ERR_PTR() of
 *   -EINVAL	there is no such width, or the stride is smaller
 *   -ENOMEM
 */
struct regmap *__must_check
devm_regmap_init_mmio(struct device *dev, void __iomem *regs,
		      const struct regmap_config *config);
/* The same, which regmap_exit() ends. */
struct regmap *__must_check
regmap_init_mmio(struct device *dev, void __iomem *regs,
		 const struct regmap_config *config);
void regmap_exit(struct regmap *map);

/**
 * regmap_read() - read a register
 * @map:	the map
 * @reg:	which one: its distance from the first in bytes
 * @val:	receives what it is
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	it is not a multiple of the stride
 *   -EIO	there is none such, or it cannot be read
 */
int regmap_read(struct regmap *map, unsigned int reg, unsigned int *val);
/* The same, to write it. */
int regmap_write(struct regmap *map, unsigned int reg, unsigned int val);

/**
 * regmap_update_bits() - change some bits of a register
 * @map:	the map
 * @reg:	which one
 * @mask:	which bits
 * @val:	what they are to be
 *
 * Nobody else does so meanwhile.
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0 or an error, as regmap_read()
 */
int regmap_update_bits(struct regmap *map, unsigned int reg, unsigned int mask,
		       unsigned int val);
/* 1 if all of @bits are set, else 0, or an error. */
int regmap_test_bits(struct regmap *map, unsigned int reg, unsigned int bits);

/* Several in a row, of the width they have. */
int regmap_bulk_read(struct regmap *map, unsigned int reg, void *val,
		     size_t val_count);
int regmap_bulk_write(struct regmap *map, unsigned int reg, const void *val,
		      size_t val_count);

static inline int regmap_set_bits(struct regmap *map, unsigned int reg,
				  unsigned int bits)
{
	return regmap_update_bits(map, reg, bits, bits);
}

static inline int regmap_clear_bits(struct regmap *map, unsigned int reg,
				    unsigned int bits)
{
	return regmap_update_bits(map, reg, bits, 0);
}

/* readx_poll_timeout() of linux/iopoll.h, for a register; an error of
 * regmap_read() ends it, too, and is returned. */
#define regmap_read_poll_timeout(map, addr, val, cond, sleep_us, timeout_us)   \
	__extension__({                                                        \
		int __map_ret, __poll_ret;                                     \
		__poll_ret = read_poll_timeout(                                \
			regmap_read, __map_ret, __map_ret || (cond), sleep_us, \
			timeout_us, false, map, addr, &(val));                 \
		__map_ret ? __map_ret : __poll_ret;                            \
	})

#endif /* _LINUX_REGMAP_H */

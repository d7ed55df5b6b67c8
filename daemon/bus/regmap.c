/* SPDX-License-Identifier: MIT */
/* Registers by number (<linux/regmap.h>), on any stage. */
#include <linux/regmap.h>

#include "kapi/export.h"
#include "stage/pi-mutex.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <string.h>

struct regmap {
	struct device *dev;
	u8 __iomem *regs; /* borrowed */
	struct regmap_config config;
	unsigned int stride, width; /* in bytes */
	struct pi_mutex lock;	    /* around a change */
};

EXPORT struct regmap *regmap_init_mmio(struct device *dev, void __iomem *regs,
				       const struct regmap_config *config)
{
	int width = config->val_bits / 8;
	struct regmap *map;

	if ((config->reg_bits != 8 && config->reg_bits != 16 &&
	     config->reg_bits != 32) ||
	    (config->val_bits != 8 && config->val_bits != 16 &&
	     config->val_bits != 32 && config->val_bits != 64) ||
	    config->reg_stride < 0 ||
	    (config->reg_stride ? config->reg_stride : 1) < width)
		return ERR_PTR(-EINVAL);

	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (map == NULL)
		return ERR_PTR(-ENOMEM);
	map->dev = dev;
	map->regs = regs;
	map->config = *config;
	map->width = (unsigned int)width;
	map->stride = config->reg_stride ? (unsigned int)config->reg_stride : 1;

	return map;
}

EXPORT void regmap_exit(struct regmap *map)
{
	kfree(map);
}

static void release_map(void *map)
{
	regmap_exit(map);
}

EXPORT struct regmap *devm_regmap_init_mmio(struct device *dev,
					    void __iomem *regs,
					    const struct regmap_config *config)
{
	struct regmap *map = regmap_init_mmio(dev, regs, config);
	int ret;

	if (IS_ERR(map))
		return map;
	ret = devm_add_action_or_reset(dev, release_map, map);

	return ret ? ERR_PTR(ret) : map;
}

static int check(const struct regmap *map, unsigned int reg,
		 bool (*may)(struct device *dev, unsigned int reg))
{
	if (reg % map->stride)
		return -EINVAL;
	if (map->config.max_register && reg > map->config.max_register)
		return -EIO;

	return may && !may(map->dev, reg) ? -EIO : 0;
}

static u64 get(const struct regmap *map, unsigned int reg)
{
	switch (map->width) {
	case 1:
		return readb(map->regs + reg);
	case 2:
		return readw(map->regs + reg);
	case 4:
		return readl(map->regs + reg);
	default:
		return readq(map->regs + reg);
	}
}

static void put(const struct regmap *map, unsigned int reg, u64 val)
{
	switch (map->width) {
	case 1:
		writeb((u8)val, map->regs + reg);
		break;
	case 2:
		writew((u16)val, map->regs + reg);
		break;
	case 4:
		writel((u32)val, map->regs + reg);
		break;
	default:
		writeq(val, map->regs + reg);
	}
}

EXPORT int regmap_read(struct regmap *map, unsigned int reg, unsigned int *val)
{
	int ret = check(map, reg, map->config.readable_reg);

	if (ret == 0)
		*val = (unsigned int)get(map, reg);

	return ret;
}

EXPORT int regmap_write(struct regmap *map, unsigned int reg, unsigned int val)
{
	int ret = check(map, reg, map->config.writeable_reg);

	if (ret)
		return ret;
	pi_lock(&map->lock);
	put(map, reg, val);
	pi_unlock(&map->lock);

	return 0;
}

EXPORT int regmap_update_bits(struct regmap *map, unsigned int reg,
			      unsigned int mask, unsigned int val)
{
	int ret = check(map, reg, map->config.readable_reg);

	if (ret == 0)
		ret = check(map, reg, map->config.writeable_reg);
	if (ret)
		return ret;
	pi_lock(&map->lock);
	put(map, reg, (get(map, reg) & ~(u64)mask) | (val & mask));
	pi_unlock(&map->lock);

	return 0;
}

EXPORT int regmap_test_bits(struct regmap *map, unsigned int reg,
			    unsigned int bits)
{
	unsigned int val;
	int ret = regmap_read(map, reg, &val);

	return ret ? ret : (val & bits) == bits;
}

/* Are all of them there? */
static int check_all(const struct regmap *map, unsigned int reg, size_t count,
		     bool (*may)(struct device *dev, unsigned int reg))
{
	int ret = count ? 0 : -EINVAL;

	for (size_t i = 0; i < count && ret == 0; i++)
		ret = check(map, reg + (unsigned int)i * map->stride, may);

	return ret;
}

EXPORT int regmap_bulk_read(struct regmap *map, unsigned int reg, void *val,
			    size_t val_count)
{
	int ret = check_all(map, reg, val_count, map->config.readable_reg);
	char *to = val;
	u64 one;

	for (size_t i = 0; i < val_count && ret == 0; i++) {
		one = get(map, reg + (unsigned int)i * map->stride);
		/* Its low bytes come first: little-endian. */
		memcpy(to + i * map->width, &one, map->width);
	}

	return ret;
}

EXPORT int regmap_bulk_write(struct regmap *map, unsigned int reg,
			     const void *val, size_t val_count)
{
	int ret = check_all(map, reg, val_count, map->config.writeable_reg);
	const char *from = val;
	u64 one = 0;

	if (ret)
		return ret;
	pi_lock(&map->lock);
	for (size_t i = 0; i < val_count; i++) {
		memcpy(&one, from + i * map->width, map->width);
		put(map, reg + (unsigned int)i * map->stride, one);
	}
	pi_unlock(&map->lock);

	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What was configured of a device, as drivers ask a device tree for it. See
 * linux/property.h for what values look like, and what the errors are.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_OF_H
#define _LINUX_OF_H

#include <linux/mod_devicetable.h>
#include <linux/types.h>
#include <stdbool.h>

struct device;

struct device_node {
	const char *name;      /* without what follows a dot */
	const char *full_name; /* the device's */
};

#define of_match_ptr(table) (table)

/**
 * of_property_read_u32() - a number
 * @np:		of which device; NULL has nothing
 * @propname:	what of it
 * @out_value:	receives it; left alone on error
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such property
 *   -ENODATA	it has no value
 *   -EPROTO	that is not a number
 *   -EOVERFLOW	it is too large, or there are not enough of them
 */
int of_property_read_u32(const struct device_node *np, const char *propname,
			 u32 *out_value);
int of_property_read_s32(const struct device_node *np, const char *propname,
			 s32 *out_value);
int of_property_read_u8(const struct device_node *np, const char *propname,
			u8 *out_value);
int of_property_read_u16(const struct device_node *np, const char *propname,
			 u16 *out_value);
int of_property_read_u64(const struct device_node *np, const char *propname,
			 u64 *out_value);
/* The first @sz of them. */
int of_property_read_u8_array(const struct device_node *np,
			      const char *propname, u8 *out_values, size_t sz);
int of_property_read_u16_array(const struct device_node *np,
			       const char *propname, u16 *out_values,
			       size_t sz);
int of_property_read_u32_array(const struct device_node *np,
			       const char *propname, u32 *out_values,
			       size_t sz);
int of_property_read_u64_array(const struct device_node *np,
			       const char *propname, u64 *out_values,
			       size_t sz);
/* That number @index, from 0. */
int of_property_read_u32_index(const struct device_node *np,
			       const char *propname, u32 index, u32 *out_value);
/* How many there are. */
int of_property_count_u32_elems(const struct device_node *np,
				const char *propname);

/* Strings; those of a device live as long as it does. -ENODATA: not so many. */
int of_property_read_string(const struct device_node *np, const char *propname,
			    const char **out_string);
int of_property_read_string_index(const struct device_node *np,
				  const char *propname, int index,
				  const char **out_string);
int of_property_count_strings(const struct device_node *np,
			      const char *propname);
/* Which one it is; -ENODATA: none. */
int of_property_match_string(const struct device_node *np, const char *propname,
			     const char *string);

/* Is it there, and neither "no", "off" nor "false"? */
bool of_property_read_bool(const struct device_node *np, const char *propname);
bool of_property_present(const struct device_node *np, const char *propname);

/* Is that one of its "compatible" strings? */
int of_device_is_compatible(const struct device_node *np, const char *compat);
/* The first of @matches that is for @np, NULL: none. */
const struct of_device_id *of_match_node(const struct of_device_id *matches,
					 const struct device_node *np);
const struct of_device_id *of_match_device(const struct of_device_id *matches,
					   const struct device *dev);
/* ->data of that of its driver's table. */
const void *of_device_get_match_data(const struct device *dev);

/* Devices own theirs. */
static inline struct device_node *of_node_get(struct device_node *np)
{
	return np;
}

static inline void of_node_put(struct device_node *np)
{
	(void)np;
}

#endif /* _LINUX_OF_H */

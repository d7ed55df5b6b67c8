/* SPDX-License-Identifier: MIT */
/*
 * What was configured of a device: "name = value" (evl-cused.conf(5)). Numbers
 * are decimal, hexadecimal (0x) or octal (0), with blanks or commas between
 * several; strings have a comma and a blank between them, or stand in double quotes.
 *
 * Any stage; none of these block.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_PROPERTY_H
#define _LINUX_PROPERTY_H

#include <linux/of.h>
#include <linux/types.h>

struct device;

/* Is it there? */
bool device_property_present(const struct device *dev, const char *propname);
/* ... and neither "no", "off" nor "false"? */
bool device_property_read_bool(const struct device *dev, const char *propname);

/**
 * device_property_read_u32_array() - numbers
 * @dev:	of which device
 * @propname:	what of it
 * @val:	receives the first @nval of them; left alone on error. NULL: tell
 *		how many there are
 * @nval:	how many are wanted
 *
 * Return: 0, or their number if @val is NULL, or
 *   -EINVAL	there is no such property
 *   -ENODATA	it has no value
 *   -EPROTO	that is not a number
 *   -EOVERFLOW	it is too large, or there are not enough of them
 */
int device_property_read_u32_array(const struct device *dev,
				   const char *propname, u32 *val, size_t nval);
int device_property_read_u8_array(const struct device *dev,
				  const char *propname, u8 *val, size_t nval);
int device_property_read_u16_array(const struct device *dev,
				   const char *propname, u16 *val, size_t nval);
int device_property_read_u64_array(const struct device *dev,
				   const char *propname, u64 *val, size_t nval);

/**
 * device_property_read_string_array() - strings
 * @dev:	of which device
 * @propname:	what of it
 * @val:	receives up to @nval of them, which live as long as the device.
 *		NULL: tell how many there are
 * @nval:	how many are wanted
 *
 * Return: how many were read or there are, or
 *   -EINVAL	there is no such property
 *   -ENODATA	it has no value
 */
int device_property_read_string_array(const struct device *dev,
				      const char *propname, const char **val,
				      size_t nval);
/* The first one; 0 or an error. */
int device_property_read_string(const struct device *dev, const char *propname,
				const char **val);
/* Which one is @string; -ENODATA: none. */
int device_property_match_string(const struct device *dev, const char *propname,
				 const char *string);

/* ->data, or ->driver_data, of how the device was matched; NULL: none. */
const void *device_get_match_data(const struct device *dev);

#define device_property_read_u8(dev, propname, val) \
	device_property_read_u8_array(dev, propname, val, 1)
#define device_property_read_u16(dev, propname, val) \
	device_property_read_u16_array(dev, propname, val, 1)
#define device_property_read_u32(dev, propname, val) \
	device_property_read_u32_array(dev, propname, val, 1)
#define device_property_read_u64(dev, propname, val) \
	device_property_read_u64_array(dev, propname, val, 1)
#define device_property_count_u8(dev, propname) \
	device_property_read_u8_array(dev, propname, NULL, 0)
#define device_property_count_u16(dev, propname) \
	device_property_read_u16_array(dev, propname, NULL, 0)
#define device_property_count_u32(dev, propname) \
	device_property_read_u32_array(dev, propname, NULL, 0)
#define device_property_count_u64(dev, propname) \
	device_property_read_u64_array(dev, propname, NULL, 0)
#define device_property_string_array_count(dev, propname) \
	device_property_read_string_array(dev, propname, NULL, 0)

#endif /* _LINUX_PROPERTY_H */

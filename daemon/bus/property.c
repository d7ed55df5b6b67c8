/* SPDX-License-Identifier: MIT */
/* Properties of devices (<linux/property.h>, <linux/of.h>): what was written, as
 * numbers and strings. */
#include <linux/property.h>

#include "bus/firmware.h"
#include "kapi/export.h"

#include <errno.h>
#include <linux/device.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Numbers.
 */

/* One of @size bytes at *@at, which goes behind it. */
static int next_number(const char **at, size_t size, u64 *r_number)
{
	u64 max = size == sizeof(u64) ? UINT64_MAX
				      : (UINT64_C(1) << size * 8) - 1;
	bool negative = **at == '-';
	char *end;

	errno = 0;
	*r_number = strtoull(*at + negative, &end, 0);
	if (end == *at + negative || (*at)[negative] == '-' ||
	    (*at)[negative] == '+' || !strchr(" \t,", *end))
		return -EPROTO;
	if (errno || *r_number > (negative ? max / 2 + 1 : max))
		return -EOVERFLOW;
	if (negative)
		*r_number = -*r_number;
	*at = end + strspn(end, " \t,");

	return 0;
}

static void store(void *values, size_t i, size_t size, u64 number)
{
	switch (size) {
	case 1:
		((u8 *)values)[i] = (u8)number;
		break;
	case 2:
		((u16 *)values)[i] = (u16)number;
		break;
	case 4:
		((u32 *)values)[i] = (u32)number;
		break;
	default:
		((u64 *)values)[i] = number;
	}
}

/* From the @first on; @values NULL: how many there are. */
static int scan(const char *text, size_t size, size_t first, void *values,
		size_t nr)
{
	size_t count;
	u64 number;
	int ret;

	text += strspn(text, " \t,");
	for (count = 0; *text && (!values || count < first + nr); count++) {
		ret = next_number(&text, size, &number);
		if (ret)
			return ret;
		if (values && count >= first)
			store(values, count - first, size, number);
	}
	if (values == NULL)
		return (int)count;

	return count < first + nr ? -EOVERFLOW : 0;
}

static int read_numbers(const struct device_node *np, const char *name,
			size_t size, size_t first, void *values, size_t nr)
{
	const char *text = firmware_value(np, name);
	int ret;

	if (text == NULL)
		return -EINVAL;
	if (*text == '\0')
		return -ENODATA;
	/* Nothing of it is stored if something is wrong. */
	ret = scan(text, size, 0, NULL, 0);
	if (ret < 0 || values == NULL)
		return ret;

	return (size_t)ret < first + nr ? -EOVERFLOW
					: scan(text, size, first, values, nr);
}

static const struct device_node *node_of(const struct device *dev)
{
	return dev ? dev->of_node : NULL;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): types */
/* clang-format off */
#define READ_NUMBERS(type)						\
	EXPORT int of_property_read_##type##_array(			\
		const struct device_node *np, const char *propname,	\
		type *out_values, size_t sz)				\
	{								\
		return read_numbers(np, propname, sizeof(type), 0,	\
				    out_values, sz);			\
	}								\
	EXPORT int of_property_read_##type(				\
		const struct device_node *np, const char *propname,	\
		type *out_value)					\
	{								\
		return read_numbers(np, propname, sizeof(type), 0,	\
				    out_value, 1);			\
	}								\
	EXPORT int device_property_read_##type##_array(			\
		const struct device *dev, const char *propname,		\
		type *val, size_t nval)					\
	{								\
		return read_numbers(node_of(dev), propname,		\
				    sizeof(type), 0, val, nval);	\
	}
/* clang-format on */

READ_NUMBERS(u8)
READ_NUMBERS(u16)
READ_NUMBERS(u32)
READ_NUMBERS(u64)
/* NOLINTEND(bugprone-macro-parentheses) */

EXPORT int of_property_read_s32(const struct device_node *np,
				const char *propname, s32 *out_value)
{
	return read_numbers(np, propname, sizeof(s32), 0, out_value, 1);
}

EXPORT int of_property_read_u32_index(const struct device_node *np,
				      const char *propname, u32 index,
				      u32 *out_value)
{
	return read_numbers(np, propname, sizeof(u32), index, out_value, 1);
}

EXPORT int of_property_count_u32_elems(const struct device_node *np,
				       const char *propname)
{
	return read_numbers(np, propname, sizeof(u32), 0, NULL, 0);
}

/*
 * Strings.
 */

/* @values NULL: how many there are. */
static int read_strings(const struct device_node *np, const char *name,
			const char **values, size_t nr)
{
	unsigned int count = 0;
	const char *string;

	if (firmware_value(np, name) == NULL)
		return -EINVAL;

	for (; values == NULL || count < nr; count++) {
		string = firmware_string(np, name, count);
		if (string == NULL)
			break;
		if (values)
			values[count] = string;
	}

	return count || (values && nr == 0) ? (int)count : -ENODATA;
}

EXPORT int of_property_read_string_index(const struct device_node *np,
					 const char *propname, int index,
					 const char **out_string)
{
	const char *string;

	if (firmware_value(np, propname) == NULL)
		return -EINVAL;
	string = index < 0 ? NULL
			   : firmware_string(np, propname, (unsigned int)index);
	if (string == NULL)
		return -ENODATA;
	*out_string = string;

	return 0;
}

EXPORT int of_property_read_string(const struct device_node *np,
				   const char *propname,
				   const char **out_string)
{
	return of_property_read_string_index(np, propname, 0, out_string);
}

EXPORT int of_property_count_strings(const struct device_node *np,
				     const char *propname)
{
	return read_strings(np, propname, NULL, 0);
}

EXPORT int of_property_match_string(const struct device_node *np,
				    const char *propname, const char *string)
{
	const char *other;

	if (firmware_value(np, propname) == NULL)
		return -EINVAL;
	for (unsigned int n = 0; (other = firmware_string(np, propname, n));
	     n++)
		if (strcmp(other, string) == 0)
			return (int)n;

	return -ENODATA;
}

EXPORT int device_property_read_string_array(const struct device *dev,
					     const char *propname,
					     const char **val, size_t nval)
{
	return read_strings(node_of(dev), propname, val, nval);
}

EXPORT int device_property_read_string(const struct device *dev,
				       const char *propname, const char **val)
{
	return of_property_read_string(node_of(dev), propname, val);
}

EXPORT int device_property_match_string(const struct device *dev,
					const char *propname,
					const char *string)
{
	return of_property_match_string(node_of(dev), propname, string);
}

/*
 * Whether they are there.
 */

EXPORT bool of_property_present(const struct device_node *np,
				const char *propname)
{
	return firmware_value(np, propname) != NULL;
}

EXPORT bool of_property_read_bool(const struct device_node *np,
				  const char *propname)
{
	const char *text = firmware_value(np, propname);

	return text && strcasecmp(text, "no") != 0 &&
	       strcasecmp(text, "off") != 0 && strcasecmp(text, "false") != 0;
}

EXPORT bool device_property_present(const struct device *dev,
				    const char *propname)
{
	return of_property_present(node_of(dev), propname);
}

EXPORT bool device_property_read_bool(const struct device *dev,
				      const char *propname)
{
	return of_property_read_bool(node_of(dev), propname);
}

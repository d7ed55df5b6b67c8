/* SPDX-License-Identifier: MIT */
/* What the letters behind "%p" make of a pointer. */
#include "kapi/format.h"

#include "kapi/image.h"

#include <ctype.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/printk.h>
#include <string.h>

static void add_error(struct text *text, const void *ptr)
{
	const char *name =
		IS_ERR(ptr) ? strerrorname_np(-(int)PTR_ERR(ptr)) : NULL;

	if (name)
		text_add(text, "-%s", name);
	else if (IS_ERR(ptr))
		text_add(text, "%ld", PTR_ERR(ptr));
	else
		text_add(text, "%p", ptr);
}

/* @n bytes as digits, @separator in between. */
static void add_hex(struct text *text, const unsigned char *bytes, int n,
		    const char *separator)
{
	for (int i = 0; i < n; i++)
		text_add(text, "%s%02x", i ? separator : "", bytes[i]);
}

static const char *hex_separator(char letter)
{
	switch (letter) {
	case 'C':
		return ":";
	case 'D':
		return "-";
	case 'N':
		return "";
	default:
		return " ";
	}
}

static void add_mac(struct text *text, const unsigned char *mac,
		    const char *ext)
{
	unsigned char turned[6];

	for (int i = 0; i < 6; i++)
		turned[i] = mac[5 - i];
	add_hex(text, ext[1] == 'R' ? turned : mac, 6,
		ext[0] == 'm'	? ""
		: ext[1] == 'F' ? "-"
				: ":");
}

static void add_ip4(struct text *text, const unsigned char *ip, bool padded)
{
	for (int i = 0; i < 4; i++)
		text_add(text, padded ? "%s%03u" : "%s%u", i ? "." : "", ip[i]);
}

/* b: the four groups which count bytes from the least significant one are
 * printed as they lie; l: turned round. Capital letters if @ext is one. */
static void add_uuid(struct text *text, const unsigned char *uuid, char ext)
{
	static const unsigned char little[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};
	bool turned = ext == 'l' || ext == 'L';
	bool capitals = ext == 'B' || ext == 'L';

	for (int i = 0; i < 16; i++) {
		text_add(text, capitals ? "%02X" : "%02x",
			 uuid[turned ? little[i] : i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			text_add(text, "-");
	}
}

static void add_resource(struct text *text, const struct resource *res)
{
	const char *kind = res->flags & IORESOURCE_MEM	 ? "mem"
			   : res->flags & IORESOURCE_IRQ ? "irq"
							 : "io ";

	if (res->flags & IORESOURCE_IRQ)
		text_add(text, "[irq %llu", (unsigned long long)res->start);
	else
		text_add(text, "[%s %#010llx", kind,
			 (unsigned long long)res->start);
	if (res->end != res->start)
		text_add(text,
			 res->flags & IORESOURCE_IRQ ? "-%llu" : "-%#010llx",
			 (unsigned long long)res->end);
	text_add(text, "]");
}

static bool has_bit(const unsigned long *map, int bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

/* "0-3,7" */
static void add_bit_list(struct text *text, const unsigned long *map, int bits)
{
	const char *comma = "";
	int first;

	for (int bit = 0; bit < bits; bit++) {
		if (!has_bit(map, bit))
			continue;
		for (first = bit; bit + 1 < bits && has_bit(map, bit + 1);)
			bit++;
		text_add(text, "%s%d", comma, first);
		if (bit > first)
			text_add(text, "-%d", bit);
		comma = ",";
	}
}

/* Words of 32 bits, the highest first, with commas in between. */
static void add_bit_words(struct text *text, const unsigned long *map, int bits)
{
	int word = (bits + 31) / 32 - 1, top = bits % 32 ? bits % 32 : 32;
	unsigned int value;

	for (int i = word; i >= 0; i--) {
		value = (unsigned int)(map[i / 2] >> (i % 2 * 32));
		if (i == word && top < 32)
			value &= (1U << top) - 1;
		text_add(text, "%s%0*x", i == word ? "" : ",",
			 i == word ? (top + 3) / 4 : 8, value);
	}
}

#pragma GCC diagnostic push
/* The driver's compiler has looked at it. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void add_variable(struct text *text, const struct va_format *vaf)
{
	bool has_room = text->len < text->size;

	/* A format within a format: once again, into what is left. */
	text->len += (size_t)format_text(
		has_room ? text->buf + text->len : NULL,
		has_room ? text->size - text->len : 0, vaf->fmt, *vaf->va);
}
#pragma GCC diagnostic pop

static void add_place(struct text *text, const void *ptr, char letter)
{
	char place[160];

	/* What called is behind its call. */
	image_describe(place, sizeof(place), (uintptr_t)ptr, letter == 'B');
	text_add(text, "%s", place);
}

/* Those which do not look behind the pointer. */
static bool add_value(struct text *text, const char *ext, const void *ptr)
{
	switch (ext[0]) {
	case 'e':
		add_error(text, ptr);
		return true;
	case 'K':
		text_add(text, "%p", ptr);
		return true;
	case 'x':
		text_add(text, "%016lx", (unsigned long)ptr);
		return true;
	case 'S':
	case 's':
	case 'F':
	case 'f':
	case 'B':
		add_place(text, ptr, ext[0]);
		return true;
	default:
		return false;
	}
}

static bool is_known(const char *ext)
{
	if (ext[0] == 'I' || ext[0] == 'i')
		return ext[1] == '4';
	if (ext[0] == 'O')
		return ext[1] == 'F';

	return strchr("hMmURrVab", ext[0]) != NULL;
}

bool format_pointer(struct text *text, const char *ext, const void *ptr,
		    int width)
{
	if (add_value(text, ext, ptr))
		return true;
	if (!is_known(ext))
		return false;
	if ((unsigned long)ptr < 4096 || IS_ERR(ptr)) {
		text_add(text, ptr ? "(einval)" : "(null)");
		return true;
	}

	switch (ext[0]) {
	case 'h':
		add_hex(text, ptr,
			width < 0    ? 1
			: width > 64 ? 64
				     : width,
			hex_separator(ext[1]));
		break;
	case 'M':
	case 'm':
		add_mac(text, ptr, ext);
		break;
	case 'I':
	case 'i':
		add_ip4(text, ptr, ext[0] == 'i');
		break;
	case 'U':
		add_uuid(text, ptr, ext[1]);
		break;
	case 'R':
	case 'r':
		add_resource(text, ptr);
		break;
	case 'V':
		add_variable(text, ptr);
		break;
	case 'a': /* phys_addr_t and dma_addr_t are the same */
		text_add(text, "%#018llx", *(const unsigned long long *)ptr);
		break;
	case 'O':
		text_add(text, "%s",
			 ((const struct device_node *)ptr)->full_name);
		break;
	default:
		if (ext[1] == 'l')
			add_bit_list(text, ptr, width < 0 ? 0 : width);
		else
			add_bit_words(text, ptr, width < 0 ? 0 : width);
	}

	return true;
}

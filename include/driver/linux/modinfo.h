/* SPDX-License-Identifier: MIT */
/*
 * What a driver's file tells of it to those who do not load it: strings
 * "tag=text" in a section of their own, as in a kernel module.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_MODINFO_H
#define _LINUX_MODINFO_H

/* In spite of --gc-sections, too, where the tools know how. */
#if defined(__has_attribute) && __has_attribute(retain)
#define __modinfo_kept __attribute__((used, retain))
#else
#define __modinfo_kept __attribute__((used))
#endif

/* clang-format off */
#define __MODINFO(tag, id, text)					\
	static const char id[] __modinfo_kept				\
		__attribute__((section(".modinfo"), aligned(1))) =	\
			#tag "=" text
/* clang-format on */

#define __MODINFO_JOIN(a, b)  a##b
#define __MODINFO_ID(counter) __MODINFO_JOIN(__modinfo_, counter)

/**
 * MODULE_INFO() - a line for evl driver info
 * @tag:	what it is about; a word
 * @text:	a string
 */
#define MODULE_INFO(tag, text) __MODINFO(tag, __MODINFO_ID(__COUNTER__), text)

/* What the parameter @name is for. */
#define MODULE_PARM_DESC(name, text) MODULE_INFO(parm, #name ":" text)

#endif /* _LINUX_MODINFO_H */

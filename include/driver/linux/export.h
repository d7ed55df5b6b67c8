/* SPDX-License-Identifier: MIT */
/*
 * What a driver lends to others. Everything else is its own, whatever another
 * driver or the daemon calls by the same name.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#include <linux/modinfo.h>

/**
 * EXPORT_SYMBOL() - let other drivers use a function or a variable
 * @sym:	its name; not static, nor thread-local
 *
 * A driver which uses it is loaded after this one, and keeps it from being
 * unloaded. Two drivers cannot export the same name.
 */
/* clang-format off */
#define EXPORT_SYMBOL(sym)	__EXPORT_SYMBOL(sym)
#define __EXPORT_SYMBOL(sym) /* @sym may be a macro */			\
	extern __typeof__(sym) sym;					\
	__MODINFO(export, __export_##sym, #sym)
/* clang-format on */

#define EXPORT_SYMBOL_GPL(sym)	      EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS(sym, ns)     EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)

#endif /* _LINUX_EXPORT_H */

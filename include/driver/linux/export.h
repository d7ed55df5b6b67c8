/* SPDX-License-Identifier: MIT */
/*
 * Drivers are built with protected visibility: what they define is theirs, yet
 * can be used by another driver which names this one's .so when it is linked.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define EXPORT_SYMBOL(sym)	      extern __typeof__(sym) sym
#define EXPORT_SYMBOL_GPL(sym)	      EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS(sym, ns)     EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)

#endif /* _LINUX_EXPORT_H */

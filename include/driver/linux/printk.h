/* SPDX-License-Identifier: MIT */
/*
 * Lines for the daemon's log, from any stage. An out-of-band handler's line is
 * formatted at once, and written later by the in-band stage.
 *
 * Formats are those of the C library's printf(), and the kernel's extensions to
 * %p: %pe (an error), %*ph (bytes), %pM, %pI4, %pU, %pa, %pR, %pV, %pOF, %*pb and
 * %*pbl, %pS and kin (whose code it is). %p, %px and %pK hide nothing. So do
 * snprintf() and its like. pr_debug() shows with evl-cused --verbose.
 *
 * Source: driver-api 2.19, 5.2
 */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

#include <linux/compiler.h>
#include <stdarg.h>
#include <stdbool.h>

#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"
#define KERN_DEFAULT ""
#define KERN_CONT    KERN_SOH "c" /* goes on with the line before */

/* The driver's name, for those who want it in pr_fmt(). Built without
 * -DKBUILD_MODNAME='"foo"' it is the file's, "foo.c"; names of devices, classes
 * and platform drivers, and lines of the log, are rid of the ".c" then. */
#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME __FILE_NAME__
#define __KBUILD_MODNAME_IS_A_GUESS
#endif
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

/**
 * printk() - write to the log
 * @fmt:	as for printf(), after one of KERN_*; without one it is
 *		information. What does not end in a newline may be continued by
 *		KERN_CONT
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how many characters it had
 */
int printk(const char *fmt, ...) __printf(1, 2);

/**
 * vprintk() - printk() with its arguments in a va_list
 * @fmt:	as for printk()
 * @ap:		the arguments
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how many characters it had
 */
int vprintk(const char *fmt, va_list ap) __printf(1, 0);

/* What %pV prints. */
struct va_format {
	const char *fmt;
	va_list *va;
};

/* True ten times in five seconds, for each @state of its own. */
struct ratelimit_state {
	unsigned long long since;
	unsigned int count;
};
bool __ratelimit(struct ratelimit_state *state);

#define raw_printk(...)	    printk(__VA_ARGS__)

#define pr_emerg(fmt, ...)  printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...)  printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...)   printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warning	    pr_warn
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...)   printk(KERN_CONT fmt, ##__VA_ARGS__)

#define printk_deferred	    printk
/* Only with -DDEBUG; the arguments are looked at in any case. */
#ifdef DEBUG
#define pr_devel(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_devel(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/* clang-format off */
#define no_printk(...)							\
	__extension__({							\
		if (0)							\
			printk(__VA_ARGS__);				\
		0;							\
	})

/* True ten times in five seconds, for each place that asks. */
#define printk_ratelimit()						\
	__extension__({							\
		static struct ratelimit_state __rs;			\
		__ratelimit(&__rs);					\
	})

#define printk_ratelimited(...)						\
	do {								\
		static struct ratelimit_state __rs;			\
		if (__ratelimit(&__rs))					\
			printk(__VA_ARGS__);				\
	} while (0)

#define printk_once(...)						\
	do {								\
		static unsigned char __told;				\
		if (!__atomic_exchange_n(&__told, 1, __ATOMIC_RELAXED))	\
			printk(__VA_ARGS__);				\
	} while (0)
/* clang-format on */

#define pr_emerg_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug_ratelimited(fmt, ...) \
	printk_ratelimited(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

#define pr_emerg_once(fmt, ...) \
	printk_once(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...) \
	printk_once(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) \
	printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug_once(fmt, ...) \
	printk_once(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

#include <linux/hexdump.h> /* which the kernel has here, too */

#endif /* _LINUX_PRINTK_H */

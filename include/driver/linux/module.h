/* SPDX-License-Identifier: MIT */
/*
 * What makes a shared object a driver. Each one carries a struct module, which
 * the macros below fill in before anything of the driver runs; the daemon finds
 * it by name, checks that both were built from the same headers, sets the
 * parameters and calls the init function on an in-band fiber.
 *
 * All files of a driver share its struct module, which is weak for that reason.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/kconfig.h>

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <linux/types.h>

/* Goes up when a driver built before can no longer be run. */
#define EVL_DRIVER_ABI 4

/* What the driver calls itself. If nothing, "foo.so" is called foo. */
#ifdef __KBUILD_MODNAME_IS_A_GUESS
#define __MODULE_NAME NULL
#else
#define __MODULE_NAME KBUILD_MODNAME
#endif

struct module {
	/* Both stay where they are, whatever the ABI level. */
	u32 abi;
	u32 fops_size; /* of struct file_operations, as the driver knows it */
	const char *name;
	int (*init)(void);
	void (*exit)(void);
	struct kernel_param *params;
	void *loaded; /* the loader's own */
};

/* How the daemon finds it in the shared object. */
#define EVL_DRIVER_SYMBOL "evl_cused_driver"

#ifdef MODULE

/* What a driver's functions are called that module_init() and module_exit() do
 * not name. Hidden: the C library has an init_module(), too. */
int init_module(void) __attribute__((weak, visibility("hidden")));
void cleanup_module(void) __attribute__((weak, visibility("hidden")));

struct module __this_module __attribute__((weak, visibility("hidden"))) = {
	.abi = EVL_DRIVER_ABI,
	.fops_size = sizeof(struct file_operations),
	.name = __MODULE_NAME,
	.init = init_module,
	.exit = cleanup_module,
};

extern struct module *const evl_cused_driver
	__attribute__((weak, visibility("default")));
struct module *const evl_cused_driver = &__this_module;

#define THIS_MODULE (&__this_module)

#ifndef __KBUILD_MODNAME_IS_A_GUESS
MODULE_INFO(name, KBUILD_MODNAME);
#endif

static inline void __module_add_param(struct kernel_param *param)
{
	param->next = __this_module.params;
	__this_module.params = param;
}

/* The functions have fixed names, so that a second one of a kind in the same
 * driver does not link. */
/* clang-format off */
#define __module_set(field, value)					\
	__attribute__((visibility("hidden")))				\
	void __module_set_##field(void);				\
	__attribute__((constructor))					\
	void __module_set_##field(void)					\
	{								\
		__this_module.field = (value);				\
	}								\
	extern struct module __this_module
/* clang-format on */

#else /* not a driver: the daemon itself */

#define THIS_MODULE ((struct module *)0)

#endif /* MODULE */

/**
 * module_init() - name the function that sets a driver up, if it is not called
 *		    init_module()
 * @initfn:	int initfn(void); 0 or -errno, in which case whatever it made
 *		and left is removed, and its exit function not called
 *
 * Runs in-band, on a fiber: it may sleep.
 */
#define module_init(initfn) __module_set(init, initfn)

/**
 * module_exit() - name the function that takes a driver down, if it is not
 *		    called cleanup_module()
 * @exitfn:	void exitfn(void)
 *
 * Runs in-band, on a fiber, when the driver is unloaded or the daemon ends:
 * every file of the driver's is closed by then. A driver with an init function
 * and without this one stays until the daemon ends.
 */
#define module_exit(exitfn) __module_set(exit, exitfn)

/* Everything is a module here. */
#define core_initcall(fn)     module_init(fn)
#define postcore_initcall(fn) module_init(fn)
#define arch_initcall(fn)     module_init(fn)
#define subsys_initcall(fn)   module_init(fn)
#define fs_initcall(fn)	      module_init(fn)
#define rootfs_initcall(fn)   module_init(fn)
#define device_initcall(fn)   module_init(fn)
#define late_initcall(fn)     module_init(fn)

/* What people may want to know: evl driver info shows it. */
#define MODULE_LICENSE(text)	 MODULE_INFO(license, text)
#define MODULE_AUTHOR(text)	 MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text)	 MODULE_INFO(version, text)
#define MODULE_ALIAS(text)	 MODULE_INFO(alias, text)
#define MODULE_ALIAS_MISCDEV(minor) \
	MODULE_ALIAS("char-major-10-" __stringify(minor))
#define MODULE_ALIAS_CHARDEV(major, minor) \
	MODULE_ALIAS("char-major-" __stringify(major) "-" __stringify(minor))
#define MODULE_ALIAS_CHARDEV_MAJOR(major) \
	MODULE_ALIAS("char-major-" __stringify(major) "-*")
#define MODULE_FIRMWARE(path) MODULE_INFO(firmware, path)
#define MODULE_SOFTDEP(text)  MODULE_INFO(softdep, text)
#define MODULE_IMPORT_NS(ns)  MODULE_INFO(import_ns, #ns)

/* For depmod, of which there is none here: the table is not unused. */
#define MODULE_DEVICE_TABLE(type, table)                               \
	extern const __typeof__(table) __mod_##type##__##table##_table \
		__attribute__((unused, alias(#table), visibility("hidden")))

/**
 * try_module_get() - have a driver stay
 * @module:	the driver; NULL is the daemon itself
 *
 * Until module_put() it is not unloaded: -EBUSY for who tries. Open files and
 * drivers which use its symbols do so by themselves.
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: false if it is being unloaded, or was
 */
bool try_module_get(struct module *module);
/* The same, by who knows that it stays meanwhile. Any stage, does not block. */
void __module_get(struct module *module);
/* One try_module_get() less. Any stage, does not block. */
void module_put(struct module *module);
#ifdef __KERNEL__
static inline const char *module_name(const struct module *module)
{
	return module ? module->name : "kernel";
}
#endif

/* How many there are; 0 for the daemon itself. Any stage, does not block. */
int module_refcount(struct module *module);

/* Behind all of the above, which it includes: what else drivers count on. */
#include <evl/prelude.h>

#endif /* _LINUX_MODULE_H */

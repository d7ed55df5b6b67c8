/* SPDX-License-Identifier: MIT */
/*
 * Parameters of a driver: variables of its own which whoever loads it may set,
 * before its init function runs.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_MODULEPARAM_H
#define _LINUX_MODULEPARAM_H

#include <linux/compiler.h>
#include <linux/modinfo.h>
#include <linux/stat.h>
#include <linux/types.h>
#include <stdbool.h>

struct kernel_param;

/* How a type of parameters is read, and written. */
struct kernel_param_ops {
	unsigned int flags; /* KERNEL_PARAM_OPS_FL_* */
	/* Store what @val says in *@kp->arg; 0 or -errno. */
	int (*set)(const char *val, const struct kernel_param *kp);
	/* Not called: there is no sysfs. */
	int (*get)(char *buffer, const struct kernel_param *kp);
	void (*free)(void *arg);
};

/* @val may be NULL: the parameter was given without a value. */
#define KERNEL_PARAM_OPS_FL_NOARG 0x1

struct kernel_param {
	const char *name;
	const struct kernel_param_ops *ops;
	void *arg;
	const char *type; /* for people */
	struct kernel_param *next;
};

struct kparam_string {
	unsigned int maxlen;
	char *string;
};

struct kparam_array {
	unsigned int max;
	unsigned int elemsize;
	unsigned int *num; /* how many were given; may be NULL */
	const struct kernel_param_ops *ops;
	void *elem;
};

/*
 * How each type is read. Stage: in-band. Blocks: no. Return: 0, or
 *   -EINVAL	it is no such value
 *   -ERANGE	it does not fit
 *   -ENOSPC	the string does not fit
 *   -ENOMEM
 */
int param_set_byte(const char *val, const struct kernel_param *kp);
int param_set_short(const char *val, const struct kernel_param *kp);
int param_set_ushort(const char *val, const struct kernel_param *kp);
int param_set_int(const char *val, const struct kernel_param *kp);
int param_set_uint(const char *val, const struct kernel_param *kp);
int param_set_long(const char *val, const struct kernel_param *kp);
int param_set_ulong(const char *val, const struct kernel_param *kp);
int param_set_ullong(const char *val, const struct kernel_param *kp);
int param_set_bool(const char *val, const struct kernel_param *kp);
int param_set_invbool(const char *val, const struct kernel_param *kp);
int param_set_charp(const char *val, const struct kernel_param *kp);
int param_set_copystring(const char *val, const struct kernel_param *kp);

/* The value as text, with a newline, into a page of it; its length. Any stage,
 * none blocks. */
int param_get_byte(char *buffer, const struct kernel_param *kp);
int param_get_short(char *buffer, const struct kernel_param *kp);
int param_get_ushort(char *buffer, const struct kernel_param *kp);
int param_get_int(char *buffer, const struct kernel_param *kp);
int param_get_uint(char *buffer, const struct kernel_param *kp);
int param_get_long(char *buffer, const struct kernel_param *kp);
int param_get_ulong(char *buffer, const struct kernel_param *kp);
int param_get_ullong(char *buffer, const struct kernel_param *kp);
int param_get_bool(char *buffer, const struct kernel_param *kp);
int param_get_invbool(char *buffer, const struct kernel_param *kp);
int param_get_charp(char *buffer, const struct kernel_param *kp);
int param_get_string(char *buffer, const struct kernel_param *kp);

extern const struct kernel_param_ops param_ops_byte;
extern const struct kernel_param_ops param_ops_short;
extern const struct kernel_param_ops param_ops_ushort;
extern const struct kernel_param_ops param_ops_int;
extern const struct kernel_param_ops param_ops_uint;
extern const struct kernel_param_ops param_ops_long;
extern const struct kernel_param_ops param_ops_ulong;
extern const struct kernel_param_ops param_ops_ullong;
extern const struct kernel_param_ops param_ops_bool;
extern const struct kernel_param_ops param_ops_invbool;
extern const struct kernel_param_ops param_ops_charp;
extern const struct kernel_param_ops param_ops_string;
extern const struct kernel_param_ops param_ops_array;

typedef unsigned char __param_type_byte;
typedef short __param_type_short;
typedef unsigned short __param_type_ushort;
typedef int __param_type_int;
typedef unsigned int __param_type_uint;
typedef long __param_type_long;
typedef unsigned long __param_type_ulong;
typedef unsigned long long __param_type_ullong;
typedef bool __param_type_bool;
typedef bool __param_type_invbool;
typedef char *__param_type_charp;

/* Record it in the module before main(), so to speak. */
#define __module_param(pname, how, where, ptype)                           \
	MODULE_INFO(parmtype, #pname ":" ptype);                           \
	static struct kernel_param __param_##pname = {                     \
		.name = #pname,                                            \
		.ops = (how),                                              \
		.arg = (where),                                            \
		.type = (ptype),                                           \
	};                                                                 \
	static void __attribute__((constructor)) __param_add_##pname(void) \
	{                                                                  \
		__module_add_param(&__param_##pname);                      \
	}                                                                  \
	extern struct module __this_module

/* The check: @var is what @how takes it for. */
#define __module_param_of(name, var, ctype, how, ptype)                \
	static inline __maybe_unused ctype *__param_check_##name(void) \
	{                                                              \
		return &(var);                                         \
	}                                                              \
	__module_param(name, how, &(var), ptype)

/**
 * module_param_named() - make a variable a parameter, under another name
 * @name:	the parameter's name
 * @var:	the variable
 * @type:	byte, short, ushort, int, uint, long, ulong, ullong, bool,
 *		invbool (true and false swapped) or charp (a copy of the string)
 * @perm:	of the file in sysfs, which there is not
 */
#define module_param_named(name, var, type, perm)                            \
	__module_param_of(name, var, __param_type_##type, &param_ops_##type, \
			  #type)

/**
 * module_param() - make a variable a parameter
 * @name:	the variable's name, and the parameter's
 * @type:	as for module_param_named()
 * @perm:	as for module_param_named()
 */
#define module_param(name, type, perm)                                        \
	__module_param_of(name, name, __param_type_##type, &param_ops_##type, \
			  #type)

/* One which names hardware, or taints a kernel. */
#define module_param_hw(name, type, hwtype, perm) module_param(name, type, perm)
#define module_param_hw_named(name, var, type, hwtype, perm) \
	module_param_named(name, var, type, perm)
#define module_param_unsafe(name, type, perm) module_param(name, type, perm)

/**
 * module_param_string() - make an array of characters a parameter
 * @name:	the parameter's name
 * @str:	the array
 * @len:	its size in bytes
 * @perm:	as for module_param_named()
 */
#define module_param_string(name, str, len, perm)                         \
	static struct kparam_string __param_string_##name = { len, str }; \
	__module_param(name, &param_ops_string, &__param_string_##name,   \
		       "string")

/**
 * module_param_array_named() - make an array a parameter: values and commas
 * @name:	the parameter's name
 * @array:	the array
 * @type:	of an element, as for module_param_named()
 * @nump:	unsigned int *, where to store how many were given; or NULL
 * @perm:	as for module_param_named()
 */
/* clang-format off */
#define module_param_array_named(name, array, type, nump, perm)		\
	static inline __maybe_unused __param_type_##type *			\
	__param_check_##name(void)					\
	{								\
		return &(array)[0];					\
	}								\
	static struct kparam_array __param_array_##name = {		\
		.max = sizeof(array) / sizeof((array)[0]),		\
		.elemsize = sizeof((array)[0]),				\
		/* Kernels take an int there, too. */			\
		.num = (unsigned int *)(nump),				\
		.ops = &param_ops_##type,				\
		.elem = (array),					\
	};								\
	__module_param(name, &param_ops_array, &__param_array_##name,	\
		       "array of " #type)
/* clang-format on */

/* The same, where the array has the parameter's name. */
#define module_param_array(name, type, nump, perm) \
	module_param_array_named(name, name, type, nump, perm)

/**
 * module_param_cb() - a parameter which is read by the driver's own function
 * @name:	the parameter's name
 * @how:	const struct kernel_param_ops *
 * @where:	what ->set() finds as kp->arg
 * @perm:	as for module_param_named()
 *
 * Whoever gives it another value is told its MODULE_PARM_DESC().
 */
#define module_param_cb(name, how, where, perm) \
	__module_param(name, how, (void *)(where), "special")

#endif /* _LINUX_MODULEPARAM_H */

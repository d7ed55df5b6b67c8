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
#include <linux/stat.h>
#include <linux/types.h>
#include <stdbool.h>

struct kernel_param {
	const char *name;
	/* Store what @val says in *@arg; 0 or -errno. */
	int (*set)(const char *val, const struct kernel_param *kp);
	void *arg;
	const char *type; /* for people */
	struct kernel_param *next;
};

struct kparam_string {
	unsigned int maxlen;
	char *string;
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

typedef unsigned char __param_byte;
typedef short __param_short;
typedef unsigned short __param_ushort;
typedef int __param_int;
typedef unsigned int __param_uint;
typedef long __param_long;
typedef unsigned long __param_ulong;
typedef unsigned long long __param_ullong;
typedef bool __param_bool;
typedef bool __param_invbool;
typedef char *__param_charp;

/* Record it in the module before main(), so to speak. */
#define __module_param(pname, setter, where, ptype)                        \
	static struct kernel_param __param_##pname = {                     \
		.name = #pname,                                            \
		.set = (setter),                                           \
		.arg = (where),                                            \
		.type = (ptype),                                           \
	};                                                                 \
	static void __attribute__((constructor)) __param_add_##pname(void) \
	{                                                                  \
		__module_add_param(&__param_##pname);                      \
	}                                                                  \
	extern struct module __this_module

/* The check: @var is what @setter takes it for. */
#define __module_param_of(name, var, ctype, setter, ptype)             \
	static inline __maybe_unused ctype *__param_check_##name(void) \
	{                                                              \
		return &(var);                                         \
	}                                                              \
	__module_param(name, setter, &(var), ptype)

/**
 * module_param_named() - make a variable a parameter, under another name
 * @name:	the parameter's name
 * @var:	the variable
 * @type:	byte, short, ushort, int, uint, long, ulong, ullong, bool,
 *		invbool (true and false swapped) or charp (a copy of the string)
 * @perm:	of the file in sysfs, which there is not
 */
#define module_param_named(name, var, type, perm) \
	__module_param_of(name, var, __param_##type, param_set_##type, #type)

/**
 * module_param() - make a variable a parameter
 * @name:	the variable's name, and the parameter's
 * @type:	as for module_param_named()
 * @perm:	as for module_param_named()
 */
#define module_param(name, type, perm) \
	__module_param_of(name, name, __param_##type, param_set_##type, #type)

/**
 * module_param_string() - make an array of characters a parameter
 * @name:	the parameter's name
 * @str:	the array
 * @len:	its size in bytes
 * @perm:	as for module_param_named()
 */
#define module_param_string(name, str, len, perm)                          \
	static struct kparam_string __param_string_##name = { len, str };  \
	__module_param(name, param_set_copystring, &__param_string_##name, \
		       "string")

#endif /* _LINUX_MODULEPARAM_H */

/* SPDX-License-Identifier: MIT */
/* The parameters of drivers: see <linux/moduleparam.h>. */
#include "vfs/param.h"

#include "base/log.h"
#include "kapi/export.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>

#define DEFINE_PARAM(name, type, parse)                            \
	EXPORT int param_set_##name(const char *val,               \
				    const struct kernel_param *kp) \
	{                                                          \
		return parse(val, 0, (type *)kp->arg);             \
	}

DEFINE_PARAM(byte, u8, kstrtou8)
DEFINE_PARAM(short, s16, kstrtos16)
DEFINE_PARAM(ushort, u16, kstrtou16)
DEFINE_PARAM(int, int, kstrtoint)
DEFINE_PARAM(uint, unsigned int, kstrtouint)
DEFINE_PARAM(long, long, kstrtol)
DEFINE_PARAM(ulong, unsigned long, kstrtoul)
DEFINE_PARAM(ullong, unsigned long long, kstrtoull)

EXPORT int param_set_bool(const char *val, const struct kernel_param *kp)
{
	return kstrtobool(val, kp->arg);
}

EXPORT int param_set_invbool(const char *val, const struct kernel_param *kp)
{
	bool value;
	int ret = kstrtobool(val, &value);

	if (ret == 0)
		*(bool *)kp->arg = !value;

	return ret;
}

/* The copy is the driver's for good. */
EXPORT int param_set_charp(const char *val, const struct kernel_param *kp)
{
	char *copy = kstrdup(val, GFP_KERNEL);

	if (copy == NULL)
		return -ENOMEM;
	*(char **)kp->arg = copy;

	return 0;
}

EXPORT int param_set_copystring(const char *val, const struct kernel_param *kp)
{
	const struct kparam_string *string = kp->arg;
	size_t size = strlen(val) + 1;

	if (size > string->maxlen)
		return -ENOSPC;
	memcpy(string->string, val, size);

	return 0;
}

static void print_known(const struct module *mod, char *buf, size_t size)
{
	const struct kernel_param *kp;
	size_t len = 0;

	snprintf(buf, size, "none");
	for (kp = mod->params; kp && len < size; kp = kp->next)
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					len ? ", " : "", kp->name);
}

static const struct kernel_param *find_param(const struct module *mod,
					     const char *name, size_t len)
{
	const struct kernel_param *kp;

	for (kp = mod->params; kp; kp = kp->next)
		if (strncmp(kp->name, name, len) == 0 && kp->name[len] == '\0')
			return kp;

	return NULL;
}

static int set_param(const struct module *mod, const char *param)
{
	size_t len = strcspn(param, "=");
	const char *value = param[len] ? param + len + 1 : "1";
	const struct kernel_param *kp = find_param(mod, param, len);
	char known[256];
	int ret;

	if (kp == NULL) {
		print_known(mod, known, sizeof(known));
		log_err("driver %s: there is no parameter %.*s: it has %s",
			module_path(mod), (int)len, param, known);
		return -EINVAL;
	}

	ret = kp->set(value, kp);
	if (ret)
		log_err("driver %s: parameter %s cannot be '%s' (%s): give it "
			"a value of type %s",
			module_path(mod), kp->name, value,
			strerrordesc_np(-ret), kp->type);

	return ret ? -EINVAL : 0;
}

int param_set_all(const struct module *mod, char *const params[],
		  unsigned int nr)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++)
		ret = set_param(mod, params[i]);

	return ret;
}

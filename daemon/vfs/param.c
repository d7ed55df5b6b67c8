/* SPDX-License-Identifier: MIT */
/* The parameters of drivers: see <linux/moduleparam.h>. */
#include "vfs/param.h"

#include "kapi/export.h"
#include "stage/call.h"
#include "vfs/complaint.h"
#include "vfs/module.h"
#include "vfs/object.h"

#include <errno.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEFINE_OPS(name)                                          \
	EXPORT const struct kernel_param_ops param_ops_##name = { \
		.set = param_set_##name,                          \
		.get = param_get_##name,                          \
	}

#define DEFINE_PARAM(name, type, parse, format)                              \
	EXPORT int param_set_##name(const char *val,                         \
				    const struct kernel_param *kp)           \
	{                                                                    \
		return parse(val, 0, (type *)kp->arg);                       \
	}                                                                    \
                                                                             \
	EXPORT int param_get_##name(char *buffer,                            \
				    const struct kernel_param *kp)           \
	{                                                                    \
		return sprintf(buffer, format "\n", *(const type *)kp->arg); \
	}                                                                    \
                                                                             \
	DEFINE_OPS(name)

DEFINE_PARAM(byte, u8, kstrtou8, "%hhu");
DEFINE_PARAM(short, s16, kstrtos16, "%hd");
DEFINE_PARAM(ushort, u16, kstrtou16, "%hu");
DEFINE_PARAM(int, int, kstrtoint, "%d");
DEFINE_PARAM(uint, unsigned int, kstrtouint, "%u");
DEFINE_PARAM(long, long, kstrtol, "%ld");
DEFINE_PARAM(ulong, unsigned long, kstrtoul, "%lu");
DEFINE_PARAM(ullong, unsigned long long, kstrtoull, "%llu");

EXPORT int param_set_bool(const char *val, const struct kernel_param *kp)
{
	/* Its name alone says yes. */
	return kstrtobool(val ? val : "1", kp->arg);
}

EXPORT int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%c\n", *(const bool *)kp->arg ? 'Y' : 'N');
}

EXPORT const struct kernel_param_ops param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bool,
	.get = param_get_bool,
};

EXPORT int param_set_invbool(const char *val, const struct kernel_param *kp)
{
	bool value;
	int ret = kstrtobool(val, &value);

	if (ret == 0)
		*(bool *)kp->arg = !value;

	return ret;
}

EXPORT int param_get_invbool(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%c\n", *(const bool *)kp->arg ? 'N' : 'Y');
}

DEFINE_OPS(invbool);

/* The copy is the driver's for good. */
EXPORT int param_set_charp(const char *val, const struct kernel_param *kp)
{
	char *copy = kstrdup(val, GFP_KERNEL);

	if (copy == NULL)
		return -ENOMEM;
	*(char **)kp->arg = copy;

	return 0;
}

EXPORT int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%s\n", *(char *const *)kp->arg);
}

DEFINE_OPS(charp);

EXPORT int param_set_copystring(const char *val, const struct kernel_param *kp)
{
	const struct kparam_string *string = kp->arg;
	size_t size = strlen(val) + 1;

	if (size > string->maxlen)
		return -ENOSPC;
	memcpy(string->string, val, size);

	return 0;
}

EXPORT int param_get_string(char *buffer, const struct kernel_param *kp)
{
	const struct kparam_string *string = kp->arg;

	return sprintf(buffer, "%s\n", string->string);
}

EXPORT const struct kernel_param_ops param_ops_string = {
	.set = param_set_copystring,
	.get = param_get_string,
};

/* One element of an array after the other, each as @array->ops has it. */
static int set_elements(char *list, const struct kernel_param *kp,
			unsigned int *r_nr)
{
	const struct kparam_array *array = kp->arg;
	struct kernel_param element = *kp;
	char *value;
	int ret = 0;

	for (*r_nr = 0; ret == 0 && (value = strsep(&list, ",")); ++*r_nr) {
		if (*r_nr == array->max)
			return -EINVAL;
		element.arg = (char *)array->elem + *r_nr * array->elemsize;
		ret = array->ops->set(value, &element);
	}

	return ret;
}

static int param_set_array(const char *val, const struct kernel_param *kp)
{
	const struct kparam_array *array = kp->arg;
	char *list = kstrdup(val, GFP_KERNEL);
	unsigned int nr = 0;
	int ret;

	if (list == NULL)
		return -ENOMEM;
	ret = set_elements(list, kp, &nr);
	if (array->num)
		*array->num = nr;
	kfree(list);

	return ret;
}

EXPORT const struct kernel_param_ops param_ops_array = {
	.set = param_set_array,
};

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

/* What the driver's author says of @kp; NULL: nothing. */
static const char *description(const struct object *obj,
			       const struct kernel_param *kp)
{
	size_t at = 0, len = strlen(kp->name);
	const char *text;

	while ((text = object_info(obj, "parm", &at)))
		if (strncmp(text, kp->name, len) == 0 && text[len] == ':')
			return text + len + 1;

	return NULL;
}

/* The name of its type tells people nothing, where only the driver knows it. */
static void print_wanted(const struct object *obj,
			 const struct kernel_param *kp, char *buf, size_t size)
{
	const char *text;

	if (strcmp(kp->type, "special")) {
		snprintf(buf, size, "a value of type %s", kp->type);
		return;
	}
	text = description(obj, kp);
	snprintf(buf, size, "%s%s", text ? "a value that says: " : "a value",
		 text ? text : "");
}

static int call_set(const char *value, const struct kernel_param *kp)
{
	struct stage_call call = {
		.what = "parameter",
		.name = kp->name,
		.func = (const void *)kp->ops->set,
	};
	int ret;

	stage_call_begin(&call);
	ret = kp->ops->set(value, kp);
	stage_call_end(&call);

	return ret;
}

static int set_param(const struct module *mod, const struct object *obj,
		     const char *param)
{
	size_t len = strcspn(param, "=");
	const struct kernel_param *kp = find_param(mod, param, len);
	const char *value = param[len] ? param + len + 1 : NULL;
	char known[256], wanted[256];
	int ret;

	if (kp == NULL) {
		print_known(mod, known, sizeof(known));
		complain("driver %s: there is no parameter %.*s: it has %s",
			 module_path(mod), (int)len, param, known);
		return -EINVAL;
	}
	print_wanted(obj, kp, wanted, sizeof(wanted));
	if (value == NULL && !(kp->ops->flags & KERNEL_PARAM_OPS_FL_NOARG)) {
		complain("driver %s: parameter %s wants %s: write "
			 "%s=VALUE",
			 module_path(mod), kp->name, wanted, kp->name);
		return -EINVAL;
	}

	ret = call_set(value, kp);
	if (ret)
		complain("driver %s: parameter %s cannot be '%s' (%s): give it "
			 "%s",
			 module_path(mod), kp->name, value ? value : "",
			 strerrordesc_np(-ret), wanted);

	return ret ? -EINVAL : 0;
}

int param_set_all(const struct module *mod, const struct object *obj,
		  char *const params[], unsigned int nr)
{
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++)
		ret = set_param(mod, obj, params[i]);

	return ret;
}

#define ISOLATE "isolate="

static int parse_yes_no(const char *path, const char *value, bool *r_yes)
{
	static const char *const words[] = { "no",  "off", "false", "0",
					     "yes", "on",  "true",  "1" };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0) {
			*r_yes = i >= 4;
			return 0;
		}
	}
	complain("driver %s: " ISOLATE "%s: write yes or no", path, value);

	return -EINVAL;
}

int param_sort(const char *path, const struct module_order *order,
	       char **params, unsigned int *r_nr, bool *r_isolate)
{
	int ret = 0;

	*r_nr = 0;
	*r_isolate = order->isolate;
	for (unsigned int i = 0; i < order->nr_params && ret == 0; i++) {
		if (strncmp(order->params[i], ISOLATE, strlen(ISOLATE)) != 0)
			params[(*r_nr)++] = order->params[i];
		else
			ret = parse_yes_no(path,
					   order->params[i] + strlen(ISOLATE),
					   r_isolate);
	}

	return ret;
}

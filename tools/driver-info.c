/* SPDX-License-Identifier: MIT */
#include "driver-info.h"

#include "driver-file.h"
#include "json-put.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines which are shown elsewhere than where they stand. */
static bool is_special(const char *line, size_t len)
{
	static const char *const tags[] = { "export", "name", "parm",
					    "parmtype" };

	for (unsigned int i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strlen(tags[i]) == len && strncmp(tags[i], line, len) == 0)
			return true;

	return false;
}

/* Nothing a terminal would obey; yours. */
static char *clean(const char *text, size_t len)
{
	char *copy = strndup(text, len);

	for (char *c = copy; c && *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';

	return copy;
}

static void print_line(const char *tag, size_t tag_len, const char *text)
{
	char *clean_tag = clean(tag, tag_len), *clean_text;
	int width;

	clean_text = clean(text, strlen(text));
	if (clean_tag && clean_text) {
		width = printf("%s:", clean_tag);
		printf("%*s%s\n", width < 16 ? 16 - width : 1, "", clean_text);
	}
	free(clean_tag);
	free(clean_text);
}

/* "foo-bar.so" is foo_bar, if it does not say otherwise. */
static void find_name(const struct driver_file *file, const char *path,
		      char *name, int size)
{
	const char *slash = strrchr(path, '/'),
		   *base = slash ? slash + 1 : path;
	size_t at = 0;
	const char *own = driver_file_find(file, "name", "", &at);

	if (own) {
		snprintf(name, (size_t)size, "%s", own);
		return;
	}
	snprintf(name, (size_t)size, "%.*s", (int)strcspn(base, "."), base);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

/* A parameter: "NAME:TYPE" at @type. What it is for, "" if that is not said. */
static const char *description(const struct driver_file *file, const char *type,
			       size_t name_len)
{
	char *prefix = strndup(type, name_len + 1);
	const char *text = NULL;
	size_t at = 0;

	if (prefix)
		text = driver_file_find(file, "parm", prefix, &at);
	free(prefix);

	return text ? text : "";
}

static void print_params(const struct driver_file *file)
{
	const char *param, *text;
	size_t at = 0, len;
	char *line;
	int size;

	while ((param = driver_file_find(file, "parmtype", "", &at))) {
		len = strcspn(param, ":");
		if (param[len] == '\0')
			continue;
		text = description(file, param, len);
		size = asprintf(&line, "%.*s%s%s (%s)", (int)len, param,
				*text ? ":" : "", text, param + len + 1);
		if (size < 0)
			return;
		print_line("parm", 4, line);
		free(line);
	}
}

static void print_info(const struct driver_file *file, const char *path)
{
	size_t at = 0, len;
	const char *line;
	char name[256];

	find_name(file, path, name, sizeof(name));
	print_line("filename", 8, path);
	print_line("name", 4, name);
	while ((line = driver_file_line(file, &at, &len)))
		if (!is_special(line, len))
			print_line(line, len, line + len + 1);
	for (at = 0; (line = driver_file_find(file, "export", "", &at));)
		print_line("export", 6, line);
	print_params(file);
}

static void put_strings(struct json_object *root, const char *key,
			const struct driver_file *file, const char *tag)
{
	struct json_object *array = json_object_new_array();
	const char *text;
	size_t at = 0;

	while ((text = driver_file_find(file, tag, "", &at)))
		json_object_array_add(array, json_object_new_string(text));
	json_object_object_add(root, key, array);
}

static struct json_object *params_to_json(const struct driver_file *file)
{
	struct json_object *array = json_object_new_array(), *obj;
	const char *param;
	size_t at = 0, len;

	while ((param = driver_file_find(file, "parmtype", "", &at))) {
		len = strcspn(param, ":");
		if (param[len] == '\0')
			continue;
		obj = json_object_new_object();
		json_object_object_add(
			obj, "name",
			json_object_new_string_len(param, (int)len));
		json_put_string(obj, "type", param + len + 1);
		json_put_string(obj, "description",
				description(file, param, len));
		json_object_array_add(array, obj);
	}

	return array;
}

/* Every other tag is an array, as it may be there again. */
static void put_others(struct json_object *root, const struct driver_file *file)
{
	size_t at = 0, len;
	const char *line;
	char *tag;

	while ((line = driver_file_line(file, &at, &len))) {
		tag = is_special(line, len) ? NULL : strndup(line, len);
		if (tag && !json_object_object_get_ex(root, tag, NULL))
			put_strings(root, tag, file, tag);
		free(tag);
	}
}

static void put_info(const struct driver_file *file, const char *path)
{
	struct json_object *root = json_object_new_object();
	char name[256];

	find_name(file, path, name, sizeof(name));
	json_put_string(root, "filename", path);
	json_put_string(root, "name", name);
	json_object_object_add(root, "parameters", params_to_json(file));
	put_strings(root, "exports", file, "export");
	put_others(root, file);
	json_print(root);
}

int driver_info_show(const char *path, bool json)
{
	struct driver_file file;
	int ret = driver_file_open(&file, path);

	if (ret)
		return ret;

	if (json)
		put_info(&file, path);
	else
		print_info(&file, path);
	driver_file_close(&file);

	return 0;
}

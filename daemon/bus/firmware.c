/* SPDX-License-Identifier: MIT */
#include "bus/firmware.h"

#include <errno.h>
#include <linux/container_of.h>
#include <stdlib.h>
#include <string.h>

struct property {
	char *name;	/* owned, as both below */
	char *value;	/* as it was written */
	char *text;	/* the same, cut into strings */
	char **strings; /* owned: where they begin in that; NULL at the end */
};

struct firmware {
	struct device_node np; /* its names are owned */
	unsigned int nr;
	struct property props[];
};

static struct firmware *firmware_of(const struct device_node *np)
{
	return container_of((struct device_node *)np, struct firmware, np);
}

/* The string at *@at, of which it is cut off; *@at goes behind it. */
static char *next_string(char **at)
{
	char *start = *at + strspn(*at, " \t"), *end;

	if (*start == '"' && strchr(start + 1, '"')) {
		end = strchr(++start, '"');
		*end++ = '\0';
		end += strspn(end, " \t");
		*at = *end == ',' ? end + 1 : end;
		return start;
	}

	/* "acme,servo" is one. */
	for (end = start; *end; end++)
		if (end[0] == ',' && (end[1] == ' ' || end[1] == '\t'))
			break;
	*at = *end ? end + 1 : end;
	*end = '\0';

	return start;
}

static int cut(struct property *prop)
{
	size_t nr = 0, max = 1;
	char *at = prop->text;

	for (const char *c = at; *c; c++)
		max += *c == ',' || *c == '"';
	prop->strings = calloc(max + 1, sizeof(*prop->strings));
	if (prop->strings == NULL)
		return -ENOMEM;
	while (*at && nr < max)
		prop->strings[nr++] = next_string(&at);

	return 0;
}

static int copy(struct property *prop, const struct firmware_property *from)
{
	prop->name = strdup(from->name);
	prop->value = strdup(from->value);
	prop->text = strdup(from->value);
	if (prop->name == NULL || prop->value == NULL || prop->text == NULL)
		return -ENOMEM;

	return cut(prop);
}

int firmware_new(const char *name, const struct firmware_property *props,
		 unsigned int nr, struct device_node **r_np)
{
	struct firmware *fw = calloc(1, sizeof(*fw) + nr * sizeof(*fw->props));
	const char *dot = strrchr(name, '.');
	int ret = 0;

	if (fw == NULL)
		return -ENOMEM;

	fw->nr = nr;
	fw->np.full_name = strdup(name);
	fw->np.name = dot ? strndup(name, (size_t)(dot - name)) : strdup(name);
	if (fw->np.full_name == NULL || fw->np.name == NULL)
		ret = -ENOMEM;
	for (unsigned int i = 0; i < nr && ret == 0; i++)
		ret = copy(&fw->props[i], &props[i]);
	if (ret) {
		firmware_free(&fw->np);
		return ret;
	}
	*r_np = &fw->np;

	return 0;
}

struct device_node *firmware_free(struct device_node *np)
{
	struct firmware *fw;

	if (np == NULL)
		return NULL;

	fw = firmware_of(np);
	for (unsigned int i = 0; i < fw->nr; i++) {
		free(fw->props[i].name);
		free(fw->props[i].value);
		free(fw->props[i].text);
		free(fw->props[i].strings);
	}
	free((char *)np->full_name);
	free((char *)np->name);
	free(fw);

	return NULL;
}

static const struct property *find(const struct device_node *np,
				   const char *name)
{
	const struct firmware *fw;

	if (np == NULL)
		return NULL;

	fw = firmware_of(np);
	for (unsigned int i = 0; i < fw->nr; i++)
		if (strcmp(fw->props[i].name, name) == 0)
			return &fw->props[i];

	return NULL;
}

const char *firmware_value(const struct device_node *np, const char *name)
{
	const struct property *prop = find(np, name);

	return prop ? prop->value : NULL;
}

const char *firmware_string(const struct device_node *np, const char *name,
			    unsigned int n)
{
	const struct property *prop = find(np, name);

	for (unsigned int i = 0; prop && prop->strings[i]; i++)
		if (i == n)
			return prop->strings[i];

	return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "bus/gpio-spec.h"

#include <errno.h>
#include <linux/gpio/machine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	unsigned long flag;
} words[] = {
	{ "active-high", GPIO_ACTIVE_HIGH },
	{ "active-low", GPIO_ACTIVE_LOW },
	{ "open-drain", GPIO_OPEN_DRAIN },
	{ "open-source", GPIO_OPEN_SOURCE },
};

#define NR_WORDS (sizeof(words) / sizeof(words[0]))

static int add_flag(const char *word, unsigned long *flags)
{
	for (unsigned int i = 0; i < NR_WORDS; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		*flags |= words[i].flag;
		return 0;
	}

	return -EINVAL;
}

/* The next word of at most @size - 1 characters at *@at, which goes behind it;
 * "" at the end. */
static int next_word(const char **at, const char *end, char *word, size_t size)
{
	const char *start = *at + strspn(*at, " \t");
	size_t len = 0;

	while (start + len < end && !strchr(" \t", start[len]))
		len++;
	if (start >= end)
		len = 0;
	if (len >= size)
		return -EINVAL;
	memcpy(word, start, len);
	word[len] = '\0';
	*at = start + len;

	return 0;
}

static int parse_one(const char *at, const char *end, struct gpio_spec *spec)
{
	char word[64];

	*spec = (struct gpio_spec){ .flags = 0 };
	if (next_word(&at, end, spec->chip, sizeof(spec->chip)) ||
	    next_word(&at, end, spec->line, sizeof(spec->line)) ||
	    spec->line[0] == '\0')
		return -EINVAL;

	for (;;) {
		if (next_word(&at, end, word, sizeof(word)))
			return -EINVAL;
		if (word[0] == '\0')
			return 0;
		if (add_flag(word, &spec->flags))
			return -EINVAL;
	}
}

int gpio_spec_parse(const char *text, unsigned int n, struct gpio_spec *r_spec)
{
	while (n--) {
		text += strcspn(text, ",");
		if (*text == '\0')
			return -ENOENT;
		text++;
	}

	return parse_one(text, text + strcspn(text, ","), r_spec);
}

int gpio_spec_check(const char *text, char *complaint, size_t size)
{
	struct gpio_spec spec;
	int ret = 0;

	for (unsigned int n = 0; ret == 0; n++)
		ret = gpio_spec_parse(text, n, &spec);
	if (ret == -ENOENT)
		return 0;

	snprintf(complaint, size,
		 "%.100s: name chip and line, as \"gpio-sim 3 active-low\" (or "
		 "active-high, open-drain, open-source), with commas between "
		 "several",
		 text);

	return -EINVAL;
}

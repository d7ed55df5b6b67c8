/* SPDX-License-Identifier: MIT */
/*
 * What --with and --device are given, in one argument: a name and what belongs
 * to it, as 'servo irq=5 reg="0x1000 16"'.
 */
#include "test-driver.h"

#include "command-line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"

/* Copy the word at *@at without its quotes, and go behind it. */
static char *take_word(const char *option, const char **at)
{
	char *word = malloc(strlen(*at) + 1), *end = word, quote = '\0';
	const char *from = *at;

	if (word == NULL)
		command_line_error("%s: %s", option, strerrordesc_np(ENOMEM));
	for (; *from && (quote || strchr(BLANKS, *from) == NULL); from++) {
		if (quote ? *from == quote : *from == '"' || *from == '\'')
			quote = quote ? '\0' : *from;
		else
			*end++ = *from;
	}
	if (quote)
		command_line_error("%s=%s: a quote has no end", option, *at);
	*end = '\0';
	*at = from;

	return word;
}

struct words words_split(const char *option, const char *arg)
{
	struct words words = { .nr = 0 };
	const char *at = arg + strspn(arg, BLANKS);

	for (; *at; at += strspn(at, BLANKS)) {
		if (words.nr == MAX_WORDS)
			command_line_error("%s=%s: at most %d behind the name",
					   option, arg, MAX_WORDS - 1);
		words.list[words.nr++] = take_word(option, &at);
	}
	if (words.nr == 0 || words.list[0][0] == '\0')
		command_line_error("%s=%s: name one", option, arg);

	return words;
}

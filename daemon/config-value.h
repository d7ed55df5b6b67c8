/* SPDX-License-Identifier: MIT */
/*
 * The values of a configuration, each set by its name, wherever it was given.
 * What is wrong with one is told in a line that says where, and ends us.
 */
#pragma once

#include <stdbool.h>

struct argp_state;
struct config;
struct config_driver;

/* Where a value was given. */
struct origin {
	struct argp_state *state; /* on the command line; or */
	const char *file;	  /* here, */
	unsigned int line;	  /* 0: in no certain line */
};

/* Exit status 2. */
_Noreturn void origin_complain(const struct origin *origin, const char *fmt,
			       ...) __attribute__((format(printf, 2, 3)));

/* What there is without further words. */
void config_init(struct config *config);
/* Option @name, without dashes, is @value. False: there is no such option that
 * has one. */
bool config_set(struct config *config, const struct origin *origin,
		const char *name, char *value);
/* "yes" or "no", and what else people write. */
bool config_bool(const struct origin *origin, const char *name,
		 const char *value);
/* @path, from the directory it was meant for if it is relative. Yours. */
char *config_absolute(const struct origin *origin, const char *name,
		      const char *path);

/* One more driver; @name is copied. */
struct config_driver *config_add_driver(struct config *config,
					const struct origin *origin,
					const char *name);
/* One more parameter of it, "name=value"; copied. */
void config_add_param(struct config_driver *drv, const char *param);
/* Is it of the driver which @name, a name or a path, is? */
bool config_is_driver(const struct config_driver *drv, const char *name);

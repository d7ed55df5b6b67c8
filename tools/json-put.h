/* SPDX-License-Identifier: MIT */
/* What the tools say with --json: short names for json-c's. */
#pragma once

#include "complain.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

static inline void json_put_string(struct json_object *obj, const char *key,
				   const char *value)
{
	json_object_object_add(obj, key, json_object_new_string(value));
}

static inline void json_put_int(struct json_object *obj, const char *key,
				int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

static inline void json_put_uint(struct json_object *obj, const char *key,
				 uint64_t value)
{
	json_object_object_add(obj, key, json_object_new_uint64(value));
}

static inline void json_put_bool(struct json_object *obj, const char *key,
				 bool value)
{
	json_object_object_add(obj, key, json_object_new_boolean(value));
}

/* null, if it is not known. */
static inline void json_put_uint_if(struct json_object *obj, const char *key,
				    uint64_t value, bool known)
{
	json_object_object_add(obj, key,
			       known ? json_object_new_uint64(value) : NULL);
}

/* Print and free @root. False: stdout did not take it. */
static inline bool json_print(struct json_object *root)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	bool good = puts(json_object_to_json_string_ext(root, flags)) >= 0;

	json_object_put(root);

	return good;
}

/* What failed, if @status says that something did, in place of what was asked
 * for. Returns @status. */
static inline int json_failure(int status)
{
	struct json_object *root;
	const char *text = complaint();

	if (status == 0)
		return 0;
	root = json_object_new_object();
	json_put_string(root, "error", *text ? text : "stderr says it");
	json_print(root);
	fflush(stdout);

	return status;
}

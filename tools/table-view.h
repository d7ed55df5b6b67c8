/* SPDX-License-Identifier: MIT */
/*
 * One of the daemon's tables as a tool shows it: a line, or a JSON object, for
 * each record.
 */
#pragma once

#include "control-query.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_view {
	uint32_t table;			    /* enum control_table */
	size_t size;			    /* of a record */
	void (*begin)(struct query *query); /* before the rest; may be NULL */
	void (*print_head)(void);
	void (*print)(void *record);
	struct json_object *(*to_json)(void *record);
	int (*compare)(const void *left, const void *right); /* may be NULL */
	bool (*is_wanted)(const void *record); /* NULL: they all are */
};

/* Ask the daemon for the table and print it. The exit status; what is wrong was
 * said. */
int table_view_show(const struct table_view *view, bool json);

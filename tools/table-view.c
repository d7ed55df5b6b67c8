/* SPDX-License-Identifier: MIT */
#include "table-view.h"

#include "json-put.h"

#include <stdlib.h>

static bool is_wanted(const struct table_view *view, const void *record)
{
	return view->is_wanted == NULL || view->is_wanted(record);
}

static void print_all(const struct table_view *view, char *records, size_t nr)
{
	char *end = records + nr * view->size;

	view->print_head();
	for (char *record = records; record < end; record += view->size)
		if (is_wanted(view, record))
			view->print(record);
}

static void print_all_json(const struct table_view *view, char *records,
			   size_t nr)
{
	struct json_object *list = json_object_new_array();
	char *end = records + nr * view->size;

	for (char *record = records; record < end; record += view->size)
		if (is_wanted(view, record))
			json_object_array_add(list, view->to_json(record));
	json_print(list);
}

static int show(const struct table_view *view, struct query *query, bool json)
{
	char *records;
	size_t nr;
	int ret;

	ret = query_table(query, view->table, view->size, &records, &nr);
	if (ret)
		return ret;

	if (view->begin)
		view->begin(query);
	if (view->compare)
		qsort(records, nr, view->size, view->compare);
	if (json)
		print_all_json(view, records, nr);
	else
		print_all(view, records, nr);
	free(records);

	return 0;
}

int table_view_show(const struct table_view *view, bool json)
{
	struct query query;
	int ret;

	ret = query_open(&query);
	if (ret == 0)
		ret = show(view, &query, json);
	if (ret)
		ret = query_complain(&query, ret);
	else if (fflush(stdout))
		return TOOL_EXIT_FAILURE;
	query_close(&query);

	return json ? json_failure(ret) : ret;
}

/* SPDX-License-Identifier: MIT */
/*
 * What is said of the checks: a line each as they end, or JSON in the end.
 */
#include "test-driver.h"

#include "json-put.h"

#include <stdio.h>
#include <string.h>

static struct json_object *list; /* owned; NULL without --json */
static unsigned int counts[VERDICT_NOT_APPLICABLE + 1];
static struct outcome load; /* of loading the driver, if that failed */

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASSED:
		return "passed";
	case VERDICT_FAILED:
		return "failed";
	default:
		return "not applicable";
	}
}

void report_begin(void)
{
	if (wanted.json)
		list = json_object_new_array();
}

static void add_json(const char *node, const char *check,
		     const struct outcome *outcome)
{
	struct json_object *obj = json_object_new_object();

	if (node)
		json_put_string(obj, "node", node);
	json_put_string(obj, "check", check);
	json_put_string(obj, "result", verdict_name(outcome->verdict));
	if (outcome->reason[0])
		json_put_string(obj, "reason", outcome->reason);
	if (outcome->remedy[0])
		json_put_string(obj, "remedy", outcome->remedy);
	json_object_array_add(list, obj);
}

void report_add(const char *node, const char *check,
		const struct outcome *outcome)
{
	counts[outcome->verdict]++;
	if (wanted.json) {
		add_json(node, check, outcome);
		return;
	}

	printf("%-14s  %s%s%s", verdict_name(outcome->verdict),
	       node ? node : "", node ? " " : "", check);
	if (outcome->reason[0])
		printf(": %s", outcome->reason);
	if (outcome->remedy[0])
		printf("; %s", outcome->remedy);
	putchar('\n');
	fflush(stdout);
}

void report_not_loaded(const struct outcome *outcome)
{
	load = *outcome;
}

static const char *driver_name(void)
{
	return rig_name()[0] ? rig_name() : wanted.driver;
}

static bool print_json(void)
{
	struct json_object *root = json_object_new_object();

	json_put_string(root, "driver", driver_name());
	if (complaint()[0] || load.reason[0])
		json_put_string(root, "error",
				complaint()[0] ? complaint() : load.reason);
	json_object_object_add(root, "checks", list);
	json_put_uint(root, "passed", counts[VERDICT_PASSED]);
	json_put_uint(root, "failed", counts[VERDICT_FAILED]);
	json_put_uint(root, "not_applicable", counts[VERDICT_NOT_APPLICABLE]);

	return json_print(root);
}

int report_end(void)
{
	bool good = true;

	if (wanted.json)
		good = print_json();
	else if (counts[VERDICT_PASSED] + counts[VERDICT_FAILED])
		printf("%s: %u passed, %u failed, %u not applicable\n",
		       driver_name(), counts[VERDICT_PASSED],
		       counts[VERDICT_FAILED], counts[VERDICT_NOT_APPLICABLE]);

	return fflush(stdout) || !good ? -1 : (int)counts[VERDICT_FAILED];
}

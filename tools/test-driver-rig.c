/* SPDX-License-Identifier: MIT */
/*
 * The daemon the driver is tested in, seen by who gives it orders. Each look
 * makes a connection of its own, so that children may look, too.
 */
#include "test-driver.h"

#include "complain.h"

#include "own-daemon.h"
#include "wire/driver-find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAP_US	   1000
#define LOG_PREFIX "evl-cused: "

/* Of each device, beside its words. */
#define MAX_DEVICE_ARGS (MAX_ARGS * (1 + MAX_WORDS))

static char driver_path[PATH_MAX];
static char driver_name[32]; /* "": not loaded yet */

/* Nothing here is in a hurry, and others may use the machine. */
static const char *const usual_args[] = { "--front=fuse", "--spin=never",
					  "--verbose" };

#define NR_USUAL (sizeof(usual_args) / sizeof(usual_args[0]))

const char *rig_name(void)
{
	return driver_name;
}

static int give_order(uint32_t type, const struct control_driver_order *order,
		      char text[1024])
{
	struct control_driver_answer answer = { .text = "" };
	struct query query;
	int ret, result = 0;

	ret = query_open(&query);
	if (ret == 0)
		ret = query_order(&query, type, order, &answer, &result);
	query_close(&query);
	if (ret == 0)
		ret = result;
	snprintf(text, 1024, "%s",
		 answer.text[0] ? printable(answer.text, sizeof(answer.text))
				: strerrordesc_np(-ret));

	return ret;
}

/* The file of a driver that was named. */
static bool find_file(const char *name, char path[PATH_MAX])
{
	char dirs[DRIVER_DIRS_MAX], found[PATH_MAX];

	if (driver_is_path(name))
		return realpath(name, path) != NULL;
	driver_dirs(dirs, DRIVER_DIR);

	return driver_find(dirs, name, found) && realpath(found, path) != NULL;
}

static int load(const char *path, const char *const *params, unsigned int nr,
		char text[1024])
{
	struct control_driver_order order = { .nr_params = nr };
	size_t at = 0, len;

	len = strlen(path);
	if (len >= sizeof(order.name))
		goto too_long;
	memcpy(order.name, path, len);
	for (unsigned int i = 0; i < nr; i++) {
		len = strlen(params[i]) + 1;
		if (len > sizeof(order.params) - at)
			goto too_long;
		memcpy(order.params + at, params[i], len);
		at += len;
	}

	return give_order(CONTROL_DRIVER_LOAD, &order, text);
too_long:
	snprintf(text, 1024, "its path, or its parameters, are too long");

	return -ENAMETOOLONG;
}

/* All of a table, as query_table(). */
static int ask(uint32_t table, size_t size, void *r_records, size_t *r_nr)
{
	struct query query;
	int ret;

	ret = query_open(&query);
	if (ret == 0)
		ret = query_table(&query, table, size, r_records, r_nr);
	query_close(&query);

	return ret;
}

int rig_driver(struct control_driver_info *r_info)
{
	struct control_driver_info *infos;
	int ret;
	size_t nr;

	ret = ask(CONTROL_TABLE_DRIVERS, sizeof(*infos), &infos, &nr);
	if (ret)
		return ret;

	ret = -ENOENT;
	for (size_t i = 0; i < nr && ret; i++) {
		if (strncmp(infos[i].path, driver_path,
			    sizeof(infos[i].path) - 1) != 0)
			continue;
		*r_info = infos[i];
		snprintf(driver_name, sizeof(driver_name), "%s",
			 printable(infos[i].name, sizeof(infos[i].name)));
		ret = 0;
	}
	free(infos);

	return ret;
}

int rig_load(char text[1024])
{
	struct control_driver_info info;
	int ret;

	ret = load(driver_path, wanted.params, wanted.nr_params, text);
	if (ret)
		return ret;
	ret = rig_driver(&info);
	if (ret)
		snprintf(text, 1024, "evl-cused does not list it");

	return ret;
}

int rig_unload(char text[1024])
{
	struct control_driver_order order = { .nr_params = 0 };

	snprintf(order.name, sizeof(order.name), "%s", driver_name);

	return give_order(CONTROL_DRIVER_UNLOAD, &order, text);
}

/* Attributes are files of another kind, and elements the core's own. */
static bool is_wanted(const struct control_node_info *info)
{
	if (strcmp(info->driver, driver_name) != 0)
		return false;
	if (wanted.node)
		return strcmp(info->path, wanted.node) == 0;

	return strncmp(info->path, "evl/", 4) != 0;
}

int rig_nodes(struct subject *subjects, unsigned int *r_nr)
{
	struct control_node_info *infos;
	struct subject *subject;
	struct query query;
	unsigned int nr = 0;
	size_t nr_infos;
	int ret;

	ret = query_open(&query);
	if (ret)
		return ret;
	ret = query_table(&query, CONTROL_TABLE_NODES, sizeof(*infos), &infos,
			  &nr_infos);
	query_close(&query);
	if (ret)
		return ret;

	for (size_t i = 0; i < nr_infos && nr < MAX_NODES; i++) {
		printable(infos[i].path, sizeof(infos[i].path));
		printable(infos[i].driver, sizeof(infos[i].driver));
		if (!is_wanted(&infos[i]))
			continue;
		subject = &subjects[nr++];
		memset(subject, 0, sizeof(*subject));
		snprintf(subject->name, sizeof(subject->name), "%s",
			 infos[i].path);
		snprintf(subject->path, sizeof(subject->path), "%s/%s",
			 query.welcome.devdir, infos[i].path);
		subject->ops = infos[i].ops;
	}
	free(infos);
	*r_nr = nr;

	return 0;
}

bool rig_wait_closed(void)
{
	uint64_t deadline = test_now() + wanted.patience_ns;
	struct control_driver_info info = { .nr_files = 0 };
	int ret;

	do {
		ret = rig_driver(&info);
		if (ret == -ENOENT || (ret == 0 && info.nr_files == 0))
			return true;
		usleep(NAP_US);
	} while (test_now() < deadline && !test_signal);

	return false;
}

static int start_daemon(void)
{
	static const char *args[NR_USUAL + MAX_ARGS + MAX_DEVICE_ARGS + 1];
	const struct own_daemon_options options = {
		.program = wanted.daemon,
		.args = args,
		.signal = &test_signal,
	};
	unsigned int nr = 0;

	for (size_t i = 0; i < NR_USUAL; i++)
		args[nr++] = usual_args[i];
	for (unsigned int i = 0; i < wanted.nr_daemon_args; i++)
		args[nr++] = wanted.daemon_args[i];
	for (unsigned int i = 0; i < wanted.nr_devices; i++) {
		args[nr++] = "--device";
		for (unsigned int w = 0; w < wanted.devices[i].nr; w++)
			args[nr++] = wanted.devices[i].list[w];
	}
	args[nr] = NULL;

	return own_daemon_start(&options);
}

static int load_helpers(void)
{
	char path[PATH_MAX], text[1024];
	const struct words *helper;

	for (unsigned int i = 0; i < wanted.nr_helpers; i++) {
		helper = &wanted.helpers[i];
		if (!find_file(helper->list[0], path)) {
			complain("%s: no such driver: give its "
				 "path",
				 helper->list[0]);
			return TOOL_EXIT_USAGE;
		}
		if (load(path, helper->list + 1, helper->nr - 1, text)) {
			complain("--with %s: %s", helper->list[0], text);
			return TOOL_EXIT_FAILURE;
		}
	}

	return 0;
}

int rig_start(void)
{
	int ret;

	if (!find_file(wanted.driver, driver_path)) {
		complain("%s: no such driver: give the path of "
			 "its .so",
			 wanted.driver);
		return TOOL_EXIT_USAGE;
	}
	ret = start_daemon();

	return ret ? ret : load_helpers();
}

long rig_log_mark(void)
{
	struct stat st;

	return stat(own_daemon_log(), &st) ? 0 : (long)st.st_size;
}

/* A line as it is shown. */
static void clean(char line[512])
{
	line[strcspn(line, "\n")] = '\0';
	printable(line, 512);
	if (strncmp(line, LOG_PREFIX, sizeof(LOG_PREFIX) - 1) == 0)
		memmove(line, line + sizeof(LOG_PREFIX) - 1,
			512 - (sizeof(LOG_PREFIX) - 1));
}

bool rig_log_find(long mark, const char *one, const char *other, char line[512])
{
	FILE *log = fopen(own_daemon_log(), "re");
	bool found = false;

	if (log == NULL)
		return false;
	if (fseek(log, mark, SEEK_SET) == 0)
		while (!found && fgets(line, 512, log))
			found = strstr(line, one) &&
				(other == NULL || strstr(line, other));
	fclose(log);
	if (found)
		clean(line);
	else
		line[0] = '\0';

	return found;
}

bool rig_log_last(const char *what, const char *before, char line[512])
{
	FILE *log = fopen(own_daemon_log(), "re");
	char next[512], last[512] = "";

	line[0] = '\0';
	if (log == NULL)
		return false;
	while (fgets(next, sizeof(next), log)) {
		if (before && strstr(next, before))
			memcpy(line, last, sizeof(last));
		else if (strstr(next, what))
			memcpy(last, next, sizeof(next));
	}
	fclose(log);
	if (before == NULL)
		memcpy(line, last, sizeof(last));
	clean(line);

	return line[0] != '\0';
}

/* SPDX-License-Identifier: MIT */
/*
 * evl driver: have a running evl-cused load and unload drivers, list those it
 * has, and tell what a driver's file says of itself.
 */
#include "command-line.h"
#include "complain.h"
#include "control-query.h"
#include "driver-info.h"
#include "json-put.h"
#include "table-view.h"
#include "wire/driver-find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS (CONTROL_DRIVER_PARAMS + 2)

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-driver " PROJECT_VERSION;

static const char summary[] = "load, unload and list drivers";

static const char args_doc[] = "load NAME|PATH [PARAMETER=VALUE...]\n"
			       "unload NAME\n"
			       "list\n"
			       "info NAME|PATH";

static const char doc[] =
	"Load drivers into a running evl-cused, and unload them."
	"\vA name is looked for in EVL_DRIVER_PATH and where drivers are "
	"installed."
	"\n\nExit status: 0; 1 a failure; 2 bad usage; 3 no evl-cused to ask, "
	"or it is not for us; 4 the driver cannot be loaded, or there is none; "
	"5 it is in use.";

enum driver_exit {
	EXIT_NO_DRIVER = 4,
	EXIT_IN_USE = 5,
};

static struct {
	bool json;
	char *args[MAX_ARGS]; /* the command first */
	unsigned int nr_args;
} want;

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Write JSON (list, info)", 1 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case 'j':
		want.json = true;
		break;
	case ARGP_KEY_ARG:
		if (want.nr_args == MAX_ARGS)
			command_line_error("%s: at most %d parameters", arg,
					   CONTROL_DRIVER_PARAMS);
		want.args[want.nr_args++] = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

static int fail(const char *what, const char *why, int status)
{
	complain("%s: %s", what, why);

	return status;
}

/* As the daemon finds it, which has another working directory. False: it is
 * too long. */
static bool put_name(struct control_driver_order *order, const char *name)
{
	char path[PATH_MAX];

	if (driver_is_path(name)) {
		if (realpath(name, path) == NULL)
			return false;
		name = path;
	}
	errno = ENAMETOOLONG;
	if (strlen(name) >= sizeof(order->name))
		return false;
	memcpy(order->name, name, strlen(name) + 1);

	return true;
}

static bool put_params(struct control_driver_order *order)
{
	size_t at = 0, len;

	for (unsigned int i = 2; i < want.nr_args; i++) {
		len = strlen(want.args[i]) + 1;
		if (len == 1 || len > sizeof(order->params) - at)
			return false;
		memcpy(order->params + at, want.args[i], len);
		at += len;
		order->nr_params++;
	}

	return true;
}

/* What the daemon says to it, as an exit status. */
static int exit_of(uint32_t type, const struct query *query, int ret,
		   char *text)
{
	if (ret == 0)
		return EXIT_SUCCESS;
	if (ret == -EPERM)
		return fail(query->path,
			    "only root, and the user whose evl-cused it "
			    "is, may load and unload drivers",
			    TOOL_EXIT_NO_DAEMON);

	complain("%s", text[0] ? text : strerrordesc_np(-ret));
	if (type == CONTROL_DRIVER_UNLOAD && ret == -EBUSY)
		return EXIT_IN_USE;
	if (ret == -EDQUOT || ret == -ENOTCONN || ret == -EAGAIN)
		return TOOL_EXIT_FAILURE;

	return EXIT_NO_DRIVER;
}

static int give_order(uint32_t type, const struct control_driver_order *order)
{
	struct control_driver_answer answer;
	struct query query;
	int ret, result;

	ret = query_open(&query);
	if (ret == 0)
		ret = query_order(&query, type, order, &answer, &result);
	if (ret)
		return query_complain(&query, ret);
	query_close(&query);

	return exit_of(type, &query, result,
		       printable(answer.text, sizeof(answer.text)));
}

static int load(void)
{
	struct control_driver_order order = { .nr_params = 0 };

	if (!put_name(&order, want.args[1]))
		return fail(want.args[1], strerrordesc_np(errno),
			    EXIT_NO_DRIVER);
	if (!put_params(&order))
		return fail(want.args[1], "parameters: too long, or empty",
			    TOOL_EXIT_USAGE);

	return give_order(CONTROL_DRIVER_LOAD, &order);
}

static int unload(void)
{
	struct control_driver_order order = { .nr_params = 0 };

	if (driver_is_path(want.args[1]))
		return fail(want.args[1],
			    "a name, please, as evl driver list has it",
			    TOOL_EXIT_USAGE);
	if (!put_name(&order, want.args[1]))
		return fail(want.args[1], strerrordesc_np(errno),
			    EXIT_NO_DRIVER);

	return give_order(CONTROL_DRIVER_UNLOAD, &order);
}

static void print_head(void)
{
	printf("%-16s %-7s %3s %5s %5s %5s  %-16s %s\n", "NAME", "STATE", "GEN",
	       "NODES", "FILES", "REFS", "USES", "PATH");
}

static void make_printable(struct control_driver_info *info)
{
	printable(info->name, sizeof(info->name));
	printable(info->state, sizeof(info->state));
	printable(info->uses, sizeof(info->uses));
	printable(info->path, sizeof(info->path));
}

static void print_driver(void *record)
{
	struct control_driver_info *info = record;

	make_printable(info);
	printf("%-16s %-7s %3u %5u %5u %5u  %-16s %s\n", info->name,
	       info->state, info->generation, info->nr_nodes, info->nr_files,
	       info->nr_refs, info->uses[0] ? info->uses : "-", info->path);
}

static struct json_object *driver_to_json(void *record)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *uses = json_object_new_array();
	struct control_driver_info *info = record;
	char *rest = info->uses, *name;

	make_printable(info);
	json_put_string(obj, "name", info->name);
	json_put_string(obj, "state", info->state);
	json_put_uint(obj, "generation", info->generation);
	json_put_uint(obj, "nodes", info->nr_nodes);
	json_put_uint(obj, "files", info->nr_files);
	json_put_uint(obj, "refs", info->nr_refs);
	while ((name = strsep(&rest, ", ")))
		if (*name)
			json_object_array_add(uses,
					      json_object_new_string(name));
	json_object_object_add(obj, "uses", uses);
	json_put_string(obj, "path", info->path);

	return obj;
}

static const struct table_view view = {
	.table = CONTROL_TABLE_DRIVERS,
	.size = sizeof(struct control_driver_info),
	.print_head = print_head,
	.print = print_driver,
	.to_json = driver_to_json,
};

static int list(void)
{
	return table_view_show(&view, want.json);
}

/* The file of a driver which evl-cused has got. */
static bool ask_path(const char *name, char path[PATH_MAX])
{
	struct control_driver_info *records;
	struct query query;
	bool found = false;
	size_t nr;

	if (query_open(&query))
		return false;
	if (query_table(&query, CONTROL_TABLE_DRIVERS, sizeof(*records),
			&records, &nr) == 0) {
		for (size_t i = 0; i < nr && !found; i++) {
			found = strncmp(records[i].name, name,
					sizeof(records[i].name)) == 0;
			if (found)
				snprintf(path, PATH_MAX, "%.*s",
					 CONTROL_PATH_MAX - 1, records[i].path);
		}
		free(records);
	}
	query_close(&query);

	return found;
}

static int show_info(const char *name)
{
	char dirs[DRIVER_DIRS_MAX], path[PATH_MAX];
	int ret;

	driver_dirs(dirs, DRIVER_DIR);
	if (driver_is_path(name))
		snprintf(path, sizeof(path), "%s", name);
	else if (!driver_find(dirs, name, path) && !ask_path(name, path))
		return fail(name, "no such driver: give its path",
			    EXIT_NO_DRIVER);

	ret = driver_info_show(path, want.json);
	if (ret == -ENOEXEC)
		return fail(path, "not a driver", EXIT_NO_DRIVER);
	if (ret)
		return fail(path, strerrordesc_np(-ret), EXIT_NO_DRIVER);

	return fflush(stdout) ? TOOL_EXIT_FAILURE : EXIT_SUCCESS;
}

static int info(void)
{
	int status = show_info(want.args[1]);

	return want.json ? json_failure(status) : status;
}

static const struct command {
	const char *name, *args; /* as help says it */
	unsigned int min_args, max_args;
	int (*run)(void);
} commands[] = {
	{ "load", "NAME|PATH [PARAMETER=VALUE...]", 1, MAX_ARGS, load },
	{ "unload", "NAME", 1, 1, unload },
	{ "list", "[--json]", 0, 0, list },
	{ "info", "NAME|PATH", 1, 1, info },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(void)
{
	const struct command *command;

	for (size_t i = 0; i < NR_COMMANDS && want.nr_args; i++) {
		command = &commands[i];
		if (strcmp(want.args[0], command->name) != 0)
			continue;
		if (want.nr_args - 1 < command->min_args ||
		    want.nr_args - 1 > command->max_args)
			command_line_error("it is: evl driver %s %s",
					   command->name, command->args);
		return command;
	}

	command_line_error("%s%sthere are load, unload, list and info",
			   want.nr_args ? want.args[0] : "",
			   want.nr_args ? ": " : "");
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = args_doc,
		.doc = doc,
	};

	command_line_parse(&argp, argc, argv, NULL);

	return find_command()->run();
}

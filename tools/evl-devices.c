/* SPDX-License-Identifier: MIT */
/*
 * evl devices: the nodes a running evl-cused serves, the files open on them,
 * and the drivers behind them.
 */
#include "command-line.h"
#include "control-query.h"
#include "json-put.h"
#include "table-view.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-devices " PROJECT_VERSION;

static const char summary[] = "list device nodes, open files and drivers";

static const char doc[] =
	"Show the nodes evl-cused serves."
	"\vOPEN counts open file descriptions. OOB tells whether the driver has "
	"out-of-band operations. With --files: FDS are the descriptors bound to "
	"a file, over all processes; REFS the out-of-band requests and driver "
	"references that hold it; a file in state closing waits for them. With "
	"--drivers: OOB and INBAND count requests; SYSCALLS, MEMORY and WAITS "
	"what its out-of-band code did against the golden rule, HOGS how often it "
	"kept a worker for too long; - is not watched."
	"\n\nExit status: 0; 1 a failure; 2 bad usage; 3 no evl-cused to ask.";

enum table {
	TABLE_NODES,
	TABLE_FILES,
	TABLE_DRIVERS,
};

static struct {
	enum table table;
	bool json;
	const char *devdir; /* borrowed from the query */
} want;

static const struct argp_option options[] = {
	{ "files", 'f', NULL, 0, "Show open files", 1 },
	{ "drivers", 'd', NULL, 0, "Show drivers", 1 },
	{ "json", 'j', NULL, 0, "Write JSON", 2 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case 'f':
		want.table = TABLE_FILES;
		break;
	case 'd':
		want.table = TABLE_DRIVERS;
		break;
	case 'j':
		want.json = true;
		break;
	case ARGP_KEY_ARG:
		command_line_error("%s: there are options only", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

/* "root:video", numbers for who has no name. */
static void format_owner(uint32_t uid, uint32_t gid, char *buf, size_t size)
{
	char text[1024], user[64], group[64];
	struct passwd pwd, *user_found = NULL;
	struct group grp, *group_found = NULL;

	getpwuid_r(uid, &pwd, text, sizeof(text), &user_found);
	if (user_found)
		snprintf(user, sizeof(user), "%s", pwd.pw_name);
	else
		snprintf(user, sizeof(user), "%u", uid);

	getgrgid_r(gid, &grp, text, sizeof(text), &group_found);
	if (group_found)
		snprintf(group, sizeof(group), "%s", grp.gr_name);
	else
		snprintf(group, sizeof(group), "%u", gid);

	snprintf(buf, size, "%s:%s", user, group);
}

/* As ls(1) writes it. */
static void format_mode(uint32_t mode, char buf[11])
{
	memcpy(buf, "crwxrwxrwx", 11);
	for (unsigned int i = 1; i < 10; i++)
		if ((mode >> (9 - i) & 1) == 0)
			buf[i] = '-';
}

static void print_nodes_head(void)
{
	printf("%-10s %-17s %-12s %4s %-3s  %s\n", "MODE", "OWNER", "DRIVER",
	       "OPEN", "OOB", "PATH");
}

static void print_node(void *record)
{
	struct control_node_info *info = record;
	char owner[130], mode[11];

	format_owner(info->uid, info->gid, owner, sizeof(owner));
	format_mode(info->mode, mode);
	printf("%-10s %-17s %-12s %4u %-3s  %s/%s\n", mode, owner,
	       printable(info->driver, sizeof(info->driver)), info->nr_open,
	       info->oob ? "yes" : "no", want.devdir,
	       printable(info->path, sizeof(info->path)));
}

static void put_path(struct json_object *obj, char path[CONTROL_PATH_MAX])
{
	char whole[2 * CONTROL_PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", want.devdir,
		 printable(path, CONTROL_PATH_MAX));
	json_put_string(obj, "path", whole);
}

static struct json_object *ops_to_json(uint32_t ops)
{
	static const struct {
		uint32_t op;
		const char *name;
	} names[] = {
		{ CONTROL_OP_READ, "read" },
		{ CONTROL_OP_WRITE, "write" },
		{ CONTROL_OP_IOCTL, "unlocked_ioctl" },
		{ CONTROL_OP_POLL, "poll" },
		{ CONTROL_OP_MMAP, "mmap" },
		{ CONTROL_OP_OOB * CONTROL_OP_READ, "oob_read" },
		{ CONTROL_OP_OOB * CONTROL_OP_WRITE, "oob_write" },
		{ CONTROL_OP_OOB * CONTROL_OP_IOCTL, "oob_ioctl" },
		{ CONTROL_OP_OOB * CONTROL_OP_POLL, "oob_poll" },
	};
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ops & names[i].op)
			json_object_array_add(
				array, json_object_new_string(names[i].name));

	return array;
}

static struct json_object *node_to_json(void *record)
{
	struct control_node_info *info = record;
	struct json_object *obj = json_object_new_object();
	char mode[16];

	snprintf(mode, sizeof(mode), "%04o", info->mode & 07777);
	put_path(obj, info->path);
	json_put_string(obj, "mode", mode);
	json_put_uint(obj, "uid", info->uid);
	json_put_uint(obj, "gid", info->gid);
	json_put_uint(obj, "major", info->major);
	json_put_uint(obj, "minor", info->minor);
	json_put_string(obj, "driver",
			printable(info->driver, sizeof(info->driver)));
	json_put_uint(obj, "open", info->nr_open);
	json_put_bool(obj, "oob", info->oob);
	json_object_object_add(obj, "operations", ops_to_json(info->ops));

	return obj;
}

static const char *access_name(uint32_t flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return "r";
	case O_WRONLY:
		return "w";
	default:
		return "rw";
	}
}

static void print_files_head(void)
{
	printf("%6s %-7s %-6s %-5s %4s %4s %-3s %-7s  %s\n", "FILE", "OPENER",
	       "ACCESS", "BLOCK", "FDS", "REFS", "OOB", "STATE", "PATH");
}

static void print_file(void *record)
{
	struct control_file_info *info = record;

	printf("%6" PRIu64 " %-7d %-6s %-5s %4u %4u %-3s %-7s  %s/%s\n",
	       info->file_id, info->pid, access_name(info->flags),
	       info->flags & O_NONBLOCK ? "no" : "yes", info->nr_fds,
	       info->nr_refs, info->oob ? "yes" : "no",
	       info->releasing ? "closing" : "open", want.devdir,
	       printable(info->path, sizeof(info->path)));
}

static struct json_object *file_to_json(void *record)
{
	struct control_file_info *info = record;
	struct json_object *obj = json_object_new_object();

	put_path(obj, info->path);
	json_put_uint(obj, "file", info->file_id);
	json_put_int(obj, "opener", info->pid);
	json_put_string(obj, "access", access_name(info->flags));
	json_put_bool(obj, "nonblock", info->flags & O_NONBLOCK);
	json_put_uint(obj, "fds", info->nr_fds);
	json_put_uint(obj, "refs", info->nr_refs);
	json_put_bool(obj, "oob", info->oob);
	json_put_bool(obj, "releasing", info->releasing);

	return obj;
}

static void print_drivers_head(void)
{
	printf("%-16s %5s %10s %10s %8s %6s %5s %4s  %s\n", "NAME", "NODES",
	       "OOB", "INBAND", "SYSCALLS", "MEMORY", "WAITS", "HOGS", "PATH");
}

/* A count, or that nobody counts. */
static void print_count(int width, uint64_t count, bool known)
{
	if (known)
		printf(" %*" PRIu64, width, count);
	else
		printf(" %*s", width, "-");
}

static void print_driver(void *record)
{
	struct control_driver_info *info = record;
	bool services = info->watched & CONTROL_WATCH_SERVICES;

	printf("%-16s %5u %10" PRIu64 " %10" PRIu64,
	       printable(info->name, sizeof(info->name)), info->nr_nodes,
	       info->nr_oob, info->nr_inband);
	print_count(8, info->nr_syscalls,
		    info->watched & CONTROL_WATCH_SYSCALLS);
	print_count(6, info->nr_memory, services);
	print_count(5, info->nr_waits, services);
	print_count(4, info->nr_hogs, info->watched & CONTROL_WATCH_HOGS);
	printf("  %s\n", printable(info->path, sizeof(info->path)));
}

static struct json_object *driver_to_json(void *record)
{
	struct control_driver_info *info = record;
	struct json_object *obj = json_object_new_object();
	bool services = info->watched & CONTROL_WATCH_SERVICES;

	json_put_string(obj, "name", printable(info->name, sizeof(info->name)));
	json_put_uint(obj, "nodes", info->nr_nodes);
	json_put_uint(obj, "oob_requests", info->nr_oob);
	json_put_uint(obj, "inband_requests", info->nr_inband);
	json_put_uint_if(obj, "syscalls", info->nr_syscalls,
			 info->watched & CONTROL_WATCH_SYSCALLS);
	json_put_uint_if(obj, "memory", info->nr_memory, services);
	json_put_uint_if(obj, "waits", info->nr_waits, services);
	json_put_uint_if(obj, "hogs", info->nr_hogs,
			 info->watched & CONTROL_WATCH_HOGS);
	json_put_string(obj, "path", printable(info->path, sizeof(info->path)));

	return obj;
}

/* Until the query is closed. */
static void note_devdir(struct query *query)
{
	want.devdir =
		printable(query->welcome.devdir, sizeof(query->welcome.devdir));
}

static const struct table_view views[] = {
	[TABLE_NODES] = {
		.table = CONTROL_TABLE_NODES,
		.size = sizeof(struct control_node_info),
		.begin = note_devdir,
		.print_head = print_nodes_head,
		.print = print_node,
		.to_json = node_to_json,
	},
	[TABLE_FILES] = {
		.table = CONTROL_TABLE_FILES,
		.size = sizeof(struct control_file_info),
		.begin = note_devdir,
		.print_head = print_files_head,
		.print = print_file,
		.to_json = file_to_json,
	},
	[TABLE_DRIVERS] = {
		.table = CONTROL_TABLE_DRIVERS,
		.size = sizeof(struct control_driver_info),
		.print_head = print_drivers_head,
		.print = print_driver,
		.to_json = driver_to_json,
	},
};

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = doc,
	};

	command_line_parse(&argp, argc, argv, NULL);

	return table_view_show(&views[want.table], want.json);
}

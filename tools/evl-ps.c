/* SPDX-License-Identifier: MIT */
/*
 * evl ps: the threads attached to a running evl-cused, or its channels.
 */
#include "command-line.h"
#include "control-query.h"
#include "json-put.h"
#include "table-view.h"
#include "wire/channel.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CPUS     1024
#define OPT_CHANNELS 256

static const char summary[] = "report a snapshot of EVL threads";

__attribute__((visibility("default"))) const char *argp_program_version =
	"evl-ps " PROJECT_VERSION;

static const char doc[] =
	"Show the kernel threads of evl-cused's drivers, which have no PID, and the "
	"threads attached to it, by process."
	"\vSCHED and PRIO are those an attached thread had when it attached, and "
	"those a kernel thread has. STATE is idle, or the call an attached thread "
	"is in and on which descriptor, as in read(5); or what a kernel thread "
	"does. WAKEUPS counts the requests that found the worker asleep; STACK is "
	"the most any of them took, in bytes."
	"\n\nExit status: 0; 1 a failure; 2 bad usage; 3 no evl-cused to ask.";

enum columns {
	COLUMNS_POLICY = 1,
	COLUMNS_STATE = 2,
	COLUMNS_ALL = 3,
};

static struct {
	unsigned int columns; /* enum columns, any of them */
	bool channels;
	bool json;
	bool cpus_given;
	bool cpus[MAX_CPUS];
} want;

static const struct argp_option options[] = {
	{ "cpu", 'c', "LIST", 0,
	  "Only threads on these CPUs: 2, 0-3, -3 or 4-, separated by commas",
	  1 },
	{ "policy", 'p', NULL, 0, "Scheduling columns (the default)", 2 },
	{ "state", 's', NULL, 0, "Activity columns", 2 },
	{ "long", 'l', NULL, 0, "All columns", 2 },
	{ "channels", OPT_CHANNELS, NULL, 0, "Show channels, not threads", 2 },
	{ "json", 'j', NULL, 0, "Write JSON", 3 },
	{ "describe", '@', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static unsigned int cpu_number(const char *arg, unsigned int unset)
{
	unsigned long value;
	char *end;

	if (*arg == '\0')
		return unset;
	value = strtoul(arg, &end, 10);
	if (*end || *arg < '0' || *arg > '9' || value >= MAX_CPUS)
		command_line_error("%s: not a CPU", arg);

	return (unsigned int)value;
}

static void cpu_list(char *list)
{
	unsigned int first, last;
	char *item, *dash;

	want.cpus_given = true;
	while ((item = strsep(&list, ","))) {
		if (*item == '\0')
			command_line_error("--cpu: nothing between commas");
		dash = strchr(item, '-');
		if (dash)
			*dash++ = '\0';
		first = cpu_number(item, 0);
		last = dash ? cpu_number(dash, MAX_CPUS - 1) : first;
		for (; first <= last; first++)
			want.cpus[first] = true;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case '@':
		puts(summary);
		exit(EXIT_SUCCESS);
	case 'c':
		cpu_list(arg);
		break;
	case 'p':
		want.columns |= COLUMNS_POLICY;
		break;
	case 's':
		want.columns |= COLUMNS_STATE;
		break;
	case 'l':
		want.columns = COLUMNS_ALL;
		break;
	case OPT_CHANNELS:
		want.channels = true;
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

static const char *policy_name(int policy)
{
	switch (policy) {
	case SCHED_OTHER:
		return "other";
	case SCHED_FIFO:
		return "fifo";
	case SCHED_RR:
		return "rr";
	case SCHED_BATCH:
		return "batch";
	case SCHED_IDLE:
		return "idle";
	case SCHED_DEADLINE:
		return "dline";
	default:
		return "?";
	}
}

static const char *op_name(uint32_t op)
{
	switch (op) {
	case CHANNEL_READ:
		return "read";
	case CHANNEL_WRITE:
		return "write";
	case CHANNEL_IOCTL:
		return "ioctl";
	default:
		return "?";
	}
}

/* What a kernel thread does, in a word. */
static const char *kernel_state(uint32_t state)
{
	static const char *const names[] = {
		[CONTROL_KTHREAD_READY] = "ready",
		[CONTROL_KTHREAD_WAITING] = "waiting",
		[CONTROL_KTHREAD_SLEEPING] = "sleeping",
		[CONTROL_KTHREAD_PERIODIC] = "periodic",
		[CONTROL_KTHREAD_HELD] = "held",
		[CONTROL_KTHREAD_NEW] = "new",
		[CONTROL_KTHREAD_ENDED] = "ended",
	};

	if (state == 0 || state >= sizeof(names) / sizeof(names[0]))
		return "?";

	return names[state];
}

static bool is_wanted(const void *record)
{
	const struct control_thread_info *info = record;

	if (!want.cpus_given)
		return true;

	return info->cpu >= 0 && info->cpu < MAX_CPUS && want.cpus[info->cpu];
}

static int by_pid(const void *left, const void *right)
{
	const struct control_thread_info *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;

	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

static void print_threads_head(void)
{
	printf("%3s   %-7s %-7s", "CPU", "PID", "TID");
	if (want.columns & COLUMNS_POLICY)
		printf(" %5s %4s", "SCHED", "PRIO");
	if (want.columns & COLUMNS_STATE)
		printf(" %10s %10s %6s  %-10s %6s %-7s", "REQUESTS", "WAKEUPS",
		       "STACK", "STATE", "FILE", "CHANNEL");
	puts("  NAME");
}

static void print_state(const struct control_thread_info *info)
{
	char state[24] = "idle", slot[24], file[24] = "-";

	if (info->kernel)
		snprintf(state, sizeof(state), "%s", kernel_state(info->state));
	else if (info->busy)
		snprintf(state, sizeof(state), "%s(%d)", op_name(info->busy_op),
			 info->busy_fd);
	if (info->busy_file)
		snprintf(file, sizeof(file), "%" PRIu64, info->busy_file);
	if (info->kernel)
		snprintf(slot, sizeof(slot), "-");
	else
		snprintf(slot, sizeof(slot), "%u:%u", info->slot.channel,
			 info->slot.slot);
	printf(" %10" PRIu64 " %10" PRIu64 " %6" PRIu64 "  %-10s %6s %-7s",
	       info->nr_requests, info->nr_wakeups, info->stack_used, state,
	       file, slot);
}

static void print_thread(void *record)
{
	struct control_thread_info *info = record;

	if (info->cpu < 0)
		printf("%3s", "-");
	else
		printf("%3d", info->cpu);
	if (info->kernel)
		printf("   %-7s %-7s", "-", "-");
	else
		printf("   %-7d %-7d", info->pid, info->tid);
	if (want.columns & COLUMNS_POLICY)
		printf(" %5s %4d", policy_name(info->policy), info->prio);
	if (want.columns & COLUMNS_STATE)
		print_state(info);
	printf("  %s\n", printable(info->name, sizeof(info->name)));
}

static struct json_object *thread_to_json(void *record)
{
	struct control_thread_info *info = record;
	struct json_object *obj = json_object_new_object();

	json_put_bool(obj, "kernel", info->kernel);
	if (info->kernel) {
		json_put_string(obj, "state", kernel_state(info->state));
		json_put_string(obj, "driver",
				printable(info->driver, sizeof(info->driver)));
	}
	json_put_int(obj, "cpu", info->cpu);
	json_put_int(obj, "pid", info->pid);
	json_put_int(obj, "tid", info->tid);
	json_put_string(obj, "sched", policy_name(info->policy));
	json_put_int(obj, "prio", info->prio);
	json_put_uint(obj, "requests", info->nr_requests);
	json_put_uint(obj, "wakeups", info->nr_wakeups);
	json_put_uint(obj, "stack", info->stack_used);
	json_put_bool(obj, "busy", info->busy);
	if (info->busy) {
		json_put_string(obj, "busy_op", op_name(info->busy_op));
		json_put_int(obj, "busy_fd", info->busy_fd);
		json_put_uint(obj, "busy_file", info->busy_file);
	}
	if (!info->kernel) {
		json_put_uint(obj, "channel", info->slot.channel);
		json_put_uint(obj, "slot", info->slot.slot);
	}
	json_put_string(obj, "name", printable(info->name, sizeof(info->name)));

	return obj;
}

static const char *channel_state(uint32_t state)
{
	static const char *const names[] = { "new", "live", "draining" };

	return state < 3 ? names[state] : "?";
}

static void print_channels_head(void)
{
	printf("%-7s %7s %6s %7s %-5s %-8s %10s  %s\n", "PID", "CHANNEL",
	       "WORKER", "THREADS", "POLL", "STATE", "REQUESTS", "COMMAND");
}

static void print_channel(void *record)
{
	struct control_channel_info *info = record;

	printf("%-7d %7u %6u %7u %-5s %-8s %10" PRIu64 "  %s\n", info->pid,
	       info->index, info->worker, info->nr_threads,
	       info->hot ? "hot" : "cold", channel_state(info->state),
	       info->nr_requests, printable(info->comm, sizeof(info->comm)));
}

static struct json_object *channel_to_json(void *record)
{
	struct control_channel_info *info = record;
	struct json_object *obj = json_object_new_object();

	json_put_int(obj, "pid", info->pid);
	json_put_uint(obj, "channel", info->index);
	json_put_uint(obj, "worker", info->worker);
	json_put_uint(obj, "threads", info->nr_threads);
	json_put_bool(obj, "hot", info->hot);
	json_put_string(obj, "state", channel_state(info->state));
	json_put_uint(obj, "requests", info->nr_requests);
	json_put_string(obj, "comm", printable(info->comm, sizeof(info->comm)));

	return obj;
}

static const struct table_view threads_view = {
	.table = CONTROL_TABLE_THREADS,
	.size = sizeof(struct control_thread_info),
	.print_head = print_threads_head,
	.print = print_thread,
	.to_json = thread_to_json,
	.compare = by_pid,
	.is_wanted = is_wanted,
};

static const struct table_view channels_view = {
	.table = CONTROL_TABLE_CHANNELS,
	.size = sizeof(struct control_channel_info),
	.print_head = print_channels_head,
	.print = print_channel,
	.to_json = channel_to_json,
};

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = doc,
	};

	command_line_parse(&argp, argc, argv, NULL);
	if (want.columns == 0)
		want.columns = COLUMNS_POLICY;

	return table_view_show(want.channels ? &channels_view : &threads_view,
			       want.json);
}

/* SPDX-License-Identifier: MIT */
#include "config-value.h"

#include "config.h"
#include "stage/placement.h"

#include <argp.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet */
void origin_complain(const struct origin *origin, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);

	if (origin->state)
		argp_error(origin->state, "%s", text ? text : fmt);
	else if (origin->line)
		fprintf(stderr, "evl-cused: %s:%u: %s\n", origin->file,
			origin->line, text ? text : fmt);
	else
		fprintf(stderr, "evl-cused: %s: %s\n", origin->file,
			text ? text : fmt);
	free(text);
	exit(EXIT_USAGE);
}

/* An option as it is written there. */
static const char *dashes(const struct origin *origin)
{
	return origin->state ? "--" : "";
}

static _Noreturn void complain_of_memory(void)
{
	fputs("evl-cused: no memory\n", stderr);
	exit(EXIT_OTHER);
}

static char *copy(const char *text)
{
	char *dup = strdup(text);

	if (dup == NULL)
		complain_of_memory();

	return dup;
}

static unsigned long number(const struct origin *origin, const char *name,
			    const char *text, unsigned long max, int base)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, base);
	if (errno || end == text || *end || text[0] == '-' || value > max)
		origin_complain(origin,
				base == 8 ? "%s: not a valid %s%s: octal, 0 to "
					    "%#lo"
					  : "%s: not a valid %s%s: 0 to %lu",
				text, dashes(origin), name, max);

	return value;
}

/* Zero of something would be a daemon that serves nobody. */
static unsigned int limit(const struct origin *origin, const char *name,
			  const char *text)
{
	unsigned long value = number(origin, name, text, 1u << 20, 10);

	if (value == 0)
		origin_complain(origin, "%s%s=%s: give at least 1",
				dashes(origin), name, text);

	return (unsigned int)value;
}

/* Which of @words, "this|that", it is: 0, 1 ... */
static int one_of(const struct origin *origin, const char *name,
		  const char *text, const char *words)
{
	size_t len = strlen(text), word;
	int i = 0;

	for (const char *at = words;; at += word + 1, i++) {
		word = strcspn(at, "|");
		if (word == len && strncmp(at, text, len) == 0)
			return i;
		if (at[word] == '\0')
			break;
	}
	origin_complain(origin, "%s: not a valid %s%s: it is %s", text,
			dashes(origin), name, words);
}

bool config_bool(const struct origin *origin, const char *name,
		 const char *value)
{
	static const char *const words[] = { "no",    "yes",  "off", "on",
					     "false", "true", "0",   "1" };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return i % 2;
	origin_complain(origin, "%s: not a valid %s: yes or no", value, name);
}

static gid_t group_id(const struct origin *origin, const char *text)
{
	const struct group *group = getgrnam(text);

	if (group)
		return group->gr_gid;
	if (text[0] < '0' || text[0] > '9')
		origin_complain(origin,
				"%s: no such group: name one of getent group",
				text);

	return (gid_t)number(origin, "group", text, 0x7fffffff, 10);
}

static void add_cpu(struct config *config, const struct origin *origin,
		    unsigned long cpu)
{
	const char *prefix = dashes(origin);

	if (!placement_cpu_usable((int)cpu))
		origin_complain(origin,
				"%soob-cpus: there is no CPU %lu for us",
				prefix, cpu);
	for (unsigned int i = 0; i < config->nr_cpus; i++)
		if (config->cpus[i] == (int)cpu)
			origin_complain(origin,
					"%soob-cpus: CPU %lu is there twice: "
					"name each one once",
					prefix, cpu);
	if (config->nr_cpus == CONFIG_MAX_CPUS)
		origin_complain(origin, "%soob-cpus: at most %d", prefix,
				CONFIG_MAX_CPUS);

	config->cpus[config->nr_cpus++] = (int)cpu;
}

static unsigned long cpu_number(const struct origin *origin, const char *text)
{
	unsigned long cpu;
	char *end;

	errno = 0;
	cpu = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || cpu > 8191)
		origin_complain(
			origin,
			"%s: not a valid CPU for %soob-cpus: give some, "
			"as 2,3 or 4-7",
			text, dashes(origin));

	return cpu;
}

/* The kernel's list format: 0,2-3 */
static void cpu_list(struct config *config, const struct origin *origin,
		     char *text)
{
	unsigned long first, last;
	char *item, *dash;

	config->nr_cpus = 0;
	if (text[0] == '\0')
		origin_complain(origin,
				"%soob-cpus: no CPU is named: give some, as "
				"2,3 or 4-7",
				dashes(origin));

	while ((item = strsep(&text, ","))) {
		item += strspn(item, " ");
		dash = strchr(item, '-');
		if (dash)
			*dash++ = '\0';
		first = cpu_number(origin, item);
		last = dash ? cpu_number(origin, dash) : first;
		if (first > last)
			origin_complain(origin,
					"%soob-cpus: %lu-%lu: no CPU is in "
					"that range",
					dashes(origin), first, last);
		for (; first <= last; first++)
			add_cpu(config, origin, first);
	}
}

/* Where relative paths begin: in a file, at its own directory. */
static char *directory(const struct origin *origin)
{
	const char *slash = origin->state ? NULL : strrchr(origin->file, '/');

	return slash ? strndup(origin->file, (size_t)(slash - origin->file))
		     : getcwd(NULL, 0);
}

char *config_absolute(const struct origin *origin, const char *name,
		      const char *path)
{
	char *dir, *whole = NULL;

	if (path[0] == '\0')
		origin_complain(origin, "%s%s: an empty path: give one",
				dashes(origin), name);
	if (path[0] == '/')
		return copy(path);

	dir = directory(origin);
	if (dir == NULL || asprintf(&whole, "%s/%s", dir, path) < 0)
		origin_complain(origin, "%s%s: %s: give an absolute path",
				dashes(origin), name, path);
	free(dir);

	return whole;
}

static void set_path(char **where, const struct origin *origin,
		     const char *name, const char *value)
{
	char *path = config_absolute(origin, name, value);

	free(*where);
	*where = path;
}

static void set_front(struct config *config, const struct origin *origin,
		      const char *name, char *value)
{
	static const char *const fronts[] = { "auto", "cuse", "fuse" };

	config->front = fronts[one_of(origin, name, value, "auto|cuse|fuse")];
}

static void set_mount(struct config *config, const struct origin *origin,
		      const char *name, char *value)
{
	set_path(&config->mount, origin, name, value);
}

static void set_socket(struct config *config, const struct origin *origin,
		       const char *name, char *value)
{
	set_path(&config->socket, origin, name, value);
}

static void set_group(struct config *config, const struct origin *origin,
		      const char *name, char *value)
{
	config->gid = group_id(origin, value);
}

static void set_mode(struct config *config, const struct origin *origin,
		     const char *name, char *value)
{
	config->mode = (mode_t)number(origin, name, value, 0777, 8);
}

static void set_cpus(struct config *config, const struct origin *origin,
		     const char *name, char *value)
{
	cpu_list(config, origin, value);
}

static void set_priority(struct config *config, const struct origin *origin,
			 const char *name, char *value)
{
	config->priority = (int)number(origin, name, value, 99, 10);
}

static void set_spin(struct config *config, const struct origin *origin,
		     const char *name, char *value)
{
	static const enum oob_spin modes[] = { OOB_SPIN_NEVER,
					       OOB_SPIN_ADAPTIVE,
					       OOB_SPIN_ALWAYS };

	config->spin =
		modes[one_of(origin, name, value, "never|adaptive|always")];
}

static void set_spin_us(struct config *config, const struct origin *origin,
			const char *name, char *value)
{
	config->spin_us =
		(unsigned int)number(origin, name, value, 1000000, 10);
}

static void set_poll_wake(struct config *config, const struct origin *origin,
			  const char *name, char *value)
{
	config->poll_wake_all = one_of(origin, name, value, "one|all");
}

static void set_golden_rule(struct config *config, const struct origin *origin,
			    const char *name, char *value)
{
	static const enum golden_rule rules[] = { GOLDEN_RULE_OFF,
						  GOLDEN_RULE_WARN,
						  GOLDEN_RULE_ENFORCE };

	config->golden_rule =
		rules[one_of(origin, name, value, "off|warn|enforce")];
}

static void set_watchdog_ms(struct config *config, const struct origin *origin,
			    const char *name, char *value)
{
	config->watchdog_ms =
		(unsigned int)number(origin, name, value, 3600000, 10);
}

static void set_max_clients(struct config *config, const struct origin *origin,
			    const char *name, char *value)
{
	config->max_clients = limit(origin, name, value);
}

static void set_max_threads(struct config *config, const struct origin *origin,
			    const char *name, char *value)
{
	config->max_threads = limit(origin, name, value);
}

static void set_max_xbufs(struct config *config, const struct origin *origin,
			  const char *name, char *value)
{
	config->max_xbufs = limit(origin, name, value);
}

static const struct {
	const char *name;
	void (*set)(struct config *config, const struct origin *origin,
		    const char *name, char *value);
} settings[] = {
	{ "front", set_front },
	{ "mount", set_mount },
	{ "socket", set_socket },
	{ "group", set_group },
	{ "mode", set_mode },
	{ "oob-cpus", set_cpus },
	{ "oob-priority", set_priority },
	{ "spin", set_spin },
	{ "spin-us", set_spin_us },
	{ "poll-wake", set_poll_wake },
	{ "golden-rule", set_golden_rule },
	{ "watchdog-ms", set_watchdog_ms },
	{ "max-clients", set_max_clients },
	{ "max-threads", set_max_threads },
	{ "max-xbufs", set_max_xbufs },
};

void config_init(struct config *config)
{
	*config = (struct config){
		.front = "auto",
		.priority = 90,
		.spin = OOB_SPIN_ADAPTIVE,
		.spin_us = 200,
		.golden_rule = GOLDEN_RULE_WARN,
		.watchdog_ms = 1000,
		.mode = geteuid() == 0 ? 0660 : 0600,
		.gid = (gid_t)-1,
		.max_clients = 1024,
		.max_threads = 1024,
		.max_xbufs = 16,
	};
}

bool config_set(struct config *config, const struct origin *origin,
		const char *name, char *value)
{
	for (unsigned int i = 0; i < sizeof(settings) / sizeof(settings[0]);
	     i++) {
		if (strcmp(settings[i].name, name) != 0)
			continue;
		settings[i].set(config, origin, name, value);
		return true;
	}

	return false;
}

struct config_driver *config_add_driver(struct config *config,
					const struct origin *origin,
					const char *name)
{
	struct config_driver *drv = &config->drivers[config->nr_drivers];

	if (name[0] == '\0')
		origin_complain(origin, "%sdriver: name one", dashes(origin));
	if (config->nr_drivers == CONFIG_MAX_DRIVERS)
		origin_complain(origin, "%sdriver: at most %d", dashes(origin),
				CONFIG_MAX_DRIVERS);

	drv->name = copy(name);
	config->nr_drivers++;

	return drv;
}

void config_add_param(struct config_driver *drv, const char *param)
{
	char **grown =
		realloc(drv->params, (drv->nr_params + 1) * sizeof(*grown));

	if (grown == NULL)
		complain_of_memory();
	drv->params = grown;
	drv->params[drv->nr_params++] = copy(param);
}

/* "/a/foo-bar.so" is foo_bar, to us as to the loader. */
bool config_is_driver(const struct config_driver *drv, const char *name)
{
	const char *slash = strrchr(name, '/'), *own = drv->name;

	if (slash)
		name = slash + 1;
	for (; *name && *name != '.'; name++, own++)
		if (*name != *own && (*name != '-' || *own != '_') &&
		    (*name != '_' || *own != '-'))
			return false;

	return *own == '\0';
}

void config_free(struct config *config)
{
	struct config_driver *drv;

	for (unsigned int i = 0; i < config->nr_drivers; i++) {
		drv = &config->drivers[i];
		for (unsigned int p = 0; p < drv->nr_params; p++)
			free(drv->params[p]);
		free(drv->params);
		free(drv->name);
		free(drv->path);
	}
	config_free_devices(config);
	free(config->socket);
	free(config->mount);
}
/* NOLINTEND(concurrency-mt-unsafe) */

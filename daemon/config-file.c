/* SPDX-License-Identifier: MIT */
/*
 * inih takes lines to pieces; we see each one before, to know its number and
 * the section it is in: inih tells of neither, nor of a section without keys.
 */
#include "config-file.h"

#include "config-value.h"
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_FILE "/etc/evl-cused.conf"
#define USER_FILE   "evl-cused.conf"
#define MAX_KEY	    49 /* inih's, of which longer ones lose the rest */
#define MAX_KEYS    64 /* of a section */

struct reader {
	struct config *config;
	FILE *file;
	struct origin at;
	char *line; /* owned: getline()'s */
	size_t size;
	bool in_daemon;		   /* section [daemon] */
	struct config_driver *drv; /* of section [driver ...] */
	struct config_device *dev; /* of section [device ...] */
	char *keys[MAX_KEYS];	   /* owned: those of the section so far */
	unsigned int nr_keys;
};

static void forget_keys(struct reader *r)
{
	while (r->nr_keys)
		free(r->keys[--r->nr_keys]);
}

static void note_key(struct reader *r, const char *key)
{
	for (unsigned int i = 0; i < r->nr_keys; i++)
		if (strcmp(r->keys[i], key) == 0)
			origin_complain(&r->at,
					"%s is there twice: say it once", key);
	if (r->nr_keys == MAX_KEYS)
		origin_complain(&r->at, "a section has at most %d keys",
				MAX_KEYS);
	r->keys[r->nr_keys++] = strdup(key);
}

/* A [driver NAME] for the second time would load it twice. */
static void begin_driver(struct reader *r, const char *name)
{
	for (unsigned int i = 0; i < r->config->nr_drivers; i++)
		if (config_is_driver(&r->config->drivers[i], name))
			origin_complain(&r->at,
					"[driver %s] is there twice: make one "
					"of them",
					name);
	if (name[strcspn(name, "/.")])
		origin_complain(&r->at,
				"[driver %s]: a name, please; path = says "
				"where it is",
				name);

	r->drv = config_add_driver(r->config, &r->at, name);
}

static void begin_device(struct reader *r, const char *name)
{
	if (config_find_device(r->config, name))
		origin_complain(&r->at,
				"[device %s] is there twice: make one of them",
				name);
	r->dev = config_add_device(r->config, &r->at, name);
}

/* "[driver foo]", as a line of its own. */
static void begin_section(struct reader *r, const char *line)
{
	size_t len = strcspn(line, "]");
	char *name;

	if (line[len] == '\0')
		origin_complain(&r->at,
				"a section without its ]: write [daemon], "
				"[driver NAME] or [device NAME]");

	forget_keys(r);
	r->in_daemon = false;
	r->drv = NULL;
	r->dev = NULL;
	name = strndup(line + 1, len - 1);
	if (name == NULL)
		exit(EXIT_OTHER); /* NOLINT: there is one thread yet */

	if (strcmp(name, "daemon") == 0)
		r->in_daemon = true;
	else if (strncmp(name, "driver ", 7) == 0)
		begin_driver(r, name + 7 + strspn(name + 7, " "));
	else if (strncmp(name, "device ", 7) == 0)
		begin_device(r, name + 7 + strspn(name + 7, " "));
	else
		origin_complain(&r->at,
				"[%s]: no such section: there are [daemon], "
				"[driver NAME] and [device NAME]",
				name);
	free(name);
}

static void look_at_line(struct reader *r, const char *line, size_t len)
{
	size_t blank = strspn(line, " \t\r\n");

	if (strlen(line) != len)
		origin_complain(&r->at, "a zero byte: this is to be a text");
	if (line[blank] == '\0' || strchr(";#", line[blank]))
		return;
	/* To inih it goes on with the one before. */
	if (blank)
		origin_complain(&r->at, "begins with a blank: remove that");
	if (line[0] == '[')
		begin_section(r, line);
	else if (line[strcspn(line, "=:")] == '\0')
		origin_complain(&r->at, "neither [SECTION] nor KEY = VALUE");
}

/* As fgets(), for inih. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reader *r = arg;
	ssize_t len = getline(&r->line, &r->size, r->file);
	const char *line = r->line;

	if (len < 0)
		return NULL;

	r->at.line++;
	if (len >= size)
		origin_complain(&r->at, "longer than %d characters: shorten it",
				size - 2);
	memcpy(buf, r->line, (size_t)len + 1);
	/* Some editors put a mark in front of the first one. */
	if (r->at.line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	look_at_line(r, line, (size_t)len);

	return buf;
}

static void set_daemon(struct reader *r, const char *key, char *value)
{
	char name[MAX_KEY + 1];

	/* oob_cpus is oob-cpus. */
	snprintf(name, sizeof(name), "%s", key);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	note_key(r, name);

	if (strcmp(name, "verbose") == 0)
		r->config->verbose = config_bool(&r->at, key, value);
	else if (strcmp(name, "driver") == 0)
		origin_complain(&r->at,
				"drivers have sections of their own: "
				"[driver %s]",
				value);
	else if (!config_set(r->config, &r->at, name, value))
		origin_complain(&r->at,
				"%s: no such option: evl-cused --help "
				"lists them",
				key);
}

static void add_param(struct reader *r, const char *name, const char *value)
{
	char *param;

	if (asprintf(&param, "%s=%s", name, value) < 0)
		exit(EXIT_OTHER); /* NOLINT: there is one thread yet */
	config_add_param(r->drv, param);
	free(param);
}

static void set_driver(struct reader *r, const char *key, const char *value)
{
	note_key(r, key);
	if (strcmp(key, "path") == 0)
		r->drv->path = config_absolute(&r->at, key, value);
	else if (strcmp(key, "isolate") == 0)
		r->drv->isolate = config_bool(&r->at, key, value);
	else if (strncmp(key, "param.", 6) == 0 && key[6])
		add_param(r, key + 6, value);
	else
		origin_complain(&r->at,
				"%s: no such key: there are path, "
				"isolate, and param.NAME for a "
				"parameter",
				key);
}

static void set_device(struct reader *r, const char *key, const char *value)
{
	note_key(r, key);
	config_set_device(r->config, &r->at, r->dev, key, value);
}

static int on_key(void *arg, const char *section, const char *key,
		  const char *value)
{
	struct reader *r = arg;
	char *copy;

	(void)section; /* which it has cut */
	if (strlen(key) >= MAX_KEY)
		origin_complain(&r->at,
				"%s...: too long for a key: at most %d "
				"characters",
				key, MAX_KEY - 1);

	copy = strdup(value);
	if (copy == NULL)
		return 0;
	if (r->drv)
		set_driver(r, key, copy);
	else if (r->dev)
		set_device(r, key, copy);
	else if (r->in_daemon)
		set_daemon(r, key, copy);
	else
		origin_complain(&r->at,
				"%s: in no section: write [daemon], "
				"[driver NAME] or [device NAME] above",
				key);
	free(copy);

	return 1;
}

/* What names code which we run is not to be others' to change. */
static void check_owner(const struct reader *r)
{
	struct stat st;

	if (fstat(fileno(r->file), &st))
		return;
	if (S_ISDIR(st.st_mode))
		origin_complain(&r->at, "a directory: name a file");
	if (!S_ISREG(st.st_mode))
		return;
	if (st.st_mode & S_IWOTH || (st.st_uid != 0 && st.st_uid != geteuid()))
		origin_complain(&r->at,
				"others may write to it: it is to "
				"belong to uid %u, with chmod o-w",
				geteuid());
}

static void read_open_file(struct reader *r)
{
	int ret;

	check_owner(r);
	ret = ini_parse_stream(next_line, r, on_key, r);
	if (ferror(r->file))
		origin_complain(&r->at, "cannot be read: %s",
				strerrordesc_np(errno));
	if (ret > 0)
		r->at.line = (unsigned int)ret;
	if (ret)
		origin_complain(&r->at, "not understood: write KEY = VALUE");
	forget_keys(r);
	free(r->line);
}

/* In a directory which is closed to us, as another user's home is, no file is
 * ours. */
static bool is_nobodys(const char *path)
{
	char *dir = strdup(path);
	bool closed = false;

	if (dir) {
		*strrchr(dir, '/') = '\0';
		closed = access(dir, X_OK) && errno == EACCES;
	}
	free(dir);

	return closed;
}

/* Yours; NULL: there is no place for one. */
static char *usual_place(void)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet */
	const char *home = secure_getenv("HOME");
	const char *xdg = secure_getenv("XDG_CONFIG_HOME");
	/* NOLINTEND(concurrency-mt-unsafe) */
	char *path = NULL;
	int len = -1;

	if (geteuid() == 0)
		return strdup(SYSTEM_FILE);
	if (xdg && xdg[0] == '/')
		len = asprintf(&path, "%s/" USER_FILE, xdg);
	else if (home && home[0] == '/')
		len = asprintf(&path, "%s/.config/" USER_FILE, home);

	return len < 0 ? NULL : path;
}

void config_file_read(struct config *config, const char *file)
{
	char *usual = file ? NULL : usual_place();
	struct reader r = {
		.config = config,
		.at = { .file = file ? file : usual },
	};
	int err;

	if (r.at.file == NULL)
		return;

	r.file = fopen(r.at.file, "re");
	if (r.file) {
		read_open_file(&r);
		fclose(r.file);
	} else {
		err = errno;
		if (file ||
		    (err != ENOENT && err != ENOTDIR && !is_nobodys(usual)))
			origin_complain(
				&r.at, "%s: check the path and the permissions",
				strerrordesc_np(err));
	}
	free(usual);
}

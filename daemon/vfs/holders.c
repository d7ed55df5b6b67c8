/* SPDX-License-Identifier: MIT */
#include "vfs/holders.h"

#include "vfs/complaint.h"
#include "vfs/file.h"
#include "vfs/loaded.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <linux/module.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAMED 8 /* files whose openers are named */

static const struct open_file *releasing_file(const struct module *mod)
{
	const struct open_file *of;

	for (of = open_file_next(NULL); of; of = open_file_next(of))
		if (of->owner == mod && of->releasing)
			return of;

	return NULL;
}

void holders_await_releases(const struct module *mod)
{
	const struct open_file *of;

	/* The RELEASE of a close(2) that returned is queued by now. */
	node_drain();
	while ((of = releasing_file(mod)))
		open_file_wait_release(of->id);
}

static unsigned int count_files(const struct module *mod)
{
	const struct open_file *of;
	unsigned int count = 0;

	for (of = open_file_next(NULL); of; of = open_file_next(of))
		count += of->owner == mod;

	return count;
}

static void read_comm(pid_t tid, char *comm, int size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	file = fopen(path, "re");
	if (file == NULL || fgets(comm, size, file) == NULL)
		snprintf(comm, (size_t)size, "gone");
	comm[strcspn(comm, "\n")] = '\0';
	if (file)
		fclose(file);
}

static size_t add(char *text, size_t size, size_t len, const char *more)
{
	snprintf(text + len, size - len, "%s%s", len ? ", " : "", more);

	return strlen(text);
}

/* "pid 12 (cat), pid 13 (dd) ..." */
static void name_openers(const struct module *mod, char *text, size_t size)
{
	char comm[20], one[64];
	const struct open_file *of;
	unsigned int named = 0;
	size_t len = 0;

	text[0] = '\0';
	for (of = open_file_next(NULL); of; of = open_file_next(of)) {
		if (of->owner != mod)
			continue;
		if (named++ == MAX_NAMED) {
			add(text, size, len, "...");
			return;
		}
		read_comm(of->opener, comm, sizeof(comm));
		snprintf(one, sizeof(one), "pid %d (%s)", of->opener, comm);
		len = add(text, size, len, one);
	}
}

static bool uses(const struct loaded *drv, const struct loaded *other)
{
	for (size_t i = 0; i < drv->nr_uses; i++)
		if (drv->uses[i] == other)
			return true;

	return false;
}

static unsigned int name_users(const struct loaded *drv, char *text,
			       size_t size)
{
	const struct loaded *other;
	unsigned int count = 0;
	size_t len = 0;

	text[0] = '\0';
	for (other = loaded_next(NULL); other; other = loaded_next(other)) {
		if (!uses(other, drv))
			continue;
		len = add(text, size, len, other->name);
		count++;
	}

	return count;
}

void holders_complain(const struct loaded *drv)
{
	unsigned int nr_files = count_files(drv->mod), nr_users;
	char openers[320], users[160];
	int others;

	name_openers(drv->mod, openers, sizeof(openers));
	nr_users = name_users(drv, users, sizeof(users));
	others = module_refcount(drv->mod) - (int)(nr_files + nr_users);

	if (nr_users)
		complain("driver %s: in use by %s: unload that first%s",
			 drv->name, users, nr_files ? "; files are open" : "");
	else if (nr_files)
		complain("driver %s: in use: %u file%s open, by %s: close %s "
			 "first",
			 drv->name, nr_files, nr_files > 1 ? "s are" : " is",
			 openers, nr_files > 1 ? "them" : "it");
	else
		complain("driver %s: in use: %d time%s by try_module_get(), as "
			 "each GPIO line in use is, without a module_put() yet",
			 drv->name, others, others == 1 ? "" : "s");
}

void module_facts(const struct module *mod, struct module_facts *r_facts)
{
	static const char *const states[] = { "coming", "live", "dead", "going",
					      "gone" };
	const struct loaded *drv = loaded_of(mod);

	*r_facts = (struct module_facts){
		.nr_nodes = module_nr_nodes(mod),
		.nr_files = count_files(mod),
		.nr_refs = (unsigned int)module_refcount(drv->mod),
		.generation = drv->generation,
		.state = drv->isolated && loaded_state(drv) == LOADED_LIVE
				 ? "apart"
				 : states[loaded_state(drv)],
	};
}

void module_uses(const struct module *mod, char *text, size_t size)
{
	const struct loaded *drv = loaded_of(mod);
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < drv->nr_uses; i++)
		len = add(text, size, len, drv->uses[i]->name);
}

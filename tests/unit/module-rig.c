/* SPDX-License-Identifier: MIT */
#include "module-rig.h"

#include "../helpers.h"
#include "stage/inband.h"
#include "vfs/module.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct stack_pool *stacks;
static int log_fd; /* what went to stderr */

void rig_setup(void)
{
	log_fd = memfd_create("log", 0);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	ck_assert_int_eq(
		stack_pool_new(FIBER_ASAN || FIBER_TSAN ? 262144 : 65536, 16,
			       &stacks),
		0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
}

void rig_teardown(void)
{
	module_unload_all();
	inband_exit();
	stack_pool_free(stacks);
}

const char *rig_path(const char *name)
{
	static char bufs[8][512];
	static unsigned int next;
	char *buf = bufs[next++ % 8];

	snprintf(buf, sizeof(bufs[0]), "%s/%s.so", DRIVERS_DIR, name);

	return buf;
}

int rig_load(const char *name)
{
	return module_load(rig_path(name), NULL, 0);
}

void rig_forget(void)
{
	ck_assert_int_eq(ftruncate(log_fd, 0), 0);
	lseek(log_fd, 0, SEEK_SET);
}

void rig_said(const char *text)
{
	static char log[8192];
	ssize_t len = pread(log_fd, log, sizeof(log) - 1, 0);
	const char *line;

	ck_assert_int_gt(len, 0);
	log[len] = '\0';
	line = strstr(log, "evl-cused: ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strstr(line, text) != NULL, "no '%s' in: %s", text, line);
	ck_assert_ptr_null(strstr(line + 1, "evl-cused: "));
	rig_forget();
}

const struct module *rig_find(const char *name)
{
	const struct module *mod;

	for (unsigned int i = 0; (mod = module_nth(i)); i++)
		if (strcmp(module_name(mod), name) == 0)
			return mod;

	return NULL;
}

int rig_call(const char *driver, const char *func)
{
	const struct module *mod = rig_find(driver);
	int (*call)(void);

	ck_assert_msg(mod != NULL, "%s is not loaded", driver);
	*(const void **)&call = module_symbol(mod, func);
	ck_assert_msg(call != NULL, "%s does not export %s", driver, func);

	return call();
}

int rig_load_both(const char *first, const char *second)
{
	const struct module_order orders[] = {
		{ .path = rig_path(first) },
		{ .path = rig_path(second) },
	};

	return module_load_all(orders, 2);
}

void rig_assert_loaded(unsigned int n, const char *name)
{
	const struct module *mod = module_nth(n);

	ck_assert_ptr_nonnull(mod);
	ck_assert_str_eq(module_name(mod), name);
}

/* SPDX-License-Identifier: MIT */
#include "usual.h"

#include "daemon.h"
#include "raw-client.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void usual_setup(void)
{
	launch_setup();
	strcpy(test_daemon.socket, launch_path("control"));
	/* A mount point of ours, so that an empty directory is no leftover. */
	ck_assert_int_eq(mkdir(launch_path("dev"), 0755), 0);
}

void usual_teardown(void)
{
	ck_assert_int_eq(rmdir(launch_path("dev")), 0);
	launch_teardown();
}

static void add_args(struct launch *l, va_list ap)
{
	const char *const standard[] = {
		"--front",	    "fuse",	"--mount",
		launch_path("dev"), "--socket", launch_path("control"),
	};
	int n = sizeof(standard) / sizeof(standard[0]);

	memcpy(l->args, standard, sizeof(standard));
	while (n < LAUNCH_ARGS - 1 && (l->args[n] = va_arg(ap, const char *)))
		n++;
}

void usual_start(struct launch *l, ...)
{
	va_list ap;

	va_start(ap, l);
	add_args(l, ap);
	va_end(ap);
	ck_assert(launch(l));
}

void usual_refused(int status, const char *thing, const char *remedy, ...)
{
	struct launch l = { .become = NULL };
	va_list ap;

	va_start(ap, remedy);
	add_args(&l, ap);
	va_end(ap);
	launch_refused(&l, status, thing, remedy);
	ck_assert(!launch_listening(launch_path("")));
}

void usual_check_service(void)
{
	struct raw_client client;

	raw_join(&client, false);
	raw_leave(&client);
}

void usual_stop(struct launch *l)
{
	ck_assert_int_eq(launch_end(l, SIGTERM), 0);
	launch_close(l);
}

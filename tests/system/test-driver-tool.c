/* SPDX-License-Identifier: MIT */
/*
 * What evl-driver tells of drivers, and what it is told when it asks for too much;
 * and who else may ask.
 */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void setup(void)
{
	const char *const args[] = { "--verbose", NULL };

	daemon_setup_with(args);
}

START_TEST(what_cannot_be_loaded_is_told)
{
	const char *twice = getenv("EVL_LOOPBACK");
	char text[64];

	tool_expect(TOOL_CANNOT_LOAD, "No such file", "load", "/nowhere/a.so",
		    NULL);
	tool_expect(TOOL_CANNOT_LOAD, "there is none of that name in", "load",
		    "no_such_driver", NULL);
	tool_expect(TOOL_CANNOT_LOAD, "evl-driver", "load", "/etc/passwd",
		    NULL);
	tool_expect(TOOL_CANNOT_LOAD, "<linux/module.h>", "load",
		    getenv("EVL_NO_DRIVER"), NULL);
	tool_expect(TOOL_CANNOT_LOAD, "ENODEV", "load",
		    getenv("EVL_FAILS_INIT"), NULL);
	tool_expect(TOOL_CANNOT_LOAD, "no_such_service", "load",
		    getenv("EVL_UNRESOLVED"), NULL);
	tool_expect(0, NULL, "load", twice, NULL);
	snprintf(text, sizeof(text), "loaded already");
	tool_expect(TOOL_CANNOT_LOAD, text, "load", twice, NULL);
	tool_expect(TOOL_CANNOT_LOAD, "none of that name is loaded", "unload",
		    "no_such_driver", NULL);
	tool_expect(2, "a name, please", "unload", twice, NULL);
	tool_expect(2, "unload NAME", "unload", NULL);
	tool_expect(2, "there are load, unload", "reload", "loopback", NULL);
	tool_expect(2, "there are load, unload", NULL);
}
END_TEST

static int load_late(void *arg)
{
	return tool_run(arg, "load", getenv("EVL_LATE"), "for_ever=1", NULL);
}

/* They wait for it a while, and are told for whom. */
START_TEST(others_do_not_wait_for_ever)
{
	struct tool_run run;
	pid_t pid = child_start(load_late, &run);

	while (!daemon_said(&test_daemon, "late: begins"))
		sched_yield();
	tool_expect(TOOL_CANNOT_LOAD, "driver late is still being loaded",
		    "load", getenv("EVL_LOOPBACK"), NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

static struct json_object *list_json(void)
{
	struct json_object *root;
	struct tool_run run;

	ck_assert_int_eq(tool_run(&run, "list", "--json", NULL), 0);
	root = json_tokener_parse(run.text);
	ck_assert_ptr_nonnull(root);

	return root;
}

static const char *json_text(struct json_object *obj, const char *key)
{
	struct json_object *value;

	ck_assert(json_object_object_get_ex(obj, key, &value));

	return json_object_get_string(value);
}

START_TEST(the_list_tells_of_all)
{
	struct json_object *root, *one;
	int fd;

	tool_expect(0, NULL, "load", getenv("EVL_PROVIDER"), NULL);
	tool_expect(0, NULL, "load", getenv("EVL_CONSUMER"), NULL);
	tool_expect(0, NULL, "unload", "consumer", NULL);
	tool_expect(0, NULL, "load", getenv("EVL_CONSUMER"), NULL);
	fd = open(node_path("consumer"), O_RDONLY);

	root = list_json();
	ck_assert_uint_eq(json_object_array_length(root), 2);
	one = json_object_array_get_idx(root, 0);
	ck_assert_str_eq(json_text(one, "name"), "provider");
	ck_assert_str_eq(json_text(one, "refs"), "1");
	ck_assert_str_eq(json_text(one, "uses"), "[ ]");
	one = json_object_array_get_idx(root, 1);
	ck_assert_str_eq(json_text(one, "name"), "consumer");
	ck_assert_str_eq(json_text(one, "state"), "live");
	ck_assert_str_eq(json_text(one, "generation"), "2");
	ck_assert_str_eq(json_text(one, "nodes"), "1");
	ck_assert_str_eq(json_text(one, "files"), "1");
	ck_assert_str_eq(json_text(one, "refs"), "1");
	ck_assert_str_eq(json_text(one, "uses"), "[ \"provider\" ]");
	ck_assert_str_eq(json_text(one, "path"), getenv("EVL_CONSUMER"));
	json_object_put(root);
	close(fd);
	tool_expect(0, "consumer         live      2     1", "list", NULL);
}
END_TEST

START_TEST(a_file_tells_of_itself)
{
	const char *path = getenv("EVL_PARAMS");
	const char *const lines[] = {
		"name:           params\n",
		"license:        MIT\n",
		"author:         A. Writer\n",
		"description:    Shows its parameters\n",
		"version:        1.2\n",
		"alias:          one\n",
		"alias:          another\n",
		"softdep:        pre: loopback\n",
		"parm:           int:a number = any (int)\n",
		"parm:           numbers (array of int)\n",
		"parm:           yesno (bool)\n",
	};
	struct json_object *root, *params;
	struct tool_run run;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		tool_expect(0, lines[i], "info", path, NULL);
	tool_expect(0, "export:         provider_count\n", "info",
		    getenv("EVL_PROVIDER"), NULL);
	tool_expect(TOOL_CANNOT_LOAD, "not a driver", "info",
		    getenv("EVL_NO_DRIVER"), NULL);
	tool_expect(TOOL_CANNOT_LOAD, "not a driver", "info", "/etc/passwd",
		    NULL);
	tool_expect(TOOL_CANNOT_LOAD, "No such file", "info", "/nowhere/a.so",
		    NULL);
	tool_expect(TOOL_CANNOT_LOAD, "no such driver", "info", "nowhere",
		    NULL);

	ck_assert_int_eq(tool_run(&run, "info", "-j", path, NULL), 0);
	root = json_tokener_parse(run.text);
	ck_assert_str_eq(json_text(root, "name"), "params");
	ck_assert_ptr_nonnull(strstr(json_text(root, "alias"), "\"another\""));
	ck_assert(json_object_object_get_ex(root, "parameters", &params));
	ck_assert_uint_eq(json_object_array_length(params), 13);
	json_object_put(root);
}
END_TEST

static int order(struct raw_client *client, uint32_t type,
		 const struct control_driver_order *body, size_t size,
		 struct control_driver_message *reply)
{
	struct control_driver_message msg = {
		.header = { .type = type, .seq = ++client->seq },
		.u.order = *body,
	};
	int fds[2];

	raw_send(client->fd, &msg, sizeof(msg.header) + size);
	if (raw_receive(client->fd, reply, sizeof(*reply), fds) <
		    sizeof(reply->header) ||
	    reply->header.type != type)
		return 1;

	return reply->header.result;
}

static void attack_with_nonsense(void)
{
	struct control_driver_order body = { .name = "x" };
	struct control_driver_message reply;
	struct raw_client client;

	raw_join(&client, true);
	for (uint32_t type = CONTROL_DRIVER_LOAD; type <= CONTROL_DRIVER_UNLOAD;
	     type++) {
		/* Of other sizes it is none of ours. */
		ck_assert_int_eq(order(&client, type, &body, 8, &reply),
				 -EINVAL);
		body.reserved = 1;
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-EINVAL);
		body.reserved = 0;
		memset(body.name, 'x', sizeof(body.name));
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-EINVAL);
		memset(body.name, 0, sizeof(body.name));
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-EINVAL);
		strcpy(body.name, "loopback");
		body.params[7] = 'x';
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-EINVAL);
		body.params[7] = '\0';
		for (body.nr_params = 1; body.nr_params; body.nr_params <<= 1)
			ck_assert_int_eq(order(&client, type, &body,
					       sizeof(body), &reply),
					 -EINVAL);
		memset(body.params, 'y', sizeof(body.params));
		body.nr_params = 1;
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-EINVAL);
		memset(&body, 0, sizeof(body));
		strcpy(body.name, "relative/path.so");
		ck_assert_int_eq(
			order(&client, type, &body, sizeof(body), &reply),
			-ENOENT);
	}
	raw_leave(&client);
}

START_TEST(nonsense_is_refused)
{
	endure_watch();
	endure(attack_with_nonsense);
}
END_TEST

/* Not a thing happens, and nobody learns whether such a file is there. */
static int ask_as_nobody(void *arg)
{
	struct control_driver_order body = { .name = "/etc/shadow" };
	struct control_driver_message reply;
	struct raw_client client;
	struct tool_run run;

	if (setgid(65534) || setuid(65534))
		return 1;
	raw_join(&client, true);
	if (order(&client, CONTROL_DRIVER_LOAD, &body, sizeof(body), &reply) !=
		    -EPERM ||
	    reply.u.answer.text[0])
		return 2;
	strcpy(body.name, "loopback");
	if (order(&client, CONTROL_DRIVER_UNLOAD, &body, sizeof(body),
		  &reply) != -EPERM)
		return 3;
	/* Whoever it says it is. */
	raw_leave(&client);
	raw_join(&client, false);
	if (order(&client, CONTROL_DRIVER_UNLOAD, &body, sizeof(body),
		  &reply) != -EPERM)
		return 4;
	raw_leave(&client);
	if (tool_run(&run, "unload", "loopback", NULL) != TOOL_NOT_FOR_US ||
	    strstr(run.text, "only root") == NULL)
		return 5;

	/* Looking is for all. */
	return tool_run(&run, "list", NULL) == 0 ? 0 : 6;
}

START_TEST(others_may_not)
{
	const char *const args[] = { "--mode", "0666", "--driver", "loopback",
				     NULL };

	daemon_setup_with(args);
	chmod(test_daemon.dir, 0755);
	ck_assert_int_eq(child_wait(child_start(ask_as_nobody, NULL)), 0);
	tool_expect(0, "loopback", "list", NULL);
	ck_assert(daemon_said(&test_daemon, "of user 65534 may not load"));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr,
		void (*before)(void))
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), before,
				  daemon_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/driver-tool");

	add(suite, "told", what_cannot_be_loaded_is_told, 1, setup);
	add(suite, "turn", others_do_not_wait_for_ever, 1, setup);
	add(suite, "list", the_list_tells_of_all, 1, setup);
	add(suite, "info", a_file_tells_of_itself, 1, setup);
	add(suite, "nonsense", nonsense_is_refused, 1, setup);
	add(suite, "others", others_may_not, 1, NULL);

	return suite_run(suite);
}

/* SPDX-License-Identifier: MIT */
#include "front/front.h"

#include "front/request.h"
#include "front/session.h"
#include "front/why.h"

#include "base/log.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct front *current;
static char reason[512];
static char why_text[512];
static bool serving; /* the node table knows us */
static bool hung_up, lost;

int why(const char **r_why, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 */
	vsnprintf(why_text, sizeof(why_text), fmt, ap);
	va_end(ap);
	*r_why = why_text;

	return ret;
}

const struct front *front_current(void)
{
	return current;
}

const char *front_reason(void)
{
	return reason;
}

bool front_lost(void)
{
	return lost;
}

void front_set_lost(void)
{
	lost = true;
	inband_break();
}

bool front_owns_rdev(uint64_t rdev)
{
	return current && current->owns_rdev(rdev);
}

const char *front_devdir(void)
{
	return current ? current->devdir() : "";
}

static void notify_poll(struct open_file *of, void *handle)
{
	fuse_lowlevel_notify_poll(handle);
	fuse_pollhandle_destroy(handle);
}

static void drop_poll(void *handle)
{
	fuse_pollhandle_destroy(handle);
}

static int add_node(struct node *node)
{
	return current->add(node);
}

static void remove_node(struct node *node)
{
	current->remove(node);
}

static int move_file(void *front_data, struct node *node)
{
	return current->move_file ? current->move_file(front_data, node) : 0;
}

static void drain(void)
{
	current->drain();
}

static const struct node_host node_host = {
	.add = add_node,
	.remove = remove_node,
	.move_file = move_file,
	.drain = drain,
};

static const struct poll_host poll_host = {
	.notify = notify_poll,
	.drop = drop_poll,
};

static const struct front *choose_cuse(const struct front_config *config,
				       bool asked, int *r_ret)
{
	const char *line;

	*r_ret = front_cuse.probe(config, &line);
	if (*r_ret == 0) {
		snprintf(reason, sizeof(reason), "cuse: %s",
			 asked ? "asked for" : "/dev/cuse can be opened");
		return &front_cuse;
	}

	/* What fuse would be taken for, if not asked for cuse alone. */
	snprintf(reason, sizeof(reason), "no cuse: %s", line);
	if (asked)
		log_err("%s, or use --front=fuse", line);

	return NULL;
}

static const struct front *choose_fuse(const struct front_config *config,
				       bool asked, int *r_ret)
{
	const char *line;
	char *no_cuse;

	*r_ret = front_fuse.probe(config, &line);
	if (*r_ret && asked) {
		log_err("%s", line);
		return NULL;
	}
	if (*r_ret) {
		log_err("%s; no fuse: %s", reason, line);
		return NULL;
	}

	no_cuse = asked ? NULL : strdup(reason);
	snprintf(reason, sizeof(reason), "fuse: %s",
		 no_cuse ? no_cuse : "asked for");
	free(no_cuse);

	return &front_fuse;
}

/* The one that can be used, of those wanted; why goes to @reason. NULL: none,
 * and that was logged. */
static const struct front *choose(const struct front_config *config, int *r_ret)
{
	const struct front *front = NULL;
	bool wants_cuse = strcmp(config->want, "cuse") == 0;
	bool wants_fuse = strcmp(config->want, "fuse") == 0;

	if (!wants_fuse)
		front = choose_cuse(config, wants_cuse, r_ret);
	if (front == NULL && !wants_cuse)
		front = choose_fuse(config, wants_fuse, r_ret);

	return front;
}

static bool is_known(const char *want)
{
	return strcmp(want, "cuse") == 0 || strcmp(want, "fuse") == 0 ||
	       strcmp(want, "auto") == 0;
}

static int start_current(const struct front_config *config)
{
	const char *line;
	int ret;

	ret = current->start(config, &line);
	if (ret) {
		log_err("%s", line);
		return ret;
	}

	log_info("front %s", reason);
	open_file_set_poll_host(&poll_host);
	serving = true;

	return node_set_host(&node_host);
}

int front_start(const struct front_config *config)
{
	int ret;

	hung_up = lost = false;
	if (!is_known(config->want)) {
		log_err("--front=%s: there is cuse, fuse and auto",
			config->want);
		return -EINVAL;
	}

	ret = session_setup();
	if (ret) {
		log_err("/dev/null: %s", strerrordesc_np(-ret));
		return ret;
	}

	current = choose(config, &ret);
	if (current == NULL) {
		session_cleanup();
		return ret;
	}

	ret = start_current(config);
	if (ret)
		front_stop();

	return ret;
}

void front_hangup(uint64_t deadline)
{
	if (current == NULL || hung_up)
		return;

	hung_up = true;
	current->hangup();
	inband_run_until(request_none_pending, deadline);
}

void front_report(void)
{
	request_report();
}

void front_stop(void)
{
	if (current == NULL)
		return;

	front_hangup(clock_ns() + FRONT_PATIENCE_NS);
	if (serving)
		node_set_host(NULL);
	serving = false;
	current->stop();
	current = NULL;
	session_cleanup();
}

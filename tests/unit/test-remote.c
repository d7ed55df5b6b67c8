/* SPDX-License-Identifier: MIT */
/*
 * Isolated drivers whose processes have gone mad: those are killed, at worst, and who
 * asked them is answered.
 */
#include "../helpers.h"
#include "bus/bind.h"
#include "bus/platform.h"
#include "evil-host.h"
#include "isolate/isolate.h"
#include "isolate/remote.h"
#include "isolate/wire.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "vfs/complaint.h"
#include "vfs/file.h"
#include "vfs/mapping.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define STACK	  (FIBER_ASAN || FIBER_TSAN ? 262144u : 65536u)
#define READ_SIZE 16

static struct stack_pool *stacks;
static struct node taken;

static const struct file_operations no_fops;

static void setup(void)
{
	ck_assert_int_eq(stack_pool_new(STACK, 64, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 64), 0);
	isolate_start("blob", 4, -1);
	ck_assert_int_eq(node_init(&taken, "taken", &no_fops, "test"), 0);
	ck_assert_int_eq(node_add(&taken), 0);
}

static void teardown(void)
{
	node_remove(&taken);
	ck_assert_uint_eq(open_file_count(), 0);
	isolate_stop();
	module_unload_all();
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_uint_eq(inband_exit(), 0);
	stack_pool_free(stacks);
}

static int load(enum evil_act act)
{
	char param[16];
	char *params[] = { param, "isolate=yes" };

	snprintf(param, sizeof(param), "act=%d", (int)act);

	return module_load(DRIVERS_DIR "/sample-fine.so", params, 2);
}

static const char *state(void)
{
	struct module_facts facts;

	if (module_nth(0) == NULL)
		return "none";
	module_facts(module_nth(0), &facts);

	return facts.state;
}

static bool is_dead(void)
{
	return strcmp(state(), "dead") == 0;
}

static void await_death(void)
{
	ck_assert(inband_run_until(is_dead, clock_ns() + 20 * NS_PER_SEC));
	ck_assert_ptr_null(node_find("evil"));
}

static bool freed;

static void note(struct vfs_request *rq)
{
}

static void note_free(struct vfs_request *rq)
{
	freed = true;
}

static void submit(struct vfs_request *rq)
{
	rq->done = note;
	rq->free = note_free;
	freed = false;
	vfs_submit(rq);
}

static ssize_t request(struct vfs_request *rq)
{
	submit(rq);
	while (!freed)
		inband_run_once(true);

	return rq->result;
}

static struct open_file *open_it(void)
{
	struct vfs_request rq = {
		.op = VFS_OPEN,
		.node = node_find("evil"),
		.flags = O_RDWR,
	};

	ck_assert_ptr_nonnull(rq.node);
	ck_assert_int_eq(request(&rq), 0);

	return rq.file;
}

static char buf[READ_SIZE];

static ssize_t read_it(struct open_file *of)
{
	struct vfs_request rq = {
		.op = VFS_READ,
		.file = of,
		.buf = buf,
		.count = sizeof(buf),
	};

	return request(&rq);
}

static __poll_t poll_it(struct open_file *of)
{
	struct vfs_request rq = { .op = VFS_POLL, .file = of };

	return (__poll_t)request(&rq);
}

static void close_it(struct open_file *of)
{
	struct vfs_request rq = { .op = VFS_RELEASE, .file = of };

	ck_assert_int_eq(request(&rq), 0);
}

START_TEST(one_in_order_is_served)
{
	struct open_file *of;

	ck_assert_int_eq(load(EVIL_NOT), 0);
	ck_assert_str_eq(state(), "apart");
	ck_assert_uint_eq(node_find("evil")->mode, 0654);
	of = open_it();
	ck_assert_int_eq(read_it(of), (ssize_t)strlen(EVIL_BYTES));
	ck_assert_mem_eq(buf, EVIL_BYTES, strlen(EVIL_BYTES));
	ck_assert_uint_eq(poll_it(of), 0);
	close_it(of);
}
END_TEST

static const struct {
	enum evil_act act;
	int ret;
} loads[] = {
	{ EVIL_EXIT, -ENODEV },	     { EVIL_REFUSE, -EBUSY },
	{ EVIL_POSITIVE, -ENODEV },  { EVIL_PATH, -EINVAL },
	{ EVIL_TAKEN, -EEXIST },     { EVIL_MANY, -ENOSPC },
	{ EVIL_SAME_NODE, -ENODEV }, { EVIL_NO_END, -ENODEV },
};
#define NR_LOADS (int)(sizeof(loads) / sizeof(loads[0]))

START_TEST(one_which_cannot_be_loaded_leaves_nothing)
{
	ck_assert_int_eq(load(loads[_i].act), loads[_i].ret);
	ck_assert_str_eq(state(), "none");
	ck_assert_uint_eq(node_count(), 1);
	if (loads[_i].act == EVIL_REFUSE)
		ck_assert_str_eq(complaint(), EVIL_TEXT);
}
END_TEST

START_TEST(who_breaks_the_rules_is_killed)
{
	enum evil_act act = (enum evil_act)_i;
	struct open_file *of;

	ck_assert_int_eq(load(act), 0);
	of = open_it();
	ck_assert_int_eq(read_it(of), -ENODEV);
	await_death();
	ck_assert_int_eq(read_it(of), -ENODEV);
	ck_assert_uint_eq(poll_it(of), POLLERR | POLLHUP);
	/* Whoever has it open, another one may come. */
	ck_assert_int_eq(load(EVIL_NOT), 0);
	close_it(of);
}
END_TEST

START_TEST(even_after_an_answer)
{
	enum evil_act act = (enum evil_act)_i;
	struct open_file *of;
	ssize_t ret;

	ck_assert_int_eq(load(act), 0);
	of = open_it();
	ret = read_it(of);
	ck_assert_int_eq(ret, act == EVIL_WRITTEN ? 1 : 5);
	if (act == EVIL_HEAD)
		ck_assert_int_eq(read_it(of), -ENODEV);
	await_death();
	close_it(of);
}
END_TEST

static void make_device(const char *name, unsigned int nr_ranges)
{
	static phys_addr_t at = 4096;
	struct resource res[ISOLATE_RANGES + 1];
	const struct platform_order order = {
		.name = name,
		.resources = res,
		.nr_resources = nr_ranges,
	};

	for (unsigned int i = 0; i < nr_ranges; i++, at += 4096)
		res[i] = (struct resource)DEFINE_RES_MEM(at, 4096);
	ck_assert_int_eq(platform_configure(&order), 0);
}

static struct device_driver own_driver = { .name = "own" };

static bool is_free(const char *name)
{
	return platform_configured(name)->dev.driver == NULL;
}

static void make_devices(void *arg)
{
	make_device("gadget", 1);
	make_device("widget", 0);
	make_device("wide", ISOLATE_RANGES + 1);
	ck_assert_int_eq(bind_lend(platform_configured("widget"), &own_driver),
			 0);
}

START_TEST(devices_go_to_one_and_come_back_from_the_dead)
{
	struct open_file *of;

	ck_assert_int_eq(inband_call(make_devices, NULL), 0);
	ck_assert_int_eq(load(EVIL_DEVICES), 0);
	ck_assert(!is_free("gadget"));
	ck_assert(is_free("wide"));

	of = open_it();
	ck_assert_int_eq(read_it(of), -ENODEV);
	await_death();
	close_it(of);
	ck_assert(is_free("gadget"));
	ck_assert_ptr_eq(platform_configured("widget")->dev.driver,
			 &own_driver);
	bind_return(platform_configured("widget"), &own_driver);
	ck_assert(is_free("widget"));
}
END_TEST

static const struct {
	enum evil_act act;
	ssize_t ret;
} answers[] = {
	{ EVIL_EVENT, 5 },
	{ EVIL_COUNT, READ_SIZE },
	{ EVIL_ERRNO, -EIO },
	{ EVIL_CHORE_ADDR, -EFAULT }, /* of which nothing was moved */
};

START_TEST(what_is_only_odd_is_answered)
{
	struct open_file *of;

	ck_assert_int_eq(load(answers[_i].act), 0);
	of = open_it();
	ck_assert_int_eq(read_it(of), answers[_i].ret);
	ck_assert_int_eq(read_it(of), answers[_i].ret);
	ck_assert_str_eq(state(), "apart");
	close_it(of);
}
END_TEST

static const struct {
	enum evil_act act;
	int ret;
	bool dies;
} maps[] = {
	{ EVIL_NOT, 0, false },
	{ EVIL_MAP_FD, -ENODEV, false },
	{ EVIL_MAP_UNSEALED, -ENODEV, false },
	{ EVIL_MAP_RANGE, -ENODEV, true },
	{ EVIL_MAP_MANY, -ENODEV, true },
};
#define NR_MAPS (int)(sizeof(maps) / sizeof(maps[0]))

static struct mapping mapping;
static struct open_file *mapped;
static int map_result;

static void note_end(struct mapping *m)
{
}

static void map_it(void *arg)
{
	const struct mapping_request rq = {
		.addr = 1 << 20,
		.length = 8192,
		.prot = PROT_READ,
		.shared = true,
	};

	mapping = (struct mapping){ .ended = note_end };
	map_result = mapping_begin(&mapping, mapped, &rq);
}

static void unmap_it(void *arg)
{
	mapping_end(&mapping);
}

START_TEST(what_it_says_to_be_memory_is_looked_at)
{
	ck_assert_int_eq(load(maps[_i].act), 0);
	mapped = open_it();
	ck_assert_int_eq(inband_call(map_it, NULL), 0);
	ck_assert_int_eq(map_result, maps[_i].ret);
	if (maps[_i].dies)
		await_death();
	else
		ck_assert_str_eq(state(), "apart");
	if (map_result == 0) {
		ck_assert_ptr_eq(mapping.area.segments[1].mem, NULL);
		ck_assert_int_eq(inband_call(unmap_it, NULL), 0);
	}
	close_it(mapped);
}
END_TEST

START_TEST(who_is_interrupted_gets_away_from_one_that_is_silent)
{
	struct vfs_request rq = {
		.op = VFS_READ,
		.buf = buf,
		.count = sizeof(buf),
	};

	ck_assert_int_eq(load(EVIL_SILENCE), 0);
	rq.file = open_it();
	submit(&rq);
	inband_run_once(false);
	vfs_interrupt(&rq);
	while (!rq.answered)
		inband_run_once(true);
	ck_assert_int_eq(rq.result, -EINTR);
	ck_assert(!freed);

	/* The handler is inside still, until that is killed. */
	remote_kill_busy();
	while (!freed)
		inband_run_once(true);
	close_it(rq.file);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("isolate/remote");
	TCase *tcase;

	if (isolate_is_host(argc, argv))
		return be_evil();

	tcase = suite_add(suite, "order", one_in_order_is_served, 1);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase = suite_add(suite, "load",
			  one_which_cannot_be_loaded_leaves_nothing, NR_LOADS);
	tcase_add_checked_fixture(tcase, setup, teardown);

	tcase = suite_add(suite, "devices",
			  devices_go_to_one_and_come_back_from_the_dead, 1);
	tcase_add_checked_fixture(tcase, setup, teardown);

	tcase = tcase_create("killed");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, who_breaks_the_rules_is_killed, EVIL_QUIT,
			    EVIL_CHORE_TWICE + 1);
	tcase_add_loop_test(tcase, even_after_an_answer, EVIL_TWICE,
			    EVIL_HEAD + 1);
	tcase_add_loop_test(tcase, what_is_only_odd_is_answered, 0,
			    sizeof(answers) / sizeof(answers[0]));
	tcase_add_loop_test(tcase, what_it_says_to_be_memory_is_looked_at, 0,
			    NR_MAPS);
	suite_add_tcase(suite, tcase);

	tcase = suite_add(suite, "silent",
			  who_is_interrupted_gets_away_from_one_that_is_silent,
			  1);
	tcase_add_checked_fixture(tcase, setup, teardown);

	return suite_run(suite);
}

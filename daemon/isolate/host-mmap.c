/* SPDX-License-Identifier: MIT */
/*
 * Mappings in the host. To the vfs in here we are whom an application asks to map.
 */
#include "isolate/host.h"
#include "kapi/memory.h"
#include "kapi/task.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/mapping.h"

#include <errno.h>
#include <linux/mm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct host_mapping {
	struct mapping mapping;
	int64_t id;
	struct list_head link; /* all of them */
};

static LIST_HEAD(mappings);
static int64_t last_id;

static void ended(struct mapping *mapping)
{
	struct host_mapping *hm =
		container_of(mapping, struct host_mapping, mapping);

	list_del(&hm->link);
	free(hm);
}

static struct host_mapping *find(int64_t id)
{
	struct host_mapping *hm;

	list_for_each_entry(hm, &mappings, link)
		if (hm->id == id)
			return hm;

	return NULL;
}

/* What the daemon is to know of it. */
static void describe_area(struct host_call *call, const struct host_mapping *hm)
{
	struct isolate_answer *answer = &host_slot(call)->answer;
	struct isolate_segment *segs = (void *)host_slot(call)->bounce;
	const struct area *area = &hm->mapping.area;
	uint32_t nr = 0;

	for (unsigned int i = 0; i < area->nr_segments && nr < ISOLATE_SEGMENTS;
	     i++) {
		if (area->segments[i].mem == NULL)
			continue;
		segs[nr++] = (struct isolate_segment){
			.start = area->segments[i].start,
			.length = area->segments[i].length,
			.offset = area->segments[i].offset,
			.fd = area->segments[i].mem->fd,
		};
	}
	answer->nr_segments = nr;
	answer->may = (uint32_t)area->vma.vm_flags;
	answer->pos = hm->id;
}

static int map(struct host_call *call)
{
	const struct isolate_request *asked = &call->asked;
	struct open_file *of = host_file(asked->file)->of;
	const struct mapping_request rq = {
		.addr = asked->addr,
		.length = asked->count,
		.offset = (uint64_t)asked->pos,
		.prot = asked->cmd & ~ISOLATE_SHARED,
		.shared = (asked->cmd & ISOLATE_SHARED) != 0,
	};
	struct host_mapping *hm = calloc(1, sizeof(*hm));
	int ret;

	if (hm == NULL)
		return -ENOMEM;
	hm->mapping.ended = ended;
	ret = of ? mapping_begin(&hm->mapping, of, &rq) : -ENODEV;
	if (ret) {
		free(hm);
		return ret;
	}

	hm->id = ++last_id;
	list_add(&hm->link, &mappings);
	describe_area(call, hm);

	return 0;
}

static int unmap(struct host_call *call)
{
	struct host_mapping *hm = find(call->asked.pos);

	/* The release of its file may have been first. */
	if (hm)
		mapping_end(&hm->mapping);

	return 0;
}

static void run(void *arg)
{
	struct host_call *call = arg;
	int ret;

	host_fill_task(call);
	task_set(call->fiber, &call->task);
	ret = call->asked.op == ISOLATE_MMAP ? map(call) : unmap(call);
	task_set(call->fiber, NULL);
	call->fiber = NULL;
	host_answer(call, ret, 0);
}

void host_mmap_start(struct host_call *call)
{
	if (inband_spawn(run, call, &call->fiber) == 0)
		return;
	call->fiber = NULL;
	host_answer(call, -ENOMEM, 0);
}

/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/kernel_read_file.h>
#include <linux/printk.h>
#include <linux/vmalloc.h>

static void count(struct trace *trace, const struct trace_record *record)
{
	trace->duration = record->time;
	trace->nr += record->kind != TRACE_END;
	trace->nr_reads += record->kind == TRACE_READ;
	trace->nr_writes += record->kind == TRACE_WRITE;
	trace->nr_ioctls += record->kind == TRACE_IOCTL;
}

/* All of it, before anything is kept. */
static int check(struct trace *trace, const char *path, size_t size)
{
	struct trace_parser parser;
	struct trace_record record;

	trace_begin(&parser, trace->text, size, true);
	while (trace_next(&parser, &record) > 0)
		count(trace, &record);
	if (parser.error) {
		pr_err("replay: %s:%lu: %s\n", path, parser.line, parser.error);
		return -EINVAL;
	}
	if (parser.truncated)
		pr_warn("replay: %s: line %lu is cut off, and left out\n", path,
			parser.line + 1);

	return 0;
}

/* None is left, and that is not what 0 bytes of memory are. */
static void *array(u32 nr, size_t size)
{
	return vmalloc((nr ? nr : 1) * size);
}

static int keep(struct trace *trace, size_t size)
{
	struct trace_parser parser;
	u32 nr_ioctls = 0;

	trace->records = array(trace->nr, sizeof(*trace->records));
	trace->ioctls = array(trace->nr_ioctls, sizeof(*trace->ioctls));
	if (trace->records == NULL || trace->ioctls == NULL)
		return -ENOMEM;

	trace_begin(&parser, trace->text, size, false);
	for (u32 i = 0; i < trace->nr; i++) {
		trace_next(&parser, &trace->records[i]);
		if (trace->records[i].kind == TRACE_IOCTL)
			trace->ioctls[nr_ioctls++] = i;
	}

	return 0;
}

/* Of a file which is not read, and what to do. */
static const char *reason(ssize_t error)
{
	switch (error) {
	case -EINVAL:
		return "it is empty, or no regular file: name a trace of evl record";
	case -EFBIG:
		return "it has more than 256 MiB: record less";
	case -ENOENT:
	case -ENOTDIR:
		return "there is no such file: give its whole path";
	case -EACCES:
	case -EPERM:
		return "evl-cused may not read it: change its permissions";
	default:
		return "see whether others can read it";
	}
}

int trace_load(struct trace *trace, const char *path)
{
	ssize_t size;
	int ret;

	size = kernel_read_file_from_path(path, 0, &trace->text, TRACE_SIZE_MAX,
					  NULL, READING_UNKNOWN);
	if (size < 0) {
		pr_err("replay: %s cannot be read (%pe): %s\n", path,
		       ERR_PTR(size), reason(size));
		return (int)size;
	}

	ret = check(trace, path, (size_t)size);

	return ret ? ret : keep(trace, (size_t)size);
}

void trace_unload(struct trace *trace)
{
	vfree(trace->ioctls);
	vfree(trace->records);
	vfree(trace->text);
	*trace = (struct trace){ 0 };
}

static bool is_alike(u32 cmd, u32 other)
{
	const u32 size = _IOC_SIZEMASK << _IOC_SIZESHIFT;

	return (cmd & ~size) == (other & ~size);
}

const struct trace_record *trace_answer(const struct trace *trace,
					unsigned int cmd, u32 at)
{
	const struct trace_record *record, *same = NULL, *alike = NULL;

	for (u32 i = 0; i < trace->nr_ioctls; i++) {
		record = &trace->records[trace->ioctls[i]];
		if (record->cmd == cmd && (!same || trace->ioctls[i] <= at))
			same = record;
		if (is_alike(record->cmd, cmd) &&
		    (!alike || trace->ioctls[i] <= at))
			alike = record;
	}

	return same ? same : alike;
}

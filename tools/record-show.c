/* SPDX-License-Identifier: MIT */
#include "record-show.h"

#include "complain.h"
#include "control-query.h"
#include "json-put.h"
#include "replay/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLUMNS_MAX 240
#define LABEL	    8 /* columns left of a picture */
#define HEAD_LINES  8 /* comments shown */
#define NS	    1000000000.
#define NS_PER_US   1000.

/* Of records of one kind. */
struct flow {
	uint64_t nr, bytes;
	uint32_t min, max;	       /* bytes of a record */
	uint64_t columns[COLUMNS_MAX]; /* bytes over time */
};

static struct {
	const char *path;
	char *text; /* owned */
	size_t size;
	uint64_t duration; /* ns */
	struct flow reads, writes;
	uint64_t nr_ioctls;
	int error;	/* with which reads ended; 0: none */
	uint64_t *gaps; /* owned; ns between reads */
	size_t nr_gaps;
	bool truncated;
	int nr_columns;
} trace;

static int fail(const char *why)
{
	complain("%s: %s", trace.path, why);

	return TOOL_EXIT_FAILURE;
}

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t done = 0;
	ssize_t len;

	while (done < size && (len = read(fd, buf + done, size - done))) {
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len > 0)
			done += (size_t)len;
	}

	return (ssize_t)done;
}

static int load(void)
{
	int fd = open(trace.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t len;

	if (fd < 0)
		return fail(strerrordesc_np(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size > TRACE_SIZE_MAX) {
		close(fd);
		return fail("no regular file of up to 256 MiB");
	}

	trace.text = malloc((size_t)st.st_size + 1);
	len = trace.text ? read_all(fd, trace.text, (size_t)st.st_size)
			 : -ENOMEM;
	close(fd);
	if (len < 0)
		return fail(strerrordesc_np((int)-len));
	trace.size = (size_t)len;

	return EXIT_SUCCESS;
}

static int column_of(uint64_t time)
{
	if (trace.duration == 0)
		return 0;

	return (int)((double)time / (double)trace.duration *
		     (trace.nr_columns - 1));
}

static void add(struct flow *flow, const struct trace_record *record)
{
	if (flow->nr == 0 || record->len < flow->min)
		flow->min = record->len;
	if (record->len > flow->max)
		flow->max = record->len;
	flow->nr++;
	flow->bytes += record->len;
	flow->columns[column_of(record->time)] += record->len;
}

static void add_read(const struct trace_record *record)
{
	static uint64_t last;

	if (trace.reads.nr)
		trace.gaps[trace.nr_gaps++] = record->time - last;
	last = record->time;
	add(&trace.reads, record);
}

/* All of it, to learn how long it is and that it is good. */
static int check(void)
{
	struct trace_parser parser;
	struct trace_record record;
	size_t nr_reads = 0;
	char why[160];

	trace_begin(&parser, trace.text, trace.size, true);
	while (trace_next(&parser, &record) > 0) {
		trace.duration = record.time;
		nr_reads += record.kind == TRACE_READ;
	}
	if (parser.error) {
		snprintf(why, sizeof(why), "line %lu: %s", parser.line,
			 parser.error);
		return fail(why);
	}
	trace.truncated = parser.truncated;
	trace.gaps = calloc(nr_reads + 1, sizeof(*trace.gaps));

	return trace.gaps ? EXIT_SUCCESS : fail(strerrordesc_np(ENOMEM));
}

static int compare(const void *left, const void *right)
{
	const uint64_t *l = left, *r = right;

	return (*l > *r) - (*l < *r);
}

static void count(void)
{
	struct trace_parser parser;
	struct trace_record record;

	trace_begin(&parser, trace.text, trace.size, true);
	while (trace_next(&parser, &record) > 0) {
		if (record.kind == TRACE_READ)
			add_read(&record);
		else if (record.kind == TRACE_WRITE)
			add(&trace.writes, &record);
		else if (record.kind == TRACE_IOCTL)
			trace.nr_ioctls++;
		else if (record.kind == TRACE_ERROR)
			trace.error = record.result;
	}
	qsort(trace.gaps, trace.nr_gaps, sizeof(*trace.gaps), compare);
}

/* What whoever made it says of it: the comments behind the first line. */
static void print_head(void)
{
	char *at = memchr(trace.text, '\n', trace.size), *next, line[256];
	char *end = trace.text + trace.size;

	for (int i = 0; at && ++at < end && *at == '#' && i < HEAD_LINES;
	     i++, at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		snprintf(line, sizeof(line), "%.*s",
			 (int)((next ? next : end) - at), at);
		puts(printable(line, sizeof(line)));
	}
}

static void print_flow(const char *name, const struct flow *flow)
{
	printf("%-*s%" PRIu64, LABEL, name, flow->nr);
	if (flow->nr == 0) {
		putchar('\n');
		return;
	}

	printf(", %" PRIu64 " bytes", flow->bytes);
	if (flow->min == flow->max)
		printf(", %" PRIu32 " each", flow->max);
	else
		printf(", %" PRIu32 " to %" PRIu32 " each", flow->min,
		       flow->max);
	if (trace.duration)
		printf(", %.1f bytes/s",
		       (double)flow->bytes / ((double)trace.duration / NS));
	putchar('\n');
}

static void print_gaps(void)
{
	size_t nr = trace.nr_gaps;

	if (nr == 0)
		return;

	printf("%-*s%.3f us shortest, %.3f median, %.3f longest between reads\n",
	       LABEL, "gaps", (double)trace.gaps[0] / NS_PER_US,
	       (double)trace.gaps[nr / 2] / NS_PER_US,
	       (double)trace.gaps[nr - 1] / NS_PER_US);
}

/* As high as the bytes of a column are to those of the fullest one. */
static void draw(const char *name, const struct flow *flow)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=",
					       "+", "*", "%", "#" };
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	uint64_t max = 0;
	int level;

	if (flow->nr == 0)
		return;
	for (int i = 0; i < trace.nr_columns; i++)
		max = flow->columns[i] > max ? flow->columns[i] : max;

	printf("%-*s", LABEL, name);
	for (int i = 0; i < trace.nr_columns; i++) {
		level = (int)((double)flow->columns[i] * 8 / (double)max);
		if (level == 0 && flow->columns[i])
			level = 1;
		fputs(utf8 ? blocks[level] : letters[level], stdout);
	}
	putchar('\n');
}

static void print_picture(void)
{
	char end[32];

	if (trace.reads.nr == 0 && trace.writes.nr == 0)
		return;

	putchar('\n');
	draw("reads", &trace.reads);
	draw("writes", &trace.writes);
	snprintf(end, sizeof(end), "%.3f s", (double)trace.duration / NS);
	printf("%-*s0%*s\n", LABEL, "", trace.nr_columns - 1, end);
}

static void print_all(void)
{
	print_head();
	print_flow("reads", &trace.reads);
	if (trace.writes.nr)
		print_flow("writes", &trace.writes);
	if (trace.nr_ioctls)
		printf("%-*s%" PRIu64 "\n", LABEL, "ioctls", trace.nr_ioctls);
	print_gaps();
	if (trace.error)
		printf("%-*s%s\n", LABEL, "ended",
		       strerrordesc_np(trace.error)
			       ? strerrordesc_np(trace.error)
			       : "with an error");
	if (trace.truncated)
		printf("%-*sthe last line is cut off, and left out\n", LABEL,
		       "note");
	print_picture();
}

static struct json_object *flow_to_json(const struct flow *flow)
{
	struct json_object *obj = json_object_new_object();

	json_put_uint(obj, "count", flow->nr);
	json_put_uint(obj, "bytes", flow->bytes);
	json_put_uint(obj, "min", flow->min);
	json_put_uint(obj, "max", flow->max);

	return obj;
}

static void print_json(void)
{
	struct json_object *root = json_object_new_object();
	size_t nr = trace.nr_gaps;

	json_put_uint(root, "duration_ns", trace.duration);
	json_object_object_add(root, "reads", flow_to_json(&trace.reads));
	json_object_object_add(root, "writes", flow_to_json(&trace.writes));
	json_put_uint(root, "ioctls", trace.nr_ioctls);
	json_put_uint_if(root, "gap_min_ns", trace.gaps[0], nr);
	json_put_uint_if(root, "gap_median_ns", trace.gaps[nr / 2], nr);
	json_put_uint_if(root, "gap_max_ns", trace.gaps[nr ? nr - 1 : 0], nr);
	json_put_int(root, "error", trace.error);
	json_put_bool(root, "truncated", trace.truncated);
	json_print(root);
}

static int terminal_columns(void)
{
	struct winsize size;
	int columns = 80;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		columns = size.ws_col;
	columns -= LABEL + 1;

	return columns < 16	       ? 16
	       : columns > COLUMNS_MAX ? COLUMNS_MAX
				       : columns;
}

int record_show(const char *path, bool json)
{
	int status;

	setlocale(LC_CTYPE, "");
	trace.path = path;
	trace.nr_columns = terminal_columns();
	status = load();
	if (status == EXIT_SUCCESS)
		status = check();
	if (status == EXIT_SUCCESS) {
		count();
		json ? print_json() : print_all();
		if (fflush(stdout))
			status = TOOL_EXIT_FAILURE;
	}
	free(trace.gaps);
	free(trace.text);

	return status;
}

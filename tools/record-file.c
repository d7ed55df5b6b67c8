/* SPDX-License-Identifier: MIT */
#include "record-file.h"

#include "complain.h"
#include "control-query.h"
#include "trace-text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define END_ROOM 64 /* bytes of an error and the end, at most */

uint64_t record_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int fail(const char *path, const char *why)
{
	complain("%s: %s", path, why);

	return -1;
}

/* All of it, or none: what is cut off is taken back. */
static int append(struct record_file *file, const char *text, size_t len)
{
	size_t done = 0;
	ssize_t ret;

	while (done < len) {
		ret = write(file->fd, text + done, len - done);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			break;
		done += (size_t)ret;
	}
	if (done < len) {
		ret = -errno;
		/* If not even that can be done, readers leave it out. */
		if (ftruncate(file->fd, (off_t)file->size) == 0)
			lseek(file->fd, (off_t)file->size, SEEK_SET);
		return (int)ret;
	}
	file->size += len;

	return 0;
}

static int put_head(struct record_file *file, const char *device,
		    const char *how)
{
	char date[64], name[512], head[1024];
	time_t now = time(NULL);
	struct tm tm;
	int len;

	localtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %z", &tm);
	snprintf(name, sizeof(name), "%s", device);
	len = snprintf(head, sizeof(head),
		       TRACE_MAGIC " %d\n# %s, recorded %s\n# %s\n",
		       TRACE_VERSION, printable(name, sizeof(name)), how, date);

	return append(file, head, (size_t)len);
}

/* Nothing of a device's, should the arguments be the wrong way round. */
static int open_regular(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		      0666);
	struct stat st;

	if (fd < 0)
		return fail(path, strerrordesc_np(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
		return fd;

	close(fd);

	return fail(path, "no regular file: the device comes first, then "
			  "the file to record to");
}

int record_file_open(struct record_file *file, const char *path,
		     const char *device, const char *how)
{
	int ret;

	*file = (struct record_file){ .path = path };
	file->fd = open_regular(path);
	if (file->fd < 0)
		return -EINVAL;

	ret = put_head(file, device, how);
	if (ret)
		fail(path, strerrordesc_np(-ret));
	file->start = record_now();

	return ret;
}

/* Readers take so much and no more; what ends it has its place. */
static bool is_too_much(const struct record_file *file, enum trace_kind kind,
			size_t len)
{
	if (kind == TRACE_ERROR || kind == TRACE_END)
		return false;

	return file->size + len > TRACE_SIZE_MAX - END_ROOM;
}

int record_file_add(struct record_file *file, struct trace_record record)
{
	static char line[TRACE_LINE_MAX];
	size_t len;
	int ret;

	record.time -= file->start;
	len = trace_format(&record, line);
	file->is_full = is_too_much(file, record.kind, len);
	if (file->is_full)
		return -EFBIG;
	ret = append(file, line, len);
	if (ret)
		return ret;

	if (record.kind == TRACE_READ) {
		file->nr_reads++;
		file->read_bytes += record.len;
	} else if (record.kind == TRACE_WRITE) {
		file->nr_writes++;
		file->write_bytes += record.len;
	}

	return 0;
}

void record_file_close(struct record_file *file)
{
	if (file->fd < 0)
		return;

	record_file_add(file, (struct trace_record){ .time = record_now(),
						     .kind = TRACE_END });
	close(file->fd);
	file->fd = -1;
}

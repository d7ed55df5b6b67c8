/* SPDX-License-Identifier: MIT */
#include "position.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#define FAR_AWAY (KTIME_MAX / 4) /* nobody waits that long */

/* The first one at @at or behind it which is read. */
static u32 find_read(const struct trace *trace, u32 at)
{
	while (at < trace->nr && trace->records[at].kind != TRACE_READ &&
	       trace->records[at].kind != TRACE_ERROR)
		at++;

	return at;
}

static u32 find_write(const struct trace *trace, u32 at)
{
	while (at < trace->nr && trace->records[at].kind != TRACE_WRITE)
		at++;

	return at;
}

static bool waits_for_writes(const struct position *pos)
{
	return pos->rules->writes != WRITES_ACCEPT;
}

/* The time of the trace, at which it is @date. */
static void set_time(struct position *pos, u64 time, ktime_t date)
{
	pos->time = time;
	pos->date = date;
}

static void go_to_start(struct position *pos)
{
	pos->read_at = find_read(pos->trace, 0);
	pos->write_at = find_write(pos->trace, 0);
	pos->read_len = 0;
	pos->write_len = 0;
}

void position_start(struct position *pos, const struct trace *trace,
		    const struct rules *rules, ktime_t now)
{
	*pos = (struct position){ .trace = trace, .rules = rules };
	go_to_start(pos);
	set_time(pos, 0, now);
}

/* How long that many nanoseconds take. */
static ktime_t scaled(const struct position *pos, u64 ns)
{
	u64 speed = pos->rules->speed;
	u64 whole = ns / speed, rest = ns % speed;

	if (whole > FAR_AWAY / SPEED_ONE - 1)
		return FAR_AWAY;

	return (ktime_t)(whole * SPEED_ONE + rest * SPEED_ONE / speed);
}

/* A write may have come early: then what was before it is due, too. */
static ktime_t date_of(const struct position *pos, u64 time)
{
	if (pos->rules->speed == 0)
		return 0;
	if (time <= pos->time)
		return pos->date;

	return pos->date + scaled(pos, time - pos->time);
}

bool position_needs_write(const struct position *pos)
{
	return waits_for_writes(pos) && pos->write_at < pos->read_at;
}

ktime_t position_date(const struct position *pos)
{
	const struct trace *trace = pos->trace;

	if (position_needs_write(pos))
		return KTIME_MAX;
	if (pos->read_at < trace->nr)
		return date_of(pos, trace->records[pos->read_at].time);

	/* All of it was read, or there is nothing to read. */
	return pos->rules->loop ? KTIME_MAX : date_of(pos, trace->duration);
}

bool position_at_end(const struct position *pos)
{
	return pos->read_at == pos->trace->nr ||
	       pos->trace->records[pos->read_at].kind == TRACE_ERROR;
}

/* Once all was read, and written: the next lap begins as this one ends. */
static void loop(struct position *pos)
{
	const struct trace *trace = pos->trace;
	bool with_writes = waits_for_writes(pos);

	if (!pos->rules->loop || pos->read_at < trace->nr ||
	    (with_writes && pos->write_at < trace->nr))
		return;
	if (trace->nr_reads == 0 && !(with_writes && trace->nr_writes))
		return;

	set_time(pos, 0, date_of(pos, trace->duration));
	go_to_start(pos);
	pos->nr_laps++;
}

ssize_t position_read(struct position *pos, size_t count, ktime_t now,
		      const unsigned char **r_data)
{
	const struct trace_record *record;

	if (position_date(pos) > now)
		return -EAGAIN;
	if (pos->read_at == pos->trace->nr)
		return 0;
	record = &pos->trace->records[pos->read_at];
	if (record->kind == TRACE_ERROR)
		return -record->result;

	*r_data = record->data + pos->read_len;
	count = min(count, (size_t)(record->len - pos->read_len));
	pos->read_len += (u32)count;
	if (pos->read_len == record->len || pos->rules->packets) {
		pos->read_at = find_read(pos->trace, pos->read_at + 1);
		pos->read_len = 0;
		loop(pos);
	}

	return (ssize_t)count;
}

void position_skip_write(struct position *pos, ktime_t now)
{
	if (pos->write_at == pos->trace->nr)
		return;

	set_time(pos, pos->trace->records[pos->write_at].time, now);
	pos->write_at = find_write(pos->trace, pos->write_at + 1);
	pos->write_len = 0;
	loop(pos);
}

static size_t nr_alike(const unsigned char *left, const unsigned char *right,
		       size_t count)
{
	size_t nr = 0;

	while (nr < count && left[nr] == right[nr])
		nr++;

	return nr;
}

size_t position_write(struct position *pos, const unsigned char *data,
		      size_t count, ktime_t now)
{
	const struct trace_record *record;
	size_t done = 0, wanted, len;

	while (done < count && pos->write_at < pos->trace->nr) {
		record = &pos->trace->records[pos->write_at];
		wanted = min(count - done,
			     (size_t)(record->len - pos->write_len));
		len = nr_alike(data + done, record->data + pos->write_len,
			       wanted);
		pos->write_len += (u32)len;
		done += len;
		if (pos->write_len == record->len)
			position_skip_write(pos, now);
		if (len < wanted)
			break;
	}

	return done;
}

/* SPDX-License-Identifier: MIT */
#include "stage/timer.h"

static int compare_dates(const struct stage_timer *a,
			 const struct stage_timer *b)
{
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	if (a->serial != b->serial)
		return a->serial < b->serial ? -1 : 1;

	return 0;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(timer_tree, stage_timer, entry, compare_dates)

struct stage_timer *timer_first(struct timer_base *base)
{
	return RB_MIN(timer_tree, &base->tree);
}

struct stage_timer *timer_next(struct stage_timer *timer)
{
	return RB_NEXT(timer_tree, NULL, timer);
}

static void note_first(struct timer_base *base)
{
	const struct stage_timer *first = timer_first(base);

	base->next_date = first ? first->date : UINT64_MAX;
}

void timer_base_init(struct timer_base *base)
{
	RB_INIT(&base->tree);
	base->next_date = UINT64_MAX;
	base->next_serial = 0;
}

void timer_arm(struct timer_base *base, struct stage_timer *timer,
	       uint64_t date)
{
	timer_disarm(base, timer);

	timer->date = date;
	timer->serial = base->next_serial++;
	timer->armed = true;
	RB_INSERT(timer_tree, &base->tree, timer);
	if (date < base->next_date)
		base->next_date = date;
}

void timer_disarm(struct timer_base *base, struct stage_timer *timer)
{
	if (!timer->armed)
		return;

	RB_REMOVE(timer_tree, &base->tree, timer);
	timer->armed = false;
	note_first(base);
}

unsigned int timer_run(struct timer_base *base, uint64_t now)
{
	struct stage_timer *timer;
	unsigned int count = 0;

	while (base->next_date <= now) {
		timer = timer_first(base);
		timer_disarm(base, timer);
		timer->fire(timer);
		count++;
	}

	return count;
}

/* SPDX-License-Identifier: MIT */
/*
 * The golden rule: out-of-band code uses out-of-band services. What a driver
 * does against it is counted in its tally, and told once for each handler and
 * thing it did. System calls are noticed by watch/rule.c; here are the services
 * for in-band code, which the kapi notices by itself. Those sleep or allocate:
 *
 * - Who sleeps gives the worker to others, here, so it is let be in any case.
 * - Memory comes from malloc(), which has locks and makes system calls: under
 *   GOLDEN_RULE_ENFORCE there is none. What is given back is taken.
 *
 * copy_to_user() and its like are one with raw_copy_to_user() and may be used
 * on both stages.
 */
#pragma once

#include "kapi/guard.h"
#include "kapi/tally.h"
#include "stage/stage.h"

enum golden_rule {
	GOLDEN_RULE_OFF,
	GOLDEN_RULE_WARN,    /* told and counted, and done all the same */
	GOLDEN_RULE_ENFORCE, /* refused where that does no harm */
};

/* In-band, before drivers are loaded. */
void golden_rule_set(enum golden_rule rule);
enum golden_rule golden_rule(void);

/* @call did @what, a name that is there for good: count it, tell of it. Any
 * thread. */
void golden_rule_breached(const struct guard_call *call, enum breach kind,
			  const char *what, bool refused);

/* On a worker, for those below. False: refuse. */
bool golden_rule_judge(enum breach kind, const char *service, bool can_refuse);

/* @service, which is for in-band code, is called for memory. False: give none.
 * Any stage. */
static inline bool golden_rule_allows(const char *service)
{
	return stage_self == NULL || !stage_self->oob ||
	       golden_rule_judge(BREACH_MEMORY, service, true);
}

/* @service, which is for in-band code, is called, and will be done. Any stage. */
static inline void golden_rule_note(enum breach kind, const char *service)
{
	if (stage_self && stage_self->oob)
		golden_rule_judge(kind, service, false);
}

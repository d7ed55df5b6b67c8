/* SPDX-License-Identifier: MIT */
#include "kapi/golden-rule.h"

#include "base/log.h"

#include <stdio.h>

/* Written before there is anybody to ask. */
static enum golden_rule rule;

static const struct {
	const char *did, *remedy;
} texts[NR_BREACHES] = {
	[BREACH_SYSCALL] = { "made the system call",
			     "have an irq_work do that in-band" },
	[BREACH_MEMORY] = { "called", "allocate and free in-band" },
	[BREACH_WAIT] = { "called", "use what EVL has for that" },
};

void golden_rule_set(enum golden_rule new_rule)
{
	rule = new_rule;
}

enum golden_rule golden_rule(void)
{
	return rule;
}

/* Both are string constants: their addresses tell them apart. */
static uint64_t key_of(const struct guard_call *call, const char *what)
{
	return (uint64_t)(uintptr_t)call->op << 16 ^ (uint64_t)(uintptr_t)what;
}

void golden_rule_breached(const struct guard_call *call, enum breach kind,
			  const char *what, bool refused)
{
	struct tally *tally = tally_of(call->driver);
	bool first = tally_first(tally, key_of(call, what));
	char op[GUARD_OP_SIZE];

	/* Relaxed: a mere count. */
	atomic_fetch_add_explicit(&tally_sins(tally)->nr_breaches[kind], 1,
				  memory_order_relaxed);
	log_line(first ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
		 "golden rule: driver %.60s: its %s %s %s%s: %s",
		 call->driver ? call->driver : "(unknown)",
		 guard_format_op(call, op), texts[kind].did, what,
		 refused ? ", which was refused" : "", texts[kind].remedy);
}

bool golden_rule_judge(enum breach kind, const char *service, bool can_refuse)
{
	bool refuse = rule == GOLDEN_RULE_ENFORCE && can_refuse;
	const struct stage *stage = stage_self;
	struct guard_call call;

	/* Or it is us who call. */
	if (rule == GOLDEN_RULE_OFF || stage->lenient)
		return true;
	guard_describe(stage, &call);
	if (call.driver == NULL)
		return true;

	golden_rule_breached(&call, kind, service, refuse);

	return !refuse;
}

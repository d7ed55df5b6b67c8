/* SPDX-License-Identifier: MIT */
/*
 * Most of this runs in a signal handler, on an alternate stack: no allocation,
 * no lock. Whether a fault is the caller's pointer says kapi/fault.h; whether
 * the handler can be taken off what it does is judged by the locks it holds: all
 * of them must be the driver's, which never has any of ours while it runs.
 */
#include "kapi/guard.h"

#include "base/log.h"
#include "kapi/crash.h"
#include "kapi/fault.h"
#include "kapi/held.h"
#include "kapi/image.h"
#include "kapi/tally.h"
#include "stage/call.h"
#include "stage/stage.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define MAX_DRIVERS 64
#define PLACE_SIZE  80
#define NAMED_LOCKS 2

__thread unsigned int guard_held;

static struct sigaction old_segv, old_bus;

/* The fault for which the thread's fiber is being given up, and what it had. */
static __thread unsigned long fault_addr;
static __thread uintptr_t fault_pc;
static __thread struct held_taken taken;

/* Whose carelessness the log has told of, without locks and with. */
static _Atomic(const char *) told[2][MAX_DRIVERS];

static bool first_time(const char *driver, bool locked)
{
	const char *name;

	for (unsigned int i = 0; i < MAX_DRIVERS; i++) {
		name = NULL;
		/* Relaxed: names are there for good. */
		if (atomic_compare_exchange_strong_explicit(
			    &told[locked][i], &name, driver,
			    memory_order_relaxed, memory_order_relaxed))
			return true;
		if (name == driver)
			return false;
	}

	return false;
}

/* ", spin lock foo.so+0x40 and mutex foo.so+0x80 taken from it" */
static void format_taken(char *text, size_t size)
{
	unsigned int nr = taken.nr_spins + taken.nr_mutexes;
	char place[PLACE_SIZE];
	const void *lock;
	int len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < nr && i < NAMED_LOCKS; i++) {
		bool spin = i < taken.nr_spins;

		lock = spin ? taken.spins[i]
			    : taken.mutexes[i - taken.nr_spins];
		image_describe(place, sizeof(place), (uintptr_t)lock, false);
		len += snprintf(text + len, size - (size_t)len, "%s %s %s",
				i ? " and" : ",", spin ? "spin lock" : "mutex",
				place);
	}
	if (nr > NAMED_LOCKS)
		len += snprintf(text + len, size - (size_t)len, " and %u more",
				nr - NAMED_LOCKS);
	if (nr)
		snprintf(text + len, size - (size_t)len, " taken from it");
}

/* The fiber's new entry. */
static void give_up(void *arg)
{
	const struct guard *guard = fiber_current()->guard;
	char locks[NAMED_LOCKS * (PLACE_SIZE + 16) + 32], place[PLACE_SIZE];
	struct guard_call call = { .op = NULL };
	enum log_level level;

	held_mutexes_take(&taken);
	guard->describe(arg, &call);
	format_taken(locks, sizeof(locks));
	level = first_time(call.driver, locks[0]) ? LOG_LEVEL_ERR
						  : LOG_LEVEL_DEBUG;
	log_line(level,
		 "driver %s: its %s dereferenced a __user pointer, address "
		 "%#lx: failed with EFAULT%s: have it use copy_from_user()",
		 call.driver, call.op, fault_addr, locks);
	image_describe(place, sizeof(place), fault_pc, false);
	log_line(level, "driver %s: that was in %s", call.driver, place);

	guard->give_up(arg);
}

static bool can_give_up(const struct fiber *fiber, const siginfo_t *info,
			const void *uc, unsigned long *r_addr)
{
	struct guard_call call = { .op = NULL };
	bool callers;

	/* Sent by somebody; or in the scheduler; or by nobody's handler. */
	if (info->si_code <= 0 || fiber == NULL || fiber->guard == NULL)
		return false;
	/* A lock of ours, or of malloc()'s, which protects something half done;
	 * a queue which would point to a stack in other use. Relaxed: it is
	 * written by this thread. */
	if (!held_spins_are_all() || guard_held || fiber->stage->lenient ||
	    atomic_load_explicit(&fiber->queued, memory_order_relaxed))
		return false;

	fiber->guard->describe(fiber->arg, &call);
	if (call.driver == NULL || !call.may_give_up)
		return false;

	/* It is we who look, not the handler. */
	stage_lenient();
	callers = fault_is_callers(&call, info, uc, r_addr);
	stage_strict();

	return callers;
}

uintptr_t guard_pc(const void *uc)
{
#if defined(__x86_64__)
	return (uintptr_t)((const ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return ((const ucontext_t *)uc)->uc_mcontext.pc;
#else
	(void)uc;
	return 0;
#endif
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
	struct fiber *fiber = fiber_current();
	uintptr_t pc = guard_pc(uc);
	int saved_errno = errno;
	unsigned long addr;

	if (can_give_up(fiber, info, uc, &addr) &&
	    fiber_start_over(fiber, uc, give_up)) {
		fault_addr = addr;
		fault_pc = pc;
		held_spins_take(&taken);
		errno = saved_errno;
		return;
	}

	crash_report(sig, info, uc);
	/* The same instruction again, without us; or the same signal. */
	sigaction(sig, sig == SIGBUS ? &old_bus : &old_segv, NULL);
	if (info->si_code <= 0)
		raise(sig);
	errno = saved_errno;
}

const char *guard_format_op(const struct guard_call *call,
			    char text[GUARD_OP_SIZE])
{
	int len = snprintf(text, GUARD_OP_SIZE, "%.24s", call->op);

	if (call->cmd && call->is_request)
		snprintf(text + len, GUARD_OP_SIZE - (size_t)len,
			 " (command %#x)", call->cmd);
	else if (call->name[0])
		snprintf(text + len, GUARD_OP_SIZE - (size_t)len, " %s",
			 call->name);

	return text;
}

const char *guard_driver(void)
{
	struct guard_call call = { .driver = NULL };

	if (stage_self)
		guard_describe(stage_self, &call);

	return call.driver ? call.driver : "(unknown)";
}

static const char *driver_of(const struct stage_call *call)
{
	const struct tally *tally;

	if (call->driver)
		return call->driver;
	tally = tally_at(call->func);

	return tally ? tally->name : NULL;
}

/* The innermost that is a driver's: those in there are ours. */
static const struct stage_call *drivers_call(const struct stage_call *call)
{
	while (call && driver_of(call) == NULL)
		call = call->outer;

	return call;
}

/* In a request, whose caller and argument are told all the same. */
static void describe_call(const struct stage_call *call,
			  struct guard_call *r_call)
{
	r_call->driver = driver_of(call);
	r_call->op = call->what;
	snprintf(r_call->name, sizeof(r_call->name), "%s",
		 call->name ? call->name : "");
	r_call->is_request = false;
	if (call->addr == 0)
		return;
	r_call->cmd = 0;
	r_call->addr = call->addr;
	r_call->size = call->size;
}

void guard_describe(const struct stage *stage, struct guard_call *r_call)
{
	const struct stage_call *innermost = stage_call_now(stage), *call;
	const struct fiber *fiber = stage->running;

	*r_call = (struct guard_call){ .op = NULL };
	if (fiber && fiber->guard)
		fiber->guard->describe(fiber->arg, r_call);
	r_call->is_request = true;
	r_call->may_sleep = fiber != NULL;

	call = drivers_call(innermost);
	/* Nobody's: say at least what it is. */
	if (call == NULL && r_call->op == NULL)
		call = innermost;
	if (call)
		describe_call(call, r_call);
}

void guard_start(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	crash_start();
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &old_segv);
	sigaction(SIGBUS, &action, &old_bus);
}

/* SPDX-License-Identifier: MIT */
#include "kapi/crash.h"

#include "base/log.h"
#include "kapi/fault.h"
#include "kapi/guard.h"
#include "kapi/image.h"
#include "kapi/insn.h"
#include "kapi/task.h"
#include "stage/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#define LINE_SIZE  480
#define MAX_FRAMES 1024
#define MAX_SHOWN  48 /* lines; what is too much is left out in the middle */

static const int signals[] = { SIGFPE, SIGILL, SIGTRAP, SIGABRT };
#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))
static struct sigaction old_actions[NR_SIGNALS];

static _Atomic(bool) met;

/* Of the only thread that ever reports; as are these. */
static _Atomic(pid_t) reporter;
static struct frame {
	uintptr_t pc;
	unsigned int times; /* in a row: recursion */
} frames[MAX_FRAMES];
static int nr_frames;

/* Where a function returns to which was called, and was none. */
static uintptr_t return_of(const void *uc)
{
#if defined(__x86_64__)
	greg_t sp = ((const ucontext_t *)uc)->uc_mcontext.gregs[REG_RSP];

	return *(const uintptr_t *)sp;
#elif defined(__aarch64__)
	return ((const ucontext_t *)uc)->uc_mcontext.regs[30];
#else
	(void)uc;
	return 0;
#endif
}

/* As if that function had returned; and back. */
static void set_pc(void *uc, uintptr_t pc, long pop)
{
#if defined(__x86_64__)
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RSP] += pop;
#elif defined(__aarch64__)
	((ucontext_t *)uc)->uc_mcontext.pc = pc;
	(void)pop;
#else
	(void)uc, (void)pc, (void)pop;
#endif
}

static const char *signal_name(int sig)
{
	switch (sig) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGFPE:
		return "SIGFPE";
	case SIGILL:
		return "SIGILL";
	case SIGTRAP:
		return "SIGTRAP";
	default:
		return "SIGABRT";
	}
}

static const struct module *driver_at(uintptr_t addr)
{
	const struct image *image = image_at(addr);

	return image ? image->owner : NULL;
}

static void format_call(char *text, size_t size, const struct guard_call *call)
{
	char op[GUARD_OP_SIZE];

	if (call->op == NULL)
		text[0] = '\0';
	else
		snprintf(text, size, "driver %.60s: %s: ",
			 call->driver ? call->driver : "(none)",
			 guard_format_op(call, op));
}

/* The stack which the thread is on ends in a guard page below. */
static bool is_overflow(const siginfo_t *info)
{
	const struct fiber *fiber = fiber_current();
	uintptr_t bottom, addr = (uintptr_t)info->si_addr;

	if (info->si_signo != SIGSEGV || info->si_code <= 0 || !stage_self)
		return false;
	bottom = fiber ? (uintptr_t)fiber->stack->base
		       : (uintptr_t)stage_self->scheduler.stack_bottom;

	return bottom - addr <= PAGE_SIZE;
}

/* Sent by others, not by our own abort() nor by the processor. */
static bool is_sent(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid != getpid();
}

static bool has_address(const siginfo_t *info)
{
	return info->si_code > 0 &&
	       (info->si_signo == SIGSEGV || info->si_signo == SIGBUS);
}

/* abort() is the C library's; who called it is what matters. */
static uintptr_t place_of(int sig, const void *uc)
{
	if (sig == SIGABRT)
		for (int i = 0; i < nr_frames; i++)
			if (driver_at(frames[i].pc))
				return frames[i].pc;

	return guard_pc(uc);
}

/* " at address 0x40," */
static void format_address(char *text, size_t size, const siginfo_t *info,
			   const void *uc)
{
	unsigned long addrs[INSN_MAX_OPERANDS];

	text[0] = '\0';
	if (!has_address(info))
		return;
	if (fault_is_told(uc))
		snprintf(text, size, " at address %#lx,",
			 (unsigned long)info->si_addr);
	else if (insn_operands(uc, addrs))
		snprintf(text, size, " at address %#lx, not canonical,",
			 addrs[0]);
	else
		snprintf(text, size, " at an address not canonical,");
}

/* Apart, or one frame held the room of all of these. */
static noinline void tell_place(int sig, const siginfo_t *info, const void *uc,
				const struct guard_call *call)
{
	char what[GUARD_OP_SIZE + 80], at[64], where[200], line[LINE_SIZE];
	uintptr_t place = place_of(sig, uc);
	const struct module *mod = driver_at(place);

	format_call(what, sizeof(what), call);
	image_describe(where, sizeof(where), place, place != guard_pc(uc));
	format_address(at, sizeof(at), info, uc);
	snprintf(line, sizeof(line), "%s%s%s in %s%s", what, signal_name(sig),
		 at, where, is_overflow(info) ? ": its stack overflowed" : "");
	log_last_words(line);

	/* An operation which one driver was asked for by another's. */
	if (mod && mod->name && call->driver &&
	    strcmp(mod->name, call->driver) != 0) {
		snprintf(line, sizeof(line), "  that is in driver %.60s",
			 mod->name);
		log_last_words(line);
	}
}

static void read_comm(pid_t tid, char *comm, size_t size)
{
	char path[48];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, comm, size - 1);
		close(fd);
	}
	comm[len > 0 ? len : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	for (char *c = comm; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static void tell_request(const struct guard_call *call)
{
	const struct task_struct *task = task_current();
	char comm[20], line[LINE_SIZE];
	int len;

	if (call->op == NULL || task->pid <= 0)
		return;

	read_comm(task->pid, comm, sizeof(comm));
	len = snprintf(line, sizeof(line), "  asked by pid %d (%s)", task->pid,
		       comm[0] ? comm : "gone");
	if (call->cmd)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				", command %#x", call->cmd);
	/* In-band, those without a buffer of the caller's have a made-up one. */
	if ((long)call->addr >= 0)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				", address %#lx", call->addr);
	if (call->size)
		snprintf(line + len, sizeof(line) - (size_t)len, ", %zu bytes",
			 call->size);
	log_last_words(line);
}

static bool add_frame(uintptr_t pc)
{
	if (nr_frames && frames[nr_frames - 1].pc == pc) {
		frames[nr_frames - 1].times++;
		return true;
	}
	if (nr_frames == MAX_FRAMES)
		return false;

	frames[nr_frames++] = (struct frame){ .pc = pc, .times = 1 };

	return true;
}

/* From where the signal struck, @arg; what handles it is of no interest. */
static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *arg)
{
	uintptr_t pc = _Unwind_GetIP(context), start = *(uintptr_t *)arg;

	if (pc == start)
		*(uintptr_t *)arg = start = 0;
	if (pc == 0 || (start == 0 && !add_frame(pc)))
		return _URC_END_OF_STACK;

	return _URC_NO_REASON;
}

/* Who called what is no code cannot be found from there: the unwinder looks at
 * @uc, and is told that the call is over. */
static void collect_frames(void *uc)
{
	uintptr_t pc = guard_pc(uc), start = pc;

	if (image_at(pc)) {
		_Unwind_Backtrace(on_frame, &start);
		if (nr_frames == 0)
			add_frame(pc);
		return;
	}

	add_frame(pc);
	start = return_of(uc);
	set_pc(uc, start, sizeof(start));
	_Unwind_Backtrace(on_frame, &start);
	set_pc(uc, pc, -(long)sizeof(start));
}

static void tell_frame(int i)
{
	char where[200], line[LINE_SIZE], repeated[32] = "";

	image_describe(where, sizeof(where), frames[i].pc, i > 0);
	if (frames[i].times > 1)
		snprintf(repeated, sizeof(repeated), ", %u times",
			 frames[i].times);
	snprintf(line, sizeof(line), "  #%d %s%s", i, where, repeated);
	log_last_words(line);
}

static void tell_frames(void)
{
	for (int i = 0; i < nr_frames; i++) {
		/* The first ones, and the last: the handler is there. */
		if (i < MAX_SHOWN * 2 / 3 || i >= nr_frames - MAX_SHOWN / 3)
			tell_frame(i);
		else if (i == MAX_SHOWN * 2 / 3)
			log_last_words("  ...");
	}
}

/* True: it is ours to report. Else another thread is about it, and ends us; or
 * it crashed itself. */
static bool take_part(void)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	pid_t nobody = 0, self = gettid();

	/* Relaxed: nothing else is shared. */
	if (atomic_compare_exchange_strong_explicit(&reporter, &nobody, self,
						    memory_order_relaxed,
						    memory_order_relaxed))
		return true;
	if (nobody != self)
		for (int i = 0; i < 300; i++)
			nanosleep(&moment, NULL);

	return false;
}

bool crash_met(void)
{
	/* Relaxed: who asks has met a system call which we make after that. */
	return atomic_load_explicit(&met, memory_order_relaxed);
}

void crash_report(int sig, const siginfo_t *info, void *uc)
{
	struct guard_call call = { .op = NULL };
	char line[LINE_SIZE];

	/* Relaxed: see crash_met(). */
	atomic_store_explicit(&met, true, memory_order_relaxed);
	if (!take_part())
		return;

	if (is_sent(info)) {
		snprintf(line, sizeof(line), "%s was sent by process %d",
			 signal_name(sig), info->si_pid);
		log_last_words(line);
		return;
	}

	/* The stack of who called abort() is in order. */
	if (sig == SIGABRT)
		collect_frames(uc);
	if (stage_self)
		guard_describe(stage_self, &call);
	tell_place(sig, info, uc, &call);
	tell_request(&call);
	if (sig != SIGABRT)
		collect_frames(uc);
	tell_frames();
}

static void on_crash(int sig, siginfo_t *info, void *uc)
{
	int saved_errno = errno;

	crash_report(sig, info, uc);
	for (unsigned int i = 0; i < NR_SIGNALS; i++)
		if (signals[i] == sig)
			sigaction(sig, &old_actions[i], NULL);
	/* The same instruction again, without us; or the same signal: a trap's
	 * instruction is over. */
	if (info->si_code <= 0 || sig == SIGTRAP)
		raise(sig);
	errno = saved_errno;
}

void crash_start(void)
{
	struct sigaction action = {
		.sa_sigaction = on_crash,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	uintptr_t nowhere = 1;

	/* The first time it may allocate. */
	_Unwind_Backtrace(on_frame, &nowhere);
	image_add_others();
	sigemptyset(&action.sa_mask);
	for (unsigned int i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &action, &old_actions[i]);
}
